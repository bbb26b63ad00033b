/* data/archive/map.c -- a file in memory without being read. See archive_int.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/archive/archive_int.h"

static int look(struct ds_mapped *m, struct ds_err *err)
{
    struct stat is;
    void *bytes;

    if (fstat(m->fd, &is))
        return ds_fail(err, DS_IO, "%s: cannot be examined (%s)", m->path, strerror(errno));
    if (S_ISDIR(is.st_mode))
        return ds_fail(err, DS_NOINPUT, "%s: is a folder, expected a file", m->path);
    if (!S_ISREG(is.st_mode))
        return ds_fail(err, DS_NOINPUT, "%s: is a device, pipe or socket, expected a file",
                       m->path);
    if (is.st_size == 0)
        return ds_fail(err, DS_DATA, "%s: is empty, expected weights; download it again",
                       m->path);
    m->n = (size_t)is.st_size;
    m->changed = is.st_mtim;
    bytes = mmap(NULL, m->n, PROT_READ, MAP_PRIVATE, m->fd, 0);
    if (bytes == MAP_FAILED)
        return ds_fail(err, errno == ENOMEM ? DS_NOMEM : DS_IO, "%s: cannot be mapped (%s)",
                       m->path, strerror(errno));
    m->bytes = bytes;
    return 0;
}

int ds_map_open(struct ds_mapped *m, const char *path, struct ds_err *err)
{
    int code;

    *m = (struct ds_mapped){.fd = -1};
    if (!(m->path = strdup(path)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    /* O_NONBLOCK: a pipe without a writer must not hold us up before it is refused. */
    m->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    code = m->fd < 0
               ? ds_fail(err, DS_NOINPUT, "%s: cannot be read (%s)", path, strerror(errno))
               : look(m, err);
    if (code)
        ds_map_close(m);
    return code;
}

int ds_map_check(const struct ds_mapped *m, struct ds_err *err)
{
    struct stat is;

    if (fstat(m->fd, &is))
        return ds_fail(err, DS_IO, "%s: cannot be examined (%s)", m->path, strerror(errno));
    if ((size_t)is.st_size != m->n)
        return ds_fail(err, DS_IO,
                       "%s: had %zu bytes when it was opened and has %lld now; wait until "
                       "it is written, and open it again",
                       m->path, m->n, (long long)is.st_size);
    if (is.st_mtim.tv_sec != m->changed.tv_sec || is.st_mtim.tv_nsec != m->changed.tv_nsec)
        return ds_fail(err, DS_IO,
                       "%s: was changed while it was open; wait until it is written, and "
                       "open it again",
                       m->path);
    return 0;
}

void ds_map_rest(const struct ds_mapped *m, const unsigned char *at, size_t n)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = (uintptr_t)m->bytes, from = (uintptr_t)at;
    const uintptr_t begin = (from + page - 1) / page * page, end = (from + n) / page * page;

    if (from < first || from + n > first + m->n || begin >= end)
        return;
    madvise((void *)begin, end - begin,
            MADV_DONTNEED); /* an advice: failing costs memory only */
}

void ds_map_close(struct ds_mapped *m)
{
    if (m->bytes)
        munmap((void *)(uintptr_t)m->bytes, m->n);
    if (m->fd >= 0)
        close(m->fd);
    free(m->path);
    *m = (struct ds_mapped){.fd = -1};
}
