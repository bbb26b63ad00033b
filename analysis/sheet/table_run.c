/* analysis/sheet/table_run.c -- the tables read off one run: drift, linkage, loss. */
#include "analysis/sheet/tables_int.h"

#include <stdio.h>
#include <string.h>

#include "analysis/drift/linkage_sheet.h"

int ds_table_drift(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    struct ds_drift_sheet_want one = {.metrics = want->metrics,
                                      .reference = want->reference,
                                      .by = DS_BY_TIMELINE,
                                      .layer = -1,
                                      .stat = want->stat,
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

int ds_table_linkage(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    struct ds_drift_sheet_want one = {.metrics = want->metrics,
                                      .reference = want->reference,
                                      .by = DS_BY_LAYER,
                                      .layer = -1,
                                      .run_column = want->runs > 1};

    memcpy(one.metric, want->metric, sizeof one.metric);
    for (int i = 0; i < want->runs; i++) {
        const struct ds_drift_side side = {want->run[i].record, want->run[i].name, NULL};

        one.target = want->run[i].checkpoint;
        if (ds_linkage_sheet(s, &side, &side, &one, true, err))
            return err->code;
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
