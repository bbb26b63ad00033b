/* analysis/sheet/table_compare.c -- methods against each other, mean and spread over seeds.
 *
 * In every column that has a best row, each other row is tested against it: paired by seed,
 * since runs of a seed share their class order, images and initial weights. With n seeds in
 * common no p can be below 2 / 2^n. */
#include "analysis/sheet/table_compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/drift/cohort.h"
#include "analysis/stat/stat_test.h"

enum { MOST = DS_COMPARE_MOST };
static const double level = 0.95;

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

/* What is compared: [runs][MOST] values, and by cohort and column [cohorts][MOST] means, sds,
 * halves of intervals, p and q. */
struct comparison {
    const struct ds_table_want *want;
    struct ds_cohorts cohorts;
    struct ds_column column[MOST];
    int columns;
    double *value, *seeds; /* seeds [runs]: scratch */
    double *mean, *sd, *half, *p, *q;
};

/* The values of a cohort's runs in one column, in the order of the runs. */
static int of_cohort(double *to, const struct comparison *c, int cohort, int column)
{
    int n = 0;

    for (int i = 0; i < c->want->runs; i++)
        if (c->cohorts.of[i] == cohort)
            to[n++] = c->value[(size_t)i * MOST + (size_t)column];
    return n;
}

static int best_cohort(const struct comparison *c, int column)
{
    const enum ds_best best = c->column[column].best;
    int at = -1;

    for (int k = 0; k < c->cohorts.count && best != DS_BEST_NONE; k++) {
        const double mean = c->mean[(size_t)k * MOST + (size_t)column];

        if (isfinite(mean) &&
            (at < 0 ||
             (best == DS_BEST_HIGH ? mean > c->mean[(size_t)at * MOST + (size_t)column]
                                   : mean < c->mean[(size_t)at * MOST + (size_t)column])))
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
            c->seeds[n++] = c->value[(size_t)i * MOST + (size_t)column] -
                            c->value[(size_t)other * MOST + (size_t)column];
    }
    ds_sign_flip(&t, c->seeds, n, &c->want->stat);
    return t.p;
}

/* Over all seeds of the row, or undefined: a mean of some of them would not say so. */
static void summarise(struct comparison *c, int cohort, int column)
{
    const size_t at = (size_t)cohort * MOST + (size_t)column;
    struct ds_seeds s;

    ds_seeds_of(&s, c->seeds, of_cohort(c->seeds, c, cohort, column), level);
    c->mean[at] = s.undefined ? (double)NAN : s.mean;
    c->sd[at] = s.undefined ? (double)NAN : s.sd;
    c->half[at] = s.undefined ? (double)NAN : (s.hi - s.lo) / 2;
}

static int compare(struct comparison *c, struct ds_err *err)
{
    const int cohorts = c->cohorts.count;

    for (int i = 0; i < cohorts * MOST; i++)
        c->p[i] = NAN;
    for (int v = 0; v < c->columns; v++) {
        int best;

        for (int k = 0; k < cohorts; k++)
            summarise(c, k, v);
        best = best_cohort(c, v);
        for (int k = 0; k < cohorts && best >= 0; k++)
            if (k != best)
                c->p[k * MOST + v] = paired_p(c, k, best, v);
    }
    return ds_false_discovery(c->q, c->p, cohorts * MOST, err);
}

static int alloc(struct comparison *c, struct ds_err *err)
{
    const size_t runs = (size_t)c->want->runs;

    c->value = calloc(6 * runs, MOST * sizeof *c->value); /* no more cohorts than runs */
    c->seeds = calloc(runs, sizeof *c->seeds);
    if (!c->value || !c->seeds)
        return ds_fail(err, DS_NOMEM, "no memory for %zu runs", runs);
    c->mean = c->value + runs * MOST;
    c->sd = c->mean + runs * MOST;
    c->half = c->sd + runs * MOST;
    c->p = c->half + runs * MOST;
    c->q = c->p + runs * MOST;
    return 0;
}

static void side_column(struct ds_sheet *s, const struct ds_column *of, const char *ending,
                        bool spread)
{
    struct ds_column c = {.type = DS_CELL_REAL, .digits = of->digits, .share = of->share};

    c.spread = spread;
    c.machine = !spread;
    snprintf(c.name, sizeof c.name, "%.30s_%s", of->name, ending);
    ds_sheet_column(s, &c);
}

/* A number, its two spreads, the one that people read first, and where it is tested the p and
 * q of its difference from the best row. */
static void number_columns(struct ds_sheet *s, const struct ds_column *of, bool sd)
{
    struct ds_column c = *of;

    c.type = DS_CELL_REAL;
    c.stars = of->best == DS_BEST_NONE ? 0 : 3;
    ds_sheet_column(s, &c);
    side_column(s, of, sd ? "sd" : "ci", true);
    side_column(s, of, sd ? "ci" : "sd", false);
    if (!c.stars)
        return;
    c = (struct ds_column){.digits = 4};
    memcpy(c.name, of->name, sizeof c.name);
    side_column(s, &c, "p", false);
    side_column(s, &c, "q", false);
}

static void row(struct ds_sheet *s, const struct comparison *c, int cohort)
{
    const size_t first = (size_t)cohort * MOST;
    const bool sd = c->want->sd;
    int run = 0;

    while (c->cohorts.of[run] != cohort)
        run++;
    ds_sheet_text(s, c->cohorts.label[cohort]);
    ds_sheet_int(s, of_cohort(c->seeds, c, cohort, 0));
    for (size_t v = 0; v < (size_t)c->columns; v++) {
        const size_t at = first + v;

        ds_sheet_real(s, c->mean[at]);
        ds_sheet_real(s, sd ? c->sd[at] : c->half[at]);
        ds_sheet_real(s, sd ? c->half[at] : c->sd[at]);
        if (c->column[v].best == DS_BEST_NONE)
            continue;
        ds_sheet_real(s, c->p[at]);
        ds_sheet_real(s, c->q[at]);
    }
    ds_compare_budget_cells(s, c->want->run[run].record);
}

static void columns(struct ds_sheet *s, const struct comparison *c)
{
    ds_sheet_add(s, "method", DS_CELL_TEXT);
    ds_sheet_add(s, "seeds", DS_CELL_INT);
    for (int v = 0; v < c->columns; v++)
        number_columns(s, &c->column[v], c->want->sd);
    ds_compare_budget_columns(s);
}

/* The budget that all rows share, or that of each. */
static void note_budgets(struct ds_sheet *s, const struct ds_table_want *want,
                         const struct ds_cohorts *cohorts)
{
    const char *first = want->run[0].record->budget;
    bool equal = true;

    for (int i = 0; i < want->runs; i++)
        equal &= !strcmp(want->run[i].record->budget, first);
    if (equal && first[0])
        ds_sheet_note(s, "all rows have the same budget: %s", first);
    for (int i = 0; i < want->runs && !equal; i++) {
        const char *budget = want->run[i].record->budget;
        bool again = false;

        for (int k = 0; k < i; k++)
            again |= cohorts->of[k] == cohorts->of[i];
        if (!again)
            ds_sheet_note(s, "budget of %s: %s", cohorts->label[cohorts->of[i]],
                          budget[0] ? budget : "not known, the run is too old");
    }
    if (!equal)
        ds_sheet_note(s, "the rows do not have the same budget");
}

static void notes(struct ds_sheet *s, const struct ds_table_want *want,
                  const struct ds_cohorts *cohorts)
{
    ds_sheet_note(
        s,
        "mean over seeds (column seeds: how many), behind +- %s; runs that differ only "
        "in their seed are one row",
        want->sd ? "their sample sd"
                 : "half of Student's 95 % interval of that mean, n - 1 degrees of "
                   "freedom");
    ds_compare_notes(s, want);
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
    note_budgets(s, want, cohorts);
}

int ds_table_compare(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    struct comparison c = {.want = want};
    int code = alloc(&c, err);

    if (!code)
        code = check(want, err);
    c.columns = ds_compare_columns(c.column, want);
    for (int i = 0; i < want->runs && !code; i++)
        code = ds_compare_values(c.value + (size_t)i * MOST, want, &want->run[i], err);
    if (code || (code = sort_runs(&c.cohorts, want, err)) || (code = compare(&c, err)))
        goto done;
    columns(s, &c);
    notes(s, want, &c.cohorts);
    for (int k = 0; k < c.cohorts.count; k++)
        row(s, &c, k);

done:
    ds_cohorts_clear(&c.cohorts);
    free(c.seeds);
    free(c.value);
    return code;
}
