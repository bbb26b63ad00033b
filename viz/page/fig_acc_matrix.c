/* viz/page/fig_acc_matrix.c -- acc-matrix: accuracy on task j after learning task i. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift/accuracy.h"
#include "viz/page/figure_int.h"
#include "viz/page/panels.h"

/* Adds one run's accuracies (in percent) to sum[n][n]. */
static int add_run(double *sum, int n, const struct ds_record *r, const struct ds_job *job,
                   struct ds_err *err)
{
    struct ds_accuracy acc = {0};
    int code;

    if ((code = ds_accuracy_of(&acc, r, (enum ds_protocol)job->opt->protocol,
                               job->opt->head == DS_HEAD_RAW ? DS_RAW_HEAD : DS_REFINED, err)))
        return code;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            sum[i * n + j] += j <= i && i < job->until ? 100 * acc.a[i * acc.tasks + j] : NAN;
    ds_accuracy_clear(&acc);
    return 0;
}

static int fill(struct ds_panels *p, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *s = job->study;
    const int n = p->heat.rows;
    int code = 0;

    for (int i = 0; i < s->runs && !code; i++)
        if ((code = add_run(p->value + (size_t)s->run[i].group * (size_t)n * (size_t)n, n,
                            s->run[i].record, job, err)))
            ds_while(err, "%s", s->run[i].path);
    for (int g = 0; g < s->groups; g++)
        for (int i = 0; i < n * n; i++)
            p->value[(size_t)g * (size_t)n * (size_t)n + (size_t)i] /= s->size[g];
    return code;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_study *s = job->study;
    struct ds_panels *p = calloc(1, sizeof *p);
    const int n = ds_study_learned(s);
    char seeds[48], n_tested[64];
    int code;

    job->state = p;
    if (!p)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    *p = (struct ds_panels){
        .heat = {.rows = n, .columns = n, .lo = 0, .hi = 100, .cmap = &job->cmap, .decimals = 0,
                 .xlabel = "accuracy on task", .ylabel = "after task", .first_column = 1,
                 .first_row = 1},
        .panels = s->groups, .bar = "accuracy (%)", .cell = 1.75 * job->theme.tick};
    p->value = calloc((size_t)s->groups * (size_t)n * (size_t)n, sizeof *p->value);
    if (!p->value)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    for (int g = 0; g < s->groups; g++)
        snprintf(p->title[g], sizeof p->title[g], "%s", s->label[g]);
    if ((code = fill(p, job, err)))
        return code;
    ds_seeds_text(seeds, sizeof seeds, s);
    ds_tested_text(n_tested, sizeof n_tested, s);
    snprintf(job->note, sizeof job->note, "Accuracy in percent, %s, %s head; %s%s.",
             ds_protocol_text((enum ds_protocol)job->opt->protocol),
             ds_head_text(job->opt->head == DS_HEAD_RAW ? DS_RAW_HEAD : DS_REFINED),
             n_tested, seeds);
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

static void range(const struct ds_job *job, double *lo, double *hi)
{
    (void)job;
    *lo = 0;
    *hi = 100;
}

static void clear(struct ds_job *job)
{
    struct ds_panels *p = job->state;

    if (p)
        free(p->value);
    free(p);
}

const struct ds_figure ds_fig_acc_matrix = {
    .key = "acc-matrix",
    .about = "accuracy on every task after every task, one triangle per method",
    .needs = DS_NEED_ACCURACY,
    .wide = true,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
    .moves = true,
};
