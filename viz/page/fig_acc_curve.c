/* viz/page/fig_acc_curve.c -- acc-curve: average accuracy after each task.
 *
 * The average is over the tasks learned so far, every task counting the same (convention
 * "last" of analysis/drift/accuracy). With several seeds: their mean, and a band, the 95% t interval
 * of that mean or one standard deviation (--band). --head both adds the raw head as a thin
 * line without markers and band. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/drift/accuracy.h"
#include "analysis/stat/fit.h"
#include "viz/page/figure_int.h"
#include "viz/page/plot.h"

struct line {
    double *x, *y, *lo, *hi; /* [learned] */
    char label[128];
    bool band, raw;
    int group;
};

struct state {
    struct line line[2 * DS_GROUPS];
    int lines, learned;
    double *block;
};

/* Average accuracy of one run after task 1..learned, in percent. */
static int averages(double *to, const struct ds_record *r, enum ds_head head, int learned,
                    const struct ds_job *job, struct ds_err *err)
{
    const struct ds_convention *average = ds_convention_lookup("last");
    struct ds_accuracy acc = {0};
    int code;

    if ((code = ds_accuracy_of(&acc, r, (enum ds_protocol)job->opt->protocol, head, err)))
        return code;
    for (int k = 1; k <= learned; k++)
        to[k - 1] = 100 * average->of(&acc, k);
    ds_accuracy_clear(&acc);
    return 0;
}

static int fill_line(struct line *line, int learned, const struct ds_job *job,
                     struct ds_err *err)
{
    const struct ds_study *s = job->study;
    double *all = calloc((size_t)s->runs * (size_t)learned, sizeof *all);
    double point[DS_RUNS], half;
    int n = 0, code = all ? 0 : ds_fail(err, DS_NOMEM, "no memory for a figure");

    for (int i = 0; i < s->runs && !code; i++)
        if (s->run[i].group == line->group &&
            (code = averages(all + (size_t)n++ * (size_t)learned, s->run[i].record,
                             line->raw ? DS_RAW_HEAD : DS_REFINED, learned, job, err)))
            ds_while(err, "%s", s->run[i].path);
    for (int k = 0; k < learned && !code; k++) {
        for (int i = 0; i < n; i++)
            point[i] = all[(size_t)i * (size_t)learned + (size_t)k];
        line->x[k] = k + 1;
        line->y[k] = ds_mean(point, n);
        half = job->opt->band == DS_BAND_SD ? ds_sample_sd(point, n)
                                            : ds_mean_margin(point, n, 0.95);
        line->lo[k] = line->y[k] - half;
        line->hi[k] = line->y[k] + half;
    }
    free(all);
    return code;
}

static void add_line(struct state *s, int group, bool raw, const struct ds_job *job)
{
    struct line *line = &s->line[s->lines];
    const size_t n = (size_t)s->learned;
    *line = (struct line){.group = group, .raw = raw, .band = job->study->size[group] > 1 &&
                                  job->opt->band != DS_BAND_NONE};
    line->x = s->block + (size_t)s->lines * 4 * n;
    line->y = line->x + n;
    line->lo = line->x + 2 * n;
    line->hi = line->x + 3 * n;
    ds_group_label(line->label, sizeof line->label, job->study, group);
    s->lines++;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    struct state *s = calloc(1, sizeof *s);
    char n_tested[64], seeds[48];
    int code = 0;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->learned = ds_study_learned(study);
    s->block = calloc((size_t)study->groups * 8 * (size_t)s->learned, sizeof *s->block);
    if (!s->block)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    for (int g = 0; g < study->groups; g++) {
        if (job->opt->head != DS_HEAD_RAW)
            add_line(s, g, false, job);
        if (job->opt->head != DS_HEAD_REFINED)
            add_line(s, g, true, job);
    }
    for (int i = 0; i < s->lines && !code; i++)
        code = fill_line(&s->line[i], s->learned, job, err);
    if (code)
        return code;
    ds_tested_text(n_tested, sizeof n_tested, study);
    ds_seeds_text(seeds, sizeof seeds, study);
    snprintf(job->note, sizeof job->note,
             "Accuracy %s averaged over the tasks learned so far, every task counting the "
             "same; %s head; %s%s%s.",
             job->opt->protocol == DS_CLASS_INCREMENTAL ? "among all classes seen "
                                                          "(class-incremental),"
                                                        : "within the known task "
                                                          "(task-incremental),",
             job->opt->head == DS_HEAD_BOTH ? "refined and raw"
             : job->opt->head               ? "raw"
                                            : "refined",
             n_tested, seeds,
             study->runs == study->groups || job->opt->band == DS_BAND_NONE ? ""
             : job->opt->band == DS_BAND_SD ? "; band: \xc2\xb1 1 sd over seeds"
                                            : "; band: 95% t interval over seeds");
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    return ds_curve_height(&job->theme, width,
                           job->study->groups + (job->opt->head == DS_HEAD_BOTH ? 2 : 0));
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct state *s = job->state;

    *lo = 100;
    *hi = 0;
    for (int i = 0; i < s->lines; i++)
        for (int k = 0; k < s->learned; k++) {
            const struct line *l = &s->line[i];

            *lo = fmin(*lo, fmin(l->y[k], l->band ? l->lo[k] : NAN));
            *hi = fmax(*hi, fmax(l->y[k], l->band ? l->hi[k] : NAN));
        }
    *lo = fmax(0, *lo);
    *hi = fmin(100, *hi);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct state *s = job->state;
    struct ds_axes a = {.xlabel = ds_job_label(job->opt->xlabel, "after task"),
                        .ylabel = ds_job_label(job->opt->ylabel, "average accuracy (%)")};
    const bool both = job->opt->head == DS_HEAD_BOTH;
    struct ds_series series[2 * DS_GROUPS + 2];
    int n = s->lines;
    double lo, hi;

    for (int i = 0; i < s->lines; i++) {
        const struct line *l = &s->line[i];

        series[i] = (struct ds_series){.label = l->label, .style = ds_style_at(l->group),
                                       .n = job->until < s->learned ? job->until : s->learned,
                                       .x = l->x, .y = l->y,
                                       .lo = l->band ? l->lo : NULL,
                                       .hi = l->band ? l->hi : NULL};
        if (both && l->raw) {
            series[i].label = NULL;
            series[i].bare = series[i].thin = true;
            series[i].lo = series[i].hi = NULL; /* twice the bands would be mud */
        }
    }
    range(job, &lo, &hi);
    if (both) { /* two rows of the legend that say what thick and thin mean */
        const struct ds_style grey = {.color = c->theme->soft, .marker = DS_CIRCLE};

        series[n++] = (struct ds_series){.label = "refined head", .style = grey};
        series[n++] = (struct ds_series){
            .label = "raw head", .style = grey, .bare = true, .thin = true};
    }
    ds_scale_count(&a.x, 1, s->learned, s->learned > 1 ? 0.03 * s->learned : 0.5, 12);
    ds_scale_nice(&a.y, isfinite(job->lo) ? job->lo : lo, isfinite(job->hi) ? job->hi : hi, 5);
    a.y.hi = fmin(100, a.y.hi);
    return ds_plot_lines(c, box, &a, series, n, true, err);
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s)
        free(s->block);
    free(s);
}

const struct ds_figure ds_fig_acc_curve = {
    .key = "acc-curve",
    .about = "average accuracy after each task, one line per method",
    .needs = DS_NEED_ACCURACY,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
    .moves = true,
};
