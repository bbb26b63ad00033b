/* data/protocol/session_int.h -- what the files of the protocol share. For this room only. */
#ifndef DS_DATA_PROTOCOL_SESSION_INT_H
#define DS_DATA_PROTOCOL_SESSION_INT_H

#include "data/image/transform.h"
#include "data/protocol/init.h"
#include "data/protocol/session.h"
#include "data/source/loader.h"
#include "data/store/feature_file.h"
#include "data/store/run.h"

/* The warm start while it lasts: a learner of its own. */
struct ds_warm {
    struct ds_learner *learner;
    struct ds_loader *loader;
    int *index;
    bool done;
};

/* The images of the task at hand. */
struct ds_rows {
    int *index; /* [n] in the order of a clean pass: this task's, or with joint all so far */
    int n;
    int *passes;      /* [n expand_times] the same, for the loader */
    int first, count; /* their classes */
    int epochs;

    /* batches with replayed rows behind the new ones */
    struct ds_loader *replay;
    int *drawn, *slot; /* [rows] numbers in the source (borrowed by the loader), slots */
    float *images;
    int *label, *id;
};

/* Features of a part of the data set, as far as they are known. */
struct ds_feature_table {
    int *row_of;       /* [pictures of the source] or -1; NULL: nothing is kept */
    float *feature;    /* [rows][C] */
    uint64_t *picture; /* [rows] hash of its bytes, with --feature-folder */
    int rows;
};

/* Features of a frozen trunk that were computed already; see features.c. */
struct ds_features {
    bool on;
    struct ds_feature_table table[2]; /* by enum ds_part */
    float *batch;  /* [batch][C], or NULL: steps are shown pictures */
    float *eval;   /* [N][C] of the evaluation images, or NULL */
    int looked_at; /* checkpoint whose maps of the record are of those */

    /* --feature-folder */
    struct ds_feature_file file; /* what was there */
    char path[1100];             /* of that file, once it was looked for */
    uint64_t key;
    int computed; /* features that are not there yet */
    char note[512]; /* for the next event */
    bool told;
};

struct ds_session {
    struct ds_train_opt opt;
    struct ds_source *train, *test;
    struct ds_recipe recipe; /* of training, where has_recipe */
    bool has_recipe;
    struct ds_stream stream;
    struct ds_pool *pool;
    struct ds_learner *learner;
    struct ds_loader *loader; /* of the task at hand */
    struct ds_rows rows;      /* its images, and what replay adds to them */
    struct ds_features features;
    struct ds_model init; /* from --init, until its weights are copied */
    struct ds_run run;
    struct ds_record record;
    struct ds_pixel_scale scale; /* normalisation */
    double mean[4], std[4];
    int *eval_index; /* [N] test images whose maps are kept */
    char *config;
    struct ds_warm warm;
    bool started; /* the initial model is stored */
    bool in_task;
    int task;              /* at hand */
    long saved;            /* global step of the newest step checkpoint, -1: none */
    bool (*stopped)(void); /* the caller's, or NULL */
    double clock, spent;   /* wall time: when this process began, and before it */
    double saving;         /* of it, in saves so far */
    double saved_at;       /* wall time of the newest step checkpoint, or of the beginning */
};

/* Pictures of a source by index, normalised: the feed of every clean pass. */
struct ds_pictures {
    const struct ds_source *source;
    const int *index, *position;
    const struct ds_pixel_scale *scale;
    int channels, area;
    bool (*stopped)(void); /* as in the session */
};
struct ds_feed ds_pictures_feed(struct ds_pictures *p, const struct ds_session *s,
                                const struct ds_source *source, const int *index, int count);

/* prepare.c: data, network and learner from s->opt; the data and its normalisation alone. */
int ds_session_data(struct ds_session *s, struct ds_err *err);
int ds_session_prepare(struct ds_session *s, struct ds_err *err);
int ds_session_describe(struct ds_session *s, const char *command, struct ds_err *err);
/* The first test images of each task, `most` of a task (below 2^15), class by class
 * in turn; their number. index may be NULL. */
int ds_session_choose(const struct ds_session *s, int most, int *index);

/* rows.c: the images of task s->task, its replay, and one batch of it */
int ds_rows_open(struct ds_session *s, struct ds_err *err);
void ds_rows_close(struct ds_session *s);
/* Appends what the buffer gives at this step to the loader's batch; the result is borrowed. */
int ds_rows_join(struct ds_batch *joined, struct ds_session *s, const struct ds_batch *fresh,
                 struct ds_err *err);
/* DS_USAGE before training begins: a buffer larger than the data set. */
int ds_rows_check(const struct ds_session *s, struct ds_err *err);

/* features.c: nothing of it does anything unless the trunk is frozen */
int ds_features_open(struct ds_session *s, struct ds_err *err);
void ds_features_close(struct ds_session *s);
/* Whether the steps of the task of s->rows need no pictures. */
bool ds_features_of_steps(const struct ds_session *s);
/* Features of the images of s->rows, and those of one batch given to the learner. */
int ds_features_task(struct ds_session *s, struct ds_err *err);
void ds_features_batch(struct ds_session *s, const struct ds_batch *batch);
/* Those of any images [n][C]: free them. NULL: none are kept. */
int ds_features_of(float **feature, struct ds_session *s, enum ds_part part, const int *index,
                   int n, struct ds_err *err);
/* features_kept.c: what was computed since, for other runs. */
void ds_features_publish(struct ds_session *s);

/* budget.c: images that go through training steps, and the steps of the run and of task 1 */
long ds_budget_passes(const struct ds_train_opt *o, const struct ds_learner_opt *l,
                      const struct ds_stream *s, long *steps, long *first);

/* warmstart.c: one step, opening the warm start before the first */
void ds_session_warm_close(struct ds_session *s);
int ds_session_warm(struct ds_session *s, struct ds_event *event, struct ds_err *err);

/* session.c: a run as it was at task checkpoint `number`, to look at, in that precision (-1: its
 * own). Close it. */
int ds_session_reopen(struct ds_session **out, const char *path, int number, int threads,
                      int precision, struct ds_err *err);

/* examine.c: accuracy on all tasks seen, and maps of the evaluation images, into the
 * record's row for checkpoint m. */
int ds_session_examine(struct ds_session *s, int m, struct ds_err *err);
int ds_session_count(struct ds_session *s, int tasks, int *correct_class, int *correct_task,
                     int *raw_class, int *raw_task, struct ds_err *err);

/* commit.c */
int ds_session_commit_task(struct ds_session *s, int m, struct ds_err *err);
int ds_session_commit_step(struct ds_session *s, struct ds_err *err);
/* The same around an exam, unless the newest one is younger than save-seconds. */
int ds_session_commit_boundary(struct ds_session *s, struct ds_err *err);
double ds_session_seconds(const struct ds_session *s);
/* Most bytes that this process has held; 0 where the system does not say. */
double ds_session_peak(void);

#endif
