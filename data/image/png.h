/* data/image/png.h -- PNG, read strictly. Public header.
 *
 * Every colour type, depth and interlacing is read: palettes are looked up, 1, 2 and 4 bits
 * of grey are spread over 0..255, of 16 bits the high byte is kept, alpha is dropped.
 * A checksum that does not match, data after the last row or any other complaint of libpng
 * about what makes the pixels is a failure; text, time and colour profiles are skipped. The
 * orientation of an eXIf chunk is applied (see orient.h). */
#ifndef DS_DATA_IMAGE_PNG_H
#define DS_DATA_IMAGE_PNG_H

#include <stddef.h>
#include "core/base/err.h"
#include "data/image/picture.h"

struct ds_view; /* of this room: from outside, ask ds_picture_shape */

/* Channels, height and width as they are delivered, from the header and the list of chunks;
 * pixels is set to NULL. *orientation is the EXIF one, 1 to 8. DS_DATA. */
int ds_png_shape(struct ds_picture *shape, int *orientation, struct ds_view *v,
                 const char *name, struct ds_err *err);

/* DS_DATA, DS_NOMEM; on failure out is empty. Clear with ds_picture_clear. */
int ds_png_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                  struct ds_err *err);

#endif
