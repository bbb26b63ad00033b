/* data/protocol/session.h -- the protocol: for each task feed, learn, evaluate, store. Public
 * header.
 *
 *     ds_session_create(&s, &opt, "runs/a", command, err)   or   ds_session_resume(&s,
 * "runs/a", ...) do ds_session_next(s, &event, err);        one step, or one thing between
 * steps while (event.kind != DS_EVENT_DONE); ds_session_close(s);
 *
 * After every event the run on disk is whole. ds_session_pause writes a checkpoint of the
 * moment, so that resuming goes on with the same bits. */
#ifndef DS_DATA_PROTOCOL_SESSION_H
#define DS_DATA_PROTOCOL_SESSION_H

#include <stdbool.h>
#include "data/protocol/options.h"
#include "data/store/record.h"

enum ds_event_kind {
    DS_EVENT_WARM,  /* a step of the warm start */
    DS_EVENT_START, /* the initial model is evaluated and stored */
    DS_EVENT_STEP,  /* a training step */
    DS_EVENT_TASK,  /* a task is finished: refined, evaluated, stored */
    DS_EVENT_DONE
};

struct ds_event {
    enum ds_event_kind kind;
    int task, tasks;                      /* 0-based task at hand */
    long step, steps;                     /* of the task, or of the warm start */
    double loss, accuracy;                /* of the step */
    double class_accuracy, task_accuracy; /* DS_EVENT_TASK: means over the tasks seen */
    const char *note; /* what somebody should be told, or ""; until the next event */
};

struct ds_session;

int ds_session_create(struct ds_session **out, const struct ds_train_opt *opt, const char *path,
                      const char *command, struct ds_err *err);

/* threads -1: as the run was started. features: --feature-folder, or "". note (may be empty)
 * says what was skipped. */
int ds_session_resume(struct ds_session **out, const char *path, int threads,
                      const char *features, char *note, size_t size, struct ds_err *err);

int ds_session_next(struct ds_session *s, struct ds_event *event, struct ds_err *err);
/* Once stopped() says so, from any thread, everything long between steps ends with
 * DS_INTERRUPTED (steps are short: between them the caller looks). Then close the session: the
 * newest checkpoint has all steps. */
void ds_session_heed(struct ds_session *s, bool (*stopped)(void));
int ds_session_pause(struct ds_session *s, struct ds_err *err);
void ds_session_close(struct ds_session *s);

const struct ds_record *ds_session_record(const struct ds_session *s);

/* What somebody should be told about the data, a sentence each; NULL behind the last one. */
const char *ds_session_note(const struct ds_session *s, int i);

/* Evaluates checkpoint `number` of a run again, from its weights: counts as in the record.
 * precision: of core/ops/mul.h, -1: the run's own. correct_class and correct_task [T] for the tasks seen. */
int ds_session_evaluate(const char *path, int number, int threads, int precision,
                        int *correct_class, int *correct_task, int *total, int *seen,
                        struct ds_err *err);

/* What a record is too small for: the attention of every head. cls [count][L][H][P] gets the
 * CLS rows (without a CLS token the mean of all rows) over the patches of the evaluation images
 * image[0..count) at checkpoint `number`, computed again from the weights. Needs the run's
 * checkpoints and its data set. DS_NOINPUT, DS_DATA, DS_NOMEM. */
int ds_session_heads(float *cls, const char *path, int number, int threads, const int *image,
                     int count, struct ds_err *err);

#endif
