/* tests/fault/fail.c -- calls into libc that fail when told to. See fail.h.
 *
 * __wrap_NAME stands between our code and NAME; __real_NAME is NAME itself. Only our own code
 * passes through here: what libraries and libc do among themselves is another class, seen by
 * the malloc family below. */
#define _GNU_SOURCE
#include "tests/fault/fail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/fail_int.h"

enum { SECONDS = 10, FILES = 64, RANGES = 256, PLACES = 4096 };

/* What a child tells its parent, in memory that both see. */
static struct page {
    atomic_long calls;
    struct fault_answer first;
} * page;

static struct fault_order order;
static char path_of[FILES][sizeof page->first.path];
static struct {
    uintptr_t base, from, to;
} library[RANGES];
static int libraries;
static atomic_bool over; /* main has ended */

static const unsigned counted[FAULT_MODES] = {
    [FAULT_ONE] = FAULT_NAMES | FAULT_READS | FAULT_WRITES | FAULT_GROWS | FAULT_WAITS,
    [FAULT_FULL] = FAULT_GROWS,
    [FAULT_SIGNAL] = FAULT_WAITS,
    [FAULT_SHORT] = FAULT_MOVES,
    [FAULT_END] = FAULT_READS,
    [FAULT_PLACE] = FAULT_ALLOCATES,
    [FAULT_MEMORY] = FAULT_ALLOCATES,
    [FAULT_EMPTY] = FAULT_ALLOCATES,
    [FAULT_LIBRARY] = FAULT_FOREIGN,
};

/* Files of the machine are not files of ours. */
static bool foreign(const char *path)
{
    return !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5) ||
           !strncmp(path, "/dev/", 5);
}

/* Whether no call came from there before. */
static bool is_new(const void *from)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const void *seen[PLACES];
    static int count;
    int i = 0;

    pthread_mutex_lock(&lock);
    while (i < count && seen[i] != from)
        i++;
    if (i == count && count < PLACES)
        seen[count++] = from;
    else
        i = PLACES;
    pthread_mutex_unlock(&lock);
    return i < PLACES;
}

bool fault_strikes(unsigned kinds, const char *call, const char *path, void *from)
{
    const bool on = order.mode == FAULT_FULL || order.mode == FAULT_EMPTY;
    long n;

    if (!page || over || !(kinds & counted[order.mode]) || foreign(path) ||
        (order.mode == FAULT_PLACE && !is_new(from)))
        return false;
    n = atomic_fetch_add(&page->calls, 1) + 1;
    if (!order.k || n < order.k || (n > order.k && !on))
        return false;
    if (n == order.k) {
        page->first.from = (uintptr_t)from - library[0].base;
        snprintf(page->first.call, sizeof page->first.call, "%s", call);
        snprintf(page->first.path, sizeof page->first.path, "%s", path);
    }
    kinds &= counted[order.mode];
    errno = kinds & (FAULT_ALLOCATES | FAULT_FOREIGN) ? ENOMEM
            : order.mode == FAULT_SIGNAL              ? EINTR
                                                      : order.error;
    return true;
}

const char *fault_path(int fd)
{
    return fd >= 0 && fd < FILES && *path_of[fd] ? path_of[fd] : "/dev/fd";
}

int fault_opened(int fd, const char *path)
{
    if (fd >= 0 && fd < FILES)
        snprintf(path_of[fd], sizeof path_of[fd], "%s", path);
    return fd;
}

enum fault_mode fault_mode(void)
{
    return order.mode;
}

/* Where the program and the libraries lie; the program comes first. */
static int add_range(struct dl_phdr_info *info, size_t size, void *with)
{
    const char *name = info->dlpi_name;

    (void)size;
    (void)with;
    if (libraries && (!*name || strstr(name, "/libc.so") || strstr(name, "/ld-linux") ||
                      strstr(name, "/libasan") || strstr(name, "linux-vdso")))
        return 0;
    for (int i = 0; i < info->dlpi_phnum && libraries < RANGES; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        library[libraries].base = info->dlpi_addr;
        library[libraries].from = info->dlpi_addr + p->p_vaddr;
        library[libraries++].to = info->dlpi_addr + p->p_vaddr + p->p_memsz;
    }
    return 0;
}

bool fault_of_library(void *from)
{
    for (int i = 1; i < libraries; i++)
        if ((uintptr_t)from >= library[i].from && (uintptr_t)from < library[i].to)
            return true;
    return false;
}

int __real_main(int argc, char **argv, char **environment);
int __wrap_main(int argc, char **argv, char **environment);

void fault_over(void)
{
    over = true;
}

static int run(int argc, char **argv, char **environment)
{
    atexit(fault_over);
    for (int fd = 1; fd <= 2; fd++) { /* what the last child said is not ours */
        const int to = fd == 1 ? FAULT_OUT : FAULT_ERR;

        if (ftruncate(to, 0) || lseek(to, 0, SEEK_SET) || dup2(to, fd) < 0)
            _exit(99);
        close(to);
    }
    close(FAULT_ORDERS);
    close(FAULT_ANSWERS);
    unsetenv("DS_FAULT"); /* the process that reads HDF5 files runs as ever */
    setrlimit(RLIMIT_CPU,
              &(struct rlimit){SECONDS, SECONDS + 1}); /* a loop, on a busy machine, too */
    alarm(10 * SECONDS);                               /* a lock that never comes */
    return __real_main(argc, argv, environment);
}

int __wrap_main(int argc, char **argv, char **environment)
{
    const size_t size = sizeof *page;
    ssize_t got;

    if (!getenv("DS_FAULT"))
        return __real_main(argc, argv, environment);
    dl_iterate_phdr(add_range, NULL);
    page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 99;
    while ((got = read(FAULT_ORDERS, &order, sizeof order)) == sizeof order) {
        pid_t child;
        struct fault_answer answer;

        memset(page, 0, size);
        if (!(child = fork()))
            return run(argc, argv, environment);
        if (child < 0 || waitpid(child, &answer.status, 0) != child)
            return 99;
        page->first.status = answer.status;
        page->first.calls = page->calls;
        answer = page->first;
        if (write(FAULT_ANSWERS, &answer, sizeof answer) != sizeof answer)
            return 99;
    }
    _exit(got ? 99 : 0);
}
