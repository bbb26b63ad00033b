/* tests/fault/fail_file.c -- the wrapped calls on files and folders. See fail.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/fail_int.h"

#define HERE __builtin_return_address(0)

/* RESULT NAME(PARAMETERS): fails with FAILED, or is the real one called with ARGUMENTS. */
#define WRAP(result, failed, name, kinds, path, parameters, arguments)                         \
    result __real_##name parameters;                                                           \
    result __wrap_##name parameters;                                                           \
    result __wrap_##name parameters                                                            \
    {                                                                                          \
        return fault_strikes(kinds, #name, path, HERE) ? (failed) : __real_##name arguments;   \
    }

WRAP(int, -1, stat64, FAULT_NAMES, p, (const char *p, struct stat64 *st), (p, st))
WRAP(int, -1, lstat64, FAULT_NAMES, p, (const char *p, struct stat64 *st), (p, st))
WRAP(int, -1, fstat64, FAULT_NAMES, fault_path(fd), (int fd, struct stat64 *st), (fd, st))
WRAP(int, -1, access, FAULT_NAMES, p, (const char *p, int mode), (p, mode))
WRAP(DIR *, NULL, opendir, FAULT_NAMES, p, (const char *p), (p))
WRAP(struct dirent64 *, NULL, readdir64, FAULT_NAMES, ".", (DIR * d), (d))
WRAP(char *, NULL, __realpath_chk, FAULT_NAMES, p, (const char *p, char *to, size_t n),
     (p, to, n))
WRAP(char *, NULL, realpath, FAULT_NAMES, p, (const char *p, char *to), (p, to))
WRAP(int, -1, mkdir, FAULT_WRITES | FAULT_GROWS, p, (const char *p, mode_t mode), (p, mode))
WRAP(int, -1, rmdir, FAULT_WRITES, p, (const char *p), (p))
WRAP(int, -1, rename, FAULT_WRITES | FAULT_GROWS, from, (const char *from, const char *to),
     (from, to))
WRAP(int, -1, fsync, FAULT_WRITES | FAULT_GROWS, fault_path(fd), (int fd), (fd))
WRAP(int, -1, ftruncate64, FAULT_WRITES, fault_path(fd), (int fd, off64_t n), (fd, n))
WRAP(int, -1, flock, FAULT_WAITS, fault_path(fd), (int fd, int how), (fd, how))
WRAP(int, -1, unlink, FAULT_WRITES, p, (const char *p), (p))
WRAP(int, -1, unlinkat, FAULT_WRITES, p, (int fd, const char *p, int how), (fd, p, how))
WRAP(FILE *, NULL, fopen64, FAULT_NAMES, p, (const char *p, const char *how), (p, how))
WRAP(size_t, 0, fread, FAULT_READS, "stream", (void *to, size_t size, size_t n, FILE *f),
     (to, size, n, f))

/* Interrupted or not, the descriptor is gone afterwards, as on Linux. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    const bool fails = fault_strikes(FAULT_WRITES | FAULT_WAITS, "close", fault_path(fd), HERE);
    const int why = errno, code = __real_close(fd);

    fault_opened(fd, "");
    if (fails)
        errno = why;
    return fails ? -1 : code;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    const unsigned kinds = flags & O_CREAT ? FAULT_WRITES | FAULT_GROWS : FAULT_NAMES;
    va_list rest;
    int mode;

    va_start(rest, flags);
    mode = flags & O_CREAT ? va_arg(rest, int) : 0;
    va_end(rest);
    if (fault_strikes(kinds | FAULT_WAITS, "open", path, HERE))
        return -1;
    return fault_opened(__real_open64(path, flags, mode), path);
}

int __real_pipe2(int end[2], int flags);
int __wrap_pipe2(int end[2], int flags);
int __wrap_pipe2(int end[2], int flags)
{
    const int code =
        fault_strikes(FAULT_NAMES, "pipe2", "pipe", HERE) ? -1 : __real_pipe2(end, flags);

    if (!code) {
        fault_opened(end[0], "pipe");
        fault_opened(end[1], "pipe");
    }
    return code;
}

int __real_posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *how, char *const argv[], char *const env[]);
int __wrap_posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *how, char *const argv[], char *const env[]);
int __wrap_posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *how, char *const argv[], char *const env[])
{
    return fault_strikes(FAULT_NAMES, "posix_spawn", "process", HERE)
               ? EAGAIN
               : __real_posix_spawn(child, path, files, how, argv, env);
}

int __real_mkstemp64(char *path);
int __wrap_mkstemp64(char *path);
int __wrap_mkstemp64(char *path)
{
    if (fault_strikes(FAULT_WRITES | FAULT_GROWS, "mkstemp", path, HERE))
        return -1;
    return fault_opened(__real_mkstemp64(path), path);
}

int __real_scandir64(const char *p, struct dirent64 ***list,
                     int (*filter)(const struct dirent64 *),
                     int (*order)(const struct dirent64 **, const struct dirent64 **));
int __wrap_scandir64(const char *p, struct dirent64 ***list,
                     int (*filter)(const struct dirent64 *),
                     int (*order)(const struct dirent64 **, const struct dirent64 **));
int __wrap_scandir64(const char *p, struct dirent64 ***list,
                     int (*filter)(const struct dirent64 *),
                     int (*order)(const struct dirent64 **, const struct dirent64 **))
{
    return fault_strikes(FAULT_NAMES | FAULT_ALLOCATES, "scandir", p, HERE)
               ? -1
               : __real_scandir64(p, list, filter, order);
}

void *__real_mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset)
{
    if (fault_strikes(fd < 0 ? FAULT_ALLOCATES : FAULT_READS, "mmap",
                      fd < 0 ? "" : fault_path(fd), HERE))
        return MAP_FAILED;
    return __real_mmap64(at, n, protection, flags, fd, offset);
}

/* Reading and writing: fail, find the end, or do one byte only. */
#define MOVE(name, kinds, buffer, more, arguments, less)                                       \
    ssize_t __real_##name(int fd, buffer, size_t n more);                                      \
    ssize_t __wrap_##name(int fd, buffer, size_t n more);                                      \
    ssize_t __wrap_##name(int fd, buffer, size_t n more)                                       \
    {                                                                                          \
        if (!fault_strikes((kinds) | FAULT_WAITS | (n > 1 ? FAULT_MOVES : 0), #name,           \
                           fault_path(fd), HERE))                                              \
            return __real_##name arguments;                                                    \
        if (fault_mode() == FAULT_SHORT)                                                       \
            return __real_##name less;                                                         \
        return fault_mode() == FAULT_END ? 0 : -1;                                             \
    }
#define NOTHING
#define OFFSET , off64_t at
MOVE(read, FAULT_READS, void *to, NOTHING, (fd, to, n), (fd, to, 1))
MOVE(pread64, FAULT_READS, void *to, OFFSET, (fd, to, n, at), (fd, to, 1, at))
MOVE(write, FAULT_WRITES | FAULT_GROWS, const void *of, NOTHING, (fd, of, n), (fd, of, 1))
MOVE(pwrite64, FAULT_WRITES | FAULT_GROWS, const void *of, OFFSET, (fd, of, n, at),
     (fd, of, 1, at))
