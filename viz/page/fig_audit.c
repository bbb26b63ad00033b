/* viz/page/fig_audit.c -- audit: what retention did to the gradients.
 *
 * One matrix each for q, k and v of every method: rows are layers, columns tasks; a cell is the
 * mean over the task's steps, averaged over seeds. --show chooses the quantity. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/panels.h"

static const struct {
    const char *key, *bar, *text;
} shows[DS_AUDIT_COUNT] = {
    {"removed", "share removed",
     "share of the gradient's norm removed, 1 \xe2\x88\x92 |g'| / |g|"},
    {"factor", "mean |f|", "mean absolute update factor |f|"},
    {"negative", "share f < 0", "share of update factors below 0"},
    {"clamped", "share clamped", "share of update factors at the clamp"},
    {"protected", "protected", "1 \xe2\x88\x92 mean soft mask of the layer"},
};

static int choose(enum ds_audit *what, const char *show, struct ds_err *err)
{
    const char *names[DS_AUDIT_COUNT + 1] = {NULL}, *near;

    for (int i = 0; i < DS_AUDIT_COUNT; i++)
        names[i] = shows[i].key;
    for (int i = 0; i < DS_AUDIT_COUNT; i++)
        if (!*show || !strcmp(show, names[i])) {
            *what = (enum ds_audit)i;
            return 0;
        }
    near = ds_opt_nearest(show, names);
    return ds_fail(
        err, DS_USAGE,
        "--show wants removed, factor, negative, clamped or protected, not '%s'%s%s%s", show,
        near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

static void add_run(struct ds_panels *p, const struct ds_record *r, int group, int size,
                    enum ds_audit what)
{
    const int layers = p->heat.rows, tasks = p->heat.columns;

    for (int part = 0; part < 3; part++) {
        double *to = p->value + (size_t)(group * 3 + part) * (size_t)layers * (size_t)tasks;

        for (int t = 0; t < tasks; t++)
            for (int l = 0; l < layers; l++) {
                const size_t at =
                    (((size_t)t * (size_t)layers + (size_t)l) * 3 + (size_t)part) *
                        DS_AUDIT_COUNT +
                    (size_t)what;

                to[l * tasks + t] += (double)r->audit[at] / size;
            }
    }
}

static void range_of(struct ds_panels *p, bool share)
{
    const int n = p->panels * p->heat.rows * p->heat.columns;

    p->heat.lo = 0;
    p->heat.hi = 0;
    for (int i = 0; i < n; i++) {
        p->heat.lo = fmin(p->heat.lo, p->value[i]);
        p->heat.hi = fmax(p->heat.hi, p->value[i]);
    }
    if (share && p->heat.hi > 0.5)
        p->heat.hi = 1;
    if (p->heat.hi <= p->heat.lo)
        p->heat.hi = p->heat.lo + 1;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *s = job->study;
    struct ds_panels *p = calloc(1, sizeof *p);
    const int layers = s->run[0].record->layers, tasks = ds_study_learned(s);
    enum ds_audit what = DS_AUDIT_REMOVED;
    char seeds[48];
    int layer, code;

    job->state = p;
    if (!p)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if ((code = choose(&what, job->opt->show, err)) ||
        (code = ds_job_layer(&layer, job, true, err)))
        return code;
    if (3 * s->groups > DS_GROUPS)
        return ds_fail(err, DS_USAGE,
                       "audit draws three matrices per method and 5 methods at "
                       "most, not %d",
                       s->groups);
    *p = (struct ds_panels){.heat = {.rows = layers,
                                     .columns = tasks,
                                     .cmap = &job->cmap,
                                     .decimals = 2,
                                     .xlabel = "during task",
                                     .ylabel = "layer",
                                     .first_column = 1,
                                     .first_row = 1,
                                     .fill = true},
                            .panels = 3 * s->groups,
                            .per = 3,
                            .bar = shows[what].bar,
                            .cell = 2 * job->theme.tick};
    p->value = calloc((size_t)p->panels * (size_t)layers * (size_t)tasks, sizeof *p->value);
    if (!p->value)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    for (int i = 0; i < s->runs; i++)
        add_run(p, s->run[i].record, s->run[i].group, s->size[s->run[i].group], what);
    for (int i = 0; i < p->panels; i++)
        snprintf(p->title[i], sizeof p->title[i], "%s%s%c",
                 s->groups > 1 ? s->label[i / 3] : "", s->groups > 1 ? ", " : "", "qkv"[i % 3]);
    range_of(p, what != DS_AUDIT_FACTOR);
    ds_seeds_text(seeds, sizeof seeds, s);
    snprintf(
        job->note, sizeof job->note,
        "%s: %s, of the query, key and value weights of every layer, mean over the steps of a "
        "task%s; during task 1 nothing is protected yet.",
        s->groups > 1 ? "Audit of retention" : s->label[0], shows[what].text, seeds);
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    struct ds_panels p;

    memcpy(&p, job->state, sizeof p);
    ds_panels_of_job(&p, job);
    return ds_panels_height(&p, &job->theme, width);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct ds_panels p;

    memcpy(&p, job->state, sizeof p);
    ds_panels_of_job(&p, job);
    return ds_panels_draw(c, box, &p, err);
}

static void clear(struct ds_job *job)
{
    struct ds_panels *p = job->state;

    if (p)
        free(p->value);
    free(p);
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct ds_panels *p = job->state;

    *lo = p->heat.lo;
    *hi = p->heat.hi;
}

const struct ds_figure ds_fig_audit = {
    .key = "audit",
    .about = "gradient removed by retention: layer, task, and q, k, v",
    .needs = DS_NEED_AUDIT | DS_NEED_ACCURACY,
    .wide = true,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};
