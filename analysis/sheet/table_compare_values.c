/* analysis/sheet/table_compare_values.c -- what the table compare has of every run. */
#include "analysis/sheet/table_compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *convention;
    enum ds_protocol protocol;
    enum ds_head head;
    enum ds_best best;
} measures[] = {
    {"class_acc", "last_weighted", DS_CLASS_INCREMENTAL, DS_REFINED, DS_BEST_HIGH},
    {"class_acc_raw", "last_weighted", DS_CLASS_INCREMENTAL, DS_RAW_HEAD, DS_BEST_HIGH},
    {"class_avg", "average_weighted", DS_CLASS_INCREMENTAL, DS_REFINED, DS_BEST_HIGH},
    {"task_acc", "last_weighted", DS_TASK_INCREMENTAL, DS_REFINED, DS_BEST_HIGH},
    {"task_avg", "average_weighted", DS_TASK_INCREMENTAL, DS_REFINED, DS_BEST_HIGH},
    {"class_forgetting", "forgetting_clipped", DS_CLASS_INCREMENTAL, DS_REFINED, DS_BEST_LOW},
    {"task_forgetting", "forgetting_clipped", DS_TASK_INCREMENTAL, DS_REFINED, DS_BEST_LOW},
};
enum { MEASURES = sizeof measures / sizeof *measures };

/* The parts of ds_budget_text (data/protocol), in their order. */
static const char *const budget_part[] = {"trains", "seen", "softmax", "refinement", "order"};
enum { PARTS = sizeof budget_part / sizeof *budget_part };

int ds_compare_columns(struct ds_column column[DS_COMPARE_MOST],
                       const struct ds_table_want *want)
{
    static const enum ds_best best[] = {DS_BEST_LOW, DS_BEST_HIGH, DS_BEST_NONE};
    int n = 0;

    for (int i = 0; i < MEASURES; i++) {
        column[n] = (struct ds_column){.digits = 4, .best = measures[i].best, .share = true};
        snprintf(column[n++].name, sizeof column->name, "%s", measures[i].name);
    }
    for (int i = 0; i < 2 * want->metrics; i++) {
        const struct ds_metric *m = want->metric[i / 2];

        column[n] = (struct ds_column){.digits = 4, .best = best[m->better]};
        snprintf(column[n].unit, sizeof column->unit, "%s", m->unit);
        snprintf(column[n++].name, sizeof column->name, "%s_%s", m->key,
                 i % 2 ? "mean" : "last");
    }
    column[n++] = (struct ds_column){.name = "seconds"}; /* of a machine: nothing is best */
    column[n++] = (struct ds_column){.name = "peak_mb"};
    return n;
}

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

int ds_compare_values(double value[DS_COMPARE_MOST], const struct ds_table_want *want,
                      const struct ds_table_run *run, struct ds_err *err)
{
    const int at = ds_table_learned(run);
    double *cost = value + MEASURES + 2 * want->metrics;
    int code = measure_accuracy(value, run, err);

    if (code || (code = measure_drift(value + MEASURES, want, run, err)))
        return code;
    cost[0] = run->record->seconds[at];
    cost[1] = run->record->peak[at] > 0 ? run->record->peak[at] / 1e6 : (double)NAN;
    return 0;
}

void ds_compare_notes(struct ds_sheet *s, const struct ds_table_want *want)
{
    ds_sheet_note(s,
                  "class_acc, task_acc: last accuracy, sample weighted (last_weighted), class- "
                  "and task-incremental, after head refinement; class_acc_raw: before it; "
                  "class_avg, task_avg: mean over tasks of the accuracy after each "
                  "(average_weighted)");
    ds_sheet_note(s, "class_forgetting, task_forgetting: forgetting_clipped, refined head");
    for (int i = 0; i < want->metrics; i++) {
        const struct ds_metric *m = want->metric[i];

        ds_sheet_note(s,
                      "%s_last, %s_mean: %s = %s (maps %s) of the rollout's CLS row, reference "
                      "'%s', mean over images; last layer, and mean over layers",
                      m->key, m->key, m->name, m->formula, ds_normalise_text(m->normalise),
                      ds_reference_text(want->reference));
    }
    ds_sheet_note(s, "seconds: wall time of a run, its evaluations and checkpoints included; "
                     "peak_mb: most resident memory it held, in 10^6 bytes, n/a where a run is "
                     "too old to know");
}

void ds_compare_budget_columns(struct ds_sheet *s)
{
    for (int i = 0; i < PARTS; i++) {
        struct ds_column c = {.type = DS_CELL_TEXT, .machine = true};

        snprintf(c.name, sizeof c.name, "%s", budget_part[i]);
        ds_sheet_column(s, &c);
    }
}

void ds_compare_budget_cells(struct ds_sheet *s, const struct ds_record *r)
{
    const char *at = r->budget;

    for (int i = 0; i < PARTS; i++) {
        const char *end = strstr(at, "; ");
        const size_t n = end ? (size_t)(end - at) : strlen(at);
        char part[sizeof r->budget];

        snprintf(part, sizeof part, "%.*s", (int)n, at);
        ds_sheet_text(s, part);
        at = end ? end + 2 : at + n;
    }
}
