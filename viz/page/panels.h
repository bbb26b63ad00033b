/* viz/page/panels.h -- matrices of several methods side by side with one colour bar.
 * For viz/page. */
#ifndef DS_VIZ_PAGE_PANELS_H
#define DS_VIZ_PAGE_PANELS_H

#include "viz/page/figure_int.h"
#include "viz/page/heat.h"
#include "viz/page/study.h"

struct ds_panels {
    struct ds_heat heat; /* what all have in common; value is each panel's own */
    int panels;
    double *value;       /* [panels][rows][columns], owned */
    char title[DS_GROUPS][128];
    const char *bar;     /* label of the colour bar */
    double cell;         /* width a cell should have, points */
    int per;             /* panels that belong in one row (q, k, v); 0: any number */
    bool nobar, plain;   /* no colour bar; titles without letters */
    const unsigned char *hatch; /* [panels][rows][columns] not 0: hatched; or NULL */
};

/* Range, bar and letters as the job has them. */
void ds_panels_of_job(struct ds_panels *p, const struct ds_job *job);

/* How tall the panels want to be at a width. Cells are square unless heat.fill. */
double ds_panels_height(const struct ds_panels *p, const struct ds_theme *t, double width);
int ds_panels_draw(struct ds_canvas *c, struct ds_box box, const struct ds_panels *p,
                   struct ds_err *err);

#endif
