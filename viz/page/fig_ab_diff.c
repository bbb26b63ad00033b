/* viz/page/fig_ab_diff.c -- ab-diff: two maps of one image and what changed between them.
 *
 * One run: A is the reference (--reference), B the checkpoint --after (default: the last).
 * Two runs: A is the first, B the second, at that checkpoint. A and B share the range at the
 * row's bar; the signed differences of all rows share one range, symmetric about zero, in a
 * diverging map. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/size.h"
#include "viz/page/tiles.h"

enum { ROWS = 24, TICKS = 5 };

static const double GAP = 2.2, ROW_GAP = 4, BAR = 4.5;
static const double LEAST = 20, MOST = 74; /* points, of a picture */

struct state {
    const struct ds_record *a, *b;
    int image[ROWS], images, to, layer;
    int low, high;               /* checkpoints of B that the ranges count */
    enum ds_reference reference; /* of one run */
    int given;
    double lo[ROWS], hi[ROWS], most; /* most: end of the differences' range */
    float *difference;               /* [images][P] */
    struct ds_cmap diverging;
    char head[2][128];
    int decimals;
    double label, bar, signs, cell_w, cell_h, above; /* geometry, for a width */
};

/* The checkpoint of A that belongs to checkpoint `to` of B. */
static int from_of(const struct state *s, int row, int to)
{
    if (s->a != s->b)
        return to;
    return s->reference == DS_REF_OWN        ? s->a->task[s->image[row]] + 1
           : s->reference == DS_REF_PREVIOUS ? to - 1
           : s->reference == DS_REF_FIRST    ? 0
                                             : s->given;
}

static int reference_of(struct state *s, const struct ds_job *job, struct ds_err *err)
{
    int code;

    if ((code = ds_job_reference(&s->reference, &s->given, job, err)))
        return code;
    if (s->reference == DS_REF_OWN)
        snprintf(s->head[0], sizeof s->head[0], "after its task");
    else if (from_of(s, 0, s->to) == 0)
        snprintf(s->head[0], sizeof s->head[0], "untrained");
    else
        snprintf(s->head[0], sizeof s->head[0], "after task %d", from_of(s, 0, s->to));
    snprintf(s->head[1], sizeof s->head[1], "after task %d", s->to);
    return 0;
}

static int sides_of(struct state *s, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    const int learned = ds_study_learned(study);

    if (study->runs > 2)
        return ds_fail(err, DS_USAGE,
                       "ab-diff compares two runs or two tasks of one, not %d runs",
                       study->runs);
    s->a = study->run[0].record;
    s->b = study->run[study->runs - 1].record;
    s->to = job->opt->after > 0 ? job->opt->after : learned;
    if (s->to > learned)
        return ds_fail(err, DS_USAGE, "--after %d: only %d tasks are learned", s->to, learned);
    s->low = s->high = s->to;
    if (job->until <= learned) { /* a film: the ranges of all, one checkpoint at a time */
        s->to = job->until;
        s->low = 1;
        s->high = learned;
    }
    if (study->runs == 1)
        return reference_of(s, job, err);
    for (int k = 0; k < 2; k++)
        snprintf(s->head[k], sizeof s->head[k], "%s", study->label[study->run[k].group]);
    return ds_drift_comparable(s->a, s->b, err);
}

/* Not learned yet at that checkpoint: nothing to show. */
static bool unborn(const struct state *s, int row, int to)
{
    return to <= s->a->task[s->image[row]];
}

/* Adds the differences of one row at one checkpoint to n values; the maps go into both. */
static size_t pool_at(const struct state *s, int row, int to, float *both, float *difference)
{
    const size_t p = (size_t)s->a->patches;
    const float *a = ds_map_of(s->a, from_of(s, row, to), s->image[row], s->layer);
    const float *b = ds_map_of(s->b, to, s->image[row], s->layer);

    if (unborn(s, row, to))
        return 0;
    memcpy(both, a, p * sizeof *both);
    memcpy(both + p, b, p * sizeof *both);
    for (size_t i = 0; i < p; i++)
        difference[i] = b[i] - a[i];
    return p;
}

/* Every row's range and that of all differences: the larger end, `clip` percent cut off. */
static int range_all(struct state *s, const struct ds_job *job, struct ds_err *err)
{
    const size_t p = (size_t)s->a->patches, span = (size_t)s->high - (size_t)s->low + 1;
    float *both = malloc(2 * span * p * sizeof *both), *signs = NULL;
    size_t total = 0;
    double lo, hi;

    signs = malloc(ds_sizes((size_t)s->images, span, p, sizeof *signs));
    if (!both || !signs) {
        free(both);
        free(signs);
        return ds_fail(err, DS_NOMEM, "no memory for %d maps", s->images);
    }
    for (int i = 0; i < s->images; i++) {
        size_t n = 0;

        for (int to = s->low; to <= s->high; to++) {
            const size_t more = pool_at(s, i, to, both + n, signs + total);

            n += 2 * more;
            total += more;
        }
        ds_range_of(&s->lo[i], &s->hi[i], both, n, job->opt->clip);
    }
    ds_range_of(&lo, &hi, signs, total, job->opt->clip);
    s->most = fmax(fabs(lo), fabs(hi));
    s->most = total && s->most > 0 ? s->most : 1; /* nothing moved at all: white everywhere */
    if (isfinite(job->hi))
        s->most = job->hi;
    free(both);
    free(signs);
    return 0;
}

static int decimals_of(double most)
{
    return most > 0 ? (int)fmin(6, fmax(0, 1 - floor(log10(most)))) : 2;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    struct state *s = calloc(1, sizeof *s);
    const struct ds_record *r = job->study->run[0].record;
    double most = 0;
    float *both_maps;
    int code;
    char both[160] = "";

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->a = r;
    if ((code = ds_job_layer(&s->layer, job, false, err)) ||
        (code = ds_job_images(s->image, &s->images, ROWS, 4, job, err)) ||
        (code = sides_of(s, job, err)) || (code = ds_cmap_find(&s->diverging, "vlag", err)))
        return code;
    s->difference = calloc((size_t)s->images * (size_t)r->patches, sizeof *s->difference);
    both_maps = calloc(2 * (size_t)r->patches, sizeof *both_maps);
    if (!s->difference || !both_maps) {
        free(both_maps);
        return ds_fail(err, DS_NOMEM, "no memory for %d maps", s->images);
    }
    for (int i = 0; i < s->images; i++)
        pool_at(s, i, s->to, both_maps, s->difference + (size_t)i * (size_t)r->patches);
    free(both_maps);
    if ((code = range_all(s, job, err)))
        return code;
    for (int i = 0; i < s->images; i++)
        most = fmax(most, fabs(s->hi[i]));
    s->decimals = decimals_of(most);
    if (job->study->runs > 1)
        snprintf(both, sizeof both, " (A) and %s (B) after task %d",
                 job->study->label[job->study->run[1].group], s->to);
    snprintf(
        job->note, sizeof job->note,
        "CLS row of the attention rollout, layer %d of %d; %s%s; A and B share the range at "
        "their row's bar; B \xe2\x88\x92 A: one range for all rows, symmetric about 0%s.",
        s->layer + 1, r->layers, job->study->label[job->study->run[0].group], both,
        job->opt->clip > 0 ? " (ends clipped)" : "");
    return 0;
}

static void lay_out(struct state *s, const struct ds_job *job, double width)
{
    const struct ds_theme *t = &job->theme;
    const double digits = t->digit * t->tick;

    s->label = 5.4 * t->text;
    s->bar = job->bar ? BAR + 2 * GAP + 2 + t->pad + (s->decimals + 2) * digits : 2 * GAP;
    s->signs =
        job->bar ? BAR + 2 * GAP + 2 + t->pad + ds_bar_digits(t, -s->most, s->most, TICKS) : 0;
    s->cell_w = (width - s->label - s->bar - s->signs - 3 * GAP) / 4;
    s->cell_w = fmin(s->cell_w, MOST);
    s->cell_h = s->cell_w * s->a->height / s->a->width;
    s->above = 0.75 * t->text + 1.6 * t->pad;
}

static double height(const struct ds_job *job, double width)
{
    struct state *s = job->state;

    lay_out(s, job, width);
    return s->above + s->images * (fmax(s->cell_h, 0) + ROW_GAP) - ROW_GAP;
}

/* Left edges: input, A, B, the difference. */
static double cell_x(const struct state *s, double x, int k)
{
    return x + s->label + k * (s->cell_w + GAP) + (k > 2 ? s->bar - GAP : 0);
}

static void draw_heads(struct ds_canvas *c, struct ds_box box, const struct ds_job *job)
{
    const struct state *s = job->state;
    const char *title[] = {"input", s->head[0], s->head[1], "B \xe2\x88\x92 A"};
    const double y = box.y + s->above - 1.1 * c->theme->pad;
    struct ds_lettering type = {
        .size = c->theme->tick, .color = c->theme->ink, .ax = 0.5, .ay = 1};
    bool letters = true;
    char text[140];

    for (int k = 1; k < 3; k++) {
        snprintf(text, sizeof text, "%c: %s", "AB"[k - 1], title[k]);
        letters = letters && ds_text_width(c, text, type.size, false) <= s->cell_w + 0.8 * GAP;
    }
    for (int k = 0; k < 4; k++) {
        snprintf(text, sizeof text, "%s", title[k]);
        if (k == 1 || k == 2)
            snprintf(text, sizeof text, letters ? "%c: %s" : "%c", "AB"[k - 1], title[k]);
        ds_text(c, cell_x(s, box.x, k) + s->cell_w / 2, y, &type, text);
    }
}

static void label_row(struct ds_canvas *c, double x, double y, const struct state *s, int row)
{
    const struct ds_theme *t = c->theme;
    const double right = x + s->label - 2 * GAP, middle = y + s->cell_h / 2;
    struct ds_lettering type = {
        .size = t->text, .color = t->ink, .ax = 1, .ay = 1, .width = s->label - 2 * GAP};
    char task[64];

    ds_text(c, right, middle - 0.1 * t->text, &type,
            s->a->class_name[s->a->label[s->image[row]]]);
    type.size = t->tick;
    type.color = t->soft;
    type.ay = 0;
    ds_text(c, right, middle + 0.35 * t->text, &type,
            ds_record_task(s->a, s->a->task[s->image[row]], task, sizeof task));
}

static int draw_row(struct ds_canvas *c, struct ds_box box, const struct ds_job *job, int row,
                    struct ds_err *err)
{
    const struct state *s = job->state;
    const double y = box.y + s->above + row * (s->cell_h + ROW_GAP);
    const struct ds_paint over = {&job->cmap, s->lo[row], s->hi[row], 0.85, job->opt->smooth};
    const struct ds_paint signs = {&s->diverging, -s->most, s->most, 1, job->opt->smooth};
    const float *map[] = {NULL,
                          ds_map_of(s->a, from_of(s, row, s->to), s->image[row], s->layer),
                          ds_map_of(s->b, s->to, s->image[row], s->layer),
                          s->difference + (size_t)row * (size_t)s->a->patches};
    const struct ds_bar bar = {&job->cmap, s->lo[row], s->hi[row], 0, s->decimals, NULL, 0.85};
    int code;

    for (int k = 0; k < 4; k++) {
        const struct ds_box cell = {cell_x(s, box.x, k), y, s->cell_w, s->cell_h};
        const struct ds_tile tile = {
            .record = k == 2 ? s->b : s->a,
            .image = k < 3 ? s->image[row] : -1,
            .map = map[k],
            .paint = k < 3 ? over : signs,
            .dpi = job->opt->dpi,
            .split = k == 1 && job->opt->outline
                         ? ds_split_of(s->a, from_of(s, row, s->to), s->image[row], s->layer)
                     : k == 2 && job->opt->outline
                         ? ds_split_of(s->b, s->to, s->image[row], s->layer)
                         : NAN};

        if (k > 0 && unborn(s, row, s->to)) {
            ds_canvas_fill(c, cell, c->theme->empty);
            continue;
        }
        if ((code = ds_tile_draw(c, cell, &tile, err)))
            return code;
        if (k == 3)
            ds_canvas_frame(c, cell, c->theme->hair, c->theme->faint);
    }
    if (job->bar)
        ds_bar_draw(
            c, (struct ds_box){cell_x(s, box.x, 2) + s->cell_w + 2 * GAP, y, BAR, s->cell_h},
            &bar);
    label_row(c, box.x, y, s, row);
    return 0;
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct state *s = job->state;
    const struct ds_bar bar = {&s->diverging, -s->most, s->most, TICKS, 0, NULL, 1};
    int code;

    lay_out(s, job, box.w);
    if (s->cell_w < LEAST)
        return ds_fail(err, DS_USAGE,
                       "four pictures in %.2f inches would be %.2f wide each; make --width "
                       "larger (--full)",
                       box.w / 72, fmax(0, s->cell_w) / 72);
    box.x += fmax(0, (box.w - (cell_x(s, 0, 3) + s->cell_w + s->signs)) / 2);
    draw_heads(c, box, job);
    for (int i = 0; i < s->images; i++)
        if ((code = draw_row(c, box, job, i, err)))
            return code;
    if (job->bar)
        ds_bar_draw(c,
                    (struct ds_box){cell_x(s, box.x, 3) + s->cell_w + 2 * GAP, box.y + s->above,
                                    BAR, s->images * (s->cell_h + ROW_GAP) - ROW_GAP},
                    &bar);
    return 0;
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s)
        free(s->difference);
    free(s);
}

const struct ds_figure ds_fig_ab_diff = {
    .key = "ab-diff",
    .about = "two maps of every image, and their signed difference",
    .needs = DS_NEED_MAPS | DS_NEED_IMAGES | DS_NEED_GRID,
    .wide = true,
    .moves = true,
    .cmap = "inferno",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
