/* analysis/drift/linkage_sheet.h -- does drift go with forgetting? As a table. Public header.
 *
 * One row per metric and layer (their mean last), task and class; tasks and classes at a layer
 * or at the mean over layers. Columns: rank correlation of drift and margin loss with its
 * interval, p and q, the same given the margin before, and the area under the curve of "drift
 * tells the images whose prediction flipped" (linkage.h). */
#ifndef DS_ANALYSIS_DRIFT_LINKAGE_SHEET_H
#define DS_ANALYSIS_DRIFT_LINKAGE_SHEET_H

#include "analysis/drift/drift_sheet.h"
#include "analysis/drift/linkage.h"

/* Fills a begun sheet, or appends to one it filled for another run. want.by: layer, class, task
 * or head; `every`: layers, tasks and classes one after the other. Records need margins and
 * predictions. DS_USAGE (nothing to compare; no image with a margin at the reference and now),
 * DS_DATA, DS_NOMEM. Clear the sheet, also after a failure. */
int ds_linkage_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                     const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                     bool every, struct ds_err *err);

#endif
