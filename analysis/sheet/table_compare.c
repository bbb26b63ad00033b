/* analysis/sheet/table_compare.c -- methods against each other, mean and sd over seeds.
 *
 * In every column that has a best row, each other row is tested against it: paired by seed,
 * since runs of a seed share their class order, images and initial weights. With n seeds in
 * common no p can be below 2 / 2^n. */
#include "analysis/sheet/tables_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/drift/cohort.h"
#include "analysis/stat/stat_test.h"

/* The accuracies of the table; two columns per metric follow them. */
static const struct {
    const char *name, *convention;
    enum ds_protocol protocol;
    enum ds_head head;
    enum ds_best best;
} measures[] = {
    {"class_acc", "last_weighted", DS_CLASS_INCREMENTAL, DS_REFINED, DS_BEST_HIGH},
    {"class_acc_raw", "last_weighted", DS_CLASS_INCREMENTAL, DS_RAW_HEAD, DS_BEST_HIGH},
    {"task_acc", "last_weighted", DS_TASK_INCREMENTAL, DS_REFINED, DS_BEST_HIGH},
    {"class_forgetting", "forgetting_clipped", DS_CLASS_INCREMENTAL, DS_REFINED, DS_BEST_LOW},
    {"task_forgetting", "forgetting_clipped", DS_TASK_INCREMENTAL, DS_REFINED, DS_BEST_LOW},
};
enum { MEASURES = sizeof measures / sizeof *measures, VALUES = MEASURES + 2 * DS_METRIC_COUNT };

static int measure_accuracy(double *value, const struct ds_table_run *run, struct ds_err *err)
{
    for (int i = 0; i < MEASURES; i++) {
        struct ds_accuracy acc;
        int code;

        if ((code = ds_table_matrix(&acc, run, measures[i].protocol, measures[i].head, err)))
            return code;
        value[i] = ds_convention_lookup(measures[i].convention)->of(&acc, acc.learned);
        ds_accuracy_clear(&acc);
    }
    return 0;
}

/* Last layer, then mean over layers; both means over images. */
static int measure_drift(double *value, const struct ds_table_want *want,
                         const struct ds_table_run *run, struct ds_err *err)
{
    const struct ds_stat_want plain = {.resamples = 0};
    const int target = ds_table_learned(run);

    for (int i = 0; i < want->metrics; i++) {
        const struct ds_drift_want one = {
            .metric = want->metric[i], .reference = want->reference, .target = target};
        struct ds_stat last = {0}, mean = {0};
        struct ds_drift d;
        int code;

        if ((code = ds_drift_of(&d, run->record, run->record, &one, err)))
            return code == DS_NOMEM ? code : ds_while(err, "%s", run->name);
        code =
            ds_drift_stat(&last, &d, (struct ds_drift_part){d.layers - 1, -1, -1}, &plain, err);
        if (!code)
            code = ds_drift_stat(&mean, &d, (struct ds_drift_part){-1, -1, -1}, &plain, err);
        ds_drift_clear(&d);
        if (code)
            return code;
        value[2 * i] = last.mean;
        value[2 * i + 1] = mean.mean;
    }
    return 0;
}

static enum ds_best best_of(const struct ds_table_want *want, int column)
{
    static const enum ds_best best[] = {DS_BEST_LOW, DS_BEST_HIGH, DS_BEST_NONE};

    return column < MEASURES ? measures[column].best
                             : best[want->metric[(column - MEASURES) / 2]->better];
}

/* A number, its spread, and the p and q of its difference from the best row. */
static void number_columns(struct ds_sheet *s, struct ds_column c)
{
    char name[sizeof c.name];

    c.type = DS_CELL_REAL;
    c.digits = 4;
    c.stars = 3;
    memcpy(name, c.name, sizeof name);
    ds_sheet_column(s, &c);
    ds_table_spread_column(s, name, c.share);
    for (int q = 0; q < 2; q++) {
        struct ds_column test = {.type = DS_CELL_REAL, .digits = 4, .machine = true};

        snprintf(test.name, sizeof test.name, "%s_%s", name, q ? "q" : "p");
        ds_sheet_column(s, &test);
    }
}

static void columns(struct ds_sheet *s, const struct ds_table_want *want)
{
    ds_sheet_add(s, "method", DS_CELL_TEXT);
    ds_sheet_add(s, "seeds", DS_CELL_INT);
    for (int i = 0; i < MEASURES; i++) {
        struct ds_column c = {.best = measures[i].best, .share = true};

        snprintf(c.name, sizeof c.name, "%s", measures[i].name);
        number_columns(s, c);
    }
    for (int i = 0; i < want->metrics; i++)
        for (int mean = 0; mean < 2; mean++) {
            struct ds_column c = {.best = best_of(want, MEASURES + 2 * i)};

            snprintf(c.name, sizeof c.name, "%s_%s", want->metric[i]->key,
                     mean ? "mean" : "last");
            snprintf(c.unit, sizeof c.unit, "%s", want->metric[i]->unit);
            number_columns(s, c);
        }
}

static void notes(struct ds_sheet *s, const struct ds_table_want *want,
                  const struct ds_cohorts *cohorts)
{
    ds_sheet_note(s,
                  "mean and sample sd over seeds; runs that differ only in their seed are one "
                  "row");
    ds_sheet_note(s,
                  "class_acc, task_acc: last accuracy, sample weighted (last_weighted), class- "
                  "and task-incremental, after head refinement; class_acc_raw: before it");
    ds_sheet_note(s, "class_forgetting, task_forgetting: forgetting_clipped, refined head");
    for (int i = 0; i < want->metrics; i++) {
        const struct ds_metric *m = want->metric[i];

        ds_sheet_note(s,
                      "%s_last, %s_mean: %s = %s (maps %s) of the rollout's CLS row, reference "
                      "'%s', mean over images; last layer, and mean over layers",
                      m->key, m->key, m->name, m->formula, ds_normalise_text(m->normalise),
                      ds_reference_text(want->reference));
    }
    ds_sheet_note(
        s, "stars: how surely a row differs from the best of its column: paired by seed, "
           "sign-flip permutation test (n seeds in common: p at least 2 / 2^n), then q of "
           "Benjamini and Hochberg over all such tests of the table; *** q < 0.001, ** < "
           "0.01, * < 0.05");
    for (int i = 0; i < want->runs; i++) {
        const struct ds_record *r = want->run[i].record;

        ds_sheet_note(s, "%s: %s (seed %lld, after task %d of %d, uuid %s)",
                      cohorts->label[cohorts->of[i]], want->run[i].name, (long long)r->seed,
                      ds_table_learned(&want->run[i]), r->tasks, r->uuid);
    }
}

/* The budget of each row, and whether the rows share one. */
static void note_budgets(struct ds_sheet *s, const struct ds_table_want *want,
                         const struct ds_cohorts *cohorts)
{
    const char *first = want->run[0].record->budget;
    bool equal = true;

    for (int i = 0; i < want->runs; i++) {
        bool again = false;

        for (int k = 0; k < i; k++)
            again |= cohorts->of[k] == cohorts->of[i];
        equal &= !strcmp(want->run[i].record->budget, first);
        if (!again && want->run[i].record->budget[0])
            ds_sheet_note(s, "budget of %s: %s", cohorts->label[cohorts->of[i]],
                          want->run[i].record->budget);
    }
    if (first[0])
        ds_sheet_note(s, equal ? "all rows have the same budget"
                               : "the rows do not have the same budget");
}

/* Runs that have learned different numbers of tasks are not comparable. */
static int check(const struct ds_table_want *want, struct ds_err *err)
{
    const struct ds_table_run *a = want->run;

    for (int i = 1; i < want->runs; i++) {
        const struct ds_table_run *b = want->run + i;

        if (a->record->tasks != b->record->tasks)
            return ds_fail(err, DS_USAGE, "%s has %d tasks, %s has %d: they cannot be compared",
                           a->name, a->record->tasks, b->name, b->record->tasks);
        if (ds_table_learned(a) != ds_table_learned(b))
            return ds_fail(err, DS_USAGE,
                           "%s is after task %d, %s after task %d; name the same checkpoint of "
                           "each, e.g. RUN@%d",
                           a->name, ds_table_learned(a), b->name, ds_table_learned(b),
                           ds_table_learned(a) < ds_table_learned(b) ? ds_table_learned(a)
                                                                     : ds_table_learned(b));
    }
    return 0;
}

static int sort_runs(struct ds_cohorts *cohorts, const struct ds_table_want *want,
                     struct ds_err *err)
{
    const struct ds_record **record = malloc((size_t)want->runs * sizeof *record);
    int code;

    if (!record)
        return ds_fail(err, DS_NOMEM, "no memory for %d runs", want->runs);
    for (int i = 0; i < want->runs; i++)
        record[i] = want->run[i].record;
    code = ds_cohorts_of(cohorts, record, want->runs, err);
    free(record);
    return code;
}

/* What is compared: [runs][VALUES] values, and by cohort and column [cohorts][VALUES] means,
 * sds, p and q. */
struct comparison {
    const struct ds_table_want *want;
    struct ds_cohorts cohorts;
    double *value, *seeds; /* seeds [runs]: scratch */
    double *mean, *sd, *p, *q;
    int columns;
};

/* The values of a cohort's runs in one column, in the order of the runs. */
static int of_cohort(double *to, const struct comparison *c, int cohort, int column)
{
    int n = 0;

    for (int i = 0; i < c->want->runs; i++)
        if (c->cohorts.of[i] == cohort)
            to[n++] = c->value[(size_t)i * VALUES + (size_t)column];
    return n;
}

static int best_cohort(const struct comparison *c, int column)
{
    const enum ds_best best = best_of(c->want, column);
    int at = -1;

    for (int k = 0; k < c->cohorts.count && best != DS_BEST_NONE; k++) {
        const double mean = c->mean[(size_t)k * VALUES + (size_t)column];

        if (isfinite(mean) &&
            (at < 0 ||
             (best == DS_BEST_HIGH ? mean > c->mean[(size_t)at * VALUES + (size_t)column]
                                   : mean < c->mean[(size_t)at * VALUES + (size_t)column])))
            at = k;
    }
    return at;
}

/* The run of a cohort with that seed, or -1. */
static int with_seed(const struct comparison *c, int cohort, int64_t seed)
{
    for (int i = 0; i < c->want->runs; i++)
        if (c->cohorts.of[i] == cohort && c->want->run[i].record->seed == seed)
            return i;
    return -1;
}

static double paired_p(const struct comparison *c, int cohort, int best, int column)
{
    struct ds_test t;
    int n = 0;

    for (int i = 0; i < c->want->runs; i++) {
        const int other =
            c->cohorts.of[i] == cohort ? with_seed(c, best, c->want->run[i].record->seed) : -1;

        if (other >= 0)
            c->seeds[n++] = c->value[(size_t)i * VALUES + (size_t)column] -
                            c->value[(size_t)other * VALUES + (size_t)column];
    }
    ds_sign_flip(&t, c->seeds, n, &c->want->stat);
    return t.p;
}

static int compare(struct comparison *c, struct ds_err *err)
{
    const int cohorts = c->cohorts.count;

    for (int k = 0; k < cohorts; k++)
        for (int v = 0; v < c->columns; v++) {
            const int n = of_cohort(c->seeds, c, k, v);

            c->mean[k * VALUES + v] = ds_mean(c->seeds, n);
            c->sd[k * VALUES + v] = ds_sample_sd(c->seeds, n);
        }
    for (int i = 0; i < cohorts * VALUES; i++)
        c->p[i] = NAN;
    for (int v = 0; v < c->columns; v++) {
        const int best = best_cohort(c, v);

        for (int k = 0; k < cohorts && best >= 0; k++)
            if (k != best)
                c->p[k * VALUES + v] = paired_p(c, k, best, v);
    }
    return ds_false_discovery(c->q, c->p, cohorts * VALUES, err);
}

static int alloc(struct comparison *c, struct ds_err *err)
{
    const size_t runs = (size_t)c->want->runs;

    c->columns = MEASURES + 2 * c->want->metrics;
    c->value = calloc(5 * runs, VALUES * sizeof *c->value); /* no more cohorts than runs */
    c->seeds = calloc(runs, sizeof *c->seeds);
    if (!c->value || !c->seeds)
        return ds_fail(err, DS_NOMEM, "no memory for %zu runs", runs);
    c->mean = c->value + runs * VALUES;
    c->sd = c->mean + runs * VALUES;
    c->p = c->sd + runs * VALUES;
    c->q = c->p + runs * VALUES;
    return 0;
}

static void row(struct ds_sheet *s, const struct comparison *c, int cohort)
{
    const size_t at = (size_t)cohort * VALUES;

    ds_sheet_text(s, c->cohorts.label[cohort]);
    ds_sheet_int(s, of_cohort(c->seeds, c, cohort, 0));
    for (size_t v = 0; v < (size_t)c->columns; v++) {
        ds_sheet_real(s, c->mean[at + v]);
        ds_sheet_real(s, c->sd[at + v]);
        ds_sheet_real(s, c->p[at + v]);
        ds_sheet_real(s, c->q[at + v]);
    }
}

int ds_table_compare(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    struct comparison c = {.want = want};
    int code = alloc(&c, err);

    if (!code)
        code = check(want, err);
    for (int i = 0; i < want->runs && !code; i++) {
        double *of = c.value + (size_t)i * VALUES;

        code = measure_accuracy(of, &want->run[i], err);
        if (!code)
            code = measure_drift(of + MEASURES, want, &want->run[i], err);
    }
    if (code || (code = sort_runs(&c.cohorts, want, err)) || (code = compare(&c, err)))
        goto done;
    columns(s, want);
    notes(s, want, &c.cohorts);
    note_budgets(s, want, &c.cohorts);
    for (int k = 0; k < c.cohorts.count; k++)
        row(s, &c, k);

done:
    ds_cohorts_clear(&c.cohorts);
    free(c.seeds);
    free(c.value);
    return code;
}
