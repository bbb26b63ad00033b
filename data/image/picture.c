/* data/image/picture.c -- a picture file becomes planar bytes. See the header. */
#define _GNU_SOURCE
#include "data/image/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "data/image/jpeg.h"
#include "data/image/png.h"
#include "data/image/view_int.h"
#include "data/store/file.h"

/* A limit for files no sane picture reaches. */
enum { FILE_LIMIT = 512 << 20 };

static const struct format {
    const char *magic;
    size_t n_magic;
    int (*shape)(struct ds_picture *, int *, struct ds_view *, const char *, struct ds_err *);
    int (*decode)(struct ds_picture *, const void *, size_t, const char *, struct ds_err *);
} formats[] = {
    {"\x89PNG\r\n\x1a\n", 8, ds_png_shape, ds_png_decode},
    {"\xff\xd8\xff", 3, ds_jpeg_shape, ds_jpeg_decode},
};

static int recognise(const struct format **out, struct ds_view *v, const char *name,
                     struct ds_err *err)
{
    const unsigned char *p;

    if (v->size == 0)
        return ds_fail(err, DS_DATA, "%s: the file is empty, expected a PNG or JPEG picture",
                       name);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        *out = &formats[i];
        p = ds_view_at(v, 0, formats[i].n_magic);
        if (p && memcmp(p, formats[i].magic, formats[i].n_magic) == 0)
            return 0;
    }
    p = ds_view_at(v, 0, 1);
    if (!p)
        return ds_fail(err, DS_IO, "%s: cannot be read", name);
    return ds_fail(err, DS_DATA,
                   "%s: not a PNG or JPEG picture (its first byte is 0x%02x); convert to one "
                   "of them",
                   name, *p);
}

int ds_picture_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                      struct ds_err *err)
{
    struct ds_view view = {.bytes = bytes, .size = n};
    const struct format *f;

    *out = (struct ds_picture){0};
    if (recognise(&f, &view, name, err))
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
static int open_view(struct ds_view *v, const char *path, struct ds_err *err)
{
    struct stat st;

    v->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (v->fd < 0)
        return ds_fail(err, ds_open_code(errno), "%s: %s", path, strerror(errno));
    if (fstat(v->fd, &st))
        ds_fail(err, DS_IO, "%s: cannot be examined (%s)", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        ds_fail(err, DS_DATA, "%s: not a regular file, expected a PNG or JPEG picture", path);
    else {
        v->size = (size_t)st.st_size;
        return 0;
    }
    close(v->fd);
    return err->code;
}

int ds_picture_shape(struct ds_picture *shape, const char *path, struct ds_err *err)
{
    struct ds_view view = {0};
    const struct format *f;
    int code, orientation;

    *shape = (struct ds_picture){0};
    if (open_view(&view, path, err))
        return err->code;
    code = recognise(&f, &view, path, err);
    if (!code)
        code = f->shape(shape, &orientation, &view, path, err);
    if (view.failed) { /* whatever they took it for */
        *shape = (struct ds_picture){0};
        code = ds_fail(err, DS_IO, "%s: cannot be read (%s)", path, strerror(view.failed));
    }
    close(view.fd);
    return code;
}

void ds_picture_clear(struct ds_picture *p)
{
    if (!p->lent)
        free(p->pixels);
    *p = (struct ds_picture){0};
}
