/* viz/page/fig_scatter.c -- drift-scatter: does what moved get forgotten?
 *
 * A point is a class, a task or an image (--by). x is its mean drift after the last task; y is
 *
 *     class   the fall of the share of its evaluation images that are answered right
 *     task    R[j][j] - R[T][j] over its whole test set
 *     image   the fall of its margin: logit of the true class minus the best other one
 *
 * since its own task. One least squares line through all points; r, p and n beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift/accuracy.h"
#include "analysis/stat/fit.h"
#include "viz/page/figure_int.h"
#include "viz/page/plot.h"

struct state {
    double *x, *y; /* [points] */
    int points, room;
    int begin[DS_GROUPS + 1]; /* points of group g: begin[g] .. begin[g + 1] */
    struct ds_fit fit;
    char xlabel[96], label[DS_GROUPS][128];
    const char *ylabel;
    int layer, last;
};

/* What one run says about its images. */
struct look {
    const struct ds_record *r;
    struct ds_drift d;
    double *drift; /* [images], NAN where not compared */
};

static int look_at(struct look *k, const struct state *s, const struct ds_job *job,
                   struct ds_err *err)
{
    struct ds_drift_want want = {.reference = DS_REF_OWN, .target = s->last};
    double *out = NULL;
    int n, at = 0, code;

    if ((code = ds_job_metric(&want.metric, job, err)) ||
        (code = ds_drift_of(&k->d, k->r, k->r, &want, err)))
        return code;
    k->drift = calloc((size_t)k->r->images, sizeof *k->drift);
    out = calloc((size_t)k->r->images, sizeof *out);
    if (!k->drift || !out) {
        free(out);
        return ds_fail(err, DS_NOMEM, "no memory for %d images", k->r->images);
    }
    n = ds_drift_values(out, &k->d, (struct ds_drift_part){s->layer, -1, -1});
    for (int i = 0; i < k->r->images; i++)
        k->drift[i] = k->d.from[i] >= 0 && at < n ? out[at++] : NAN;
    free(out);
    return 0;
}

static int add(struct state *s, double x, double y, struct ds_err *err)
{
    if (!isfinite(x) || !isfinite(y))
        return 0;
    if (s->points == s->room) {
        const int room = s->room ? 2 * s->room : 256;
        double *x2 = realloc(s->x, (size_t)room * sizeof *x2), *y2;

        if (x2)
            s->x = x2;
        y2 = x2 ? realloc(s->y, (size_t)room * sizeof *y2) : NULL;
        if (y2)
            s->y = y2;
        if (!y2)
            return ds_fail(err, DS_NOMEM, "no memory for %d points", room);
        s->room = room;
    }
    s->x[s->points] = x;
    s->y[s->points++] = y;
    return 0;
}

static int add_images(struct state *s, const struct look *k, struct ds_err *err)
{
    const size_t n = (size_t)k->r->images;

    for (int i = 0; i < k->r->images; i++) {
        const double before = k->d.from[i] >= 0
                                  ? (double)k->r->margin[(size_t)k->d.from[i] * n + (size_t)i]
                                  : NAN;

        if (add(s, k->drift[i], before - (double)k->r->margin[(size_t)s->last * n + (size_t)i],
                err))
            return err->code;
    }
    return 0;
}

static int add_classes(struct state *s, const struct look *k, struct ds_err *err)
{
    const size_t n = (size_t)k->r->images;

    for (int c = 0; c < k->r->classes; c++) {
        double drift = 0, fall = 0;
        int count = 0;

        for (int i = 0; i < k->r->images; i++) {
            const int *answer = k->r->predicted + i;

            if (k->r->label[i] != c || !isfinite(k->drift[i]))
                continue;
            drift += k->drift[i];
            fall +=
                (answer[(size_t)k->d.from[i] * n] == c) - (answer[(size_t)s->last * n] == c);
            count++;
        }
        if (count && add(s, drift / count, 100 * fall / count, err))
            return err->code;
    }
    return 0;
}

static int add_tasks(struct state *s, const struct look *k, const struct ds_job *job,
                     struct ds_err *err)
{
    struct ds_accuracy acc = {0};
    int code;

    if ((code = ds_accuracy_of(&acc, k->r, (enum ds_protocol)job->opt->protocol,
                               job->opt->head == DS_HEAD_RAW ? DS_RAW_HEAD : DS_REFINED, err)))
        return code;
    for (int j = 0; j < s->last - 1 && !code; j++) {
        double drift = 0;
        int count = 0;

        for (int i = 0; i < k->r->images; i++)
            if (k->r->task[i] == j && isfinite(k->drift[i])) {
                drift += k->drift[i];
                count++;
            }
        if (count)
            code = add(s, drift / count,
                       100 * (acc.a[j * acc.tasks + j] - acc.a[(s->last - 1) * acc.tasks + j]),
                       err);
    }
    ds_accuracy_clear(&acc);
    return code;
}

static int add_run(struct state *s, const struct ds_study_run *run, const struct ds_job *job,
                   struct ds_err *err)
{
    struct look k = {.r = run->record};
    int code = look_at(&k, s, job, err);

    if (!code)
        code = job->opt->by == DS_PER_IMAGE  ? add_images(s, &k, err)
               : job->opt->by == DS_PER_TASK ? add_tasks(s, &k, job, err)
                                             : add_classes(s, &k, err);
    free(k.drift);
    ds_drift_clear(&k.d);
    return code ? ds_while(err, "%s", run->path) : 0;
}

static void write_note(struct ds_job *job, const struct state *s, const struct ds_metric *m)
{
    static const char *const what[] = {
        "class; forgetting: fall of the share of its evaluation images answered right among "
        "all "
        "classes seen",
        "task; forgetting: accuracy right after it minus the last, over its test set",
        "image; forgetting: fall of the logit margin of its true class"};
    char where[48], counted[48] = "";

    if (s->layer < 0)
        snprintf(where, sizeof where, "mean over layers");
    else
        snprintf(where, sizeof where, "layer %d", s->layer + 1);
    if (job->study->runs > job->study->groups)
        snprintf(counted, sizeof counted, "; seeds pooled");
    snprintf(
        job->note, sizeof job->note,
        "A point per %s; drift of the CLS rollout (%s), %s, since the own task, after task "
        "%d; line: least squares over all points; r: Pearson's; p: two-sided t test%s%s.",
        what[job->opt->by], m->name, where, s->last, counted,
        job->study->runs > 1 ? "; points of one run are not independent" : "");
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    static const char *const ylabel[] = {"forgetting (points)", "forgetting (points)",
                                         "fall of the margin (logits)"};
    const struct ds_study *study = job->study;
    struct state *s = calloc(1, sizeof *s);
    const struct ds_metric *m;
    int code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->last = ds_study_learned(study);
    s->ylabel = ylabel[job->opt->by];
    if ((code = ds_job_layer(&s->layer, job, true, err)) ||
        (code = ds_job_metric(&m, job, err)))
        return code;
    for (int g = 0; g < study->groups; g++) {
        s->begin[g] = s->points;
        ds_group_label(s->label[g], sizeof s->label[g], study, g);
        for (int i = 0; i < study->runs; i++)
            if (study->run[i].group == g && (code = add_run(s, &study->run[i], job, err)))
                return code;
    }
    s->begin[study->groups] = s->points;
    if (s->points < 1)
        return ds_fail(
            err, DS_DATA,
            "%s: after %d task%s nothing has a past to compare with; driftscope train "
            "--resume goes on",
            study->run[0].path, s->last, s->last == 1 ? "" : "s");
    s->fit = ds_fit_line(s->x, s->y, s->points);
    if (strcmp(m->unit, "1"))
        snprintf(s->xlabel, sizeof s->xlabel, "drift (%s, %s)", m->name, m->unit);
    else
        snprintf(s->xlabel, sizeof s->xlabel, "drift (%s)", m->name);
    write_note(job, s, m);
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    return fmin(0.75 * width, 22 * job->theme.text) +
           (job->study->groups > 3 ? 1.35 * job->theme.tick : 0);
}

static void fit_text(char *to, size_t size, const struct ds_fit *f)
{
    char r[32], p[32];

    ds_number(r, sizeof r, f->r, 2);
    ds_number(p, sizeof p, f->p, f->p < 0.01 ? 4 : 2);
    if (!isfinite(f->r))
        snprintf(to, size, "n = %d, no variation", f->n);
    else if (!isfinite(f->p))
        snprintf(to, size, "r = %s, n = %d", r, f->n);
    else if (f->p < 1e-4)
        snprintf(to, size, "r = %s, p < 0.0001, n = %d", r, f->n);
    else
        snprintf(to, size, "r = %s, p = %s, n = %d", r, p, f->n);
}

static void scales(struct ds_axes *a, const struct state *s, const struct ds_job *job)
{
    double x0 = 0, x1 = 0, y0 = 0, y1 = 0;

    for (int i = 0; i < s->points; i++) {
        x0 = fmin(x0, s->x[i]);
        x1 = fmax(x1, s->x[i]);
        y0 = fmin(y0, s->y[i]);
        y1 = fmax(y1, s->y[i]);
    }
    ds_scale_nice(&a->x, x0, x1, 5);
    ds_scale_nice(&a->y, isfinite(job->lo) ? job->lo : y0, isfinite(job->hi) ? job->hi : y1, 5);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct state *s = job->state;
    const int groups = job->study->groups;
    struct ds_axes a = {.xlabel = ds_job_label(job->opt->xlabel, s->xlabel),
                        .ylabel = ds_job_label(job->opt->ylabel, s->ylabel)};
    struct ds_series series[DS_GROUPS + 1];
    double ends[2] = {INFINITY, -INFINITY}, line[2];
    char text[96];

    scales(&a, s, job);
    for (int i = 0; i < s->points; i++) {
        ends[0] = fmin(ends[0], s->x[i]);
        ends[1] = fmax(ends[1], s->x[i]);
    }
    for (int k = 0; k < 2; k++)
        line[k] = s->fit.slope * ends[k] + s->fit.intercept; /* NAN draws nothing */
    for (int g = 0; g < groups; g++)
        series[g] = (struct ds_series){.label = s->label[g],
                                       .style = ds_style_at(g),
                                       .n = s->begin[g + 1] - s->begin[g],
                                       .x = s->x + s->begin[g],
                                       .y = s->y + s->begin[g],
                                       .points = true};
    fit_text(text, sizeof text, &s->fit);
    series[groups] = (struct ds_series){.label = text,
                                        .style = {.color = c->theme->soft, .dash = {4, 2}},
                                        .n = 2,
                                        .x = ends,
                                        .y = line,
                                        .bare = true};
    if (groups == 1)
        series[0].label = NULL;
    return ds_plot_lines(c, box, &a, series, groups + 1, true, err);
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s) {
        free(s->x);
        free(s->y);
    }
    free(s);
}

const struct ds_figure ds_fig_drift_scatter = {
    .key = "drift-scatter",
    .about = "drift against forgetting, with the line, r, p and n",
    .needs = DS_NEED_MAPS | DS_NEED_ANSWERS | DS_NEED_ACCURACY,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
