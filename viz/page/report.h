/* viz/page/report.h -- every figure and table of a study, in one page and one PDF. Public.
 *
 *     ds_report_plan(&r, &study, &opt, "title", err);    what can be made of these runs
 *     ds_report_html(&html, &n, &r, err);                 one file, no network, no scripts
 *     ds_report_pdf(&pdf, &n, &r, err);
 *     ds_report_clear(&r);
 *
 * What cannot be made of the runs at hand (no soft mask, one task learned) is left out and
 * named in the report with the sentence that says why. Captions carry the conventions. The same
 * runs and options give the same bytes. */
#ifndef DS_VIZ_PAGE_REPORT_H
#define DS_VIZ_PAGE_REPORT_H

#include "viz/page/figure.h"

struct ds_report_item; /* report_int.h */

struct ds_study_report {
    const struct ds_study *study;    /* borrowed */
    const struct ds_figure_opt *opt; /* borrowed: what all figures have in common */
    char title[160];
    struct ds_report_item *item;
    int items, figures, tables;
    char (*left)[1024]; /* sentences about what was left out */
    int lefts;
};

/* DS_USAGE for options no figure takes, DS_NOMEM, DS_INTERNAL. Clear it, also on failure. */
int ds_report_plan(struct ds_study_report *r, const struct ds_study *study,
                   const struct ds_figure_opt *opt, const char *title, struct ds_err *err);
void ds_report_clear(struct ds_study_report *r);

/* Where the report comes from as JSON text (free it): program, runs with uuid and CRC, options,
 * what was drawn with its convention line, what was left out. Same input, same bytes. */
int ds_report_provenance(char **json, size_t *n, const struct ds_study_report *r,
                         struct ds_err *err);

/* Fresh bytes (free them). DS_NOMEM, DS_DATA, DS_INTERNAL. */
int ds_report_html(unsigned char **bytes, size_t *n, const struct ds_study_report *r,
                   struct ds_err *err);
int ds_report_pdf(unsigned char **bytes, size_t *n, const struct ds_study_report *r,
                  struct ds_err *err);

#endif
