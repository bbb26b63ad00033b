/* data/image/picture.c -- a picture file becomes planar bytes. See the header. */
#define _GNU_SOURCE
#include "data/image/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "data/image/png.h"
#include "data/store/file.h"

/* Enough for every header we read; a limit for files no sane picture reaches. */
enum { HEAD = 64, FILE_LIMIT = 512 << 20 };

struct format {
    const char *magic;
    size_t n_magic;
    const char *refusal; /* for formats that are known but not read */
    int (*shape)(struct ds_picture *, const void *, size_t, const char *, struct ds_err *);
    int (*decode)(struct ds_picture *, const void *, size_t, const char *, struct ds_err *);
};

static const struct format formats[] = {
    {"\x89PNG\r\n\x1a\n", 8, NULL, ds_png_shape, ds_png_decode},
    {"\xff\xd8\xff", 3, "JPEG is not supported yet; convert to PNG", NULL, NULL},
};

static int recognise(const struct format **out, const unsigned char *bytes, size_t n,
                     const char *name, struct ds_err *err)
{
    if (n == 0)
        return ds_fail(err, DS_DATA, "%s: the file is empty, expected a PNG picture", name);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const struct format *f = &formats[i];

        if (n < f->n_magic || memcmp(bytes, f->magic, f->n_magic) != 0)
            continue;
        if (f->refusal)
            return ds_fail(err, DS_DATA, "%s: %s", name, f->refusal);
        *out = f;
        return 0;
    }
    return ds_fail(err, DS_DATA,
                   "%s: not a PNG picture (its first byte is 0x%02x); convert to PNG", name,
                   bytes[0]);
}

int ds_picture_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                      struct ds_err *err)
{
    const struct format *f;

    *out = (struct ds_picture){0};
    if (recognise(&f, bytes, n, name, err))
        return err->code;
    return f->decode(out, bytes, n, name, err);
}

int ds_picture_load(struct ds_picture *out, const char *path, struct ds_err *err)
{
    unsigned char *bytes;
    size_t n;
    int code;

    *out = (struct ds_picture){0};
    code = ds_file_read(&bytes, &n, path, FILE_LIMIT, err);
    if (code)
        return code;
    code = ds_picture_decode(out, bytes, n, path, err);
    free(bytes);
    return code;
}

/* O_NONBLOCK: a named pipe among the pictures must not hang the program. */
static int read_head(unsigned char head[HEAD], size_t *n, const char *path, struct ds_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    ssize_t got;
    int code = 0;

    if (fd < 0)
        return ds_fail(err, DS_NOINPUT, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        code = ds_fail(err, DS_DATA, "%s: not a regular file, expected a PNG picture", path);
        goto done;
    }
    got = pread(fd, head, HEAD, 0);
    if (got < 0)
        code = ds_fail(err, DS_IO, "%s: %s", path, strerror(errno));
    else
        *n = (size_t)got;
done:
    close(fd);
    return code;
}

int ds_picture_shape(struct ds_picture *shape, const char *path, struct ds_err *err)
{
    unsigned char head[HEAD];
    const struct format *f;
    size_t n = 0;

    *shape = (struct ds_picture){0};
    if (read_head(head, &n, path, err) || recognise(&f, head, n, path, err))
        return err->code;
    return f->shape(shape, head, n, path, err);
}

void ds_picture_clear(struct ds_picture *p)
{
    free(p->pixels);
    *p = (struct ds_picture){0};
}
