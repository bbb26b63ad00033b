/* data/image/orient.h -- pictures that say which side is up. Public header.
 *
 * The EXIF orientation (TIFF tag 0x0112, values 1 to 8; CIPA DC-008, 4.6.4) is applied, so
 * that a picture is delivered as it is meant to be seen: what Pillow's
 * ImageOps.exif_transpose makes of it. Tools differ here: torchvision's ImageFolder does not
 * apply it. A block that is not sound TIFF counts as none. */
#ifndef DS_DATA_IMAGE_ORIENT_H
#define DS_DATA_IMAGE_ORIENT_H

#include <stddef.h>
#include "core/base/err.h"
#include "data/image/picture.h"

struct ds_view;

/* The orientation in n bytes of TIFF at `offset`; 1 (as stored) when there is none, or
 * the block is damaged. */
int ds_orientation(struct ds_view *v, size_t offset, size_t n);

/* Height and width change places for orientations 5 to 8. */
void ds_orient_shape(struct ds_picture *shape, int orientation);

/* Turns and mirrors the pixels. DS_NOMEM; the picture is unchanged then. */
int ds_orient(struct ds_picture *p, int orientation, const char *name, struct ds_err *err);

#endif
