/* analysis/sheet/table_compare.h -- what the table compare has of every run. For
 * table_compare*.c.
 */
#ifndef DS_ANALYSIS_SHEET_TABLE_COMPARE_H
#define DS_ANALYSIS_SHEET_TABLE_COMPARE_H

#include "analysis/sheet/tables_int.h"

/* Accuracies, two columns per metric, time and memory. */
enum { DS_COMPARE_MOST = 9 + 2 * DS_METRIC_COUNT };

/* Name, unit, digits, best and share of each column; returns how many. */
int ds_compare_columns(struct ds_column column[DS_COMPARE_MOST],
                       const struct ds_table_want *want);

/* The value of a run in each column; NAN where there is none. */
int ds_compare_values(double value[DS_COMPARE_MOST], const struct ds_table_want *want,
                      const struct ds_table_run *run, struct ds_err *err);

/* What the columns mean. */
void ds_compare_notes(struct ds_sheet *s, const struct ds_table_want *want);

/* The parts of a run's budget (what it trains, images seen, head, refinement, order), for
 * machines; people read the line whole, in the notes. Older runs have empty cells. */
void ds_compare_budget_columns(struct ds_sheet *s);
void ds_compare_budget_cells(struct ds_sheet *s, const struct ds_record *r);

#endif
