/* data/store/h5_limits.c -- a process gives up what reading one file does not need.
 *
 * After this it has fds 0 to 2, cannot open, connect, start or signal anything, and what it
 * takes of memory and time is bounded. The list of calls is applied where the kernel lets us;
 * the resource limits hold everywhere. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "data/store/h5_worker_int.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#ifdef DS_COUNTED /* by gcov, which opens and writes files when a process ends */
#define WRITES_AT_THE_END 1
#else
#define WRITES_AT_THE_END 0
#endif

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#ifdef __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* What memory, the two fds and the end of a process need. Everything else fails with EPERM. */
static const int allowed[] = {
    SYS_read,  SYS_write,  SYS_lseek,          SYS_close,        SYS_mmap,          SYS_munmap,
    SYS_brk,   SYS_mremap, SYS_mprotect,       SYS_madvise,      SYS_clock_gettime, SYS_exit,
    SYS_futex, SYS_gettid, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_exit_group};

enum { CALLS = sizeof allowed / sizeof *allowed, HEAD = 4 };

static void list_calls(void)
{
    struct sock_filter row[HEAD + CALLS + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    const struct sock_fprog program = {.len = sizeof row / sizeof *row, .filter = row};

    for (int i = 0; i < CALLS; i++)
        row[HEAD + i] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], (uint8_t)(CALLS - i), 0);
    row[HEAD + CALLS] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    row[HEAD + CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}
#else
static void list_calls(void)
{
}
#endif

/* Address space in use, in bytes: the libraries of the program, and their threads. */
static size_t space_in_use(void)
{
    char text[64] = "";
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    return n > 0 ? strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : (size_t)1 << 30;
}

static int limit(int what, rlim_t most, rlim_t last)
{
    struct rlimit now;

    if (getrlimit(what, &now))
        return -1;
    if (now.rlim_max < last)
        last = now.rlim_max;
    return setrlimit(what, &(struct rlimit){most < last ? most : last, last});
}

int ds_h5_limit(size_t file_size, struct ds_err *err)
{
    const rlim_t space = space_in_use() + DS_H5_SPACE(file_size),
                 seconds = (SANITIZED ? 10 : 1) + file_size / ((size_t)8 << 20);

    if (limit(RLIMIT_CPU, seconds, seconds + 1) || limit(RLIMIT_CORE, 0, 0) ||
        (!SANITIZED && limit(RLIMIT_AS, space, space)) ||
        (!WRITES_AT_THE_END && limit(RLIMIT_FSIZE, 0, 0)) ||
        (!SANITIZED && !WRITES_AT_THE_END && limit(RLIMIT_NOFILE, 0, 0)))
        return ds_fail(err, DS_IO, "the process that reads HDF5 files cannot be limited");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!SANITIZED && !WRITES_AT_THE_END)
        list_calls();
    return 0;
}
