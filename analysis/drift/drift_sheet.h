/* analysis/drift/drift_sheet.h -- drift, as a table. Public header.
 *
 * One row per metric and layer, class, task or image, or per metric, checkpoint and layer
 * (timeline), each with n, the undefined values, mean, sd, median, quartiles and a bootstrap
 * interval of the mean. Layers, tasks and checkpoints count from 1 (checkpoint 0 is the
 * initial model). The notes say what every number means: formula, normalisation, reference,
 * which images, how it was aggregated, what was undefined and why. */
#ifndef DS_ANALYSIS_DRIFT_DRIFT_SHEET_H
#define DS_ANALYSIS_DRIFT_DRIFT_SHEET_H

#include "analysis/drift/drift.h"
#include "analysis/sheet/sheet.h"
#include "analysis/stat/stat_test.h"

enum ds_drift_by {
    DS_BY_LAYER,
    DS_BY_CLASS,
    DS_BY_TASK,
    DS_BY_IMAGE,
    DS_BY_TIMELINE,
    DS_BY_HEAD
};

struct ds_drift_side {
    const struct ds_record *record;
    const char *name;  /* as the user wrote it */
    const char *about; /* a look: how pictures reach the network; NULL: a run */
};

/* What is compared where it is not the rollout of a run: two looks (look_pair.h). */
struct ds_drift_looks {
    const char *map;       /* "raw attention of query cls, heads by mean" */
    const char *resampled; /* a sentence, or NULL */
    char *const *picture;  /* [N] file names */
    int broken;            /* pictures left out */
    int heads;             /* DS_BY_HEAD: layers are [L][H] */
};

/* A noise floor: what the reference drifts to where nothing should have changed. Its draws (or
 * other seeds) are averaged per image, since they are no cases of their own; then images are
 * relabelled (ds_excess_many). */
struct ds_drift_null {
    const char *text; /* "4 draws of jitter: ..." */
    int count;        /* at least 1 */
    const struct ds_record *record; /* [count], compared with `before` */
    int checkpoint;                 /* of each of them */
};

struct ds_drift_sheet_want {
    const struct ds_metric *metric[DS_METRIC_COUNT];
    int metrics;
    enum ds_reference reference;
    int given, target; /* target -1: the last checkpoint */
    enum ds_drift_by by;
    int layer; /* class and task rows: 0-based, or -1 for the mean over layers */
    bool unlearned;
    const struct ds_drift_looks *looks; /* NULL: runs */
    const struct ds_drift_null *null;   /* or NULL; columns floor, excess, p, q */
    int threads;                        /* 0: one per processor */
    bool run_column; /* several runs in one sheet: a first column `run`, the name of `after` */
    struct ds_stat_want stat;
};

/* Fills a begun sheet, or appends to one it filled for another run; before and after may be the
 * same record. DS_USAGE (nothing to compare), DS_DATA, DS_NOMEM. Clear the sheet, also after a
 * failure. */
int ds_drift_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                   const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                   struct ds_err *err);

/* The metric table itself: key, name, formula, unit, range ... */
void ds_metric_sheet(struct ds_sheet *s);

#endif
