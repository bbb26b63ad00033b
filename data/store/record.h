/* data/store/record.h -- what a run found out, as run.h5 keeps it. Public header.
 *
 * The record is filled by data/protocol while a run trains, and read by everything that
 * measures or draws. Checkpoint m is the state after m tasks: m = 0 is the initial model, so
 * arrays over checkpoints have `tasks + 1` rows, of which the first `done` are filled
 * (done counts checkpoints, the initial one included). All arrays are row-major.
 *
 * Letters: T tasks, M = T + 1 checkpoints, N evaluation images, L layers, P patches, K classes,
 * B probe images (the first B of the N). share/doc/run-file.md describes the file. */
#ifndef DS_DATA_STORE_RECORD_H
#define DS_DATA_STORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

enum { DS_RUN_MAJOR = 1, DS_RUN_MINOR = 0 };

struct ds_record {
    /* provenance */
    char method[64], uuid[40], version[64], command[2048];
    char budget[1024]; /* what a fair comparison shares, in a line; "" in older runs */
    char *config;  /* INI text, verbatim: every option with its value */
    int64_t seed;
    char created[32]; /* ISO 8601 UTC */

    /* the stream: classes are numbered by position, in the order they are learned */
    int tasks, classes;
    char **class_name;  /* [K] */
    int *class_task;    /* [K] 0-based task that teaches it first */
    char **domain_name; /* [T] where every task is a domain with all classes, else NULL: there
                           class_task is 0 throughout, and images/task alone knows an image's */
    int *class_label;   /* [K] its number in the data set */

    /* the model */
    int layers, heads, tokens, prefix, patches, grid_h, grid_w, patch;

    /* the evaluation images (a fixed sample of every task's test set) */
    int images, channels, height, width;
    uint8_t *pixels;   /* [N][H][W][3], grey repeated: HDF5 IMAGE_TRUECOLOR */
    int *label;        /* [N] class position */
    int *task;         /* [N] */
    int64_t *id;       /* [N] index in the test set */

    /* attention of the evaluation images at every checkpoint */
    int done;           /* checkpoints filled so far */
    float *rollout;     /* [M][N][L][P] CLS row of the layer-wise rollout, prefix columns dropped */
    float *split;       /* [M][N][L] adaptive split point (eps 0) of that row */
    int probe;          /* B */
    float *attention;   /* [M][B][L][T][T] head-mean attention (T tokens here); float16 in the file */
    int *predicted;     /* [M][N] class-incremental prediction, -1 where nothing was learned yet */
    float *margin;      /* [M][N] logit of the true class minus the best other seen class; NaN before */

    /* accuracy as counts over the whole test sets; row = after task (1..T) -> index m-1 */
    int *correct_class; /* [T][T] class-incremental: after task i, on task j */
    int *correct_task;  /* [T][T] task-incremental */
    int *correct_class_raw, *correct_task_raw; /* the same before head refinement */
    int *total;         /* [T] test images of task j */

    /* learning curves: one entry per optimiser step of the whole run */
    int steps, steps_room;
    float *loss, *rate;  /* [steps] mean loss; learning rate of the head */
    int *step_task, *step_epoch;

    /* retention */
    float *mask;        /* [T][L][P] soft mask in force AFTER task i (1 = free), or NULL */
    float *audit;       /* [T][L][3][DS_AUDIT_COUNT] mean over the task's steps: q, k, v; or NULL */

    /* timeline, one entry per filled checkpoint */
    double *seconds;         /* [M] wall time from the start of the run, resumes added up */
    double *peak;            /* [M] most bytes of memory held until then; 0: not known */
    double *saving;          /* [M] seconds of them spent saving; 0: not known */
    char (*checkpoint)[64];  /* [M] file name under checkpoints/ */
};

/* Whether task t teaches class k. */
static inline bool ds_record_teaches(const struct ds_record *r, int t, int k)
{
    return r->domain_name || r->class_task[k] == t;
}

/* Task t in words, for labels: the name of its domain, or "task 3". Returns `to`. */
const char *ds_record_task(const struct ds_record *r, int t, char *to, size_t size);

/* Columns of `audit`. */
enum ds_audit {
    DS_AUDIT_REMOVED,   /* 1 - |g'| / |g|: share of gradient norm removed */
    DS_AUDIT_FACTOR,    /* mean |f| */
    DS_AUDIT_NEGATIVE,  /* share of f < 0 */
    DS_AUDIT_CLAMPED,   /* share of |f| at the clamp */
    DS_AUDIT_PROTECTED, /* 1 - mean soft mask of the layer */
    DS_AUDIT_COUNT
};

/* Allocates the arrays whose sizes are set (tasks, classes, layers, patches, tokens, images,
 * channels, height, width, probe); curves grow with ds_record_step. All zero, but predicted -1
 * and margin NaN. Without mask and audit: those who retain add them with ds_record_retain.
 * On failure no array is left. DS_DATA for impossible sizes or more than 16 GiB, DS_NOMEM. */
int ds_record_alloc(struct ds_record *r, struct ds_err *err);
int ds_record_retain(struct ds_record *r, struct ds_err *err);
void ds_record_clear(struct ds_record *r);
int ds_record_step(struct ds_record *r, float loss, float rate, int task, int epoch,
                   struct ds_err *err);

/* run.h5 <-> record. `path` is the file itself. Writing goes through ds_file_publish; only
 * what the first `done` checkpoints filled is written. Loading fills a zeroed record, its
 * arrays with room for all tasks; every size is checked against the others, every label,
 * count and file name for its range. The record is zeroed again on failure. DS_DATA for a
 * file that does not fit together or is of a newer major version. */
int ds_record_save(const struct ds_record *r, const char *path, struct ds_err *err);
int ds_record_load(struct ds_record *r, const char *path, struct ds_err *err);

/* What ds_record_save writes, added to a bundle, and what ds_record_load reads out of one: for
 * files that hold more than a record. */
int ds_record_pack(struct ds_bundle *b, const struct ds_record *r, struct ds_err *err);
int ds_record_unpack(struct ds_record *r, const struct ds_bundle *b, const char *file,
                     struct ds_err *err);

#endif
