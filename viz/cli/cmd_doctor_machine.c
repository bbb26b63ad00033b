/* viz/cli/cmd_doctor_machine.c -- what the machine has: processors, memory, a folder to write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "viz/cli/cmd_doctor.h"

enum { TEST_BYTES = 32 << 20, BLOCK = 1 << 20 };

static void look_at_vectors(struct ds_finding *f, const char *folder)
{
    (void)folder;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        ds_found(f, DS_WELL, "", "AVX-512");
    else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        ds_found(f, DS_WELL, "", "AVX2 with FMA");
    else
        ds_found(f, DS_WARN, "any x86 processor since about 2014 has AVX2",
                 "no AVX2: everything works, several times slower");
#else
    ds_found(f, DS_WELL, "", "not x86: portable loops");
#endif
}

/* A container is often given less time than it sees processors; cgroup v2 says how much. */
static double quota(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    char line[128] = "", *end;
    double most = 0, period = 0; /* "max" is no number: 0 */

    if (file && fgets(line, sizeof line, file)) {
        most = strtod(line, &end);
        period = strtod(end, NULL);
    }
    if (file)
        fclose(file);
    return most > 0 && period > 0 ? most / period : 0;
}

static void look_at_processors(struct ds_finding *f, const char *folder)
{
    const double share = quota();
    cpu_set_t mine;
    int n = (int)sysconf(_SC_NPROCESSORS_ONLN), threads;
    char remedy[80];

    (void)folder;
    if (!sched_getaffinity(0, sizeof mine, &mine) && CPU_COUNT(&mine) < n)
        n = CPU_COUNT(&mine);
    threads = share >= 1 ? (int)share : 1;
    snprintf(remedy, sizeof remedy, "--threads %d", threads);
    if (share > 0 && threads < n)
        ds_found(f, DS_WARN, remedy, "%d, but only the time of %.1f", n, share);
    else
        ds_found(f, DS_WELL, "", "%d", n);
}

static void look_at_memory(struct ds_finding *f, const char *folder)
{
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    double kilobytes = -1;

    (void)folder;
    while (file && kilobytes < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, "MemAvailable:", 13))
            kilobytes = strtod(line + 13, NULL);
    if (file)
        fclose(file);
    if (kilobytes < 0)
        ds_found(f, DS_WARN, "mount /proc", "not told by /proc/meminfo");
    else if (kilobytes < 1e6)
        ds_found(f, DS_WARN, "small models only; lower --batch", "%.1f GB free", kilobytes / 1e6);
    else
        ds_found(f, DS_WELL, "", "%.1f GB free", kilobytes / 1e6);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds to bring `bytes` to the disk, or -1 with errno. */
static double write_for(int fd, size_t bytes)
{
    static char block[BLOCK];
    const double begun = now();

    memset(block, 0x5a, sizeof block);
    for (size_t done = 0; done < bytes;) {
        const ssize_t n = write(fd, block, sizeof block);

        if (n < 0)
            return -1;
        done += (size_t)n;
    }
    return fsync(fd) ? -1 : now() - begun;
}

static void look_at_folder(struct ds_finding *f, const char *folder)
{
    char path[PATH_MAX];
    struct statvfs space = {0};
    double seconds, gigabytes;
    int fd;

    if (snprintf(path, sizeof path, "%s/.driftscope-XXXXXX", folder) >= (int)sizeof path) {
        ds_found(f, DS_WARN, "a shorter path", "the path is too long");
        return;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        ds_found(f, DS_MISSING, "write runs elsewhere: --out /path/to/RUN", "%s: %s", folder,
                 strerror(errno));
        return;
    }
    unlink(path);
    seconds = write_for(fd, TEST_BYTES);
    gigabytes = !fstatvfs(fd, &space) ? (double)space.f_bavail * (double)space.f_frsize / 1e9 : 0;
    if (seconds < 0)
        ds_found(f, DS_WARN, "make room, or write runs elsewhere: --out /path/to/RUN", "%s: %s",
                 folder, strerror(errno));
    else if (flock(fd, LOCK_EX | LOCK_NB))
        ds_found(f, DS_WARN, "write runs to a local disk", "%s: cannot lock files (%s)", folder,
                 strerror(errno));
    else if (gigabytes < 1)
        ds_found(f, DS_WARN, "make room", "%s: %.2f GB free", folder, gigabytes);
    else
        ds_found(f, DS_WELL, "", "%s: %.0f MB/s to disk, %.0f GB free", folder,
                 TEST_BYTES / 1e6 / (seconds > 1e-6 ? seconds : 1e-6), gigabytes);
    close(fd);
}

const struct ds_check ds_machine_checks[] = {
    {"vectors", look_at_vectors}, {"processors", look_at_processors},
    {"memory", look_at_memory},   {"folder", look_at_folder},
    {NULL, NULL},
};
