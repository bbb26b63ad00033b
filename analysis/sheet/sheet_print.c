/* analysis/sheet/sheet_print.c -- a sheet for machines: csv, tsv, json; and the table of
 * writers. */
#define _POSIX_C_SOURCE 200809L
#include "analysis/sheet/sheet_int.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "data/store/file.h"

typedef int writer(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style);

const char *ds_sheet_number(char *buffer, double value, int digits)
{
    if (digits < 0)
        snprintf(buffer, DS_NUMBER_SIZE, "%.9g", value);
    else
        snprintf(buffer, DS_NUMBER_SIZE, "%.*f", digits, value);
    if (buffer[0] == '-' && !strpbrk(buffer, "123456789i"))
        memmove(buffer, buffer + 1, strlen(buffer));
    return buffer;
}

double ds_sheet_value(const struct ds_sheet *s, const struct ds_sheet_style *style, int row,
                      int column)
{
    const double value = ds_sheet_cell(s, row, column)->real;

    return style->percent && s->column[column].share ? 100 * value : value;
}

const char *ds_sheet_unit(const struct ds_column *c, const struct ds_sheet_style *style)
{
    if (c->share && style->percent)
        return "%";
    return strcmp(c->unit, "1") ? c->unit : "";
}

/* RFC 4180: quoted where it must be, quotes doubled. */
static void put_quoted(FILE *f, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

/* Tab-separated values have no quoting: what would break a row becomes a space. */
static void put_flat(FILE *f, const char *text)
{
    for (; *text; text++)
        fputc(strchr("\t\r\n", *text) ? ' ' : *text, f);
}

static void put_cell(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style,
                     int row, int column, void put(FILE *, const char *))
{
    const struct ds_cell *cell = ds_sheet_cell(s, row, column);
    char number[DS_NUMBER_SIZE];
    double value;

    switch (s->column[column].type) {
    case DS_CELL_TEXT:
        put(f, cell->text);
        break;
    case DS_CELL_INT:
        fprintf(f, "%lld", (long long)cell->whole);
        break;
    case DS_CELL_REAL:
        value = ds_sheet_value(s, style, row, column);
        if (isfinite(value)) /* undefined is an empty field */
            fputs(ds_sheet_number(number, value, -1), f);
        break;
    }
}

static int write_separated(FILE *f, const struct ds_sheet *s,
                           const struct ds_sheet_style *style, char separator,
                           void put(FILE *, const char *))
{
    for (int i = 0; style->notes && i < s->notes; i++) {
        fputs("# ", f);
        put_flat(f, s->note[i]);
        fputc('\n', f);
    }
    for (int c = 0; c < s->columns; c++) {
        if (c)
            fputc(separator, f);
        put(f, s->column[c].name);
    }
    fputc('\n', f);
    for (int r = 0; r < ds_sheet_rows(s); r++) {
        for (int c = 0; c < s->columns; c++) {
            if (c)
                fputc(separator, f);
            put_cell(f, s, style, r, c, put);
        }
        fputc('\n', f);
    }
    return 0;
}

int ds_sheet_write_csv(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    return write_separated(f, s, style, ',', put_quoted);
}

int ds_sheet_write_tsv(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    return write_separated(f, s, style, '\t', put_flat);
}

static json_t *json_cell(const struct ds_sheet *s, const struct ds_sheet_style *style, int row,
                         int column)
{
    const struct ds_cell *cell = ds_sheet_cell(s, row, column);
    double value;

    if (s->column[column].type == DS_CELL_TEXT)
        return json_string(cell->text);
    if (s->column[column].type == DS_CELL_INT)
        return json_integer(cell->whole);
    value = ds_sheet_value(s, style, row, column);
    return isfinite(value) ? json_real(value) : json_null();
}

/* The builders below return how many insertions failed: a NULL from an allocation that failed
 * is refused by the insertion that takes it. */
static int json_columns(json_t *list, const struct ds_sheet *s,
                        const struct ds_sheet_style *style)
{
    static const char *const type[] = {"text", "int", "real"};
    int bad = 0;

    for (int c = 0; c < s->columns; c++) {
        const struct ds_column *from = &s->column[c];
        json_t *to = json_object();

        bad -= json_object_set_new(to, "name", json_string(from->name));
        bad -= json_object_set_new(to, "type", json_string(type[from->type]));
        bad -= json_object_set_new(to, "unit", json_string(ds_sheet_unit(from, style)));
        bad -= json_array_append_new(list, to);
    }
    return bad;
}

static int json_rows(json_t *list, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    int bad = 0;

    for (int r = 0; r < ds_sheet_rows(s); r++) {
        json_t *row = json_object();

        for (int c = 0; c < s->columns; c++)
            bad -= json_object_set_new(row, s->column[c].name, json_cell(s, style, r, c));
        bad -= json_array_append_new(list, row);
    }
    return bad;
}

int ds_sheet_write_json(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    json_t *root = json_object(), *notes = json_array(), *columns = json_array();
    json_t *rows = json_array();
    int bad = 0;

    for (int i = 0; i < s->notes; i++)
        bad -= json_array_append_new(notes, json_string(s->note[i]));
    bad += json_columns(columns, s, style);
    bad += json_rows(rows, s, style);
    bad -= json_object_set_new(root, "table", json_string(s->name));
    bad -= json_object_set_new(root, "title", json_string(s->title));
    bad -= json_object_set_new(root, "notes", notes);
    bad -= json_object_set_new(root, "columns", columns);
    bad -= json_object_set_new(root, "rows", rows);
    if (!bad)
        bad -=
            json_dumpf(root, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_PRESERVE_ORDER);
    fputc('\n', f);
    json_decref(root);
    return bad ? DS_NOMEM : 0;
}

/* Written in the C locale, whatever the host program has set: numbers have a point. */
static int write_plainly(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    static writer *const writers[] = {ds_sheet_write_text,  ds_sheet_write_csv,
                                      ds_sheet_write_tsv,   ds_sheet_write_json,
                                      ds_sheet_write_latex, ds_sheet_write_markdown};
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before;
    int code;

    if (!c)
        return DS_NOMEM;
    before = uselocale(c);
    code = writers[style->format](f, s, style);
    uselocale(before);
    freelocale(c);
    return code;
}

int ds_sheet_print(char **text, size_t *size, const struct ds_sheet *s,
                   const struct ds_sheet_style *style, struct ds_err *err)
{
    FILE *f;
    bool failed;

    *text = NULL;
    *size = 0;
    if (s->failed || !(f = open_memstream(text, size)))
        return ds_fail(err, DS_NOMEM, "no memory for the table '%s'", s->name);
    failed = write_plainly(f, s, style) != 0;
    failed |= ferror(f) != 0;
    failed |= fclose(f) != 0;
    if (!failed)
        return 0;
    free(*text);
    *text = NULL;
    return ds_fail(err, DS_NOMEM, "no memory for the table '%s'", s->name);
}

int ds_sheet_save(const char *path, const struct ds_sheet *s,
                  const struct ds_sheet_style *style, struct ds_err *err)
{
    char *text;
    size_t size;
    int code;

    if ((code = ds_sheet_print(&text, &size, s, style, err)))
        return code;
    code = ds_file_publish(path, text, size, err);
    free(text);
    return code;
}
