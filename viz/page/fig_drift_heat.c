/* viz/page/fig_drift_heat.c -- drift-heatmap: which layers moved, and when.
 *
 * Rows are layers, columns checkpoints; a cell is the mean over images of the drift of that
 * layer, averaged over seeds where a method has several. Methods share one range.
 *
 * Hatched: what is not told from standing still. The 95% interval of the mean (bootstrap over
 * images for one run, t over several seeds) reaches the metric's value for equal maps, give or
 * take the noise floor of --floor. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stat/fit.h"
#include "viz/page/panels.h"

struct state {
    struct ds_panels panels;
    char bar[96];
    int first, n_least, n_most;
    unsigned char *hatch; /* [groups][layers][columns] */
};

enum { RESAMPLES = 500 };

/* What a column of one group collects over its runs. */
struct column {
    double *mean;    /* [runs of the group][layers] */
    double *lo, *hi; /* [layers] of the last run: used where it is the only one */
    int runs;
};

/* One run's layer means at a checkpoint; their intervals when it stands alone. */
static int add_run(struct column *k, const struct ds_record *r, const struct ds_drift_want *want,
                   bool alone, struct state *s, struct ds_err *err)
{
    double *mean = k->mean + (size_t)k->runs * (size_t)r->layers;
    struct ds_drift d = {0};
    int code;

    if ((code = ds_drift_of(&d, r, r, want, err)))
        return code;
    for (int l = 0; l < r->layers && !code; l++) {
        const struct ds_stat_want how = {.kind = DS_BCA, .level = 0.95,
                                         .resamples = alone ? RESAMPLES : 0,
                                         .index = (uint64_t)(want->target * r->layers + l)};
        struct ds_stat stat = {0};

        code = ds_drift_stat(&stat, &d, (struct ds_drift_part){l, -1, -1}, &how, err);
        mean[l] = code ? NAN : stat.mean;
        k->lo[l] = stat.lo;
        k->hi[l] = stat.hi;
        if (code || !isfinite(stat.mean))
            continue;
        s->n_least = stat.n < s->n_least ? stat.n : s->n_least;
        s->n_most = stat.n > s->n_most ? stat.n : s->n_most;
    }
    k->runs++;
    ds_drift_clear(&d);
    return code;
}

/* Mean over runs of one layer into the matrix, and whether it is hatched. */
static void fill_cell(struct state *s, size_t at, const struct column *k, int layer, int layers,
                      const struct ds_metric *m, double floor)
{
    double point[DS_RUNS], half;
    int n = 0;

    for (int i = 0; i < k->runs; i++)
        if (isfinite(k->mean[(size_t)i * (size_t)layers + (size_t)layer]))
            point[n++] = k->mean[(size_t)i * (size_t)layers + (size_t)layer];
    s->panels.value[at] = ds_mean(point, n);
    half = ds_mean_margin(point, n, 0.95);
    /* Without an interval (one image, one value) nothing is shown to have moved. */
    if (n > 1)
        s->hatch[at] = !(s->panels.value[at] - half > m->same + floor ||
                         s->panels.value[at] + half < m->same - floor);
    else if (n == 1)
        s->hatch[at] = !(k->lo[layer] > m->same + floor || k->hi[layer] < m->same - floor);
}

/* Column `target` of a group's matrix [layers][columns]. */
static int fill_column(int group, const struct ds_drift_want *want, struct state *s,
                       const struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    const int layers = s->panels.heat.rows, columns = s->panels.heat.columns;
    const size_t n = (size_t)layers;
    double *block = calloc(((size_t)study->size[group] + 2) * n, sizeof *block);
    struct column k = {block, block + (size_t)study->size[group] * n,
                       block + ((size_t)study->size[group] + 1) * n, 0};
    int code = block ? 0 : ds_fail(err, DS_NOMEM, "no memory for %d layers", layers);

    for (int i = 0; i < study->runs && !code; i++)
        if (study->run[i].group == group &&
            (code = add_run(&k, study->run[i].record, want, study->size[group] == 1, s, err)))
            ds_while(err, "%s", study->run[i].path);
    for (int l = 0; l < layers && !code; l++)
        fill_cell(s, (size_t)(group * layers + l) * (size_t)columns +
                         (size_t)(want->target - s->first),
                  &k, l, layers, want->metric, job->opt->floor);
    free(block);
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

/* Two digits of the largest value, and cells wide enough for them. */
static void choose_decimals(struct ds_panels *p, const struct ds_theme *t)
{
    const double most = fmax(fabs(p->heat.lo), fabs(p->heat.hi));

    p->heat.decimals = (int)fmin(5, fmax(2, 1 - floor(log10(most))));
    p->cell = (1.5 + 0.25 * p->heat.decimals) * t->tick;
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
    s->hatch = calloc((size_t)study->groups * (size_t)s->panels.heat.rows *
                          (size_t)s->panels.heat.columns, sizeof *s->hatch);
    if (!s->panels.value || !s->hatch)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->panels.hatch = job->opt->hatch ? s->hatch : NULL;
    if (strcmp(m->unit, "1"))
        snprintf(s->bar, sizeof s->bar, "%s (%s)", m->name, m->unit);
    else
        snprintf(s->bar, sizeof s->bar, "%s", m->name);
    for (int g = 0; g < study->groups; g++)
        snprintf(s->panels.title[g], sizeof s->panels.title[g], "%s", study->label[g]);
    return 0;
}

static void write_note(struct ds_job *job, const struct state *s, const struct ds_metric *m,
                       const char *against, const char *seeds)
{
    const int n = job->study->groups * s->panels.heat.rows * s->panels.heat.columns;
    char hatched[200] = "", same[32], floor[32];
    bool any = false, alone = false;

    for (int i = 0; i < n; i++)
        any = any || s->hatch[i];
    for (int g = 0; g < job->study->groups; g++)
        alone = alone || job->study->size[g] == 1;
    snprintf(same, sizeof same, "%g", m->same);
    snprintf(floor, sizeof floor, "%g", job->opt->floor);
    if (any && job->opt->hatch)
        snprintf(hatched, sizeof hatched,
                 "; hatched: the 95%% interval of the mean (%s) reaches %s%s%s",
                 !alone                                 ? "t, over seeds"
                 : job->study->runs > job->study->groups ? "t over seeds, or bootstrap over images"
                                                        : "bootstrap over images",
                 same, job->opt->floor > 0 ? " within the noise floor " : "",
                 job->opt->floor > 0 ? floor : "");
    snprintf(job->note, sizeof job->note,
             "CLS row of the attention rollout; mean %s over images against %s; n = %d to %d "
             "images per column%s%s.",
             m->name, against, s->n_most ? s->n_least : 0, s->n_most, seeds, hatched);
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
            if ((code = fill_column(g, &want, s, job, err)))
                return code;
    range_of(&s->panels, want.metric->lo < 0);
    choose_decimals(&s->panels, &job->theme);
    /* Values on both sides of zero want colours on both sides of white. */
    if (want.metric->lo < 0 && !*job->opt->cmap &&
        (code = ds_cmap_find(&job->cmap, "vlag", err)))
        return code;
    ds_seeds_text(seeds, sizeof seeds, job->study);
    ds_job_reference_text(against, sizeof against, want.reference, want.given);
    write_note(job, s, want.metric, against, seeds);
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    const struct state *s = job->state;
    struct ds_panels p = s->panels;

    ds_panels_of_job(&p, job);
    return ds_panels_height(&p, &job->theme, width);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct state *s = job->state;
    struct ds_panels p = s->panels;

    ds_panels_of_job(&p, job);
    return ds_panels_draw(c, box, &p, err);
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct state *s = job->state;

    *lo = s->panels.heat.lo;
    *hi = s->panels.heat.hi;
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s) {
        free(s->panels.value);
        free(s->hatch);
    }
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
    .range = range,
};
