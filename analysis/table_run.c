/* analysis/table_run.c -- the tables read off one run: drift, loss, audit. */
#include "analysis/tables_int.h"

#include <stdio.h>
#include <string.h>

int ds_table_drift(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    struct ds_drift_sheet_want one = {.metrics = want->metrics, .reference = want->reference,
                                      .by = DS_BY_TIMELINE, .layer = -1, .stat = want->stat,
                                      .run_column = want->runs > 1};

    memcpy(one.metric, want->metric, sizeof one.metric);
    for (int i = 0; i < want->runs; i++) {
        const struct ds_drift_side side = {want->run[i].record, want->run[i].name, NULL};
        int code;

        one.target = want->run[i].checkpoint;
        if ((code = ds_drift_sheet(s, &side, &side, &one, err)))
            return code;
    }
    return 0;
}

static void loss_rows(struct ds_sheet *s, const struct ds_table_want *want, int run)
{
    const struct ds_record *r = want->run[run].record;
    const int learned = ds_table_learned(&want->run[run]);

    for (int i = 0; i < r->steps; i++) {
        /* a named checkpoint ends the curve; without one a task in progress counts */
        if (want->run[run].checkpoint >= 0 && r->step_task[i] >= learned)
            continue;
        ds_table_run_cell(s, want, run);
        ds_sheet_int(s, i + 1);
        ds_sheet_int(s, r->step_task[i] + 1);
        ds_sheet_int(s, r->step_epoch[i] + 1);
        ds_sheet_real(s, (double)r->loss[i]);
        ds_sheet_real(s, (double)r->rate[i]);
    }
}

int ds_table_loss(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    ds_table_run_column(s, want);
    ds_sheet_add(s, "step", DS_CELL_INT);
    ds_sheet_add(s, "task", DS_CELL_INT);
    ds_sheet_add(s, "epoch", DS_CELL_INT);
    ds_sheet_column(s, &(struct ds_column){.name = "loss", .type = DS_CELL_REAL, .digits = 4});
    ds_sheet_column(s, &(struct ds_column){.name = "rate", .type = DS_CELL_REAL, .digits = 8});
    ds_sheet_note(s, "loss: mean over the batch; rate: learning rate of the head");
    ds_table_run_notes(s, want);
    for (int i = 0; i < want->runs; i++) {
        if (want->run[i].record->steps < 1)
            return ds_fail(err, DS_DATA, "%s: no training step is recorded", want->run[i].name);
        loss_rows(s, want, i);
    }
    return 0;
}

static void audit_rows(struct ds_sheet *s, const struct ds_table_want *want, int run)
{
    static const char *const part[] = {"q", "k", "v"};
    const struct ds_record *r = want->run[run].record;

    for (int t = 0; t < ds_table_learned(&want->run[run]); t++)
        for (int l = 0; l < r->layers; l++)
            for (int p = 0; p < 3; p++) {
                const size_t at = ((size_t)t * (size_t)r->layers + (size_t)l) * 3 + (size_t)p;

                ds_table_run_cell(s, want, run);
                ds_sheet_int(s, t + 1);
                ds_sheet_int(s, l + 1);
                ds_sheet_text(s, part[p]);
                for (int c = 0; c < DS_AUDIT_COUNT; c++)
                    ds_sheet_real(s, (double)r->audit[at * DS_AUDIT_COUNT + (size_t)c]);
            }
}

int ds_table_audit(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    ds_table_run_column(s, want);
    ds_sheet_add(s, "task", DS_CELL_INT);
    ds_sheet_add(s, "layer", DS_CELL_INT);
    ds_sheet_add(s, "part", DS_CELL_TEXT);
    ds_table_share_column(s, "removed", DS_BEST_NONE);
    ds_sheet_add(s, "factor", DS_CELL_REAL);
    ds_table_share_column(s, "negative", DS_BEST_NONE);
    ds_table_share_column(s, "clamped", DS_BEST_NONE);
    ds_table_share_column(s, "protected", DS_BEST_NONE);
    ds_sheet_note(s,
                  "means over the task's steps; removed: 1 - |g'|/|g|, share of the gradient's "
                  "norm; factor: mean |f|; negative: share of f < 0; clamped: share of |f| at "
                  "the clamp; protected: 1 - mean soft mask of the layer");
    ds_table_run_notes(s, want);
    for (int i = 0; i < want->runs; i++) {
        const struct ds_record *r = want->run[i].record;

        if (!r->audit)
            return ds_fail(
                err, DS_DATA,
                "%s: method %s keeps no audit: it removes nothing from the gradients",
                want->run[i].name, r->method);
        audit_rows(s, want, i);
    }
    return 0;
}
