/* viz/viewer/aside.h -- work that may take longer than a frame. For viz/viewer and its tests.
 *
 * The viewer says which numbers it lacks (ds_viewer_next); the window has the job run beside
 * the drawing, one at a time, and hands the result back (ds_viewer_take). A job owns its
 * result until it is taken and only reads what it is given. */
#ifndef DS_VIZ_VIEWER_ASIDE_H
#define DS_VIZ_VIEWER_ASIDE_H

#include "analysis/drift/drift.h"
#include "viz/viewer/subject.h"

enum ds_task_kind {
    DS_TASK_NONE,
    DS_TASK_OPEN,     /* a run, for the first time or again */
    DS_TASK_PAIR,     /* every image's drift from A to B */
    DS_TASK_OWN,      /* every image's drift from its own task to B */
    DS_TASK_TIMELINE, /* mean drift by checkpoint and layer, reference own */
    DS_TASK_HEADS     /* attention of one image by head, from the weights */
};

/* Attention of one image at one checkpoint, [L][H][T][T]. */
struct ds_heads {
    int layers, heads, tokens, prefix;
    float *attention;
};

struct ds_task {
    enum ds_task_kind kind;
    /* what is asked */
    int slot;           /* run 0 or 1; DS_TASK_HEADS: side 0 (A) or 1 (B) */
    char address[1100]; /* OPEN */
    const struct ds_subject *before, *after;
    const struct ds_metric *metric;
    int a, b, image;
    /* what came of it */
    int code;
    struct ds_err err;
    struct ds_subject *subject; /* OPEN */
    struct ds_drift drift;      /* PAIR, OWN */
    double *timeline;           /* [M][L], NAN where nothing is compared */
    int *compared;              /* [M] images */
    struct ds_heads heads;      /* HEADS */
};

/* Runs it, on whatever thread. */
void ds_task_run(struct ds_task *t);
void ds_task_clear(struct ds_task *t);

/* A guess at its cost in multiplications, to decide where it runs. */
double ds_task_cost(const struct ds_task *t);

int ds_heads_compute(struct ds_heads *h, const struct ds_subject *s, int checkpoint, int image,
                     struct ds_err *err);
void ds_heads_clear(struct ds_heads *h);

#endif
