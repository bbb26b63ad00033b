/* tests/crash/clock.c -- preloaded into the program: the time of day jumps a day forth and two
 * days back, at every look. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long jump(void)
{
    static long looks;

    return ++looks % 2 ? 86400 : -86400;
}

int clock_gettime(clockid_t which, struct timespec *t)
{
    const int code = (int)syscall(SYS_clock_gettime, which, t);

    if (!code && which == CLOCK_REALTIME)
        t->tv_sec += jump();
    return code;
}

time_t time(time_t *to)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_REALTIME, &t);
    if (to)
        *to = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t = {0};

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *tv = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
    return 0;
}
