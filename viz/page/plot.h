/* viz/page/plot.h -- axes, lines with bands, legends. Public header.
 *
 *     struct ds_axes a = {.xlabel = "after task", .ylabel = "accuracy (%)"};
 *     ds_scale_count(&a.x, 1, 10, 0.3, 10);
 *     ds_scale_nice(&a.y, 0, 93, 5);
 *     ds_plot_lines(canvas, box, &a, series, 3);
 *
 * Axes sit left and below, ticks point outwards, grid lines are faint and only horizontal.
 * Bands are cut at the frame. The legend goes where no line, band or marker runs, else above
 * the frame. */
#ifndef DS_VIZ_PAGE_PLOT_H
#define DS_VIZ_PAGE_PLOT_H

#include "viz/page/canvas.h"
#include "viz/page/scale.h"

struct ds_axes {
    struct ds_scale x, y;
    const char *xlabel, *ylabel, *title; /* NULL: none */
    struct ds_box frame;                 /* where the data goes; filled by ds_axes_fit */
};

struct ds_series {
    const char *label; /* NULL: not in the legend */
    struct ds_style style;
    int n;
    const double *x, *y;   /* NaN breaks the line */
    const double *lo, *hi; /* a band, or NULL */
    bool bare, thin;       /* no markers; as fine as an axis */
    bool points;           /* markers only, no line */
    bool swatch;           /* in the legend a filled box, with this hatching */
    int hatch;
};

/* Sets a->frame so that ticks and labels fit into the box. DS_USAGE when nothing is left. */
int ds_axes_fit(struct ds_canvas *c, struct ds_box box, struct ds_axes *a, struct ds_err *err);
void ds_axes_draw(struct ds_canvas *c, const struct ds_axes *a);
double ds_axes_x(const struct ds_axes *a, double x);
double ds_axes_y(const struct ds_axes *a, double y);

void ds_series_draw(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s);
void ds_marker_draw(struct ds_canvas *c, enum ds_marker m, double x, double y, double size,
                    struct ds_rgb color);

/* From lo to hi at (x), with short ends. NAN: nothing. */
void ds_error_draw(struct ds_canvas *c, const struct ds_axes *a, double x, double lo, double hi,
                   double ends, struct ds_rgb color);

/* Size of a legend of `count` series in `columns`; then the legend itself at (x, y). */
struct ds_box ds_legend_size(struct ds_canvas *c, const struct ds_series *s, int count,
                             int columns);
/* How many columns fit into `width`, spread evenly over the rows. */
int ds_legend_columns(struct ds_canvas *c, const struct ds_series *s, int count, double width);
void ds_legend_draw(struct ds_canvas *c, double x, double y, const struct ds_series *s,
                    int count, int columns);

/* A free place for a w x h box inside the frame, corners first; false when there is none. */
bool ds_legend_place(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s,
                     int count, struct ds_box *box);

/* A good height for a plot of that many lines: flat, with room for a legend above. */
double ds_curve_height(const struct ds_theme *t, double width, int lines);

/* All of it: fit, axes, bands below lines, legend when `legend`. */
int ds_plot_lines(struct ds_canvas *c, struct ds_box box, struct ds_axes *a,
                  const struct ds_series *s, int count, bool legend, struct ds_err *err);

#endif
