/* analysis/sheet/sheet_people.c -- a sheet for people: aligned text, LaTeX (booktabs),
 * Markdown.
 *
 * A column of spreads is not shown on its own: "0.812 +- 0.034" stands in the column before.
 * Columns for machines are left out: the notes say it for the whole sheet. */
#include "analysis/sheet/sheet_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stat/stat_test.h"

enum { SAY_SIZE = 2 * DS_NUMBER_SIZE + 32 };

/* How a format writes the things that are not letters. */
struct dialect {
    const char *missing, *plus_minus;
    void (*put)(FILE *f, const char *text); /* escapes */
    const char *bold_on, *bold_off;
    const char *line_on, *line_off; /* underlined */
    const char *star_on, *star, *star_off;
};

static int digits_of(const struct ds_column *c, const struct ds_sheet_style *style)
{
    if (!c->share || !style->percent)
        return c->digits;
    return c->digits > 2 ? c->digits - 2 : 0;
}

static bool is_shown(const struct ds_column *c)
{
    return !c->spread && !c->machine;
}

/* "0.12" -> "0.12**" */
static void add_stars(char *buffer, const struct dialect *d, double p)
{
    const size_t stars = strlen(ds_stars(p));

    if (!stars)
        return;
    strcat(buffer, d->star_on);
    for (size_t i = 0; i < stars; i++)
        strcat(buffer, d->star);
    strcat(buffer, d->star_off);
}

/* The words of a cell; text cells are returned themselves, the rest is built in `buffer`. */
static const char *say(char *buffer, const struct ds_sheet *s,
                       const struct ds_sheet_style *style, const struct dialect *d, int row,
                       int column)
{
    const struct ds_cell *cell = ds_sheet_cell(s, row, column);
    const struct ds_column *c = &s->column[column];
    char number[DS_NUMBER_SIZE], spread[DS_NUMBER_SIZE];
    double value;

    if (c->type == DS_CELL_TEXT)
        return cell->text;
    if (c->type == DS_CELL_INT) {
        snprintf(buffer, SAY_SIZE, "%lld", (long long)cell->whole);
        return buffer;
    }
    value = ds_sheet_value(s, style, row, column);
    if (!isfinite(value))
        return d->missing;
    ds_sheet_number(number, value, digits_of(c, style));
    strcpy(buffer, number);
    if (column + 1 < s->columns && s->column[column + 1].spread) {
        value = ds_sheet_value(s, style, row, column + 1);
        if (isfinite(value)) { /* one seed has no spread */
            ds_sheet_number(spread, value, digits_of(c + 1, style));
            snprintf(buffer, SAY_SIZE, "%s%s%s", number, d->plus_minus, spread);
        }
    }
    if (c->stars)
        add_stars(buffer, d, ds_sheet_cell(s, row, column + c->stars)->real);
    return buffer;
}

static void heading(char *buffer, size_t size, const struct ds_column *c,
                    const struct ds_sheet_style *style)
{
    const char *unit = ds_sheet_unit(c, style);

    snprintf(buffer, size, *unit ? "%s (%s)" : "%s", c->name, unit);
}

/* How many different values of the column are better than this cell's: 0 the best, 1 the
 * second (ties share their place), more for the rest and where nothing is best. */
static int place(const struct ds_sheet *s, int row, int column)
{
    const enum ds_best best = s->column[column].best;
    const double value = ds_sheet_cell(s, row, column)->real;
    double nearest = NAN;
    int better = 0;

    if (best == DS_BEST_NONE || s->column[column].type != DS_CELL_REAL || !isfinite(value))
        return 2;
    for (int r = 0; r < ds_sheet_rows(s) && better < 2; r++) {
        const double other = ds_sheet_cell(s, r, column)->real;

        if (!(best == DS_BEST_HIGH ? other > value : other < value) || other == nearest)
            continue;
        nearest = other;
        better++;
    }
    return better;
}

static void put_plain(FILE *f, const char *text)
{
    for (; *text; text++)
        fputc(strchr("\t\r\n", *text) ? ' ' : *text, f);
}

/* Columns on a terminal: one per character, whatever its bytes. */
static int width(const char *utf8)
{
    int n = 0;

    for (; *utf8; utf8++)
        n += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return n;
}

static void put_padded(FILE *f, const char *text, int columns, bool right)
{
    const int pad = columns - width(text);

    if (right)
        fprintf(f, "%*s", pad > 0 ? pad : 0, "");
    put_plain(f, text);
    if (!right)
        fprintf(f, "%*s", pad > 0 ? pad : 0, "");
}

static const struct dialect plain = {"n/a", " \u00b1 ", put_plain, "", "", "", "", "", "*", ""};

static int column_width(const struct ds_sheet *s, const struct ds_sheet_style *style,
                        int column)
{
    char buffer[SAY_SIZE];
    int most;

    heading(buffer, sizeof buffer, &s->column[column], style);
    most = width(buffer);
    for (int r = 0; r < ds_sheet_rows(s); r++) {
        const int w = width(say(buffer, s, style, &plain, r, column));

        most = w > most ? w : most;
    }
    return most;
}

/* Row -1 is the heading. The last column is not padded on its right. */
static void text_row(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style,
                     int row, const int *widths)
{
    char buffer[SAY_SIZE];
    bool first = true;

    for (int c = 0; c < s->columns; c++) {
        const bool right = s->column[c].type != DS_CELL_TEXT;
        const char *text = buffer;

        if (!is_shown(&s->column[c]))
            continue;
        if (row < 0)
            heading(buffer, sizeof buffer, &s->column[c], style);
        else
            text = say(buffer, s, style, &plain, row, c);
        if (!first)
            fputs("  ", f);
        first = false;
        put_padded(f, text, right || c + 1 < s->columns ? widths[c] : 0, right);
    }
    fputc('\n', f);
}

int ds_sheet_write_text(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    int *widths = calloc((size_t)s->columns + 1, sizeof *widths);

    if (!widths)
        return DS_NOMEM;
    for (int c = 0; c < s->columns; c++)
        widths[c] = column_width(s, style, c);
    fprintf(f, "%s\n\n", s->title);
    for (int r = -1; r < ds_sheet_rows(s); r++)
        text_row(f, s, style, r, widths);
    if (s->notes)
        fputc('\n', f);
    for (int i = 0; i < s->notes; i++) {
        put_plain(f, s->note[i]);
        fputc('\n', f);
    }
    free(widths);
    return 0;
}

static void put_latex(FILE *f, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '\\':
            fputs("\\textbackslash{}", f);
            break;
        case '^':
            fputs("\\textasciicircum{}", f);
            break;
        case '~':
            fputs("\\textasciitilde{}", f);
            break;
        case '<':
            fputs("\\textless{}", f);
            break;
        case '>':
            fputs("\\textgreater{}", f);
            break;
        case '|':
            fputs("\\textbar{}", f);
            break;
        case '&':
        case '%':
        case '$':
        case '#':
        case '_':
        case '{':
        case '}':
            fputc('\\', f);
            fputc(*text, f);
            break;
        case '\n':
        case '\r':
            fputc(' ', f);
            break;
        default:
            fputc(*text, f);
        }
}

static void put_markdown(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\|*_`<[]", *text))
            fputc('\\', f);
        fputc(strchr("\r\n", *text) ? ' ' : *text, f);
    }
}

/* Numbers were built by us and go out as they are: "$\pm$" must not be escaped. */
static void put_say(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style,
                    const struct dialect *d, int row, int column)
{
    const int at = style->bold ? place(s, row, column) : 2;
    char buffer[SAY_SIZE];
    const char *text = say(buffer, s, style, d, row, column);

    if (at < 2)
        fputs(at == 0 ? d->bold_on : d->line_on, f);
    if (s->column[column].type == DS_CELL_TEXT)
        d->put(f, text);
    else
        fputs(text, f);
    if (at < 2)
        fputs(at == 0 ? d->bold_off : d->line_off, f);
}

/* One row of "a SEPARATOR b"; row -1 is the heading. */
static void joined_row(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style,
                       const struct dialect *d, int row, const char *separator)
{
    char name[64];
    bool first = true;

    for (int c = 0; c < s->columns; c++) {
        if (!is_shown(&s->column[c]))
            continue;
        if (!first)
            fputs(separator, f);
        first = false;
        if (row >= 0) {
            put_say(f, s, style, d, row, c);
            continue;
        }
        heading(name, sizeof name, &s->column[c], style);
        d->put(f, name);
    }
}

int ds_sheet_write_latex(FILE *f, const struct ds_sheet *s, const struct ds_sheet_style *style)
{
    static const struct dialect latex = {
        "--", " $\\pm$ ", put_latex, "\\textbf{", "}", "\\underline{", "}", "$^{", "*", "}$"};

    fputs("% needs \\usepackage{booktabs}\n", f);
    for (int i = 0; i < s->notes; i++) {
        fputs("% ", f);
        put_plain(f, s->note[i]);
        fputc('\n', f);
    }
    fputs("\\begin{table}\n  \\centering\n  \\caption{", f);
    put_latex(f, s->title);
    fprintf(f, "}\n  \\label{tab:%s}\n  \\begin{tabular}{", s->name);
    for (int c = 0; c < s->columns; c++)
        if (is_shown(&s->column[c]))
            fputc(s->column[c].type == DS_CELL_TEXT ? 'l' : 'r', f);
    fputs("}\n    \\toprule\n", f);
    for (int r = -1; r < ds_sheet_rows(s); r++) {
        fputs("    ", f);
        joined_row(f, s, style, &latex, r, " & ");
        fputs(" \\\\\n", f);
        if (r < 0)
            fputs("    \\midrule\n", f);
    }
    fputs("    \\bottomrule\n  \\end{tabular}\n\\end{table}\n", f);
    return 0;
}

int ds_sheet_write_markdown(FILE *f, const struct ds_sheet *s,
                            const struct ds_sheet_style *style)
{
    static const struct dialect markdown = {"n/a", " \u00b1 ", put_markdown, "**",  "**",
                                            "<u>", "</u>",     "",           "\\*", ""};

    fputs("**", f);
    put_markdown(f, s->title);
    fputs("**\n\n", f);
    for (int r = -1; r < ds_sheet_rows(s); r++) {
        fputs("| ", f);
        joined_row(f, s, style, &markdown, r, " | ");
        fputs(" |\n", f);
        if (r >= 0)
            continue;
        for (int c = 0; c < s->columns; c++)
            if (is_shown(&s->column[c]))
                fputs(s->column[c].type == DS_CELL_TEXT ? "| --- " : "| ---: ", f);
        fputs("|\n", f);
    }
    if (s->notes)
        fputc('\n', f);
    for (int i = 0; i < s->notes; i++) {
        fputs("- ", f);
        put_markdown(f, s->note[i]);
        fputc('\n', f);
    }
    return 0;
}
