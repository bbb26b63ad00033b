/* data/protocol/warmstart.c -- something to retain, without a download: the trunk first learns
 * to tell by how many quarter turns a picture was rotated (Gidaris et al. 2018).
 *
 * A learner of its own, all parameters, four classes, over all training pictures; then its
 * trunk moves over. Interrupted, it starts again: it is short and a function of the seed. */
#include "data/protocol/session_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/learn/method.h"

static int all_training(int **index, int *n, const struct ds_stream *stream, struct ds_err *err)
{
    int at = 0;

    for (int t = 0; t < stream->tasks; t++)
        at += stream->n_train[t];
    *n = at;
    *index = malloc(((size_t)at + 1) * sizeof **index);
    if (!*index)
        return ds_fail(err, DS_NOMEM, "out of memory for %d indices", at);
    at = 0;
    for (int t = 0; t < stream->tasks; t++) {
        memcpy(*index + at, stream->train[t], (size_t)stream->n_train[t] * sizeof **index);
        at += stream->n_train[t];
    }
    return 0;
}

static int open_learner(struct ds_learner **warm, struct ds_session *s, struct ds_err *err)
{
    const struct ds_learner_opt opt = {
        .method = ds_method_lookup("finetune"), .trainable = "all", .batch = s->opt.batch,
        .optim = {DS_ADAM, 0.9, 0.999, 1e-8, 0, false},
        .schedule = {.kind = DS_SCHEDULE_COSINE, .warmup = s->opt.warmstart_steps / 20},
        .rate = s->opt.warmstart_lr, .trunk_scale = 1, .temperature = 1,
        .precision = (enum ds_precision)s->opt.precision,
        .seed = ds_rng_stream((uint64_t)s->opt.seed, "warm start")};
    struct ds_vit_shape shape = s->learner->vit.shape;

    shape.classes = 4;
    return ds_learner_open(warm, &shape, &opt, s->pool, err);
}

static int warm_open(struct ds_session *s, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(s->train);
    struct ds_loader_want want = {.source = s->train, .position = s->stream.position,
                                  .batch = s->opt.batch, .shuffle = true, .pad = s->opt.pad,
                                  .rotate = true, .recipe = s->has_recipe ? &s->recipe : NULL,
                                  .seed = ds_rng_stream((uint64_t)s->opt.seed, "warm data")};
    int code;

    if (info->height != info->width)
        return ds_fail(err, DS_USAGE,
                       "warmstart rotation turns square pictures, these are %d x %d; use "
                       "--warmstart none or --init",
                       info->height, info->width);
    memcpy(want.mean, s->mean, sizeof want.mean);
    memcpy(want.std, s->std, sizeof want.std);
    code = all_training(&s->warm.index, &want.n_indices, &s->stream, err);
    want.indices = s->warm.index;
    if (code || ds_loader_open(&s->warm.loader, &want, err) ||
        open_learner(&s->warm.learner, s, err) ||
        ds_learner_task_begin(s->warm.learner, 0, 0, 4, 1, s->opt.warmstart_steps, 0, false,
                              err)) {
        assert(err->code);
        return err->code;
    }
    ds_loader_seek(s->warm.loader, 0, 0);
    ds_pool_run(s->pool, ds_loader_work(s->warm.loader), 1);
    return 0;
}

void ds_session_warm_close(struct ds_session *s)
{
    ds_loader_close(s->warm.loader);
    ds_learner_close(s->warm.learner);
    free(s->warm.index);
    s->warm = (struct ds_warm){.done = s->warm.done};
}

/* The trunk moves over; the head of four turns stays behind. */
static void move_trunk(struct ds_session *s)
{
    const struct ds_vit *v = &s->warm.learner->vit;

    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *from = &v->tensors.row[i];
        const struct ds_tensor *to = &s->learner->vit.tensors.row[i];

        if (from->part != DS_HEAD_W && from->part != DS_HEAD_B)
            memcpy(s->learner->params + to->at, s->warm.learner->params + from->at,
                   from->count * sizeof(float));
    }
}

int ds_session_warm(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    struct ds_report report;
    const struct ds_batch *batch;

    if (!s->warm.learner && warm_open(s, err))
        return err->code;
    batch = ds_loader_batch(s->warm.loader);
    if (ds_loader_failed(s->warm.loader, err) ||
        ds_learner_step(s->warm.learner, batch->images, batch->label, batch->index, batch->count,
                        ds_loader_work(s->warm.loader), &report, err))
        return ds_while(err, "warm start");
    *event = (struct ds_event){.kind = DS_EVENT_WARM, .tasks = s->stream.tasks,
                               .step = report.step, .steps = s->opt.warmstart_steps,
                               .loss = report.loss, .accuracy = report.accuracy};
    if (report.step < s->opt.warmstart_steps)
        return 0;
    move_trunk(s);
    s->warm.done = true;
    ds_session_warm_close(s);
    return 0;
}
