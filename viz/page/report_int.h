/* viz/page/report_int.h -- what the writers of a report share. For viz/page only. */
#ifndef DS_VIZ_PAGE_REPORT_INT_H
#define DS_VIZ_PAGE_REPORT_INT_H

#include "analysis/sheet/sheet.h"
#include "viz/page/figure_int.h"
#include "viz/page/report.h"

/* A figure that was prepared, or a table that was filled. */
struct ds_report_item {
    const struct ds_figure *figure; /* NULL: a table */
    struct ds_study study;
    struct ds_figure_opt opt;
    struct ds_job job;
    double width, height; /* of the figure, points */
    struct ds_sheet sheet;
    int number;     /* "Figure 3", "Table 2" */
    char lead[256]; /* bold words that begin the caption */
};

/* Everything behind the bold words, fresh; NULL without memory. */
char *ds_report_caption(const struct ds_report_item *item);

/* "Figure 3. " */
void ds_report_number(char *to, size_t size, const struct ds_report_item *item);

/* One paragraph about the study, fresh; NULL without memory. */
char *ds_report_about(const struct ds_study_report *r);

/* The figure of an item into its box; for pages and for trying. */
int ds_report_draw(struct ds_canvas *c, void *item, struct ds_err *err);

/* The widest a figure may be, points. */
enum { DS_REPORT_WIDTH = 482 };

#endif
