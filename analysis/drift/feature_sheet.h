/* analysis/drift/feature_sheet.h -- how far the representation moved, as a table. Public
 * header.
 *
 * One row per measure over all images; per measure and class; or per image:
 *
 *     cls_cosine    1 - cos of every image's feature          statistics over images
 *     class_shift   |mean after - mean before| of a class     statistics over classes
 *     cka_biased, cka_debiased, cka_minibatch, procrustes     one number of all images
 *
 * feature.h has the formulas. The feature is what the head reads: the last norm's CLS token,
 * or the mean of the patches, or both, as the network pools. */
#ifndef DS_ANALYSIS_DRIFT_FEATURE_SHEET_H
#define DS_ANALYSIS_DRIFT_FEATURE_SHEET_H

#include "analysis/drift/drift_sheet.h"
#include "analysis/look/look.h"

/* Images that CKA without batches takes, images of a batch, widths that Procrustes takes. */
enum { DS_CKA_MOST = 8192, DS_CKA_BATCH = 256, DS_PROCRUSTES_MOST = 2048 };

/* Fills a begun sheet from two looks with features of the same pictures (ds_look_match).
 * want.by: layer (all images), class or image; want.looks names the pictures. Widths may differ
 * where the formula allows it. DS_USAGE, DS_NOMEM. */
int ds_feature_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                     const struct ds_drift_side *after, const struct ds_look *a,
                     const struct ds_look *b, const struct ds_drift_sheet_want *want,
                     struct ds_err *err);

#endif
