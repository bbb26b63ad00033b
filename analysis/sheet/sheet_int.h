/* analysis/sheet/sheet_int.h -- what the sheet's writers share. For analysis only. */
#ifndef DS_ANALYSIS_SHEET_SHEET_INT_H
#define DS_ANALYSIS_SHEET_SHEET_INT_H

#include <stdio.h>
#include "analysis/sheet/sheet.h"

enum { DS_NUMBER_SIZE = 400 }; /* holds any double printed with %.*f */

/* A finite number; digits < 0: 9 significant ones. No "-0.00".
 * Returns `buffer` [DS_NUMBER_SIZE]. */
const char *ds_sheet_number(char *buffer, double value, int digits);

/* What is printed: the cell's value, times 100 where the style asks for percent. */
double ds_sheet_value(const struct ds_sheet *s, const struct ds_sheet_style *style, int row,
                      int column);
const char *ds_sheet_unit(const struct ds_column *c, const struct ds_sheet_style *style);

/* The writers: 0, or DS_NOMEM. Failures of the stream are seen by who closes it. */
int ds_sheet_write_csv(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style);
int ds_sheet_write_tsv(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style);
int ds_sheet_write_json(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style);
int ds_sheet_write_text(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style);
int ds_sheet_write_latex(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style);
int ds_sheet_write_markdown(FILE *f, const struct ds_sheet *s,
                            const struct ds_sheet_style *style);

#endif
