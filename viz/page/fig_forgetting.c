/* viz/page/fig_forgetting.c -- forgetting-bars: what each task lost, with intervals.
 *
 * Forgetting of task j after task T, by --show:
 *
 *     chaudhry          max over k < T of R[k][j], minus R[T][j]    (the default)
 *     clipped           the same with k <= T, so never below 0
 *     first_minus_last  R[j][j] - R[T][j]
 *
 * Error bars: several seeds, the t interval of their mean; one run, the interval of a
 * difference of two binomial shares, taken as if the images were others (they are the same, so
 * it is wide rather than narrow). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift/accuracy.h"
#include "analysis/stat/fit.h"
#include "viz/page/bars.h"
#include "viz/page/figure_int.h"

enum way { CHAUDHRY, CLIPPED, FIRST_MINUS_LAST };

struct state {
    struct ds_bars bars;
    double *value, *lo, *hi; /* [tasks forgotten + mean][groups] */
    char (*text)[32];        /* [bars.groups] */
    const char **group;
    const char *name[DS_GROUPS];
    char label[DS_GROUPS][128];
    int learned;
    enum way way;
};

static double peak(const struct ds_accuracy *acc, int j, int learned, enum way way)
{
    double best = acc->a[j * acc->tasks + j];

    for (int k = j; k < learned - (way == CHAUDHRY); k++)
        best = fmax(best, acc->a[k * acc->tasks + j]);
    return way == FIRST_MINUS_LAST ? acc->a[j * acc->tasks + j] : best;
}

/* lost[learned] of one run: per task, the mean behind them; margin[learned] likewise. */
static int measure(double *lost, double *margin, const struct state *s,
                   const struct ds_record *r, const struct ds_job *job, struct ds_err *err)
{
    const int n = s->learned - 1;
    struct ds_accuracy acc = {0};
    double square = 0;

    if (ds_accuracy_of(&acc, r, (enum ds_protocol)job->opt->protocol,
                       job->opt->head == DS_HEAD_RAW ? DS_RAW_HEAD : DS_REFINED, err))
        return err->code;
    lost[n] = 0;
    for (int j = 0; j < n; j++) {
        const double p = peak(&acc, j, s->learned, s->way);
        const double q = acc.a[(s->learned - 1) * acc.tasks + j];

        lost[j] = 100 * (p - q);
        margin[j] =
            100 * ds_normal_quantile(0.975) * sqrt((p * (1 - p) + q * (1 - q)) / acc.n[j]);
        lost[n] += lost[j] / n;
        square += margin[j] * margin[j];
    }
    margin[n] = sqrt(square) / n;
    ds_accuracy_clear(&acc);
    return 0;
}

static int fill_group(struct state *s, int group, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    const int rows = s->learned;
    double *all = calloc(((size_t)study->runs + 1) * (size_t)rows, sizeof *all);
    double *margin = all + (size_t)study->runs * (size_t)rows, point[DS_RUNS];
    int n = 0, code = all ? 0 : ds_fail(err, DS_NOMEM, "no memory for a figure");

    for (int i = 0; i < study->runs && !code; i++)
        if (study->run[i].group == group &&
            (code = measure(all + (size_t)n++ * (size_t)rows, margin, s, study->run[i].record,
                            job, err)))
            ds_while(err, "%s", study->run[i].path);
    for (int j = 0; j < rows && !code; j++) {
        const int at = j * s->bars.series + group;
        double half;

        for (int i = 0; i < n; i++)
            point[i] = all[(size_t)i * (size_t)rows + (size_t)j];
        half = job->opt->band == DS_BAND_NONE ? NAN
               : n < 2                        ? margin[j]
               : job->opt->band == DS_BAND_SD ? ds_sample_sd(point, n)
                                              : ds_mean_margin(point, n, 0.95);
        s->value[at] = ds_mean(point, n);
        /* No task can lose or win more than everything. */
        s->lo[at] = isfinite(half) ? fmax(-100, s->value[at] - half) : NAN;
        s->hi[at] = isfinite(half) ? fmin(100, s->value[at] + half) : NAN;
    }
    free(all);
    return code;
}

static int choose_way(struct state *s, const char *show, struct ds_err *err)
{
    static const char *const ways[] = {"chaudhry", "clipped", "first_minus_last", NULL};

    for (int i = 0; i < 3; i++)
        if (!*show || !strcmp(show, ways[i])) {
            s->way = (enum way)i;
            return 0;
        }
    return ds_fail(err, DS_USAGE,
                   "--show wants chaudhry, clipped or first_minus_last, not '%s'", show);
}

static void write_note(struct ds_job *job, const struct state *s)
{
    static const char *const formula[] = {"best accuracy before the last task minus the last",
                                          "best accuracy so far minus the last",
                                          "accuracy right after the task minus the last"};
    bool seeds = job->study->runs > job->study->groups;
    bool single = false;
    char tested[64], counted[48];

    for (int g = 0; g < job->study->groups; g++)
        single = single || job->study->size[g] == 1;
    ds_tested_text(tested, sizeof tested, job->study);
    ds_seeds_text(counted, sizeof counted, job->study);
    snprintf(
        job->note, sizeof job->note, "Forgetting after task %d: %s, %s, %s head; %s%s%s%s.",
        s->learned, formula[s->way], ds_protocol_text((enum ds_protocol)job->opt->protocol),
        ds_head_text(job->opt->head == DS_HEAD_RAW ? DS_RAW_HEAD : DS_REFINED), tested, counted,
        job->opt->band == DS_BAND_NONE ? ""
        : !seeds                       ? ""
        : job->opt->band == DS_BAND_SD ? "; bars: \xc2\xb1 1 sd over seeds"
                                       : "; bars: 95% t interval over seeds",
        job->opt->band == DS_BAND_NONE || !single
            ? ""
            : "; one run: 95% interval of a difference of binomial shares");
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *study = job->study;
    struct state *s = calloc(1, sizeof *s);
    size_t n;
    int code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->learned = ds_study_learned(study);
    if ((code = choose_way(s, job->opt->show, err)))
        return code;
    if (s->learned < 2)
        return ds_fail(err, DS_DATA,
                       "%s: forgetting needs two learned tasks, there is %d; driftscope train "
                       "--resume goes on",
                       study->run[0].path, s->learned);
    n = (size_t)s->learned * (size_t)study->groups;
    s->value = calloc(3 * n, sizeof *s->value);
    s->text = calloc((size_t)s->learned, sizeof *s->text);
    s->group = calloc((size_t)s->learned, sizeof *s->group);
    if (!s->value || !s->text || !s->group)
        return ds_fail(err, DS_NOMEM, "no memory for %zu bars", n);
    s->lo = s->value + n;
    s->hi = s->value + 2 * n;
    s->bars = (struct ds_bars){.groups = s->learned,
                               .series = study->groups,
                               .group = s->group,
                               .name = s->name,
                               .value = s->value,
                               .lo = s->lo,
                               .hi = s->hi,
                               .xlabel = ds_job_label(job->opt->xlabel, "task"),
                               .ylabel = ds_job_label(job->opt->ylabel, "forgetting (points)"),
                               .bottom = job->lo,
                               .top = job->hi};
    for (int j = 0; j < s->learned; j++) {
        snprintf(s->text[j], sizeof s->text[j], j < s->learned - 1 ? "%d" : "mean", j + 1);
        s->group[j] = s->text[j];
    }
    for (int g = 0; g < study->groups && !code; g++) {
        ds_group_label(s->label[g], sizeof s->label[g], study, g);
        s->name[g] = s->label[g];
        code = fill_group(s, g, job, err);
    }
    write_note(job, s);
    return code;
}

static double height(const struct ds_job *job, double width)
{
    const struct state *s = job->state;

    return ds_bars_height(&s->bars, &job->theme, width);
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
        free(s->value);
        free(s->text);
        free(s->group);
    }
    free(s);
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct state *s = job->state;

    ds_bars_range(&s->bars, lo, hi);
}

const struct ds_figure ds_fig_forgetting_bars = {
    .key = "forgetting-bars",
    .about = "what each task lost, with intervals, methods side by side",
    .needs = DS_NEED_ACCURACY,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};
