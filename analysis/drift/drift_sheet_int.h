/* analysis/drift/drift_sheet_int.h -- what the files behind drift_sheet.h share. For analysis
 * only.
 */
#ifndef DS_ANALYSIS_DRIFT_DRIFT_SHEET_INT_H
#define DS_ANALYSIS_DRIFT_DRIFT_SHEET_INT_H

#include "analysis/drift/drift_sheet.h"
#include "core/base/pool.h"

/* What a sheet is being made from, and what went by so far. */
struct ds_drift_work {
    struct ds_sheet *sheet;
    const struct ds_drift_side *before, *after;
    const struct ds_drift_sheet_want *want;
    struct ds_pool *pool;
    struct ds_stat_want stat; /* its index grows: rows are resampled independently */
    int undefined[DS_METRIC_COUNT][DS_UNDEFINED_COUNT], empty[DS_METRIC_COUNT];
    int compared; /* images, at most over the targets */
    double least; /* the smallest p a row could have */
};

/* Two looks, one the reference of the other: there is no checkpoint to name. */
static inline bool ds_drift_pair(const struct ds_drift_work *w)
{
    return w->want->looks && w->before->record != w->after->record;
}

void ds_drift_layer_text(char *text, size_t size, int layer); /* "mean", or from 1 */

/* drift_rows.c: the rows of one metric at one target. */
int ds_drift_rows(struct ds_drift_work *w, int metric, int target, struct ds_err *err);

/* drift_notes.c: what the numbers mean. */
void ds_drift_notes(const struct ds_drift_work *w);
void ds_drift_note_sides(
    const struct ds_drift_work *w); /* who, which maps, reference, images */
void ds_drift_note_metric(const struct ds_drift_work *w, int i);

#endif
