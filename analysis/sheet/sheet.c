/* analysis/sheet/sheet.c -- filling a sheet: columns, notes, cells. Writing is in
 * sheet_print.c. */
#define _POSIX_C_SOURCE 200809L
#include "analysis/sheet/sheet.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ds_format_names[] = {"text", "csv", "tsv", "json", "latex", "markdown", NULL};

/* Bytes of the well-formed UTF-8 character at `c` (no overlong form, no surrogate), 0: none. */
static int character(const unsigned char *c)
{
    const int n = c[0] < 0x80   ? 1
                  : c[0] < 0xC2 ? 0
                  : c[0] < 0xE0 ? 2
                  : c[0] < 0xF0 ? 3
                  : c[0] < 0xF5 ? 4
                                : 0;

    for (int i = 1; i < n; i++)
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    if ((c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) ||
        (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F))
        return 0;
    return n;
}

/* Names come out of files and off command lines: what steers a terminal or is not UTF-8
 * becomes '?'. Line ends and tabs stay; each format has its own way with them. */
static void clean(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c;) {
        const int n = character(c);
        const bool control = (*c < 0x20 && *c != '\n' && *c != '\r' && *c != '\t') ||
                             *c == 0x7F || (*c == 0xC2 && c[1] < 0xA0);

        if (n == 0 || control)
            memset(c, '?', n ? (size_t)n : 1);
        c += n ? n : 1;
    }
}

void ds_sheet_begin(struct ds_sheet *s, const char *name, const char *title)
{
    *s = (struct ds_sheet){0};
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->title, sizeof s->title, "%s", title);
    clean(s->title);
}

void ds_sheet_clear(struct ds_sheet *s)
{
    for (int i = 0; i < s->notes; i++)
        free(s->note[i]);
    for (size_t i = 0; i < s->cells; i++)
        free(s->cell[i].text);
    free(s->note);
    free(s->column);
    free(s->cell);
    *s = (struct ds_sheet){0};
}

void ds_sheet_column(struct ds_sheet *s, const struct ds_column *c)
{
    struct ds_column *more = realloc(s->column, ((size_t)s->columns + 1) * sizeof *more);

    assert(s->cells == 0);
    assert(!c->spread || s->columns > 0);
    if (!more) {
        s->failed = true;
        return;
    }
    s->column = more;
    s->column[s->columns++] = *c;
}

void ds_sheet_add(struct ds_sheet *s, const char *name, enum ds_cell_type type)
{
    struct ds_column c = {.type = type, .digits = 4};

    snprintf(c.name, sizeof c.name, "%s", name);
    ds_sheet_column(s, &c);
}

void ds_sheet_note(struct ds_sheet *s, const char *format, ...)
{
    char text[1024], **more = realloc(s->note, ((size_t)s->notes + 1) * sizeof *more);
    va_list args;

    if (more)
        s->note = more;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!more || !(s->note[s->notes] = strdup(text))) {
        s->failed = true;
        return;
    }
    clean(s->note[s->notes++]);
}

/* The next cell, zeroed; NULL when memory ran out (now or earlier: later cells would slip
 * into earlier places). */
static struct ds_cell *next(struct ds_sheet *s, enum ds_cell_type type)
{
    if (s->failed)
        return NULL;
    assert(s->columns > 0);
    assert(s->column[s->cells % (size_t)s->columns].type == type);
    (void)type;
    if (s->cells == s->room) {
        const size_t room = s->room ? 2 * s->room : 64;
        struct ds_cell *more = realloc(s->cell, room * sizeof *more);

        if (!more) {
            s->failed = true;
            return NULL;
        }
        s->cell = more;
        s->room = room;
    }
    s->cell[s->cells] = (struct ds_cell){0};
    return &s->cell[s->cells++];
}

void ds_sheet_text(struct ds_sheet *s, const char *text)
{
    struct ds_cell *c = next(s, DS_CELL_TEXT);

    if (!c)
        return;
    if ((c->text = strdup(text)))
        clean(c->text);
    else
        s->failed = true;
}

void ds_sheet_int(struct ds_sheet *s, int64_t value)
{
    struct ds_cell *c = next(s, DS_CELL_INT);

    if (c)
        c->whole = value;
}

void ds_sheet_real(struct ds_sheet *s, double value)
{
    struct ds_cell *c = next(s, DS_CELL_REAL);

    if (c)
        c->real = value;
}

int ds_sheet_rows(const struct ds_sheet *s)
{
    return s->columns ? (int)(s->cells / (size_t)s->columns) : 0;
}

const struct ds_cell *ds_sheet_cell(const struct ds_sheet *s, int row, int column)
{
    return &s->cell[(size_t)row * (size_t)s->columns + (size_t)column];
}

enum ds_sheet_format ds_format_of(const char *path)
{
    static const struct {
        const char *ending;
        enum ds_sheet_format format;
    } table[] = {{".csv", DS_CSV},   {".tsv", DS_TSV},     {".json", DS_JSON},
                 {".tex", DS_LATEX}, {".md", DS_MARKDOWN}, {".markdown", DS_MARKDOWN}};
    const char *ending = strrchr(path, '.');

    for (size_t i = 0; ending && i < sizeof table / sizeof *table; i++)
        if (!strcmp(ending, table[i].ending))
            return table[i].format;
    return DS_TEXT;
}
