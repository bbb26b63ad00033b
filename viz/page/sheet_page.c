/* viz/page/sheet_page.c -- a sheet as a ruled table. See the header. */
#include "viz/page/sheet_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 256, LINES = 4 };

static const double GAP = 8;         /* between columns */
static const double CELL_MOST = 150; /* points: longer words are cut with an ellipsis */

bool ds_sheet_shown(const struct ds_sheet *s, int column)
{
    return !s->column[column].spread && !s->column[column].machine;
}

const char *ds_sheet_words(char *to, size_t size, const struct ds_sheet *s, int row, int column)
{
    const struct ds_column *k = &s->column[column];
    const struct ds_cell *cell;
    size_t n;

    if (row < 0) {
        const bool bare = !*k->unit || !strcmp(k->unit, "1");

        snprintf(to, size, bare ? "%s" : "%s (%s)", k->name, k->unit);
        return to;
    }
    cell = ds_sheet_cell(s, row, column);
    if (k->type == DS_CELL_TEXT) {
        snprintf(to, size, "%s", cell->text);
        return to;
    }
    if (k->type == DS_CELL_INT) {
        snprintf(to, size, "%lld", (long long)cell->whole);
        return to;
    }
    if (!isfinite(cell->real)) {
        snprintf(to, size, "n/a");
        return to;
    }
    ds_number(to, size, cell->real, k->digits);
    if (column + 1 == s->columns || !k[1].spread || !isfinite(cell[1].real))
        return to;
    n = strlen(to);
    snprintf(to + n, size - n, " \xc2\xb1 ");
    n = strlen(to);
    ds_number(to + n, size - n, cell[1].real, k[1].digits);
    return to;
}

bool ds_sheet_best(const struct ds_sheet *s, int row, int column)
{
    const enum ds_best best = s->column[column].best;
    double value;

    if (best == DS_BEST_NONE || s->column[column].type != DS_CELL_REAL ||
        ds_sheet_rows(s) < 2 || !isfinite(ds_sheet_cell(s, row, column)->real))
        return false;
    value = ds_sheet_cell(s, row, column)->real;
    for (int r = 0; r < ds_sheet_rows(s); r++) {
        const double other = ds_sheet_cell(s, r, column)->real;

        if (best == DS_BEST_HIGH ? other > value : other < value)
            return false;
    }
    return true;
}

/* Line `line` of a heading, broken at underscores; false behind the last one. */
static bool head_line(char *to, size_t size, const char *words, int line)
{
    for (; line > 0 && line < LINES; line--) {
        words = strchr(words, '_');
        if (!words)
            return false;
        words++;
    }
    snprintf(to, size, "%.*s", (int)strcspn(words, "_"), words);
    return true;
}

static double column_width(struct ds_canvas *c, const struct ds_sheet *s, int column,
                           double size, int *heads)
{
    char words[WORDS], line[WORDS];
    double most = 0;

    ds_sheet_words(words, sizeof words, s, -1, column);
    for (int i = 0; i < LINES && head_line(line, sizeof line, words, i); i++) {
        most = fmax(most, ds_text_width(c, line, size, true));
        *heads = i + 1 > *heads ? i + 1 : *heads;
    }
    for (int r = 0; r < ds_sheet_rows(s); r++)
        most = fmax(most, ds_text_width(c, ds_sheet_words(words, sizeof words, s, r, column),
                                        size, ds_sheet_best(s, r, column)));
    return fmin(most, CELL_MOST);
}

static int first_shown(const struct ds_sheet *s)
{
    int k = 0;

    while (k + 1 < s->columns && !ds_sheet_shown(s, k))
        k++;
    return k;
}

void ds_sheet_lay_out(struct ds_sheet_plan *p, struct ds_canvas *c, const struct ds_sheet *s,
                      double width)
{
    const int first = first_shown(s);
    double used;

    memset(p, 0, sizeof *p);
    p->size = fmax(6, c->theme->tick);
    p->row = 1.45 * p->size;
    p->parts = 1;
    for (int k = 0; k < s->columns && k < DS_SHEET_COLUMNS; k++)
        if (ds_sheet_shown(s, k))
            p->width[k] = column_width(c, s, k, p->size, &p->heads) + GAP;
    used = p->width[first];
    for (int k = first + 1; k < s->columns && k < DS_SHEET_COLUMNS; k++) {
        if (used + p->width[k] > width && used > p->width[first]) {
            p->parts++;
            used = p->width[first];
        }
        p->part[k] = p->parts - 1;
        used += p->width[k];
    }
}

double ds_sheet_tall(const struct ds_sheet_plan *p, int rows)
{
    return (p->heads + rows) * p->row + 0.9 * p->row;
}

static void draw_column(struct ds_canvas *c, double x, double y, const struct ds_sheet *s,
                        const struct ds_sheet_plan *p, int column, int from, int rows)
{
    const bool right = s->column[column].type != DS_CELL_TEXT;
    struct ds_lettering type = {.size = p->size, .color = c->theme->ink, .ay = 1, .bold = true};
    const double at = right ? x + p->width[column] - GAP : x;
    char words[WORDS], line[WORDS];
    int lines = 0;

    type.ax = right ? 1 : 0;
    ds_sheet_words(words, sizeof words, s, -1, column);
    while (lines < LINES && head_line(line, sizeof line, words, lines))
        lines++;
    for (int i = 0; i < lines; i++) {
        head_line(line, sizeof line, words, i);
        ds_text(c, at, y + (p->heads - lines + i + 1) * p->row, &type, line);
    }
    y += (p->heads + 0.5) * p->row;
    for (int r = 0; r < rows; r++) {
        ds_sheet_words(words, sizeof words, s, from + r, column);
        type.bold = ds_sheet_best(s, from + r, column);
        type.width = ds_text_width(c, words, p->size, type.bold) > CELL_MOST ? CELL_MOST : 0;
        ds_text(c, at, y + (r + 1) * p->row, &type, words);
    }
}

void ds_sheet_draw(struct ds_canvas *c, double x, double y, const struct ds_sheet *s,
                   const struct ds_sheet_plan *p, int part, int from, int rows)
{
    const int first = first_shown(s);
    const double below = y + (p->heads + 0.4) * p->row;
    const double end = y + (p->heads + rows + 0.85) * p->row;
    double to = x;

    for (int k = 0; k < s->columns && k < DS_SHEET_COLUMNS; k++) {
        if (p->width[k] <= 0 || (k != first && p->part[k] != part))
            continue;
        draw_column(c, to, y, s, p, k, from, rows);
        to += p->width[k];
    }
    to -= GAP;
    ds_canvas_segment(c, x, y, to, y, 0.8, c->theme->ink);
    ds_canvas_segment(c, x, below, to, below, 0.5, c->theme->ink);
    ds_canvas_segment(c, x, end, to, end, 0.8, c->theme->ink);
}
