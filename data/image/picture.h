/* data/image/picture.h -- a picture file becomes planar bytes. Public header.
 *
 * The format is told by the first bytes, never by the file's name. What comes out is what
 * Pillow's ImageOps.exif_transpose(Image.open(path)).convert("RGB") holds: 8 bits, no alpha
 * (dropped, not blended), no colour management, turned as its EXIF orientation says
 * (orient.h). Grey files stay grey, [1][H][W]; all others are [3][H][W]. PNG (png.h) and JPEG
 * (jpeg.h) are read.
 *
 * Files are not trusted: at most DS_PICTURE_SIDE pixels a side and DS_PICTURE_PIXELS in all,
 * checked before memory is asked for. */
#ifndef DS_DATA_IMAGE_PICTURE_H
#define DS_DATA_IMAGE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

enum { DS_PICTURE_SIDE = 16384, DS_PICTURE_PIXELS = 64000000 };

struct ds_picture {
    int channels, height, width;
    uint8_t *pixels; /* [C][H][W], owned; NULL where only the shape is known */
    bool lent;       /* the pixels belong to somebody else: read only, clearing leaves them */
};

/* Decodes a file, or a file's bytes (`name` is for the sentences). On failure out is empty.
 * DS_NOINPUT, DS_DATA (damaged, foreign, too large), DS_NOMEM. */
int ds_picture_load(struct ds_picture *out, const char *path, struct ds_err *err);
int ds_picture_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                      struct ds_err *err);

/* The shape as ds_picture_load delivers it, from the file's headers, without decoding and
 * without allocating. */
int ds_picture_shape(struct ds_picture *shape, const char *path, struct ds_err *err);

void ds_picture_clear(struct ds_picture *p);

#endif
