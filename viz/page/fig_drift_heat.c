/* viz/page/fig_drift_heat.c -- drift-heatmap: which layers moved, and when.
 *
 * Rows are layers, columns checkpoints; a cell is the mean over images of the drift of that
 * layer, averaged over seeds where a method has several. Methods share one range. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/figure_int.h"
#include "viz/page/panels.h"

struct state {
    struct ds_panels panels;
    char bar[96];
    int first, n_least, n_most;
};

/* Adds one run's layer means at a checkpoint to sum and count [layers]. */
static int add_run(double *sum, int *count, const struct ds_record *r,
                   const struct ds_drift_want *want, struct state *s, struct ds_err *err)
{
    const struct ds_stat_want how = {.resamples = 0, .level = 0.95};
    struct ds_drift d = {0};
    int code;

    if ((code = ds_drift_of(&d, r, r, want, err)))
        return code;
    for (int l = 0; l < r->layers && !code; l++) {
        struct ds_stat stat = {0};

        code = ds_drift_stat(&stat, &d, (struct ds_drift_part){l, -1, -1}, &how, err);
        if (code || !isfinite(stat.mean))
            continue;
        sum[l] += stat.mean;
        count[l]++;
        s->n_least = stat.n < s->n_least ? stat.n : s->n_least;
        s->n_most = stat.n > s->n_most ? stat.n : s->n_most;
    }
    ds_drift_clear(&d);
    return code;
}

/* Column `target` of a group's matrix [layers][columns]. */
static int fill_column(double *to, int group, const struct ds_drift_want *want, struct state *s,
                       const struct ds_study *study, struct ds_err *err)
{
    const int layers = s->panels.heat.rows, columns = s->panels.heat.columns;
    double *sum = calloc((size_t)layers, sizeof *sum);
    int *count = calloc((size_t)layers, sizeof *count);
    int code = sum && count ? 0 : ds_fail(err, DS_NOMEM, "no memory for %d layers", layers);

    for (int i = 0; i < study->runs && !code; i++)
        if (study->run[i].group == group &&
            (code = add_run(sum, count, study->run[i].record, want, s, err)))
            ds_while(err, "%s", study->run[i].path);
    for (int l = 0; l < layers && !code; l++)
        to[l * columns + want->target - s->first] = count[l] ? sum[l] / count[l] : NAN;
    free(sum);
    free(count);
    return code;
}

static void range_of(struct ds_panels *p, bool symmetric)
{
    const int n = p->panels * p->heat.rows * p->heat.columns;

    p->heat.lo = 0;
    p->heat.hi = 0;
    for (int i = 0; i < n; i++) {
        p->heat.lo = fmin(p->heat.lo, p->value[i]);
        p->heat.hi = fmax(p->heat.hi, p->value[i]);
    }
    if (symmetric) {
        p->heat.hi = fmax(fabs(p->heat.lo), fabs(p->heat.hi));
        p->heat.lo = -p->heat.hi;
    }
    if (p->heat.hi <= p->heat.lo)
        p->heat.hi = p->heat.lo + 1;
}

static int begin(struct state *s, struct ds_job *job, const struct ds_metric *m,
                 enum ds_reference reference, int given, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    const int learned = ds_study_learned(study);

    /* Under `own` the first image moves at the second task. */
    s->first = reference == DS_REF_OWN || reference == DS_REF_PREVIOUS ? 2
               : reference == DS_REF_GIVEN && given > 0                ? given + 1
                                                                       : 1;
    s->n_least = 1 << 30;
    if (s->first > learned)
        return ds_fail(err, DS_DATA,
                       "%s: after %d task%s no image has moved from its reference '%s' yet; "
                       "--reference first compares with the untrained model",
                       study->run[0].path, learned, learned == 1 ? "" : "s",
                       job->opt->reference);
    s->panels = (struct ds_panels){
        .heat = {.rows = study->run[0].record->layers, .columns = learned - s->first + 1,
                 .cmap = &job->cmap, .decimals = 2, .xlabel = "after task", .ylabel = "layer",
                 .first_column = s->first, .first_row = 1, .fill = true},
        .panels = study->groups, .bar = s->bar, .cell = 2 * job->theme.tick};
    s->panels.value = calloc((size_t)study->groups * (size_t)s->panels.heat.rows *
                                 (size_t)s->panels.heat.columns, sizeof(double));
    if (!s->panels.value)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if (strcmp(m->unit, "1"))
        snprintf(s->bar, sizeof s->bar, "%s (%s)", m->name, m->unit);
    else
        snprintf(s->bar, sizeof s->bar, "%s", m->name);
    for (int g = 0; g < study->groups; g++)
        snprintf(s->panels.title[g], sizeof s->panels.title[g], "%s", study->label[g]);
    return 0;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    struct state *s = calloc(1, sizeof *s);
    struct ds_drift_want want = {0};
    const int learned = ds_study_learned(job->study);
    char against[64], seeds[48];
    int layer, code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if ((code = ds_job_layer(&layer, job, true, err)) ||
        (code = ds_job_metric(&want.metric, job, err)) ||
        (code = ds_job_reference(&want.reference, &want.given, job, err)) ||
        (code = begin(s, job, want.metric, want.reference, want.given, err)))
        return code;
    for (int g = 0; g < job->study->groups; g++)
        for (want.target = s->first; want.target <= learned; want.target++)
            if ((code = fill_column(s->panels.value + (size_t)g * (size_t)s->panels.heat.rows *
                                                          (size_t)s->panels.heat.columns,
                                    g, &want, s, job->study, err)))
                return code;
    range_of(&s->panels, want.metric->lo < 0);
    /* Values on both sides of zero want colours on both sides of white. */
    if (want.metric->lo < 0 && !*job->opt->cmap &&
        (code = ds_cmap_find(&job->cmap, "vlag", err)))
        return code;
    ds_seeds_text(seeds, sizeof seeds, job->study);
    ds_job_reference_text(against, sizeof against, want.reference, want.given);
    snprintf(job->note, sizeof job->note,
             "CLS row of the attention rollout; mean %s over images against %s; n = %d to %d "
             "images per column%s.",
             want.metric->name, against, s->n_most ? s->n_least : 0, s->n_most,
             seeds);
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    const struct state *s = job->state;

    return ds_panels_height(&s->panels, &job->theme, width);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct state *s = job->state;

    return ds_panels_draw(c, box, &s->panels, err);
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s)
        free(s->panels.value);
    free(s);
}

const struct ds_figure ds_fig_drift_heatmap = {
    .key = "drift-heatmap",
    .about = "drift of every layer after each task, one matrix per method",
    .needs = DS_NEED_MAPS,
    .wide = true,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
