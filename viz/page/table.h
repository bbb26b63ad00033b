/* viz/page/table.h -- a table somebody else made: CSV, TSV or JSON. Public header.
 *
 * CSV and TSV: one line of names, then rows; fields quoted as RFC 4180; lines that begin with
 * '#' before the names are notes. JSON: an array of objects, or an object whose "rows" is one
 * (what driftscope export --format json writes). Names of columns are those of the first row.
 * At most 64 columns, 100000 rows, 16 MiB. */
#ifndef DS_VIZ_PAGE_TABLE_H
#define DS_VIZ_PAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

struct ds_grid {
    char path[1024];
    uint32_t crc; /* CRC-32C of the file */
    int columns, rows, room; /* room: rows there is memory for */
    char **cell; /* [rows + 1][columns], owned; row 0 holds the names; never NULL */
};

/* DS_NOINPUT, DS_DATA with the line, DS_NOMEM. Clear it with ds_grid_clear. */
int ds_grid_load(struct ds_grid *g, const char *path, struct ds_err *err);
int ds_grid_parse(struct ds_grid *g, const char *path, const char *text, size_t n,
                  struct ds_err *err);
void ds_grid_clear(struct ds_grid *g);

/* Row 0 .. rows-1. */
const char *ds_grid_cell(const struct ds_grid *g, int row, int column);
/* A number, or NAN: empty, "nan", "n/a", "null", "--", or no number at all. */
double ds_grid_number(const struct ds_grid *g, int row, int column);
/* Index of the column of that name, or -1. */
int ds_grid_column(const struct ds_grid *g, const char *name);
/* Has the column a number in every row that is not empty, and one at least? */
bool ds_grid_numeric(const struct ds_grid *g, int column);
/* As ds_grid_column, but DS_USAGE with "did you mean". `flag` is the option that asks. */
int ds_grid_need(int *column, const struct ds_grid *g, const char *name, const char *flag,
                 struct ds_err *err);

#endif
