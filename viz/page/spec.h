/* viz/page/spec.h -- a figure of several panels, from a file. Public header.
 *
 *     [page]                    any option of driftscope figure, for the page and all panels
 *     venue = neurips
 *     columns = 2, 1            relative widths of the columns
 *
 *     [a]                       one section per panel, lettered in the order of the file
 *     type = drift-heatmap
 *     source = runs/ft runs/arcl    runs, or one table; or lines that begin with a blank
 *     cell = 1, 1               row and column; two more numbers span rows and columns
 *     title = fine-tuning       behind the letter
 *     share = drift             panels of one name share a range, and in a row one colour bar
 *     metric = js               any option of driftscope figure, for this panel
 *
 * '#' and ';' at the beginning or behind a blank begin comments. Paths are as the command would
 * take them. At most 26 panels. */
#ifndef DS_VIZ_PAGE_SPEC_H
#define DS_VIZ_PAGE_SPEC_H

#include <stdint.h>
#include "viz/page/figure.h"
#include "viz/page/table.h"

enum { DS_SPEC_PANELS = 26, DS_SPEC_COLUMNS = 12 };

struct ds_spec_panel {
    char name[32], source[4096], title[160], share[32];
    const struct ds_figure *figure;
    struct ds_figure_opt opt;
    struct ds_study study;
    struct ds_grid table;
    int row, column, down, across; /* from 0; how many */
    int line;                      /* where its section begins */
};

struct ds_shelf;

struct ds_spec {
    char path[1024];
    uint32_t crc;
    struct ds_spec_panel *panel[DS_SPEC_PANELS]; /* owned */
    int panels, rows, columns;
    double weight[DS_SPEC_COLUMNS]; /* of the columns, they add up to 1 */
    struct ds_study all;            /* every run once: for the provenance */
    struct ds_shelf *shelf;         /* owns the runs */
};

/* Only [page]: options into `opt`, which holds defaults. DS_NOINPUT, DS_USAGE with the line. */
int ds_spec_page(struct ds_figure_opt *opt, const char *path, struct ds_err *err);

/* Everything; panels begin with the options `page`. DS_NOINPUT, DS_USAGE, DS_DATA, DS_NOMEM.
 * Clear it, also after a failure. */
int ds_spec_load(struct ds_spec *s, const char *path, const struct ds_figure_opt *page,
                 struct ds_err *err);
void ds_spec_clear(struct ds_spec *s);

#endif
