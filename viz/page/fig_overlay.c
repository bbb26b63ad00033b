/* viz/page/fig_overlay.c -- overlay-grid: where the network looks, task after task.
 *
 * Rows are images, columns checkpoints (grouped by method when several are compared). Opacity
 * grows with attention. All maps of a row share one range, printed at the row's own bar, so
 * that fading and wandering are what they look like. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/tiles.h"

enum { ROWS = 24, COLUMNS = 48 };

static const double LEAST = 34;    /* points: a smaller picture shows nothing on paper */
static const double MOST = 110;    /* and a larger one would be blown up */
static const double GAP = 2.2;     /* between columns */
static const double ROW_GAP = 4;   /* between rows: the bars' numbers need it */
static const double BAR = 4.5;     /* width of a row's colour bar */
static const double STRENGTH = 0.85;

struct column {
    int group, checkpoint;
};

struct grid {
    int image[ROWS], images, layer;
    int first, last; /* checkpoints */
    double lo[ROWS], hi[ROWS];
    int decimals;
    struct column column[COLUMNS];
    int columns;
    bool bars;       /* one at every row */
    /* geometry, for a width */
    double label, cell_w, cell_h, head, bar;
};

static const struct ds_record *record_of(const struct ds_job *job, int group)
{
    return job->study->run[job->study->first[group]].record;
}

static int check_comparable(const struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *s = job->study;
    int code = 0;

    for (int g = 1; g < s->groups && !code; g++)
        code = ds_drift_comparable(record_of(job, 0), record_of(job, g), err);
    return code;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The shared range of one row: all shown maps pooled, `clip` percent cut off at both ends. */
static int range_of_row(struct grid *g, int row, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = record_of(job, 0);
    const size_t p = (size_t)r->patches;
    float *pool = malloc((size_t)g->columns * p * sizeof *pool);
    size_t n = 0, cut;

    if (!pool)
        return ds_fail(err, DS_NOMEM, "no memory for %d maps", g->columns);
    for (int k = 0; k < g->columns; k++) {
        const float *map = ds_map_of(record_of(job, g->column[k].group), g->column[k].checkpoint,
                                  g->image[row], g->layer);

        if (g->column[k].checkpoint <= r->task[g->image[row]])
            continue;
        for (size_t i = 0; i < p; i++)
            if (isfinite(map[i]))
                pool[n++] = map[i];
    }
    qsort(pool, n, sizeof *pool, ascending);
    cut = (size_t)((double)n * job->opt->clip / 100);
    g->lo[row] = isfinite(job->lo) ? job->lo : n ? (double)pool[cut] : 0;
    g->hi[row] = isfinite(job->hi) ? job->hi : n ? (double)pool[n - 1 - cut] : 1;
    free(pool);
    return 0;
}

/* Which checkpoints: as many as fit, the first and the last always, the rest evenly. */
static void choose_columns(struct grid *g, int groups, int most)
{
    const int span = g->last - g->first + 1;
    int each = most / groups;

    each = each < 2 ? 2 : each;
    each = each > span ? span : each;
    each = each > COLUMNS / groups ? COLUMNS / groups : each;
    g->columns = 0;
    for (int group = 0; group < groups; group++)
        for (int k = 0; k < each; k++) {
            const double u = each > 1 ? (double)k / (each - 1) : 1;

            g->column[g->columns++] = (struct column){
                group, g->first + (int)lrint(u * (span - 1))};
        }
}

/* Geometry from the width; the input picture is column 0. */
static void lay_out(struct grid *g, const struct ds_job *job, double width)
{
    const struct ds_theme *t = &job->theme;
    const struct ds_record *r = record_of(job, 0);
    double room;

    g->label = 5.4 * t->text;
    g->bar = g->bars ? BAR + 2 * GAP + 2 + t->pad + (g->decimals + 1.7) * t->digit * t->tick : 0;
    room = width - g->label - g->bar;
    choose_columns(g, job->study->groups, (int)(room / (LEAST + GAP)) - 1);
    /* The gap behind the input and between groups is wider. */
    g->cell_w = (room - GAP * g->columns - 2 * GAP * job->study->groups) / (g->columns + 1);
    g->cell_w = fmin(g->cell_w, MOST);
    g->cell_h = g->cell_w * r->height / r->width;
    g->head = 1.5 * t->text + 0.75 * t->tick + 1.6 * t->pad;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = record_of(job, 0);
    struct grid *g = calloc(1, sizeof *g);
    double most = 0;
    bool blanks = false;
    int code;

    job->state = g;
    if (!g)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if ((code = check_comparable(job, err)) ||
        (code = ds_job_layer(&g->layer, job, false, err)) ||
        (code = ds_job_images(g->image, &g->images, ROWS, 4, job, err)))
        return code;
    g->last = ds_study_learned(job->study);
    if (job->opt->after > g->last)
        return ds_fail(err, DS_USAGE, "--after %d: only %d tasks are learned", job->opt->after,
                       g->last);
    g->last = job->opt->after > 0 ? job->opt->after : g->last;
    g->first = g->last;
    for (int i = 0; i < g->images; i++)
        if (r->task[g->image[i]] + 1 < g->first)
            g->first = r->task[g->image[i]] + 1;
    choose_columns(g, job->study->groups, COLUMNS);
    for (int i = 0; i < g->images; i++) {
        if ((code = range_of_row(g, i, job, err)))
            return code;
        most = fmax(most, fabs(g->hi[i]));
        blanks = blanks || r->task[g->image[i]] + 1 > g->first;
    }
    if (job->until <= g->last) /* a film: the range of all, one checkpoint at a time */
        g->first = g->last = job->until;
    g->bars = job->bar && job->opt->range != DS_RANGE_OWN;
    g->decimals = most > 0 ? (int)fmin(6, fmax(0, 1 - floor(log10(most)))) : 2;
    snprintf(job->note, sizeof job->note,
             "CLS row of the attention rollout, layer %d of %d; %s%s; %s maps, opacity grows with the value%s%s%s.",
             g->layer + 1, r->layers,
             job->opt->range == DS_RANGE_OWN ? "every map has its own range"
             : g->bars                       ? "one range per row, at its bar"
                                             : "one range per row",
             job->opt->clip > 0 ? " (ends clipped)" : "",
             job->opt->smooth ? "bicubic" : "patch-wise",
             job->opt->outline ? "; outline: patches above the adaptive split point" : "",
             blanks ? "; grey: not learned yet" : "",
             job->study->runs > job->study->groups ? "; first seed of each method" : "");
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    struct grid *g = job->state;

    lay_out(g, job, width);
    return g->head + g->images * (fmax(g->cell_h, 0) + ROW_GAP) - ROW_GAP;
}

static void ends_of(double *lo, double *hi, const float *map, int n)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int i = 0; i < n; i++)
        if (isfinite(map[i])) {
            *lo = fmin(*lo, (double)map[i]);
            *hi = fmax(*hi, (double)map[i]);
        }
}

static int draw_cell(struct ds_canvas *c, struct ds_box box, const struct ds_job *job, int row,
                     const struct column *column, struct ds_err *err)
{
    const struct grid *g = job->state;
    const struct ds_record *r = record_of(job, column ? column->group : 0);
    const int image = g->image[row];
    struct ds_tile tile = {
        .record = r, .image = image, .split = NAN, .dpi = job->opt->dpi,
        .paint = {&job->cmap, g->lo[row], g->hi[row], STRENGTH, job->opt->smooth}};

    if (column && column->checkpoint <= r->task[image]) {
        ds_canvas_fill(c, box, c->theme->empty);
        return 0;
    }
    if (column) {
        tile.map = ds_map_of(r, column->checkpoint, image, g->layer);
        if (job->opt->outline)
            tile.split = ds_split_of(r, column->checkpoint, image, g->layer);
        if (job->opt->range == DS_RANGE_OWN)
            ends_of(&tile.paint.lo, &tile.paint.hi, tile.map, r->patches);
    }
    return ds_tile_draw(c, box, &tile, err);
}

static void draw_row_label(struct ds_canvas *c, double x, double y, const struct ds_job *job,
                           int row)
{
    const struct ds_theme *t = c->theme;
    const struct grid *g = job->state;
    const struct ds_record *r = record_of(job, 0);
    const int image = g->image[row];
    const double right = x + g->label - 2 * GAP, middle = y + g->cell_h / 2;
    struct ds_lettering type = {.size = t->text, .color = t->ink, .ax = 1, .ay = 1,
                           .width = g->label - 2 * GAP};
    char task[64];

    ds_text(c, right, middle - 0.1 * t->text, &type, r->class_name[r->label[image]]);
    type.size = t->tick;
    type.color = t->soft;
    type.ay = 0;
    ds_text(c, right, middle + 0.35 * t->text, &type,
            ds_record_task(r, r->task[image], task, sizeof task));
}

static double column_x(const struct grid *g, double x, int column)
{
    const int group = column < 0 ? 0 : g->column[column].group + 1;

    return x + g->label + (column + 1) * (g->cell_w + GAP) + 2 * GAP * group;
}

/* "finetune, after" over a rule over its columns; "task 1" ... below. */
static void draw_heads(struct ds_canvas *c, struct ds_box box, const struct ds_job *job)
{
    const struct ds_theme *t = c->theme;
    const struct grid *g = job->state;
    const double base = box.y + g->head - t->pad;
    const double rule = base - ds_text_cap(c, t->tick) - 0.9 * t->pad;
    struct ds_lettering type = {.size = t->tick, .color = t->ink, .ax = 0.5, .ay = 1};
    char text[128];

    ds_text(c, column_x(g, box.x, -1) + g->cell_w / 2, base, &type, "input");
    type.ax = 1;
    if (g->bars)
        ds_text(c, column_x(g, box.x, g->columns - 1) + g->cell_w + g->bar, base, &type,
                "rollout");
    type.ax = 0.5;
    for (int k = 0; k < g->columns; k++) {
        snprintf(text, sizeof text, g->cell_w > 3.2 * t->tick ? "task %d" : "%d",
                 g->column[k].checkpoint);
        ds_text(c, column_x(g, box.x, k) + g->cell_w / 2, base, &type, text);
    }
    for (int k = 0; k < g->columns; k++) {
        int end = k;

        while (end + 1 < g->columns && g->column[end + 1].group == g->column[k].group)
            end++;
        const double from = column_x(g, box.x, k), to = column_x(g, box.x, end) + g->cell_w;

        snprintf(text, sizeof text, "%.90s, after", job->study->label[g->column[k].group]);
        type.size = t->text;
        type.width = ds_text_width(c, text, t->text, false) > to - from ? to - from : 0;
        ds_canvas_segment(c, from, rule, to, rule, t->hair, t->rule);
        ds_text(c, (from + to) / 2, rule - 0.8 * t->pad, &type, text);
        k = end;
    }
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct grid *g = job->state;
    int code;

    lay_out(g, job, box.w);
    if (g->cell_w < LEAST / 2)
        return ds_fail(err, DS_USAGE,
                       "%d pictures side by side would be %.2f inches wide each; make --width "
                       "larger or compare fewer methods",
                       g->columns + 1, g->cell_w / 72);
    box.x += fmax(0, (box.w - (column_x(g, 0, g->columns - 1) + g->cell_w + g->bar)) / 2);
    draw_heads(c, box, job);
    for (int i = 0; i < g->images; i++) {
        const double y = box.y + g->head + i * (g->cell_h + ROW_GAP);
        const struct ds_bar bar = {&job->cmap, g->lo[i], g->hi[i], 0, g->decimals, NULL,
                                   STRENGTH};

        draw_row_label(c, box.x, y, job, i);
        for (int k = -1; k < g->columns; k++) {
            const struct ds_box cell = {column_x(g, box.x, k), y, g->cell_w, g->cell_h};

            if ((code = draw_cell(c, cell, job, i, k < 0 ? NULL : &g->column[k], err)))
                return code;
        }
        if (g->bars)
            ds_bar_draw(c, (struct ds_box){column_x(g, box.x, g->columns - 1) + g->cell_w + 2 * GAP,
                                       y, BAR, g->cell_h}, &bar);
    }
    return 0;
}

static void clear(struct ds_job *job)
{
    free(job->state);
}

const struct ds_figure ds_fig_overlay_grid = {
    .key = "overlay-grid",
    .about = "attention over the images, one column per checkpoint, methods side by side",
    .needs = DS_NEED_MAPS | DS_NEED_IMAGES | DS_NEED_GRID,
    .wide = true,
    .moves = true,
    .cmap = "inferno",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
