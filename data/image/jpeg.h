/* data/image/jpeg.h -- JPEG, read strictly. Public header.
 *
 * Baseline and progressive, 8 bits, Huffman: grey, YCbCr, RGB, and CMYK or YCCK, which becomes
 * RGB as Pillow's convert("RGB") makes it (inks taken as Adobe writes them, inverted). The
 * settings are Pillow's (accurate integer DCT, fancy upsampling, block smoothing), so the
 * bytes are Pillow's where the same libjpeg-turbo decodes. The EXIF orientation is applied.
 *
 * Any complaint of libjpeg is a failure: a file that ends early, bytes between its parts, a
 * scan too many (more than DS_JPEG_SCANS). What follows the end of the picture is ignored. */
#ifndef DS_DATA_IMAGE_JPEG_H
#define DS_DATA_IMAGE_JPEG_H

#include <stddef.h>
#include "core/base/err.h"
#include "data/image/picture.h"

enum { DS_JPEG_SCANS = 100 };

struct ds_view; /* of this room: from outside, ask ds_picture_shape */

/* Channels, height and width as they are delivered: found by walking the markers, wherever
 * the frame header is. *orientation is the EXIF one, 1 to 8. DS_DATA. */
int ds_jpeg_shape(struct ds_picture *shape, int *orientation, struct ds_view *v,
                  const char *name, struct ds_err *err);

/* DS_DATA, DS_NOMEM; on failure out is empty. Clear with ds_picture_clear. */
int ds_jpeg_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                   struct ds_err *err);

#endif
