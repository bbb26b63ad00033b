/* analysis/drift/linkage.h -- does drift go with forgetting? Public header.
 *
 * For every probe image: how far its attention moved, how much margin it lost, whether its
 * prediction flipped. Three answers per layer, class or task:
 *
 *     rank      Spearman correlation of drift and margin loss, with interval
 *     partial   the same given the initial margin: an image that was nearly wrong before has
 *               little to lose and flips easily, whatever attention does
 *     auroc     how well drift alone tells the images whose prediction flipped
 *
 * One image is one case: over layers its drift is averaged first, so cases are independent and
 * intervals are not too narrow. With a metric where more means less drift (IoU, SSIM) the
 * correlation turns negative and the area falls below a half. */
#ifndef DS_ANALYSIS_DRIFT_LINKAGE_H
#define DS_ANALYSIS_DRIFT_LINKAGE_H

#include "analysis/stat/correlation.h"
#include "analysis/drift/drift.h"

struct ds_linkage_data {
    int images, layers;
    const double *drift;     /* [N][L]; NAN: undefined or not compared, left out */
    const double *loss;      /* [N] margin at the reference - margin now */
    const double *margin;    /* [N] margin at the reference */
    const int *flip;         /* [N] 1 right before and wrong now, 0 right in both, -1 else */
    const int *label, *task; /* [N] */
};

struct ds_linkage {
    struct ds_drift_part part; /* -1: all; layer -1: the mean over layers */
    struct ds_correlation rank, partial;
    struct ds_auroc auroc;
    double q; /* rank.p after Benjamini and Hochberg over the rows asked for together */
};

/* The arrays of ds_linkage_data from records: loss[N], margin[N] and flip[N] of the images that
 * `drift` compared between `before` and `after` (may be one record); NAN and -1 for the rest,
 * and where a margin was not measured. */
void ds_linkage_margins(double *loss, double *margin, int *flip, const struct ds_drift *drift,
                        const struct ds_record *before, const struct ds_record *after);

/* One part; q is rank.p. DS_NOMEM. */
int ds_linkage_of(struct ds_linkage *l, const struct ds_linkage_data *data,
                  struct ds_drift_part part, double level, struct ds_err *err);

enum ds_linkage_by { DS_LINK_LAYER, DS_LINK_CLASS, DS_LINK_TASK };

/* How many rows that makes: the layers, or one more than the largest class or task. */
int ds_linkage_rows(const struct ds_linkage_data *data, enum ds_linkage_by by);

/* One row per layer, class or task, in order; classes and tasks at `layer` (-1: mean over
 * layers). rows[ds_linkage_rows()]. DS_NOMEM. */
int ds_linkage_each(struct ds_linkage *rows, const struct ds_linkage_data *data,
                    enum ds_linkage_by by, int layer, double level, struct ds_err *err);

#endif
