/* data/image/jpeg_shape.c -- the shape of a JPEG from its markers. See jpeg.h.
 *
 * A file is SOI, then segments: 0xFF, a code, and for all that matter here a length of two
 * bytes that counts itself. The frame header (SOFn) has the size; EXIF is an APP1 segment. */
#include "data/image/jpeg.h"

#include <string.h>
#include "data/image/orient.h"
#include "data/image/view_int.h"

enum {
    SOF0 = 0xc0,
    SOF1 = 0xc1,
    SOF2 = 0xc2,
    DHT = 0xc4,
    JPG = 0xc8,
    SOF9 = 0xc9,
    DAC = 0xcc,
    SOF15 = 0xcf,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP1 = 0xe1,
    TEM = 0x01,
    RST0 = 0xd0
};

/* What the walk has met so far. */
struct found {
    struct ds_picture shape; /* height 0: no frame header yet */
    int orientation;         /* 0: no EXIF yet; the first one counts */
};

static int damaged(const char *name, const char *what, struct ds_err *err)
{
    return ds_fail(err, DS_DATA, "%s: damaged JPEG: %s; replace the file", name, what);
}

static int frame(struct found *f, struct ds_view *v, size_t at, size_t n, int code,
                 const char *name, struct ds_err *err)
{
    const unsigned char *p = n < 6 ? NULL : ds_view_at(v, at, 6);
    int height, width;

    if (code >= SOF9)
        return ds_fail(err, DS_DATA, "%s: arithmetic coded JPEG is not read; convert to PNG",
                       name);
    if (code != SOF0 && code != SOF1 && code != SOF2)
        return ds_fail(err, DS_DATA,
                       "%s: lossless or hierarchical JPEG is not read; convert to PNG", name);
    if (!p || f->shape.height)
        return damaged(name, p ? "a second frame header" : "a short frame header", err);
    height = p[1] << 8 | p[2];
    width = p[3] << 8 | p[4];
    if (p[0] != 8)
        return ds_fail(err, DS_DATA, "%s: a JPEG of %d bits, expected 8; convert to PNG", name,
                       p[0]);
    if (!height || !width || (p[5] != 1 && p[5] != 3 && p[5] != 4))
        return ds_fail(err, DS_DATA,
                       "%s: damaged JPEG: %d x %d pixels of %d components; replace the file",
                       name, width, height, p[5]);
    if (height > DS_PICTURE_SIDE || width > DS_PICTURE_SIDE ||
        (uint64_t)height * (uint64_t)width > DS_PICTURE_PIXELS)
        return ds_fail(err, DS_DATA,
                       "%s: %d x %d pixels, at most %d a side and %d million in all "
                       "are read; make it smaller",
                       name, width, height, DS_PICTURE_SIDE, DS_PICTURE_PIXELS / 1000000);
    f->shape =
        (struct ds_picture){.channels = p[5] == 1 ? 1 : 3, .height = height, .width = width};
    return 0;
}

/* One segment whose n bytes of contents begin at `at`. */
static int segment(struct found *f, struct ds_view *v, size_t at, size_t n, int code,
                   const char *name, struct ds_err *err)
{
    if (code >= SOF0 && code <= SOF15 && code != DHT && code != JPG && code != DAC)
        return frame(f, v, at, n, code, name, err);
    if (code == APP1 && !f->orientation && n >= 6) {
        const unsigned char *p = ds_view_at(v, at, 6);

        if (p && !memcmp(p, "Exif\0\0", 6))
            f->orientation = ds_orientation(v, at + 6, n - 6);
    }
    return 0;
}

/* The code of the marker at *at, which moves behind it; -1 when there is none. */
static int next_marker(struct ds_view *v, size_t *at)
{
    const unsigned char *p = ds_view_at(v, *at, 2);

    if (!p || p[0] != 0xff)
        return -1;
    while (p && p[1] == 0xff) /* any number of fill bytes */
        p = ds_view_at(v, ++*at, 2);
    *at += 2;
    return p ? p[1] : -1;
}

static int walk(struct found *f, struct ds_view *v, const char *name, struct ds_err *err)
{
    const unsigned char *p = ds_view_at(v, 0, 3);
    size_t at = 2;

    if (!p || memcmp(p, "\xff\xd8\xff", 3) != 0)
        return damaged(name, "no complete header", err);
    for (;;) {
        const int code = next_marker(v, &at);
        size_t n;

        if (code < 0)
            return damaged(name, "no complete header", err);
        if (code == TEM || (code >= RST0 && code < SOI))
            continue; /* stand alone */
        if (code == 0 || code == SOI || code == EOI)
            return damaged(name, "no picture in it", err);
        if (code == SOS)
            return f->shape.height ? 0 : damaged(name, "a scan without a frame header", err);
        p = ds_view_at(v, at, 2);
        n = p ? (size_t)(p[0] << 8 | p[1]) : 0;
        if (n < 2)
            return damaged(name, "no complete header", err);
        if (segment(f, v, at + 2, n - 2, code, name, err))
            return err->code;
        at += n;
    }
}

int ds_jpeg_shape(struct ds_picture *shape, int *orientation, struct ds_view *v,
                  const char *name, struct ds_err *err)
{
    struct found f = {0};

    *shape = (struct ds_picture){0};
    if (walk(&f, v, name, err))
        return err->code;
    *orientation = f.orientation ? f.orientation : 1;
    *shape = f.shape;
    ds_orient_shape(shape, *orientation);
    return 0;
}
