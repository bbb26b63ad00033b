/* viz/page/raster.h -- pictures made of pixels: images, maps, overlays. Public header.
 *
 * A raster is resampled by us to the resolution it is printed at, so that no viewer or printer
 * smooths it in its own way. Small images keep their pixels (nearest); photographs are
 * filtered (triangle, wider when shrinking); attention maps are bicubic (Catmull-Rom, clamped
 * to the map's range so that it invents no peak) or shown patch by patch. */
#ifndef DS_VIZ_PAGE_RASTER_H
#define DS_VIZ_PAGE_RASTER_H

#include <stdint.h>
#include "viz/page/canvas.h"
#include "viz/page/cmap.h"

struct ds_raster {
    int w, h;
    float *rgb; /* [h][w][3] 0..1 */
};

int ds_raster_init(struct ds_raster *r, int w, int h, struct ds_err *err);
void ds_raster_clear(struct ds_raster *r);

/* pixels [height][width][3]. */
void ds_raster_image(struct ds_raster *r, const uint8_t *pixels, int width, int height);

/* How values become colour: lo..hi over the map; strength is the opacity of hi. */
struct ds_paint {
    const struct ds_cmap *cmap;
    double lo, hi;
    double strength; /* 1: opaque everywhere, the image is covered */
    bool smooth;
};

/* The map [grid_h][grid_w] over what is there. Opacity grows with the value, from 0 at lo to
 * strength at hi, so that what was not attended stays as it is. Values that are not finite are
 * drawn as a chequer of light and dark grey. */
void ds_raster_overlay(struct ds_raster *r, const float *map, int grid_h, int grid_w,
                       const struct ds_paint *paint);

/* Into the box, pixel for pixel; DS_NOMEM. */
int ds_raster_draw(struct ds_canvas *c, struct ds_box box, const struct ds_raster *r,
                   struct ds_err *err);

/* Pixels for `points` at `dpi`: at least 1, at most 8192. */
int ds_raster_side(double points, double dpi);

/* The edges between patches where `map > split` holds on one side only, and the outer edges
 * of those that hold: the outline of the protected region. */
void ds_outline_draw(struct ds_canvas *c, struct ds_box box, const float *map, int grid_h,
                     int grid_w, double split, struct ds_rgb color);

/* The same edges as a path of the canvas, for lines of another kind. */
void ds_outline_path(struct ds_canvas *c, struct ds_box box, const float *map, int grid_h,
                     int grid_w, double split);

#endif
