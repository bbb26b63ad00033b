/* viz/page/bars.h -- bars side by side or stacked, with error bars. For viz/page. */
#ifndef DS_VIZ_PAGE_BARS_H
#define DS_VIZ_PAGE_BARS_H

#include "viz/page/plot.h"

enum { DS_BAR_SERIES = 16, DS_BAR_LINES = 8 };

struct ds_bars {
    int groups, series;
    const char *const *group;      /* [groups] below the axis */
    const char *const *name;       /* [series] in the legend; NULL entries: not there */
    const double *value, *lo, *hi; /* [groups][series]; NAN: no bar; lo, hi may be NULL */
    bool stacked; /* positive parts up, negative ones down, a mark at the sum */
    int lines;    /* reference lines across, named at their right end */
    double line[DS_BAR_LINES];
    const char *line_name[DS_BAR_LINES];
    const char *xlabel, *ylabel;
    double bottom, top; /* the range; NAN: from the data, with 0 */
};

/* Lower and upper end of what is drawn, 0 and error bars included. */
void ds_bars_range(const struct ds_bars *b, double *lo, double *hi);
double ds_bars_height(const struct ds_bars *b, const struct ds_theme *t, double width);
int ds_bars_draw(struct ds_canvas *c, struct ds_box box, const struct ds_bars *b,
                 struct ds_err *err);

#endif
