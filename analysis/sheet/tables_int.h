/* analysis/sheet/tables_int.h -- the rows of the table of tables. For analysis only. */
#ifndef DS_ANALYSIS_SHEET_TABLES_INT_H
#define DS_ANALYSIS_SHEET_TABLES_INT_H

#include "analysis/drift/accuracy.h"
#include "analysis/sheet/tables.h"

typedef int ds_table_fill_of(struct ds_sheet *s, const struct ds_table_want *want,
                             struct ds_err *err);

ds_table_fill_of ds_table_accuracy, ds_table_summary,
    ds_table_forgetting,                             /* table_accuracy.c */
    ds_table_drift, ds_table_linkage, ds_table_loss, /* table_run.c */
    ds_table_audit,                                  /* table_audit.c */
    ds_table_compare,                                /* table_compare.c */
    ds_table_passport;                               /* table_passport.c */

/* The column `run` and its cell, where there are several. */
void ds_table_run_column(struct ds_sheet *s, const struct ds_table_want *want);
void ds_table_run_cell(struct ds_sheet *s, const struct ds_table_want *want, int run);

/* "run: NAME (method ..., seed ..., after task k of T)" for each run. */
void ds_table_run_notes(struct ds_sheet *s, const struct ds_table_want *want);

/* A share of 1: printed in percent on request. */
void ds_table_share_column(struct ds_sheet *s, const char *name, enum ds_best best);
void ds_table_spread_column(struct ds_sheet *s, const char *name, bool share);

/* Tasks learned at the run's checkpoint. */
int ds_table_learned(const struct ds_table_run *run);

/* As ds_accuracy_of, up to the run's checkpoint; failures begin with the run's name. */
int ds_table_matrix(struct ds_accuracy *acc, const struct ds_table_run *run,
                    enum ds_protocol protocol, enum ds_head head, struct ds_err *err);

#endif
