/* analysis/drift/weight_sheet.h -- how far the weights moved, as a table. Public header.
 *
 * One row per tensor, per third q, k, v of the attention's weights, and per head for what the
 * head does: its QK and its OV circuit (weight.h has the formulas). Matrices have their stable
 * rank before and after. No pictures are needed. */
#ifndef DS_ANALYSIS_DRIFT_WEIGHT_SHEET_H
#define DS_ANALYSIS_DRIFT_WEIGHT_SHEET_H

#include "analysis/sheet/sheet.h"
#include "data/weights/model.h"

struct ds_weight_sheet_want {
    int layer;   /* rows of this layer only, from 0; -1: all */
    int threads; /* 0: one per processor */
};

/* Fills a begun sheet. Tensors that only one network has, or that differ in shape (a head for
 * other classes, positions of another grid), are left out and named. DS_USAGE where depth,
 * width or heads differ, DS_NOMEM. */
int ds_weight_sheet(struct ds_sheet *s, const struct ds_model *a, const char *name_a,
                    const struct ds_model *b, const char *name_b,
                    const struct ds_weight_sheet_want *want, struct ds_err *err);

#endif
