/* data/protocol/warmstart.c -- something to retain, without a download: the trunk first learns
 * to tell by how many quarter turns a picture was rotated (Gidaris et al. 2018).
 *
 * A learner of its own, all parameters, four classes, over all training pictures; then its
 * trunk moves over. Interrupted, it starts again: it is short and a function of the seed. */
#include "data/protocol/session_int.h"

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
        .seed = ds_rng_stream((uint64_t)s->opt.seed, "warm start")};
    struct ds_vit_shape shape = s->learner->vit.shape;

    shape.classes = 4;
    return ds_learner_open(warm, &shape, &opt, s->pool, err);
}

static int train(struct ds_session *s, struct ds_learner *warm, struct ds_loader *loader,
                 struct ds_event *event, struct ds_err *err)
{
    struct ds_report report;

    if (ds_learner_task_begin(warm, 0, 0, 4, 1, s->opt.warmstart_steps, 0, false, err))
        return err->code;
    ds_loader_seek(loader, 0, 0);
    ds_pool_run(s->pool, ds_loader_work(loader), 1);
    for (int step = 0; step < s->opt.warmstart_steps; step++) {
        const struct ds_batch *batch = ds_loader_batch(loader);

        if (ds_loader_failed(loader, err) ||
            ds_learner_step(warm, batch->images, batch->label, batch->index, batch->count,
                            ds_loader_work(loader), &report, err))
            return err->code;
        event->loss += (report.loss - event->loss) / (step < 50 ? step + 1 : 50);
        event->accuracy += (report.accuracy - event->accuracy) / (step < 50 ? step + 1 : 50);
    }
    return 0;
}

int ds_session_warm(struct ds_session *s, struct ds_event *event, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(s->train);
    struct ds_loader_want want = {.source = s->train, .position = s->stream.position,
                                  .batch = s->opt.batch, .shuffle = true, .pad = s->opt.pad,
                                  .rotate = true,
                                  .seed = ds_rng_stream((uint64_t)s->opt.seed, "warm data")};
    struct ds_learner *warm = NULL;
    struct ds_loader *loader = NULL;
    int *index = NULL, code;

    if (info->height != info->width)
        return ds_fail(err, DS_USAGE,
                       "warmstart rotation turns square pictures, these are %d x %d; use "
                       "--warmstart none or --init",
                       info->height, info->width);
    memcpy(want.mean, s->mean, sizeof want.mean);
    memcpy(want.std, s->std, sizeof want.std);
    code = all_training(&index, &want.n_indices, &s->stream, err);
    want.indices = index;
    code = code || ds_loader_open(&loader, &want, err) || open_learner(&warm, s, err) ||
           train(s, warm, loader, event, err);
    for (int i = 0; !code && i < warm->vit.tensors.count; i++) {
        const struct ds_tensor *from = &warm->vit.tensors.row[i];
        const struct ds_tensor *to = &s->learner->vit.tensors.row[i];

        if (from->part != DS_HEAD_W && from->part != DS_HEAD_B)
            memcpy(s->learner->params + to->at, warm->params + from->at,
                   from->count * sizeof(float));
    }
    ds_loader_close(loader);
    ds_learner_close(warm);
    free(index);
    return code ? (int)err->code : 0;
}
