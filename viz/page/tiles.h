/* viz/page/tiles.h -- small maps in rows and columns, and what all figures of maps share.
 * For viz/page. */
#ifndef DS_VIZ_PAGE_TILES_H
#define DS_VIZ_PAGE_TILES_H

#include "viz/page/figure_int.h"
#include "viz/page/heat.h"
#include "viz/page/raster.h"

/* The rollout row [P] of an image at a checkpoint, and its split point. Layers from 0. */
const float *ds_map_of(const struct ds_record *r, int checkpoint, int image, int layer);
double ds_split_of(const struct ds_record *r, int checkpoint, int image, int layer);

/* Ends of the finite ones of x[n], `clip` percent cut off at both; 0 and 1 when there are none.
 * Sorts x. */
void ds_range_of(double *lo, double *hi, float *x, size_t n, double clip);

/* One picture: the image (index in r, or -1), the map [grid] over it or NULL. An outline where
 * `split` is finite. */
struct ds_tile {
    const struct ds_record *record;
    int image;
    const float *map;
    struct ds_paint paint;
    double split, dpi;
};
int ds_tile_draw(struct ds_canvas *c, struct ds_box box, const struct ds_tile *t,
                 struct ds_err *err);

/* Rows and columns of maps. */
struct ds_tiles {
    const struct ds_record *record;
    int rows, columns;
    const float *map;      /* [rows][columns][P] */
    const double *lo, *hi; /* [rows][columns] */
    const double *split;   /* [rows][columns], or NULL: no outlines */
    const int *image;      /* [rows] under the maps and alone in a first column, or NULL */
    int corner;            /* an image drawn once, left of the matrix; -1: none */
    char corner_name[64];
    char (*row_name)[64], (*row_note)[32]; /* [rows]; row_note may be NULL */
    int first_column;                      /* columns are labelled first_column + index ... */
    const int *column_number;              /* ... or by these, [columns] */
    const char *xlabel, *ylabel;
    const char *bar; /* label of the one colour bar, or NULL */
    const struct ds_cmap *cmap;
    double strength, most; /* opacity; the largest side of a tile, points */
    bool smooth;
    double dpi;
};

double ds_tiles_height(const struct ds_tiles *t, const struct ds_theme *theme, double width);
int ds_tiles_draw(struct ds_canvas *c, struct ds_box box, const struct ds_tiles *t,
                  struct ds_err *err);

#endif
