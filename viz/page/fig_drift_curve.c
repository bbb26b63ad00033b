/* viz/page/fig_drift_curve.c -- drift-curve: how far attention moved, task after task.
 *
 * One line per method. A single run has a bootstrap band over its images; several seeds of one
 * method are averaged and the band is the 95% t interval of that mean, or one standard
 * deviation (--band). Every number comes from analysis/drift. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stat/fit.h"
#include "viz/page/figure_int.h"
#include "viz/page/plot.h"

enum { RESAMPLES = 1000 };

struct curve {
    double *x, *y, *lo, *hi; /* [learned] */
    char label[128];
    bool band;
};

struct drift {
    struct curve curve[DS_GROUPS];
    int groups, learned, first; /* first target with a value */
    char ylabel[96];
    int least_n, most_n;        /* images behind a point */
    double bottom, top;         /* of the metric's range */
};

static void fit_memory(struct curve *k, double *block, int n)
{
    k->x = block;
    k->y = block + n;
    k->lo = block + 2 * n;
    k->hi = block + 3 * n;
}

/* Mean drift of one run at one checkpoint; the interval over images when asked for. */
static int measure(struct ds_stat *s, const struct ds_record *r, int target, int layer,
                   const struct ds_job *job, bool interval, struct ds_err *err)
{
    struct ds_drift_want want = {.target = target};
    struct ds_stat_want how = {.kind = DS_BCA, .resamples = interval ? RESAMPLES : 0,
                               .level = 0.95, .index = (uint64_t)target};
    const struct ds_drift_part part = {layer, -1, -1};
    struct ds_drift d = {0};
    int code;

    if ((code = ds_job_metric(&want.metric, job, err)) ||
        (code = ds_job_reference(&want.reference, &want.given, job, err)) ||
        (code = ds_drift_of(&d, r, r, &want, err)))
        return code;
    code = ds_drift_stat(s, &d, part, &how, err);
    ds_drift_clear(&d);
    return code;
}

/* One point of a group: a run's own interval, or mean and spread over its seeds. */
static int fill_point(struct drift *d, int group, int target, int layer,
                      const struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *s = job->study;
    struct curve *k = &d->curve[group];
    const int i = target - 1;
    const bool none = job->opt->band == DS_BAND_NONE;
    double mean[DS_RUNS], half;
    struct ds_stat stat = {0};
    int n = 0;

    for (int run = 0; run < s->runs; run++) {
        if (s->run[run].group != group)
            continue;
        if (measure(&stat, s->run[run].record, target, layer, job, s->size[group] == 1, err))
            return ds_while(err, "%s", s->run[run].path);
        mean[n++] = stat.mean;
        if (stat.n > 0) {
            d->least_n = stat.n < d->least_n ? stat.n : d->least_n;
            d->most_n = stat.n > d->most_n ? stat.n : d->most_n;
        }
    }
    k->x[i] = target;
    k->y[i] = ds_mean(mean, n);
    half = job->opt->band == DS_BAND_SD ? ds_sample_sd(mean, n) : ds_mean_margin(mean, n, 0.95);
    k->lo[i] = none ? NAN : n > 1 ? k->y[i] - half : stat.lo;
    k->hi[i] = none ? NAN : n > 1 ? k->y[i] + half : stat.hi;
    if (isfinite(k->y[i]) && target < d->first)
        d->first = target;
    return 0;
}

static void write_note(struct ds_job *job, const struct drift *d, const struct ds_metric *m,
                       int layer)
{
    enum ds_reference reference;
    struct ds_err ignored;
    const char *spread = job->opt->band == DS_BAND_SD ? "\xc2\xb1 1 sd over seeds"
                                                      : "95% t interval over seeds";
    char against[64], where[48], images[48], counted[48], band[128] = "";
    bool seeds = false, single = false;
    int given;

    for (int g = 0; g < job->study->groups; g++) {
        seeds = seeds || job->study->size[g] > 1;
        single = single || job->study->size[g] == 1;
    }
    ds_job_reference(&reference, &given, job, &ignored);
    ds_job_reference_text(against, sizeof against, reference, given);
    if (layer < 0)
        snprintf(where, sizeof where, "mean over layers 1 to %d",
                 job->study->run[0].record->layers);
    else
        snprintf(where, sizeof where, "layer %d", layer + 1);
    if (d->least_n == d->most_n)
        snprintf(images, sizeof images, "n = %d images", d->most_n);
    else
        snprintf(images, sizeof images, "n = %d to %d images", d->least_n, d->most_n);
    ds_seeds_text(counted, sizeof counted, job->study);
    if (job->opt->band != DS_BAND_NONE)
        snprintf(band, sizeof band, "; band: %s%s%s",
                 single ? "95% bootstrap interval (BCa) over images" : "",
                 seeds && single ? ", or " : "", seeds ? spread : "");
    snprintf(job->note, sizeof job->note,
             "CLS row of the attention rollout, %s; %s, against %s; %s per point%s%s.", where,
             m->name, against, images, counted, band);
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *s = job->study;
    const int learned = ds_study_learned(s);
    struct drift *d = calloc(1, sizeof *d);
    double *block = calloc((size_t)s->groups * 4 * (size_t)learned, sizeof *block);
    const struct ds_metric *metric;
    int layer, code;

    job->state = d;
    if (!d || !block) {
        free(block);
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    }
    assert(s->groups > 0); /* the first curve owns the block */
    *d = (struct drift){.groups = s->groups, .learned = learned, .first = learned + 1,
                        .least_n = 1 << 30};
    for (int g = 0; g < s->groups; g++) {
        fit_memory(&d->curve[g], block + (size_t)g * 4 * (size_t)learned, learned);
        ds_group_label(d->curve[g].label, sizeof d->curve[g].label, s, g);
        d->curve[g].band = true;
    }
    if ((code = ds_job_layer(&layer, job, true, err)) ||
        (code = ds_job_metric(&metric, job, err)))
        return code;
    for (int g = 0; g < s->groups; g++)
        for (int t = 1; t <= learned; t++)
            if ((code = fill_point(d, g, t, layer, job, err)))
                return code;
    if (d->first > learned)
        return ds_fail(err, DS_DATA,
                       "%s: after %d task%s no image has moved from its reference '%s' yet; "
                       "--reference first compares with the untrained model",
                       s->run[0].path, learned, learned == 1 ? "" : "s", job->opt->reference);
    if (strcmp(metric->unit, "1"))
        snprintf(d->ylabel, sizeof d->ylabel, "drift (%s, %s)", metric->name, metric->unit);
    else
        snprintf(d->ylabel, sizeof d->ylabel, "drift (%s)", metric->name);
    d->bottom = metric->lo;
    d->top = metric->hi;
    write_note(job, d, metric, layer);
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    return ds_curve_height(&job->theme, width, job->study->groups);
}

static void range_of(const struct drift *d, double *lo, double *hi)
{
    *lo = 0;
    *hi = 0;
    for (int g = 0; g < d->groups; g++)
        for (int i = d->first - 1; i < d->learned; i++) {
            const struct curve *k = &d->curve[g];

            *lo = fmin(*lo, fmin(k->y[i], k->lo[i])); /* fmin passes NaN by */
            *hi = fmax(*hi, fmax(k->y[i], k->hi[i]));
        }
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct drift *d = job->state;
    const int skip = d->first - 1, n = d->learned - skip;
    const int shown = job->until < d->learned ? job->until - skip : n;
    struct ds_axes a = {.xlabel = ds_job_label(job->opt->xlabel, "after task"),
                        .ylabel = ds_job_label(job->opt->ylabel, d->ylabel)};
    struct ds_series s[DS_GROUPS];
    double lo, hi;

    for (int g = 0; g < d->groups; g++) {
        const struct curve *k = &d->curve[g];

        s[g] = (struct ds_series){.label = k->label, .style = ds_style_at(g),
                                  .n = shown > 0 ? shown : 0,
                                  .x = k->x + skip, .y = k->y + skip, .lo = k->lo + skip,
                                  .hi = k->hi + skip};
    }
    range_of(d, &lo, &hi);
    lo = isfinite(job->lo) ? job->lo : fmax(lo, d->bottom);
    hi = isfinite(job->hi) ? job->hi : fmin(hi, d->top);
    ds_scale_count(&a.x, d->first, d->learned, n > 1 ? 0.03 * n : 0.5, 12);
    ds_scale_nice(&a.y, lo, hi, 5);
    return ds_plot_lines(c, box, &a, s, d->groups, true, err);
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct drift *d = job->state;

    range_of(d, lo, hi);
    *lo = fmax(*lo, d->bottom);
    *hi = fmin(*hi, d->top);
}

static void clear(struct ds_job *job)
{
    struct drift *d = job->state;

    if (d)
        free(d->curve[0].x);
    free(d);
}

const struct ds_figure ds_fig_drift_curve = {
    .key = "drift-curve",
    .about = "attention drift after each task, one line per method, with its band",
    .needs = DS_NEED_MAPS,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
    .moves = true,
};
