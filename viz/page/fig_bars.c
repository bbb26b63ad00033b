/* viz/page/fig_bars.c -- bars, transplant-bars, decomposition-bars: any table as bars.
 *
 * Columns of the table, by name; --x, --y, --low, --high and --series choose others:
 *
 *     label    below the bar. Without it: layer and head ("3.2"), else the first column of text
 *     value    its height. --y A,B: one bar per column named. Without it: the first numbers
 *     lo, hi   ends of the error bar (may be missing or empty)
 *     group    bars side by side in one label, in the order of appearance
 *     kind     "bar", or "line": a reference line across at `value`, named by its label
 *
 * transplant-bars shows what a part of one model does inside another: bars against the lines of
 * both. decomposition-bars stacks the groups: parts of one quantity, with a mark at their sum.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/bars.h"
#include "viz/page/figure_int.h"
#include "viz/page/table.h"

enum { NAMES = 400 };

struct columns {
    int x, layer, head, y[DS_BAR_SERIES], ys, lo, hi, series, kind;
};

struct state {
    struct ds_bars bars;
    struct columns at;
    char (*text)[64];   /* [groups] */
    const char **group; /* [groups] */
    const char *name[DS_BAR_SERIES];
    double *value, *lo, *hi; /* [groups][series] */
    char xlabel[64], ylabel[64];
};

/* The name an option gives, or the usual one where the table has it. */
static int pick(int *to, const struct ds_grid *g, const char *given, const char *usual,
                const char *flag, struct ds_err *err)
{
    if (*given)
        return ds_grid_need(to, g, given, flag, err);
    *to = ds_grid_column(g, usual);
    return 0;
}

static int first_of(const struct ds_grid *g, bool numeric, const struct columns *c)
{
    for (int k = 0; k < g->columns; k++)
        if (ds_grid_numeric(g, k) == numeric && k != c->x && k != c->series && k != c->kind)
            return k;
    return -1;
}

/* --y A,B */
static int pick_values(struct columns *c, const struct ds_grid *g, const char *list,
                       struct ds_err *err)
{
    c->ys = 0;
    while (*list) {
        const size_t n = strcspn(list, ",");
        char name[256];

        if (c->ys == DS_BAR_SERIES)
            return ds_fail(err, DS_USAGE, "--y names more than %d columns", (int)DS_BAR_SERIES);
        snprintf(name, sizeof name, "%.*s", (int)n, list);
        if (ds_grid_need(&c->y[c->ys++], g, name, "--y", err))
            return err->code;
        list += n + (list[n] == ',');
    }
    if (c->ys == 0 && (c->y[0] = ds_grid_column(g, "value")) < 0)
        c->y[0] = first_of(g, true, c);
    c->ys = c->ys ? c->ys : 1;
    if (c->y[0] < 0)
        return ds_fail(err, DS_DATA, "%s: no column of numbers, expected 'value'", g->path);
    return 0;
}

/* A name that is there, but with nothing to draw. */
static int check_values(const struct columns *c, const struct ds_grid *g, struct ds_err *err)
{
    for (int k = 0; k < c->ys; k++) {
        int numbers = 0;

        for (int i = 0; i < g->rows; i++)
            numbers += isfinite(ds_grid_number(g, i, c->y[k]));
        if (!numbers)
            return ds_fail(err, DS_DATA, "%s: column '%s' holds no number", g->path,
                           ds_grid_cell(g, -1, c->y[k]));
    }
    return 0;
}

static int find_columns(struct columns *c, const struct ds_grid *g,
                        const struct ds_figure_opt *o, struct ds_err *err)
{
    if (pick(&c->series, g, o->series, "group", "--series", err) ||
        pick(&c->lo, g, o->low, "lo", "--low", err) ||
        pick(&c->hi, g, o->high, "hi", "--high", err) ||
        pick(&c->x, g, o->x, "label", "--x", err))
        return err->code;
    c->kind = ds_grid_column(g, "kind");
    c->layer = ds_grid_column(g, "layer");
    c->head = ds_grid_column(g, "head");
    if (c->x < 0 && c->layer < 0)
        c->x = first_of(g, false, c);
    if (c->x < 0 && c->layer < 0)
        return ds_fail(err, DS_DATA,
                       "%s: nothing names the bars, expected a column 'label' or "
                       "'layer', or --x",
                       g->path);
    if (pick_values(c, g, o->y, err) || check_values(c, g, err))
        return err->code;
    if (c->ys > 1 && (c->lo >= 0 || c->hi >= 0 || c->series >= 0) &&
        (*o->series || *o->low || *o->high))
        return ds_fail(err, DS_USAGE,
                       "several columns in --y make the groups themselves; leave "
                       "--series, --low and --high out");
    return 0;
}

/* COL=VALUE,COL=VALUE */
static int wanted(bool *yes, const struct ds_grid *g, int row, const char *where,
                  struct ds_err *err)
{
    *yes = true;
    while (*where) {
        const size_t n = strcspn(where, ","), k = strcspn(where, "=");
        char name[256], value[256];
        int column;

        if (k >= n)
            return ds_fail(err, DS_USAGE, "--where wants COLUMN=VALUE, not '%.*s'", (int)n,
                           where);
        snprintf(name, sizeof name, "%.*s", (int)k, where);
        snprintf(value, sizeof value, "%.*s", (int)(n - k - 1), where + k + 1);
        if (ds_grid_need(&column, g, name, "--where", err))
            return err->code;
        *yes = *yes && !strcmp(ds_grid_cell(g, row, column), value);
        where += n + (where[n] == ',');
    }
    return 0;
}

static void label_of(char to[64], const struct ds_grid *g, const struct columns *c, int row)
{
    if (c->x >= 0)
        snprintf(to, 64, "%.63s", ds_grid_cell(g, row, c->x));
    else if (c->head >= 0 && *ds_grid_cell(g, row, c->head))
        snprintf(to, 64, "%.30s.%.30s", ds_grid_cell(g, row, c->layer),
                 ds_grid_cell(g, row, c->head));
    else
        snprintf(to, 64, "%.63s", ds_grid_cell(g, row, c->layer));
}

static int add_line(struct state *s, const struct ds_grid *g, int row, struct ds_err *err)
{
    const int n = s->bars.lines;

    if (n == DS_BAR_LINES)
        return ds_fail(err, DS_DATA, "%s: more than %d lines", g->path, (int)DS_BAR_LINES);
    s->bars.line[n] = ds_grid_number(g, row, s->at.y[0]);
    s->bars.line_name[n] = s->at.x >= 0 ? ds_grid_cell(g, row, s->at.x) : NULL;
    s->bars.lines += isfinite(s->bars.line[n]);
    return 0;
}

/* Index of the row's label among the groups, added when it is new. */
static int group_of(int *at, struct state *s, const struct ds_grid *g, int row,
                    struct ds_err *err)
{
    char label[64];

    label_of(label, g, &s->at, row);
    for (*at = 0; *at < s->bars.groups; ++*at)
        if (!strcmp(s->text[*at], label))
            return 0;
    if (*at == NAMES)
        return ds_fail(err, DS_DATA, "%s: more than %d bars; --where chooses some", g->path,
                       (int)NAMES);
    memcpy(s->text[*at], label, sizeof label);
    s->group[*at] = s->text[*at];
    s->bars.groups++;
    return 0;
}

static int series_of(int *at, struct state *s, const struct ds_grid *g, int row,
                     struct ds_err *err)
{
    const char *name = s->at.series >= 0 ? ds_grid_cell(g, row, s->at.series) : NULL;

    *at = 0;
    if (!name) {
        s->bars.series = s->bars.series ? s->bars.series : 1;
        return 0;
    }
    while (*at < s->bars.series && strcmp(s->name[*at], name))
        ++*at;
    if (*at == DS_BAR_SERIES)
        return ds_fail(err, DS_DATA, "%s: more than %d groups in column '%s'", g->path,
                       (int)DS_BAR_SERIES, ds_grid_cell(g, -1, s->at.series));
    s->name[*at] = name;
    s->bars.series += *at == s->bars.series;
    return 0;
}

/* Rows are placed at [group][DS_BAR_SERIES] first; the number of series is known only at the
 * end. */
static int read_row(struct state *s, const struct ds_grid *g, int row,
                    const struct ds_figure_opt *o, struct ds_err *err)
{
    int group, series;
    bool yes;

    if (wanted(&yes, g, row, o->where, err))
        return err->code;
    if (!yes)
        return 0;
    if (s->at.kind >= 0 && !strcmp(ds_grid_cell(g, row, s->at.kind), "line"))
        return add_line(s, g, row, err);
    if (group_of(&group, s, g, row, err) || series_of(&series, s, g, row, err))
        return err->code;
    for (int k = 0; k < s->at.ys; k++) {
        const int at = group * DS_BAR_SERIES + (s->at.ys > 1 ? k : series);

        if (isfinite(s->value[at]))
            return ds_fail(err, DS_USAGE,
                           "%s: row %d is a second '%s'; --series or --where tells them apart",
                           g->path, row + 1, s->text[group]);
        s->value[at] = ds_grid_number(g, row, s->at.y[k]);
        s->lo[at] = s->at.lo >= 0 && s->at.ys == 1 ? ds_grid_number(g, row, s->at.lo) : NAN;
        s->hi[at] = s->at.hi >= 0 && s->at.ys == 1 ? ds_grid_number(g, row, s->at.hi) : NAN;
        if (s->hi[at] < s->lo[at])
            return ds_fail(err, DS_DATA, "%s: row %d: lo %g is above hi %g", g->path, row + 1,
                           s->lo[at], s->hi[at]);
    }
    return 0;
}

static void pack(struct state *s)
{
    for (int g = 0; g < s->bars.groups; g++)
        for (int k = 0; k < s->bars.series; k++) {
            s->value[g * s->bars.series + k] = s->value[g * DS_BAR_SERIES + k];
            s->lo[g * s->bars.series + k] = s->lo[g * DS_BAR_SERIES + k];
            s->hi[g * s->bars.series + k] = s->hi[g * DS_BAR_SERIES + k];
        }
}

static int fill(struct state *s, const struct ds_grid *g, const struct ds_figure_opt *o,
                struct ds_err *err)
{
    const size_t n = (size_t)NAMES * DS_BAR_SERIES;

    s->text = calloc(NAMES, sizeof *s->text);
    s->group = calloc(NAMES, sizeof *s->group);
    s->value = calloc(3 * n, sizeof *s->value);
    if (!s->text || !s->group || !s->value)
        return ds_fail(err, DS_NOMEM, "no memory for bars");
    s->lo = s->value + n;
    s->hi = s->value + 2 * n;
    for (size_t i = 0; i < 3 * n; i++)
        s->value[i] = NAN;
    for (int row = 0; row < g->rows; row++)
        if (read_row(s, g, row, o, err))
            return err->code;
    if (s->at.ys > 1) {
        s->bars.series = s->at.ys;
        for (int k = 0; k < s->at.ys; k++)
            s->name[k] = ds_grid_cell(g, -1, s->at.y[k]);
    }
    if (s->bars.groups < 1)
        return ds_fail(err, DS_DATA, "%s: no row is left to draw%s%s", g->path,
                       *o->where ? " by --where " : "", o->where);
    pack(s);
    return 0;
}

static int prepare_as(struct ds_job *job, bool stacked, struct ds_err *err)
{
    const struct ds_grid *g = job->study->table;
    struct state *s = calloc(1, sizeof *s);
    const char *name;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if (find_columns(&s->at, g, job->opt, err) || fill(s, g, job->opt, err))
        return err->code;
    name = s->at.ys > 1 ? "value" : ds_grid_cell(g, -1, s->at.y[0]);
    snprintf(s->ylabel, sizeof s->ylabel, "%.63s", name);
    if (s->at.x < 0)
        snprintf(s->xlabel, sizeof s->xlabel, s->at.head < 0 ? "layer" : "layer.head");
    else if (strcmp(ds_grid_cell(g, -1, s->at.x), "label"))
        snprintf(s->xlabel, sizeof s->xlabel, "%.63s", ds_grid_cell(g, -1, s->at.x));
    s->bars.group = s->group;
    s->bars.name = s->name;
    s->bars.value = s->value;
    s->bars.lo = job->opt->band == DS_BAND_NONE ? NULL : s->lo;
    s->bars.hi = job->opt->band == DS_BAND_NONE ? NULL : s->hi;
    s->bars.stacked = stacked;
    s->bars.xlabel = *job->opt->xlabel ? job->opt->xlabel : *s->xlabel ? s->xlabel : NULL;
    s->bars.ylabel = ds_job_label(job->opt->ylabel, s->ylabel);
    name = strrchr(g->path, '/');
    snprintf(job->note, sizeof job->note, "%.120s of %.120s%s%.120s%s%s.",
             s->at.ys > 1 ? job->opt->y : s->ylabel, name ? name + 1 : g->path,
             *job->opt->where ? ", where " : "", job->opt->where,
             stacked                       ? "; parts stacked, the mark is their sum"
             : s->at.lo >= 0 && s->bars.lo ? "; error bars: columns "
                                           : "",
             stacked || s->at.lo < 0 || !s->bars.lo ? "" : "lo and hi of the table");
    return 0;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    return prepare_as(job, false, err);
}

static int prepare_stacked(struct ds_job *job, struct ds_err *err)
{
    return prepare_as(job, true, err);
}

static double height(const struct ds_job *job, double width)
{
    const struct state *s = job->state;
    double longest = 0;

    for (int g = 0; g < s->bars.groups; g++)
        longest =
            fmax(longest, (double)strlen(s->text[g]) * job->theme.digit * job->theme.tick);
    /* Names that do not fit side by side stand upright and need their length. */
    return ds_bars_height(&s->bars, &job->theme, width) +
           (longest > 0.85 * width / s->bars.groups ? longest : 0);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct state *s = job->state;

    s->bars.bottom = job->lo;
    s->bars.top = job->hi;
    return ds_bars_draw(c, box, &s->bars, err);
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s) {
        free(s->text);
        free(s->group);
        free(s->value);
    }
    free(s);
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct state *s = job->state;

    ds_bars_range(&s->bars, lo, hi);
}

const struct ds_figure ds_fig_bars = {
    .key = "bars",
    .about = "any CSV or JSON table as bars, with error bars",
    .needs = DS_NEED_TABLE,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};

const struct ds_figure ds_fig_transplant_bars = {
    .key = "transplant-bars",
    .about = "what a part of one model does inside another: bars against lines",
    .needs = DS_NEED_TABLE,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};

const struct ds_figure ds_fig_decomposition_bars = {
    .key = "decomposition-bars",
    .about = "a quantity in its parts, stacked, with a mark at their sum",
    .needs = DS_NEED_TABLE,
    .cmap = "viridis",
    .prepare = prepare_stacked,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};
