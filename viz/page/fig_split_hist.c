/* viz/page/fig_split_hist.c -- split-hist: where the adaptive split points lie, layer by layer.
 *
 * One panel per layer; an outline is the histogram over evaluation images of the split point,
 * or of the share of patches above it (--show share). Several methods: one outline each, right
 * after every image's own task (or after --after). One method: then, and after the last task.
 * All panels share both axes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/plot.h"
#include "viz/page/tiles.h"

enum { BINS = 24, LAYERS = 48 };

struct outline {
    int group, after; /* after 0: each image's own task */
    char label[160];
    double *share; /* [layers][BINS] percent of the images */
    int n;         /* images behind a panel */
};

struct state {
    struct outline outline[DS_GROUPS + 1];
    int outlines, layers, most;
    bool shares; /* of patches; otherwise the split points themselves */
    double lo, hi, top;
};

static double value_of(const struct ds_record *r, const struct state *s, int after, int image,
                       int layer)
{
    const double split = ds_split_of(r, after, image, layer);
    const float *map = ds_map_of(r, after, image, layer);
    int above = 0;

    if (!s->shares)
        return split;
    for (int p = 0; p < r->patches; p++)
        above += (double)map[p] > split;
    return (double)above / r->patches;
}

/* The checkpoint at which an image is looked at, or -1. */
static int checkpoint_of(const struct ds_record *r, int after, int image, int learned)
{
    const int own = r->task[image] + 1;

    if (own > learned)
        return -1;
    return after == 0 ? own : after >= own ? after : -1;
}

typedef void visit(struct state *s, struct outline *o, int layer, double value);

static void each_value(struct state *s, struct outline *o, const struct ds_study *study,
                       visit *f)
{
    const int learned = ds_study_learned(study);

    for (int i = 0; i < study->runs; i++) {
        const struct ds_record *r = study->run[i].record;

        if (study->run[i].group != o->group)
            continue;
        for (int k = 0; k < r->images; k++) {
            const int at = checkpoint_of(r, o->after, k, learned);

            for (int l = 0; at >= 0 && l < s->layers; l++) {
                const double v = value_of(r, s, at, k, l);

                if (isfinite(v))
                    f(s, o, l, v);
            }
        }
    }
}

static void widen(struct state *s, struct outline *o, int layer, double value)
{
    s->lo = fmin(s->lo, value);
    s->hi = fmax(s->hi, value);
    o->n += layer == 0;
}

static void count(struct state *s, struct outline *o, int layer, double value)
{
    const double u = (value - s->lo) / (s->hi - s->lo) * BINS;
    const int bin = (int)fmin(BINS - 1, fmax(0, floor(u)));

    o->share[layer * BINS + bin] += 100.0 / (o->n > 0 ? o->n : 1);
}

static void choose_outlines(struct state *s, const struct ds_job *job)
{
    const struct ds_study *study = job->study;
    const int last = ds_study_learned(study);

    for (int g = 0; g < study->groups; g++) {
        struct outline *o = &s->outline[s->outlines++];

        o->group = g;
        o->after = job->opt->after;
        ds_group_label(o->label, sizeof o->label, study, g);
    }
    if (study->groups > 1 || job->opt->after > 0 || last < 2)
        return;
    snprintf(s->outline[0].label, sizeof s->outline[0].label, "right after its task");
    s->outline[1] = (struct outline){.after = last};
    snprintf(s->outline[1].label, sizeof s->outline[1].label, "after task %d", last);
    s->outlines = 2;
}

static int fill(struct state *s, const struct ds_job *job, struct ds_err *err)
{
    struct ds_scale nice;

    s->lo = INFINITY;
    s->hi = -INFINITY;
    for (int i = 0; i < s->outlines; i++) {
        each_value(s, &s->outline[i], job->study, widen);
        s->most = s->outline[i].n > s->most ? s->outline[i].n : s->most;
    }
    if (!(s->lo <= s->hi))
        return ds_fail(err, DS_DATA, "%s: no split point is a number", job->study->run[0].path);
    ds_scale_nice(&nice, s->shares ? 0 : fmin(s->lo, 0), s->hi, 3);
    s->lo = nice.lo;
    s->hi = nice.hi;
    for (int i = 0; i < s->outlines; i++) {
        struct outline *o = &s->outline[i];

        o->share = calloc((size_t)s->layers * BINS, sizeof *o->share);
        if (!o->share)
            return ds_fail(err, DS_NOMEM, "no memory for histograms");
        each_value(s, o, job->study, count);
        for (int k = 0; k < s->layers * BINS; k++)
            s->top = fmax(s->top, o->share[k]);
    }
    return 0;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    struct state *s = calloc(1, sizeof *s);
    const char *show = job->opt->show;
    int layer, code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if (*show && strcmp(show, "split") && strcmp(show, "share"))
        return ds_fail(err, DS_USAGE, "--show wants split or share, not '%s'", show);
    if ((code = ds_job_layer(&layer, job, true, err)))
        return code;
    if (job->opt->after > ds_study_learned(study))
        return ds_fail(err, DS_USAGE, "--after %d: only %d tasks are learned", job->opt->after,
                       ds_study_learned(study));
    s->shares = !strcmp(show, "share");
    s->layers = study->run[0].record->layers < LAYERS ? study->run[0].record->layers : LAYERS;
    choose_outlines(s, job);
    if ((code = fill(s, job, err)))
        return code;
    snprintf(
        job->note, sizeof job->note,
        "Adaptive split points (eps 0) of the CLS rollout%s%s%s; %s; up to n = %d images per "
        "panel%s.",
        study->groups == 1 ? ", " : "", study->groups == 1 ? study->label[0] : "",
        s->shares ? ": share of patches above them" : "",
        job->opt->after > 0 || study->groups > 1
            ? job->opt->after > 0 ? "at one checkpoint" : "right after each image's own task"
            : "then and after the last task",
        s->most, study->runs > study->groups ? ", seeds pooled" : "");
    return 0;
}

struct plan {
    int columns, rows;
    double w, h, left, below, above, legend;
};

static struct plan plan_of(const struct state *s, const struct ds_theme *t, double width)
{
    struct plan p = {.left = 2.2 * t->digit * t->tick + 2.5 + t->pad};

    p.left += t->text + t->pad;
    p.below = 2 * t->tick + 2.5 + t->pad;
    p.above = 0.75 * t->tick + 1.4 * t->pad;
    p.columns = ds_panel_columns(s->layers, width - p.left, 7.5 * t->text);
    p.rows = (s->layers + p.columns - 1) / p.columns;
    p.w = (width - p.left + t->text) / p.columns; /* a gap is 1.9, the last one less */
    p.h = fmax(5.2 * t->text, 0.45 * p.w);
    p.legend = s->outlines > 1 ? 1.35 * t->tick * (s->outlines > 3 ? 2 : 1) + t->pad : 0;
    return p;
}

static double height(const struct ds_job *job, double width)
{
    const struct plan p = plan_of(job->state, &job->theme, width);

    return p.legend + p.rows * (p.h + p.above) + p.below + p.rows * 1.4 * job->theme.tick;
}

/* The steps of one histogram as a line. */
static void draw_outline(struct ds_canvas *c, const struct ds_axes *a, const struct state *s,
                         const struct outline *o, int layer, int k)
{
    double x[2 * BINS + 2], y[2 * BINS + 2];
    struct ds_series line = {
        .style = ds_style_at(k), .n = 2 * BINS + 2, .x = x, .y = y, .bare = true};

    for (int b = 0; b <= BINS; b++)
        x[2 * b] = x[2 * b + 1] = s->lo + b * (s->hi - s->lo) / BINS;
    y[0] = y[2 * BINS + 1] = 0;
    for (int b = 0; b < BINS; b++)
        y[2 * b + 1] = y[2 * b + 2] = o->share[layer * BINS + b];
    ds_series_draw(c, a, &line);
}

static void draw_panel(struct ds_canvas *c, struct ds_box frame, const struct state *s,
                       int layer, bool first, bool lowest)
{
    const struct ds_theme *t = c->theme;
    struct ds_axes a = {.frame = frame};
    const struct ds_lettering type = {.size = t->tick, .color = t->ink, .ax = 0.5, .ay = 1};
    char text[24];

    ds_scale_inside(&a.x, s->lo, s->hi, 2);
    ds_scale_nice(&a.y, 0, s->top, 2);
    for (int i = 0; i < a.y.ticks && !first; i++)
        a.y.text[i][0] = '\0';
    for (int i = 0; i < a.x.ticks && !lowest; i++)
        a.x.text[i][0] = '\0';
    ds_axes_draw(c, &a);
    for (int k = 0; k < s->outlines; k++)
        draw_outline(c, &a, s, &s->outline[k], layer, k);
    snprintf(text, sizeof text, "layer %d", layer + 1);
    ds_text(c, frame.x + frame.w / 2, frame.y - 0.8 * t->pad, &type, text);
}

static void draw_frame(struct ds_canvas *c, struct ds_box box, const struct state *s,
                       const struct plan *p, double bottom)
{
    const struct ds_theme *t = c->theme;
    struct ds_series key[DS_GROUPS + 1];
    struct ds_lettering type = {.size = t->text, .color = t->ink, .ax = 0.5, .ay = 1};
    int columns;

    for (int k = 0; k < s->outlines; k++)
        key[k] = (struct ds_series){
            .label = s->outline[k].label, .style = ds_style_at(k), .bare = true};
    if (s->outlines > 1) {
        columns = ds_legend_columns(c, key, s->outlines, box.w - p->left);
        ds_legend_draw(c, box.x + p->left, box.y, key, s->outlines, columns);
    }
    ds_text(c, box.x + p->left + (box.w - p->left - 1.9 * t->text) / 2,
            bottom + p->below + 0.4 * t->tick, &type,
            s->shares ? "share of patches protected" : "split point");
    type.turn = 1;
    ds_text(c, box.x + 0.85 * t->text, (box.y + p->legend + bottom) / 2, &type, "images (%)");
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct state *s = job->state;
    const struct ds_theme *t = c->theme;
    struct plan p = plan_of(s, t, box.w);
    const double gap = 1.9 * t->text, row = 1.4 * t->tick;
    double bottom = box.y;

    p.h = (box.h - p.legend - p.below - p.rows * (p.above + row)) / p.rows;
    if (p.h < 2 * t->text || p.w - gap < 3 * t->text)
        return ds_fail(err, DS_USAGE,
                       "%d histograms have no room in %.2f x %.2f inches; make --width or "
                       "--height larger",
                       s->layers, box.w / 72, box.h / 72);
    for (int l = 0; l < s->layers; l++) {
        const struct ds_box frame = {
            box.x + p.left + l % p.columns * p.w,
            box.y + p.legend + p.above + l / p.columns * (p.h + p.above + row), p.w - gap, p.h};

        draw_panel(c, frame, s, l, l % p.columns == 0, l + p.columns >= s->layers);
        bottom = fmax(bottom, frame.y + frame.h);
    }
    draw_frame(c, box, s, &p, bottom);
    return 0;
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    for (int i = 0; s && i < s->outlines; i++)
        free(s->outline[i].share);
    free(s);
}

const struct ds_figure ds_fig_split_hist = {
    .key = "split-hist",
    .about = "histograms of the split points, or of the share protected, per layer",
    .needs = DS_NEED_MAPS,
    .wide = true,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
