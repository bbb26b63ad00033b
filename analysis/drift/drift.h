/* analysis/drift/drift.h -- how far attention moved between two checkpoints. Public header.
 *
 * Every evaluation image is compared with itself: its map at a reference checkpoint (p)
 * against its map at a target checkpoint (q), layer by layer. Maps are never averaged before
 * they are compared; values are taken per image first, then over images.
 *
 * The map is the CLS row of the layer-wise rollout over the patches, as the record keeps it.
 * Which images are compared: those whose task was already learned at the reference. Where the
 * reference is the initial model, which has learned nothing: those learned at the target (all
 * of them when that is the initial model too). Under `own` an image is not compared at the
 * very checkpoint that is its reference: that 0 would say nothing and pull means down. */
#ifndef DS_ANALYSIS_DRIFT_DRIFT_H
#define DS_ANALYSIS_DRIFT_DRIFT_H

#include <stdbool.h>
#include "analysis/metric/metric.h"
#include "analysis/stat/stat.h"
#include "core/base/err.h"
#include "data/store/record.h"

struct ds_pool;

enum ds_reference {
    DS_REF_OWN,      /* right after the image's own task: forgetting */
    DS_REF_PREVIOUS, /* the checkpoint before the target: one step */
    DS_REF_FIRST,    /* the initial model */
    DS_REF_GIVEN     /* a checkpoint named by number */
};

struct ds_drift_want {
    const struct ds_metric *metric;
    enum ds_reference reference;
    int given;      /* DS_REF_GIVEN: checkpoint of the `before` record */
    int target;     /* checkpoint of the `after` record */
    bool unlearned; /* compare every image, learned or not */
};

struct ds_drift {
    struct ds_drift_want want;
    int images, layers;
    double *value;                     /* [N][L]; NAN where undefined or not compared */
    int *from;                         /* [N] reference checkpoint, or -1: not compared */
    int compared;                      /* images */
    int undefined[DS_UNDEFINED_COUNT]; /* values by reason; [DS_DEFINED] is the rest */
    int empty;                         /* values that are 1 because both masks are empty */
    const int *label, *task;           /* [N] borrowed from `before` */
};

/* `before` and `after` may be the same record; otherwise DS_REF_GIVEN is the only reference,
 * and both must hold the same images and the same grid (see below). DS_USAGE, DS_DATA,
 * DS_NOMEM. Clear the result with ds_drift_clear. */
int ds_drift_of(struct ds_drift *d, const struct ds_record *before,
                const struct ds_record *after, const struct ds_drift_want *want,
                struct ds_err *err);

/* The same by the workers of a pool (NULL: by the caller): the same values. */
int ds_drift_with(struct ds_drift *d, const struct ds_record *before,
                  const struct ds_record *after, const struct ds_drift_want *want,
                  struct ds_pool *pool, struct ds_err *err);
void ds_drift_clear(struct ds_drift *d);

/* Refuses, in one sentence, two records that cannot be compared image by image: other
 * pictures, another order of them, another grid, another depth. DS_DATA. */
int ds_drift_comparable(const struct ds_record *a, const struct ds_record *b,
                        struct ds_err *err);

/* Which values to aggregate: -1 means all. `layer` -1 is the mean over layers, taken per
 * image (over its defined layers) before anything else. */
struct ds_drift_part {
    int layer, label, task;
};

/* One number per compared image of the part, in image order; returns how many were written
 * to out[N]. NAN where undefined. */
int ds_drift_values(double *out, const struct ds_drift *d, struct ds_drift_part part);

/* The statistics over those. DS_NOMEM. */
int ds_drift_stat(struct ds_stat *s, const struct ds_drift *d, struct ds_drift_part part,
                  const struct ds_stat_want *want, struct ds_err *err);

const char *ds_reference_text(enum ds_reference r); /* "own", ... */

#endif
