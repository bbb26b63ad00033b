/* analysis/table_compare.c -- methods against each other, mean and sd over seeds. */
#include "analysis/tables_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/cohort.h"

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
enum { MEASURES = sizeof measures / sizeof *measures,
       VALUES = MEASURES + 2 * DS_METRIC_COUNT };

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
        const struct ds_drift_want one = {.metric = want->metric[i],
                                          .reference = want->reference, .target = target};
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

static void columns(struct ds_sheet *s, const struct ds_table_want *want)
{
    static const enum ds_best best[] = {DS_BEST_LOW, DS_BEST_HIGH, DS_BEST_NONE};

    ds_sheet_add(s, "method", DS_CELL_TEXT);
    ds_sheet_add(s, "seeds", DS_CELL_INT);
    for (int i = 0; i < MEASURES; i++) {
        ds_table_share_column(s, measures[i].name, measures[i].best);
        ds_table_spread_column(s, measures[i].name, true);
    }
    for (int i = 0; i < want->metrics; i++)
        for (int mean = 0; mean < 2; mean++) {
            struct ds_column c = {.type = DS_CELL_REAL, .digits = 4,
                                  .best = best[want->metric[i]->better]};

            snprintf(c.name, sizeof c.name, "%s_%s", want->metric[i]->key,
                     mean ? "mean" : "last");
            snprintf(c.unit, sizeof c.unit, "%s", want->metric[i]->unit);
            ds_sheet_column(s, &c);
            ds_table_spread_column(s, c.name, false);
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

static void row(struct ds_sheet *s, const struct ds_table_want *want,
                const struct ds_cohorts *cohorts, int cohort, const double *value,
                double *seeds)
{
    int members = 0;

    for (int i = 0; i < want->runs; i++)
        members += cohorts->of[i] == cohort;
    ds_sheet_text(s, cohorts->label[cohort]);
    ds_sheet_int(s, members);
    for (int v = 0; v < MEASURES + 2 * want->metrics; v++) {
        int n = 0;

        for (int i = 0; i < want->runs; i++)
            if (cohorts->of[i] == cohort)
                seeds[n++] = value[(size_t)i * VALUES + (size_t)v];
        ds_sheet_real(s, ds_mean(seeds, n));
        ds_sheet_real(s, ds_sample_sd(seeds, n));
    }
}

int ds_table_compare(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    struct ds_cohorts cohorts = {0};
    double *value = calloc((size_t)want->runs, VALUES * sizeof *value);
    double *seeds = calloc((size_t)want->runs, sizeof *seeds);
    int code;

    if (!value || !seeds) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d runs", want->runs);
        goto done;
    }
    if ((code = check(want, err)))
        goto done;
    for (int i = 0; i < want->runs && !code; i++) {
        double *of = value + (size_t)i * VALUES;

        code = measure_accuracy(of, &want->run[i], err);
        if (!code)
            code = measure_drift(of + MEASURES, want, &want->run[i], err);
    }
    if (code || (code = sort_runs(&cohorts, want, err)))
        goto done;
    columns(s, want);
    notes(s, want, &cohorts);
    note_budgets(s, want, &cohorts);
    for (int c = 0; c < cohorts.count; c++)
        row(s, want, &cohorts, c, value, seeds);

done:
    ds_cohorts_clear(&cohorts);
    free(seeds);
    free(value);
    return code;
}
