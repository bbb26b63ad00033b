/* analysis/sheet/tables.h -- the table of tables: what a run can be exported as. Public header.
 *
 * A table is a row here: its name, one sentence, how many runs it takes, and the function that
 * fills a sheet. With several runs every table has a first column `run`; `compare` has one
 * row per cohort (runs that differ only in their seed) instead. */
#ifndef DS_ANALYSIS_SHEET_TABLES_H
#define DS_ANALYSIS_SHEET_TABLES_H

#include "analysis/drift/drift_sheet.h"
#include "analysis/sheet/sheet.h"
#include "data/store/record.h"

struct ds_table_run {
    const struct ds_record *record;
    const char *name; /* as the user wrote it */
    int checkpoint;   /* the last one that counts, or -1: all */
};

struct ds_table_want {
    const struct ds_table_run *run;
    int runs;
    const struct ds_metric *metric[DS_METRIC_COUNT]; /* drift, compare */
    int metrics;
    enum ds_reference reference;
    struct ds_stat_want stat;
    bool sd; /* compare: behind +- stands the sample sd, not half of the interval */
};

struct ds_table {
    const char *name, *about;
    int (*fill)(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err);
};

extern const struct ds_table ds_tables[]; /* ends with a row whose name is NULL */

const struct ds_table *ds_table_lookup(const char *name); /* or NULL */

/* Begins the sheet and fills it. Clear it also after a failure. DS_USAGE for an unknown name
 * ("did you mean") or a table that cannot be made of these runs, DS_DATA, DS_NOMEM. */
int ds_table_fill(struct ds_sheet *s, const char *name, const struct ds_table_want *want,
                  struct ds_err *err);

/* A sheet of the tables themselves. */
void ds_table_sheet(struct ds_sheet *s);

#endif
