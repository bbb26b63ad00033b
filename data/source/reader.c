/* data/source/reader.c -- a file read once, front to back, to its exact end. See the header. */
#define _GNU_SOURCE
#include "data/source/reader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "data/store/file.h"

enum {
    BUFFER = 1 << 16,
    PORTION = 1 << 30,     /* zlib counts in unsigned int */
    GZIP_WINDOW = 15 + 16, /* the largest window, and a gzip wrapper around it */
    RATIO = 1000
};

struct ds_reader {
    char *path;
    int fd;
    bool packed, ended; /* ended: the packed stream is complete */
    uint64_t size, given;
    z_stream z; /* next_in and avail_in also serve files that are not packed */
    unsigned char buffer[BUFFER];
};

/* Fills an empty buffer, at the end of the file with less; avail_in stays 0 behind it. */
static int refill(struct ds_reader *r, struct ds_err *err)
{
    size_t held = 0;
    ssize_t got;

    if (r->z.avail_in)
        return 0;
    do {
        got = read(r->fd, r->buffer + held, BUFFER - held);
        held += got > 0 ? (size_t)got : 0;
    } while (held < BUFFER && (got > 0 || (got < 0 && errno == EINTR)));
    if (got < 0)
        return ds_fail(err, DS_IO, "%s: %s", r->path, strerror(errno));
    r->z.next_in = r->buffer;
    r->z.avail_in = (unsigned)held;
    return 0;
}

static int open_file(struct ds_reader *r, struct ds_err *err)
{
    struct stat st;

    r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (r->fd < 0)
        return ds_fail(err, ds_open_code(errno), "%s: %s", r->path, strerror(errno));
    if (fstat(r->fd, &st))
        return ds_fail(err, DS_IO, "%s: cannot be examined (%s)", r->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return ds_fail(err, DS_DATA, "%s: not a regular file", r->path);
    r->size = (uint64_t)st.st_size;
    if (refill(r, err))
        return err->code;
    if (r->z.avail_in < 2 || r->buffer[0] != 0x1f || r->buffer[1] != 0x8b)
        return 0;
    if (inflateInit2(&r->z, GZIP_WINDOW) != Z_OK)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for unpacking", r->path);
    r->packed = true;
    return 0;
}

int ds_reader_open(struct ds_reader **out, const char *path, struct ds_err *err)
{
    struct ds_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r || !(r->path = strdup(path))) {
        free(r);
        return ds_fail(err, DS_NOMEM, "%s: out of memory for reading", path);
    }
    r->fd = -1;
    if (open_file(r, err)) {
        ds_reader_close(r);
        return err->code;
    }
    *out = r;
    return 0;
}

void ds_reader_close(struct ds_reader *r)
{
    if (r->packed)
        inflateEnd(&r->z);
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    free(r);
}

uint64_t ds_reader_limit(const struct ds_reader *r)
{
    uint64_t limit;

    if (__builtin_mul_overflow(r->size, r->packed ? RATIO : 1, &limit))
        limit = UINT64_MAX;
    return limit;
}

/* Up to n bytes; *got is 0 only at the end. */
static int unpack(struct ds_reader *r, unsigned char *into, unsigned n, unsigned *got,
                  struct ds_err *err)
{
    int state = Z_OK;

    r->z.next_out = into;
    r->z.avail_out = n;
    while (r->z.avail_out == n && !r->ended) {
        if (refill(r, err))
            return err->code;
        if (!r->z.avail_in)
            return ds_fail(err, DS_DATA,
                           "%s: the gzip file is truncated after %llu unpacked "
                           "bytes; download it again",
                           r->path, (unsigned long long)r->given);
        state = inflate(&r->z, Z_NO_FLUSH);
        r->ended = state == Z_STREAM_END;
        if (state != Z_OK && !r->ended) /* both sides had bytes, so it got on */
            return ds_fail(err, DS_DATA,
                           "%s: damaged gzip file: %s after %llu unpacked bytes; "
                           "download it again",
                           r->path, r->z.msg ? r->z.msg : "wrong layout",
                           (unsigned long long)r->given);
    }
    *got = n - r->z.avail_out;
    return 0;
}

static int copy(struct ds_reader *r, unsigned char *into, unsigned n, unsigned *got,
                struct ds_err *err)
{
    if (refill(r, err))
        return err->code;
    *got = n < r->z.avail_in ? n : r->z.avail_in;
    memcpy(into, r->z.next_in, *got);
    r->z.next_in += *got;
    r->z.avail_in -= *got;
    return 0;
}

static int some(struct ds_reader *r, unsigned char *into, size_t n, unsigned *got,
                struct ds_err *err)
{
    const unsigned portion = n < PORTION ? (unsigned)n : PORTION;

    return r->packed ? unpack(r, into, portion, got, err) : copy(r, into, portion, got, err);
}

int ds_reader_read(struct ds_reader *r, void *into, size_t n, struct ds_err *err)
{
    unsigned char *at = into;

    while (n > 0) {
        unsigned got = 0;

        if (some(r, at, n, &got, err))
            return err->code;
        if (!got)
            return ds_fail(err, DS_DATA,
                           "%s: ends after %llu bytes, expected %llu; download it "
                           "again",
                           r->path, (unsigned long long)r->given,
                           (unsigned long long)(r->given + n));
        r->given += got;
        at += got;
        n -= got;
    }
    return 0;
}

int ds_reader_end(struct ds_reader *r, struct ds_err *err)
{
    unsigned char extra;
    unsigned got = 0;

    if (some(r, &extra, 1, &got, err))
        return err->code;
    if (!got && refill(r, err)) /* what follows the packed stream */
        return err->code;
    if (got || r->z.avail_in)
        return ds_fail(err, DS_DATA,
                       "%s: more bytes follow the %llu that its header announces; "
                       "download it again",
                       r->path, (unsigned long long)r->given);
    return 0;
}
