/* data/image/resize.h -- pictures in another size, to the byte as Pillow makes them. Public
 * header.
 *
 * A resized row is a weighted mean of input pixels: output pixel x looks at
 *
 *     centre = left + (x + 1/2) scale,   scale = width of the box / output width
 *
 * with weights filter((i + 1/2 - centre) / max(scale, 1)), normalised. The filter widens when
 * the picture shrinks, which is what antialiasing is. Weights are rounded to 22 binary places
 * and the sum is rounded to a byte; columns first, then rows, with bytes between them
 * (Pillow's ImagingResample for 8 bits). */
#ifndef DS_DATA_IMAGE_RESIZE_H
#define DS_DATA_IMAGE_RESIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/image/crop.h"

/* Bilinear reaches 1 input pixel to each side, bicubic 2, with Keys' a = -1/2. */
enum ds_filter { DS_BILINEAR, DS_BICUBIC };

/* Bytes of scratch that ds_resize wants for these sizes, with any box. */
size_t ds_resize_scratch(int in_height, int in_width, int out_height, int out_width,
                         enum ds_filter filter);

/* out [C][out_height][out_width] from the planes of `in`, or from the box (left, top, right,
 * bottom; in pixels, inside the picture, not empty) where box is not NULL. Pixels around the
 * box take part, as in Pillow; cut with ds_crop first where they must not. Sides are 1 to
 * DS_PICTURE_SIDE. Allocates nothing and cannot fail; scratch is 16-byte aligned. */
void ds_resize(uint8_t *out, int out_height, int out_width, const struct ds_planes *in,
               const float box[4], enum ds_filter filter, void *scratch);

/* The same for floats in doubles, for position embeddings: torch.nn.functional.interpolate
 * with align_corners=False. With antialias the filter widens as above and is normalised;
 * without, it is the plain filter at the sampled point, with border pixels repeated.
 * `a` is Keys' constant: PyTorch has -1/2 with antialias and -3/4 without; ignored for
 * bilinear. scale_y, scale_x are input pixels per output pixel, 0: input size / output size
 * (PyTorch given a scale_factor uses 1 / scale_factor, whatever the rounded size is). */
struct ds_resize_how {
    enum ds_filter filter;
    bool antialias;
    double a, scale_y, scale_x;
};

/* out [oh][ow][C], in [ih][iw][C]. DS_USAGE for empty sides or scales that are not positive
 * numbers, DS_NOMEM. */
int ds_resize_floats(float *out, int oh, int ow, const float *in, int ih, int iw, int channels,
                     const struct ds_resize_how *how, struct ds_err *err);

#endif
