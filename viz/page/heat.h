/* viz/page/heat.h -- matrices of numbers as colour, and colour bars. Public header. */
#ifndef DS_VIZ_PAGE_HEAT_H
#define DS_VIZ_PAGE_HEAT_H

#include "viz/page/canvas.h"
#include "viz/page/cmap.h"
#include "viz/page/scale.h"

struct ds_heat {
    int rows, columns;
    const double *value; /* [rows][columns]; NaN: nothing to say, left blank */
    double lo, hi;       /* the range of the colours */
    const struct ds_cmap *cmap;
    int decimals;        /* of the numbers in the cells; -1: no numbers */
    const char *xlabel, *ylabel; /* NULL: none */
    int first_column, first_row; /* columns and rows are labelled first + index */
    bool fill;                   /* cells may be flat; otherwise they want to be square */
    const unsigned char *hatch;  /* [rows][columns] not 0: hatched; or NULL */
};

/* The cells fill the box; labels stand left of it and below. Numbers take the contrasting one
 * of black and white, at the tick size or smaller, and are left out below 4.5 points. */
void ds_heat_draw(struct ds_canvas *c, struct ds_box cells, const struct ds_heat *h);

/* A vertical bar with ticks at round values on its right and a label turned beside them;
 * strength < 1 shows the colours as an overlay shows them, over mid grey. */
struct ds_bar {
    const struct ds_cmap *cmap;
    double lo, hi;
    int about;         /* ticks wanted; 0: only the two ends, in `decimals` */
    int decimals;
    const char *label; /* NULL: none */
    double strength;
};

void ds_bar_draw(struct ds_canvas *c, struct ds_box box, const struct ds_bar *bar);
/* Width beside the bar itself that ticks and label take. */
double ds_bar_room(struct ds_canvas *c, const struct ds_bar *bar);

/* Width of the numbers of a bar with `about` ticks, where no canvas is at hand to measure. */
double ds_bar_digits(const struct ds_theme *t, double lo, double hi, int about);

#endif
