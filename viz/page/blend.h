/* viz/page/blend.h -- pictures at the speed of a window. Public header.
 *
 * What raster.h draws for paper, in integers and separable: images nearest or filtered by the
 * same rule, maps bicubic and clamped to their range, the same colours and opacities to about
 * one part in a hundred (a test compares the two). Only the part of the image under the lens
 * is computed, so zooming costs nothing. Pixels are Cairo's RGB24 / SDL's ARGB8888. */
#ifndef DS_VIZ_PAGE_BLEND_H
#define DS_VIZ_PAGE_BLEND_H

#include <stdint.h>
#include "core/base/err.h"
#include "viz/page/raster.h"

/* The part of the image that fills the picture; all of it: 0, 0, 1, 1. */
struct ds_lens {
    double x0, y0, x1, y1;
};

/* out [h][w], rows `stride` apart; pixels [height][width][3]. DS_NOMEM. */
int ds_blend_image(uint32_t *out, int stride, int w, int h, const uint8_t *pixels, int width,
                   int height, struct ds_lens lens, struct ds_err *err);

/* The map over what is there. paint->strength is the opacity at hi; a diverging colour map
 * puts 0 in the middle of lo..hi and its opacity is proportional to the distance from it.
 * Values that are not finite are hatched. DS_NOMEM. */
int ds_blend_map(uint32_t *out, int stride, int w, int h, const float *map, int grid_h,
                 int grid_w, struct ds_lens lens, const struct ds_paint *paint,
                 struct ds_err *err);

#endif
