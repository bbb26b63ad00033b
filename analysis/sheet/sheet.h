/* analysis/sheet/sheet.h -- named columns with units, and every way to write them. Public
 * header.
 *
 * A sheet is filled column by column first, then cell by cell in reading order:
 *
 *     ds_sheet_begin(&s, "drift", "attention drift by layer");
 *     ds_sheet_add(&s, "layer", DS_CELL_INT);
 *     ds_sheet_column(&s, &(struct ds_column){"mean", .type = DS_CELL_REAL, .digits = 3});
 *     ds_sheet_int(&s, 1);
 *     ds_sheet_real(&s, NAN);               undefined: null, n/a, --, or an empty field
 *     ds_sheet_note(&s, "reference: %s", "own");
 *     code = ds_sheet_print(&text, &size, &s, &style, err);
 *     ds_sheet_clear(&s);
 *
 * Filling never fails: want of memory is remembered and reported by ds_sheet_print.
 *
 * What the formats hold: csv and tsv are one header line and rows, comment-free, so that any
 * reader takes them; what a number means stands in columns (metric, unit, reference ...). With
 * style.notes the notes come first as lines "# ...". json, text, latex and markdown always
 * carry the notes. csv quotes as RFC 4180 and ends lines with LF. Machines (csv, tsv, json)
 * get 9 significant digits, people (text, latex, markdown) the column's. The decimal point
 * is a point in every locale. */
#ifndef DS_ANALYSIS_SHEET_SHEET_H
#define DS_ANALYSIS_SHEET_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

enum ds_cell_type { DS_CELL_TEXT, DS_CELL_INT, DS_CELL_REAL };
enum ds_best { DS_BEST_NONE, DS_BEST_HIGH, DS_BEST_LOW };

struct ds_column {
    char name[40], unit[16]; /* unit "" or "1": none */
    enum ds_cell_type type;
    int digits;        /* after the point, for people; reals only */
    enum ds_best best; /* which cell style.bold makes bold */
    bool share;        /* a share of 1: style.percent prints it in % */
    bool spread;       /* of the column before (an sd): people read "mean +- sd" */
    int stars;         /* people read the stars of the p so many columns further; 0: none */
    bool machine;      /* in csv, tsv and json only: people find it in the notes */
};

struct ds_cell {
    char *text; /* owned, DS_CELL_TEXT */
    int64_t whole;
    double real;
};

struct ds_sheet {
    char name[40], title[160];
    char **note;
    int notes;
    struct ds_column *column;
    int columns;
    struct ds_cell *cell; /* [rows * columns], row by row */
    size_t cells, room;
    bool failed; /* out of memory while filling */
};

void ds_sheet_begin(struct ds_sheet *s, const char *name, const char *title);
void ds_sheet_clear(struct ds_sheet *s);

void ds_sheet_column(struct ds_sheet *s, const struct ds_column *c);
/* A column with nothing special about it; reals with 4 digits. */
void ds_sheet_add(struct ds_sheet *s, const char *name, enum ds_cell_type type);
void ds_sheet_note(struct ds_sheet *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next cell. Its type must be that of its column (assert). */
void ds_sheet_text(struct ds_sheet *s, const char *text);
void ds_sheet_int(struct ds_sheet *s, int64_t value);
void ds_sheet_real(struct ds_sheet *s, double value);

int ds_sheet_rows(const struct ds_sheet *s);
const struct ds_cell *ds_sheet_cell(const struct ds_sheet *s, int row, int column);

enum ds_sheet_format { DS_TEXT, DS_CSV, DS_TSV, DS_JSON, DS_LATEX, DS_MARKDOWN };

/* NULL-terminated, in the order of the enum: "text", "csv", ... */
extern const char *const ds_format_names[];

/* From a file name's ending (.csv .tsv .json .tex .md, anything else: text). */
enum ds_sheet_format ds_format_of(const char *path);

struct ds_sheet_style {
    enum ds_sheet_format format;
    bool notes;   /* csv, tsv: the notes as "# " lines */
    bool percent; /* shares in percent */
    bool bold;    /* latex, markdown: the best cell of a column bold */
};

/* *text is fresh (free it), NUL-terminated, *size without the NUL. DS_NOMEM. */
int ds_sheet_print(char **text, size_t *size, const struct ds_sheet *s,
                   const struct ds_sheet_style *style, struct ds_err *err);

/* The same into a file, published whole (data/store/file.h). DS_NOMEM, DS_CANTCREATE, DS_IO. */
int ds_sheet_save(const char *path, const struct ds_sheet *s,
                  const struct ds_sheet_style *style, struct ds_err *err);

#endif
