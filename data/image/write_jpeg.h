/* data/image/write_jpeg.h -- pixels as a baseline JPEG. Public header. */
#ifndef DS_DATA_IMAGE_WRITE_JPEG_H
#define DS_DATA_IMAGE_WRITE_JPEG_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

/* rgb [height][width][3] as JFIF, colours at full resolution (4:4:4), quality 1..100. The same
 * pixels give the same bytes. *bytes is fresh: free it. DS_USAGE for impossible sizes,
 * DS_NOMEM. */
int ds_jpeg_encode(unsigned char **bytes, size_t *n, const uint8_t *rgb, int width, int height,
                   int quality, struct ds_err *err);

#endif
