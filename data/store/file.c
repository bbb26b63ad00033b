/* data/store/file.c -- files are read whole and published whole. See the header. */
#define _GNU_SOURCE /* O_DIRECT */
#include "data/store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "data/store/file_int.h"

enum { PATH_LENGTH = 4096, TRIES = 100, PIECE = 1 << 21 };

/* From DIRECT bytes on, whole blocks go past the page cache: nothing is copied, and what is
 * read back comes from the disk. Lengths, offsets and memory are multiples of BLOCK then. */
enum { DIRECT = 1 << 20, BLOCK = DS_FILE_BLOCK };

static const char temporary_prefix[] = ".driftscope-", temporary_suffix[] = ".tmp";

bool ds_file_is_temporary(const char *name)
{
    const size_t n = strlen(name), before = sizeof temporary_prefix - 1,
                 after = sizeof temporary_suffix - 1;

    return n > before + after && !strncmp(name, temporary_prefix, before) &&
           !strcmp(name + n - after, temporary_suffix);
}

int ds_folder_of(char *folder, size_t size, const char *path, struct ds_err *err)
{
    const char *slash = strrchr(path, '/');
    const size_t n = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);

    if (n >= size)
        return ds_fail(err, DS_USAGE, "the path '%.100s...' is too long", path);
    memcpy(folder, slash ? path : ".", n);
    folder[n] = '\0';
    return 0;
}

int ds_folder_sync(const char *folder, struct ds_err *err)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = 0;

    if (fd < 0)
        return ds_fail(err, DS_IO, "%s: cannot be opened to make it durable (%s)", folder,
                       strerror(errno));
    /* Some file systems have no fsync of folders; their names are as durable as they get. */
    if (fsync(fd) && errno != EINVAL && errno != ENOTSUP)
        code = ds_fail(err, DS_IO,
                       "%s: fsync of the folder failed (%s); what was written there may not "
                       "survive a power failure",
                       folder, strerror(errno));
    close(fd);
    return code;
}

/* A full disk is the one failure whose remedy is known. */
static int write_failed(const char *path, const char *doing, int error, struct ds_err *err)
{
    if (error == ENOSPC || error == EDQUOT)
        return ds_fail(err, DS_IO, "%s: no space left while %s (%s); free some and resume",
                       path, doing, strerror(error));
    return ds_fail(err, DS_IO, "%s: %s failed (%s)", path, doing, strerror(error));
}

static int refuse_target(const char *path, struct ds_err *err)
{
    struct stat is;

    if (lstat(path, &is))
        return errno == ENOENT ? 0
                               : ds_fail(err, DS_CANTCREATE, "%s: cannot be written (%s)", path,
                                         strerror(errno));
    if (S_ISREG(is.st_mode))
        return 0;
    return ds_fail(err, DS_CANTCREATE,
                   "%s: is %s, expected a regular file; choose another name", path,
                   S_ISLNK(is.st_mode)   ? "a symbolic link"
                   : S_ISDIR(is.st_mode) ? "a folder"
                                         : "a device, pipe or socket");
}

/* A full disk is better noticed before anything is written. A file system that does not know
 * its size is not asked; quotas show only when the bytes are written. */
static int refuse_full(const char *folder, const char *path, size_t n, struct ds_err *err)
{
    struct statvfs is;

    if (statvfs(folder, &is) || !is.f_blocks ||
        (double)is.f_bavail * (double)is.f_frsize >= (double)n)
        return 0;
    return ds_fail(
        err, DS_IO,
        "%s: no space left for it: it takes %.1f MB, %.1f MB are free; free some and "
        "resume",
        path, (double)n / 1e6, (double)is.f_bavail * (double)is.f_frsize / 1e6);
}

/* A new file in that folder that nobody else has. Its name is at most 64 bytes longer. */
static int open_temporary(char *name, size_t size, const char *folder, const char *path,
                          struct ds_err *err)
{
    static atomic_uint counter;

    for (int i = 0; i < TRIES; i++) {
        int fd;

        snprintf(name, size, "%s/%s%ld-%u%s", folder, temporary_prefix, (long)getpid(),
                 atomic_fetch_add(&counter, 1), temporary_suffix);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    if (errno == ENOSPC || errno == EDQUOT)
        write_failed(path, "creating it", errno, err);
    else
        ds_fail(err, DS_CANTCREATE, "%s: cannot be created in '%s' (%s)", path, folder,
                strerror(errno));
    return -1;
}

/* write, whatever signals come; that nothing goes in is a failure, too. */
static ssize_t write_some(int fd, const void *from, size_t n)
{
    ssize_t wrote;

    do
        wrote = write(fd, from, n);
    while (wrote < 0 && errno == EINTR);
    if (wrote)
        return wrote;
    errno = EIO;
    return -1;
}

int ds_fd_write(int fd, const void *from, size_t n)
{
    const unsigned char *bytes = from;

    while (n) {
        const ssize_t wrote = write_some(fd, bytes, n);

        if (wrote < 0)
            return -1;
        bytes += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

/* A file system that knows no such thing says so here, or with EINVAL at the first call. No
 * other of the flags that can be set matters to a regular file that nobody else has open. */
static bool set_direct(int fd, bool on)
{
    return !fcntl(fd, F_SETFL, on ? O_DIRECT : 0);
}

/* ds_fd_write into a new file. */
static int write_all(int fd, const unsigned char *bytes, size_t n)
{
    const size_t blocks = n < DIRECT || (uintptr_t)bytes % BLOCK ? 0 : n - n % BLOCK;
    size_t done = 0;

    if (blocks && set_direct(fd, true)) {
        while (done < blocks) {
            const ssize_t wrote = write_some(fd, bytes + done, blocks - done);

            if (wrote < 0 && errno != EINVAL)
                return -1;
            if (wrote < 0) /* no such thing here, or not behind half a block */
                break;
            done += (size_t)wrote;
        }
        if (!set_direct(fd, false))
            return -1;
    }
    return ds_fd_write(fd, bytes + done, n - done);
}

int ds_file_publish(const char *path, const void *bytes, size_t n, struct ds_err *err)
{
    char folder[PATH_LENGTH], temporary[PATH_LENGTH + 64];
    const char *doing = NULL;
    int fd, code;

    if ((code = ds_folder_of(folder, sizeof folder, path, err)) ||
        (code = refuse_target(path, err)) || (code = refuse_full(folder, path, n, err)))
        return code;
    if ((fd = open_temporary(temporary, sizeof temporary, folder, path, err)) < 0)
        return err->code;
    if (write_all(fd, bytes, n))
        doing = "writing";
    else if (fsync(fd))
        doing = "fsync";
    if (doing) {
        write_failed(path, doing, errno, err);
        close(fd);
    } else if (close(fd)) {
        write_failed(path, doing = "closing", errno, err);
    } else if (rename(temporary, path)) {
        write_failed(path, doing = "renaming", errno, err);
    }
    if (doing) {
        unlink(temporary);
        return err->code;
    }
    return ds_folder_sync(folder, err);
}

enum ds_code ds_open_code(int why)
{
    switch (why) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case ENXIO: /* a socket, a device that is not plugged in */
    case ENODEV:
        return DS_NOINPUT;
    case ENOMEM:
        return DS_NOMEM;
    default:
        return DS_IO;
    }
}

int ds_folder_there(bool *folder, const char *path, struct ds_err *err)
{
    struct stat is;
    const bool seen = !stat(path, &is);

    *folder = seen && S_ISDIR(is.st_mode);
    if (seen || ds_open_code(errno) == DS_NOINPUT)
        return 0;
    return ds_fail(err, ds_open_code(errno), "%s: cannot be examined (%s)", path,
                   strerror(errno));
}

bool ds_file_absent(const char *path)
{
    struct stat is;

    return stat(path, &is) && (errno == ENOENT || errno == ENOTDIR);
}

/* Whether it is a regular file, and what it is now. */
static bool is_regular(int fd, struct stat *is, const char *path, struct ds_err *err)
{
    if (fstat(fd, is))
        ds_fail(err, DS_IO, "%s: cannot be examined (%s)", path, strerror(errno));
    else if (S_ISDIR(is->st_mode))
        ds_fail(err, DS_NOINPUT, "%s: is a folder, expected a file", path);
    else if (!S_ISREG(is->st_mode))
        ds_fail(err, DS_NOINPUT, "%s: is a device, pipe or socket, expected a file", path);
    else
        return true;
    return false;
}

int ds_file_open(const char *path, size_t *size, struct ds_err *err)
{
    /* O_NONBLOCK: a pipe without a writer must not hold us up before it is refused. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat is;

    if (fd < 0) {
        ds_fail(err, ds_open_code(errno), "%s: cannot be read (%s)", path, strerror(errno));
        return -1;
    }
    if (is_regular(fd, &is, path, err)) {
        *size = (size_t)is.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

ssize_t ds_fd_read(int fd, void *to, size_t n)
{
    size_t done = 0;

    while (done < n) {
        const ssize_t got = read(fd, (unsigned char *)to + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

int ds_file_read_open(unsigned char **bytes, size_t *n, int fd, const char *path, size_t limit,
                      struct ds_err *err)
{
    unsigned char *block = NULL;
    struct stat before, after;
    size_t size;
    ssize_t got;
    int code = 0;

    if (!is_regular(fd, &before, path, err))
        return err->code;
    size = (size_t)before.st_size;
    if (size > limit)
        return ds_fail(err, DS_DATA, "%s: has %zu bytes, at most %zu are read", path, size,
                       limit);
    if (!(block = malloc(size + 1)))
        return ds_fail(err, DS_NOMEM, "out of memory: %s needs %.1f MB", path,
                       (double)size / 1e6);
    got = ds_fd_read(fd, block, size + 1); /* one more, to see the end */
    if (got < 0 || fstat(fd, &after))
        code = ds_fail(err, DS_IO, "%s: reading failed (%s)", path, strerror(errno));
    else if ((size_t)got != size)
        code = ds_fail(err, DS_IO, "%s: changed its size while it was read", path);
    else if (memcmp(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim))
        code = ds_fail(err, DS_IO,
                       "%s: was written to while it was read; wait for the end of that", path);
    if (code) {
        free(block);
        return code;
    }
    *bytes = block;
    *n = size;
    return 0;
}

int ds_file_read(unsigned char **bytes, size_t *n, const char *path, size_t limit,
                 struct ds_err *err)
{
    size_t size;
    const int fd = ds_file_open(path, &size, err);
    int code;

    if (fd < 0)
        return err->code;
    code = ds_file_read_open(bytes, n, fd, path, limit, err);
    close(fd);
    return code;
}

/* The file from its beginning, in pieces. */
static bool holds(int fd, const unsigned char *expected, size_t n, unsigned char *piece)
{
    bool direct = n >= DIRECT && set_direct(fd, true);

    for (size_t at = 0; at < n;) {
        const size_t want = n - at < PIECE ? n - at : PIECE;
        ssize_t got;

        if (direct && want % BLOCK)
            direct = !set_direct(fd, false);
        got = ds_fd_read(fd, piece, want);
        if (got < 0 && errno == EINVAL && direct) { /* no such thing here */
            direct = false;
            set_direct(fd, false);
            lseek(fd, (off_t)at, SEEK_SET);
            continue;
        }
        if (got != (ssize_t)want || memcmp(piece, expected + at, want))
            return false;
        at += want;
    }
    return true;
}

int ds_file_verify(const char *path, const void *bytes, size_t n, struct ds_err *err)
{
    unsigned char *piece = NULL;
    size_t size = 0;
    const int fd = ds_file_open(path, &size, err);
    bool same;

    if (fd < 0)
        return err->code;
    if (!(piece = aligned_alloc(BLOCK, PIECE))) {
        close(fd);
        return ds_fail(err, DS_NOMEM, "out of memory: %s was written, but not read back", path);
    }
    same = size == n && holds(fd, bytes, n, piece);
    free(piece);
    close(fd);
    if (!same)
        return ds_fail(err, DS_IO,
                       "%s: reading it back did not give what was written; the disk may be "
                       "failing",
                       path);
    return 0;
}

bool ds_file_state(struct ds_file_state *state, const char *path)
{
    struct stat is;

    if (stat(path, &is))
        return false;
    *state = (struct ds_file_state){(uint64_t)is.st_dev, (uint64_t)is.st_ino, is.st_size,
                                    is.st_ctim.tv_sec, is.st_ctim.tv_nsec};
    return true;
}
