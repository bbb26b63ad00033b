/* data/protocol/session.c -- the protocol: for each task feed, learn, evaluate, store. See the
 * header. */
#define _GNU_SOURCE
#include "data/protocol/session_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/learn/method.h"
#include "data/protocol/checkpoint.h"
#include "data/store/h5.h"

static struct ds_session *new_session(void)
{
    struct ds_session *s = calloc(1, sizeof *s);
    struct timespec now;

    if (!s)
        return NULL;
    clock_gettime(CLOCK_MONOTONIC, &now);
    s->clock = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    s->run.lock = -1;
    s->saved = -1;
    return s;
}

void ds_session_close(struct ds_session *s)
{
    if (!s)
        return;
    ds_session_warm_close(s);
    ds_rows_close(s);
    ds_features_close(s);
    ds_loader_close(s->loader);
    ds_learner_close(s->learner);
    ds_pool_free(s->pool);
    ds_stream_clear(&s->stream);
    ds_source_close(s->train);
    ds_source_close(s->test);
    ds_record_clear(&s->record);
    if (s->run.path[0])
        ds_run_close(&s->run);
    ds_model_close(&s->init);
    free(s->eval_index);
    free(s->config);
    free(s);
}

const struct ds_record *ds_session_record(const struct ds_session *s)
{
    return &s->record;
}

const char *ds_session_note(const struct ds_session *s, int i)
{
    int n = 0;

    while (ds_source_note(s->train, n))
        n++;
    return i < n ? ds_source_note(s->train, i) : ds_source_note(s->test, i - n);
}

/* Weights from elsewhere, for everything but the heads. */
static int initial_weights(struct ds_session *s, struct ds_err *err)
{
    struct ds_train_opt ignored = s->opt; /* a run that begins again knows its network */
    int code = 0;

    if (!s->opt.init[0])
        return 0;
    if (!s->init.params)
        code = ds_init_open(&s->init, &ignored, err);
    code = code || ds_init_copy(s->learner->params, &s->learner->vit, &s->init, err);
    ds_model_close(&s->init);
    return code ? (int)err->code : 0;
}

static int set_up(struct ds_session *s, const char *command, struct ds_err *err)
{
    if (ds_session_prepare(s, err)) /* resolves what is measured: mean and std of the pixels */
        return err->code;
    s->config = ds_train_opt_write(&s->opt);
    if (!s->config)
        return ds_fail(err, DS_NOMEM, "out of memory for the configuration");
    return ds_session_describe(s, command, err) ? (int)err->code : 0;
}

/* A run that could not even be begun leaves nothing behind. */
static void discard(struct ds_run *run)
{
    char path[DS_RUN_PATH_MAX];

    ds_run_record_path(path, run); /* in place already where only making it durable failed */
    unlink(path);
    snprintf(path, sizeof path, "%s/checkpoints", run->path);
    rmdir(path);
    snprintf(path, sizeof path, "%s/lock", run->path);
    unlink(path);
    ds_run_close(run);
    rmdir(run->path);
    run->path[0] = 0;
}

/* What run.h5 begins with is made before its folder is: a library that dies for want of memory
 * leaves nothing. */
static int begin_run(struct ds_session *s, const char *path, struct ds_err *err)
{
    struct ds_bundle b = {0};
    unsigned char *bytes = NULL;
    char file[DS_RUN_PATH_MAX];
    size_t n = 0;
    int code = ds_record_pack(&b, &s->record, err) || ds_h5_encode(&bytes, &n, &b, err);

    ds_bundle_clear(&b);
    if (code)
        return ds_while(err, "%s", path);
    if (!(code = ds_run_create(&s->run, path, err))) {
        ds_run_record_path(file, &s->run);
        if ((code = ds_file_publish(file, bytes, n, err)) ||
            (code = ds_file_verify(file, bytes, n, err)))
            discard(&s->run);
    }
    free(bytes);
    return code;
}

int ds_session_create(struct ds_session **out, const struct ds_train_opt *opt, const char *path,
                      const char *command, struct ds_err *err)
{
    struct ds_session *s = new_session();

    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory");
    s->opt = *opt;
    if ((s->opt.init[0] && ds_init_open(&s->init, &s->opt, err)) || set_up(s, command, err) ||
        initial_weights(s, err) || begin_run(s, path, err)) {
        ds_session_close(s);
        return err->code;
    }
    *out = s;
    return 0;
}

static int begin_task(struct ds_session *s, bool resumed, struct ds_err *err)
{
    struct ds_pictures pictures;
    struct ds_feed feed;
    int code;

    if (ds_rows_open(s, err) || ds_features_task(s, err))
        return err->code;
    feed = ds_pictures_feed(&pictures, s, s->train, s->rows.index, s->rows.n);
    ds_learner_feed(s->learner, &feed);
    code = ds_learner_task_begin(s->learner, s->task, s->rows.first, s->rows.count,
                                 s->rows.epochs, ds_loader_steps(s->loader),
                                 s->rows.n * s->opt.expand_times, resumed, err);
    ds_learner_feed(s->learner, NULL);
    s->in_task = !code;
    return code;
}

/* The first batch of the task, or the one at which it was left. */
static void aim_loader(struct ds_session *s)
{
    const int steps = ds_loader_steps(s->loader);

    ds_loader_seek(s->loader, (int)(s->learner->step / steps), (int)(s->learner->step % steps));
    ds_pool_run(s->pool, ds_loader_work(s->loader), 1);
}

static int step(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    struct ds_batch batch;
    struct ds_report report;

    if (ds_loader_failed(s->loader, err) ||
        ds_rows_join(&batch, s, ds_loader_batch(s->loader), err))
        return err->code;
    ds_features_batch(s, &batch);
    if (ds_learner_step(s->learner, batch.images, batch.label, batch.index, batch.count,
                        ds_loader_work(s->loader), &report, err) ||
        ds_record_step(&s->record, (float)report.loss, (float)report.rate, s->task,
                       report.epoch, err))
        return err->code;
    event->kind = DS_EVENT_STEP;
    event->step = report.step;
    event->loss = report.loss;
    event->accuracy = report.accuracy;
    if (s->record.steps % s->opt.save_every == 0)
        return ds_session_commit_step(s, err);
    return 0;
}

static double mean_accuracy(const int *correct, const int *total, int tasks)
{
    double sum = 0;

    for (int t = 0; t < tasks; t++)
        sum += (double)correct[t] / total[t] / tasks;
    return sum;
}

static int finish_task(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    const struct ds_record *r = &s->record;
    const size_t row = (size_t)s->task * (size_t)r->tasks;
    struct ds_pictures pictures;
    struct ds_feed feed = ds_pictures_feed(&pictures, s, s->train, s->rows.index, s->rows.n);
    float *known;
    int code;

    /* An exam may be long: what was learned is kept before it. */
    if (ds_session_commit_boundary(s, err))
        return err->code;
    ds_learner_known(s->learner, NULL);
    code = ds_features_of(&known, s, DS_TRAIN, s->rows.index, s->rows.n, err);
    feed.feature = known;
    code = code || ds_learner_task_end(s->learner, &feed, err) ||
           ds_session_examine(s, s->task + 1, err);
    free(known);
    if (code)
        return err->code;
    ds_features_publish(s);
    if (ds_session_commit_task(s, s->task + 1, err))
        return err->code;
    event->kind = DS_EVENT_TASK;
    event->class_accuracy = mean_accuracy(r->correct_class + row, r->total, s->task + 1);
    event->task_accuracy = mean_accuracy(r->correct_task + row, r->total, s->task + 1);
    s->in_task = false;
    s->task++;
    s->saved = -1; /* the same number of steps, but another state */
    return ds_session_commit_boundary(s, err);
}

static int start(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    event->kind = DS_EVENT_START;
    if (ds_session_examine(s, 0, err) || ds_session_commit_task(s, 0, err))
        return err->code;
    s->started = true;
    return ds_session_commit_boundary(s, err);
}

static int next(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    if (!s->started && !s->opt.init[0] && s->opt.warmstart && !s->warm.done)
        return ds_session_warm(s, event, err);
    if (!s->started)
        return start(s, event, err);
    if (s->task >= s->stream.tasks)
        return 0;
    if (!s->in_task) {
        if (begin_task(s, false, err))
            return err->code;
        aim_loader(s);
    }
    event->steps = (long)s->rows.epochs * ds_loader_steps(s->loader);
    if (s->learner->step < event->steps)
        return step(s, event, err);
    return finish_task(s, event, err);
}

int ds_session_next(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    int code;

    *event =
        (struct ds_event){.kind = DS_EVENT_DONE, .task = s->task, .tasks = s->stream.tasks};
    s->features.note[0] = 0;
    code = next(s, event, err);
    event->note = s->features.note;
    return code;
}

void ds_session_heed(struct ds_session *s, bool (*stopped)(void))
{
    s->stopped = stopped;
}

int ds_session_pause(struct ds_session *s, struct ds_err *err)
{
    return s->started ? ds_session_commit_step(s, err) : 0;
}

/* The record as of the step checkpoint: what run.h5 has beyond it is forgotten. */
static int rewind_record(struct ds_session *s, const struct ds_bundle *b, const char *file,
                         struct ds_err *err)
{
    const int64_t four[1] = {4};
    const struct ds_array *where =
        ds_bundle_need(b, file, "progress/where", DS_I64, 1, four, err);
    const struct ds_array *loss = ds_bundle_lookup(b, "progress/loss");
    const struct ds_array *rate = ds_bundle_lookup(b, "progress/rate");
    const int64_t *at, n = loss ? loss->dims[0] : 0;
    struct ds_record *r = &s->record;

    if (!where)
        return err->code;
    at = where->data;
    if (at[0] < 0 || at[0] > r->tasks || at[2] < n || at[2] - n > r->steps ||
        at[0] >= r->done ||
        (loss && (!rate || rate->dims[0] != n || rate->type != DS_F32 || loss->type != DS_F32)))
        return ds_fail(err, DS_DATA, "%s: does not belong to this run.h5", file);
    s->task = (int)at[0];
    s->in_task = at[1] != 0;
    s->started = true;
    r->done = s->task + 1;
    r->steps = (int)(at[2] - n);
    for (int64_t i = 0; i < n; i++)
        if (ds_record_step(r, ((const float *)loss->data)[i], ((const float *)rate->data)[i],
                           s->task, 0, err))
            return err->code;
    s->spent = r->seconds[r->done - 1];
    s->saving = r->saving[r->done - 1];
    return 0;
}

/* Epochs of the restored steps follow from their number. */
static void restore_epochs(struct ds_session *s)
{
    const long steps = ds_loader_steps(s->loader), n = s->learner->step;

    for (long i = 0; i < n; i++)
        s->record.step_epoch[s->record.steps - n + i] = (int)(i / steps);
}

static int restore(struct ds_session *s, const struct ds_bundle *b, long number,
                   struct ds_err *err)
{
    char file[DS_RUN_PATH_MAX];

    ds_run_step_path(file, &s->run, number);
    if (rewind_record(s, b, file, err) || ds_checkpoint_unpack(s->learner, b, file, false, err))
        return err->code;
    if (s->in_task &&
        (begin_task(s, true, err) || ds_checkpoint_unpack(s->learner, b, file, true, err)))
        return err->code;
    if (s->in_task) {
        restore_epochs(s);
        aim_loader(s);
    }
    s->saved = s->record.steps;
    return 0;
}

/* The stored record replaces the fresh one: it has the run's name and its results. */
static int reload(struct ds_session *s, int threads, int precision, struct ds_err *err)
{
    struct ds_record stored = {0};
    char file[DS_RUN_PATH_MAX];

    ds_run_record_path(file, &s->run);
    if (ds_record_load(&stored, file, err))
        return err->code;
    if (ds_opt_defaults(ds_train_table, &s->opt, err) ||
        ds_train_opt_read(&s->opt, stored.config, file, err))
        goto failed;
    s->config = strdup(stored.config);
    if (!s->config) {
        ds_fail(err, DS_NOMEM, "out of memory for the configuration");
        goto failed;
    }
    if (threads >= 0)
        s->opt.threads = threads;
    if (precision >= 0)
        s->opt.precision = precision;
    if (ds_session_prepare(s, err) || ds_session_describe(s, stored.command, err))
        goto failed;
    if (stored.images != s->record.images || stored.classes != s->record.classes ||
        memcmp(stored.id, s->record.id, (size_t)stored.images * sizeof *stored.id)) {
        ds_fail(err, DS_DATA, "%s: '%s' is not the data set this run began with", file,
                s->opt.data);
        goto failed;
    }
    ds_record_clear(&s->record);
    s->record = stored;
    if (s->learner->opt.method->retains && !s->record.mask)
        return ds_record_retain(&s->record, err);
    return 0;
failed:
    ds_record_clear(&stored);
    return err->code;
}

int ds_session_resume(struct ds_session **out, const char *path, int threads,
                      const char *features, char *note, size_t size, struct ds_err *err)
{
    struct ds_session *s = new_session();
    struct ds_bundle b = {0};
    long number = -1;

    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (ds_run_write(&s->run, path, err) || reload(s, threads, -1, err))
        goto failed;
    snprintf(s->opt.feature_folder, sizeof s->opt.feature_folder, "%s", features);
    if (ds_run_newest_step(&s->run, &b, &number, note, size, err)) {
        if (err->code != DS_NOINPUT)
            goto failed;
        number = -1; /* stopped before the initial model was stored: from the beginning */
    }
    if (number >= 0 ? restore(s, &b, number, err) : initial_weights(s, err))
        goto failed;
    if (number < 0)
        s->record.done = s->record.steps = 0;
    s->saved_at = ds_session_seconds(s);
    ds_bundle_clear(&b);
    *out = s;
    return 0;
failed:
    ds_bundle_clear(&b);
    ds_session_close(s);
    return err->code;
}

int ds_session_reopen(struct ds_session **out, const char *path, int number, int threads,
                      int precision, struct ds_err *err)
{
    struct ds_session *s = new_session();
    struct ds_bundle b = {0};
    char file[DS_RUN_PATH_MAX];
    int code;

    *out = NULL;
    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory");
    code = ds_run_read(&s->run, path, err);
    ds_run_task_path(file, &s->run, number);
    code = code || reload(s, threads, precision, err) || ds_bundle_load(&b, file, err) ||
           ds_checkpoint_unpack(s->learner, &b, file, false, err);
    ds_bundle_clear(&b);
    if (code)
        ds_session_close(s);
    else
        *out = s;
    assert(!code || err->code);
    return code ? (int)err->code : 0;
}

int ds_session_evaluate(const char *path, int number, int threads, int precision,
                        int *correct_class, int *correct_task, int *total, int *seen,
                        struct ds_err *err)
{
    struct ds_session *s;
    int code, *raw;

    if (ds_session_reopen(&s, path, number, threads, precision, err))
        return err->code;
    raw = malloc(2 * (size_t)s->stream.tasks * sizeof *raw);
    if (!raw) {
        ds_session_close(s);
        return ds_fail(err, DS_NOMEM, "out of memory");
    }
    *seen = number;
    memcpy(total, s->stream.n_test, (size_t)s->stream.tasks * sizeof *total);
    code = ds_session_count(s, number, correct_class, correct_task, raw, raw + s->stream.tasks,
                            err);
    free(raw);
    ds_session_close(s);
    return code ? (int)err->code : 0;
}
