/* tests/crash/shim.c -- preloaded into the program: writes down what it asks of the disk, and
 * kills it there.
 *
 *     CRASH_UNDER=DIR    only what happens beneath this absolute path counts
 *     CRASH_LOG=FILE     append every call that changes the disk, in log.h's format
 *     CRASH_AT=k         SIGKILL before the k-th such call; a write has half of its bytes
 * written
 *
 * A lock file is no data: it is not logged. The program changes its run from one thread. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILES = 1024, PATH = 1200 };

static char under[PATH], name_of[FILES][PATH];
static int log_fd = -1;
static long calls, crash_at;

__attribute__((constructor)) static void begin(void)
{
    const char *dir = getenv("CRASH_UNDER"), *log = getenv("CRASH_LOG"),
               *at = getenv("CRASH_AT");

    snprintf(under, sizeof under, "%s", dir ? dir : "");
    if (log)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    crash_at = at ? strtol(at, NULL, 10) : 0;
}

/* The path within DIR ("." for DIR itself), or NULL when it is elsewhere. */
static const char *within(const char *path)
{
    const size_t n = strlen(under);

    if (!n || strncmp(path, under, n) || (path[n] && path[n] != '/'))
        return NULL;
    if (!path[n])
        return ".";
    return strcmp(path + n, "/lock") ? path + n + 1 : NULL;
}

static const char *file_of(int fd)
{
    return fd >= 0 && fd < FILES && name_of[fd][0] ? name_of[fd] : NULL;
}

static void put(const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        const long wrote = syscall(SYS_write, log_fd, at, n);

        if (wrote <= 0)
            _exit(99);
        at += wrote;
        n -= (size_t)wrote;
    }
}

/* One line of the log, then the bytes. Whether the program dies before this call. */
__attribute__((format(printf, 3, 4))) static int note(const void *bytes, size_t n,
                                                      const char *format, ...)
{
    char line[3 * PATH];
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (++calls == crash_at)
        return 1;
    if (log_fd >= 0) {
        put(line, (size_t)length);
        put(bytes, n);
    }
    return 0;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
}

static int opened(const char *path, int flags, mode_t mode)
{
    const char *name = within(path);
    const int writes = (flags & O_ACCMODE) != O_RDONLY;
    int fd;

    if (name && writes &&
        note(NULL, 0, "create %s%s%s\n", name, flags & O_EXCL ? " excl" : "",
             flags & O_NOFOLLOW ? " nofollow" : ""))
        die();
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd < FILES)
        snprintf(name_of[fd], PATH, "%s%s", name && !writes ? "/" : "", name ? name : "");
    return fd;
}

#define OPEN(symbol)                                                                           \
    int symbol(const char *path, int flags, ...)                                               \
    {                                                                                          \
        va_list list;                                                                          \
        mode_t mode;                                                                           \
                                                                                               \
        va_start(list, flags);                                                                 \
        mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;                                     \
        va_end(list);                                                                          \
        return opened(path, flags, mode);                                                      \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *bytes, size_t n)
{
    const char *name = file_of(fd);

    if (name && *name != '/' && note(bytes, n, "write %s %zu\n", name, n)) {
        syscall(SYS_write, fd, bytes, n / 2);
        die();
    }
    return syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd)
{
    const char *name = file_of(fd);

    if (name &&
        note(NULL, 0, *name == '/' ? "syncdir %s\n" : "fsync %s\n", name + (*name == '/')))
        die();
    return (int)syscall(SYS_fsync, fd);
}

int close(int fd)
{
    const char *name = file_of(fd);

    if (name && *name != '/' && note(NULL, 0, "close %s\n", name))
        die();
    if (name)
        name_of[fd][0] = 0;
    return (int)syscall(SYS_close, fd);
}

int rename(const char *from, const char *to)
{
    const char *a = within(from), *b = within(to);

    if (a && b && note(NULL, 0, "rename %s %s\n", a, b))
        die();
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    const char *name = within(path);

    if (name && note(NULL, 0, "unlink %s\n", name))
        die();
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode)
{
    const char *name = within(path);

    if (name && note(NULL, 0, "mkdir %s\n", name))
        die();
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
