/* data/protocol/rows.c -- which images a task learns from, and what replay adds to a batch. See
 * session_int.h.
 *
 * A clean pass sees the task's images once; an epoch sees them expand_times times. With joint
 * they are those of all tasks so far. The replay buffer (core/learn/replay.h) names pictures of
 * the training source, so that a second loader fetches and augments them as any others: one
 * epoch of that loader is one step. */
#include "data/protocol/session_int.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/learn/method.h"
#include "core/learn/replay.h"

void ds_rows_close(struct ds_session *s)
{
    struct ds_rows *r = &s->rows;

    ds_loader_close(r->replay);
    free(r->index);
    free(r->passes);
    free(r->drawn);
    free(r->slot);
    free(r->images);
    free(r->label);
    free(r->id);
    *r = (struct ds_rows){0};
}

int ds_rows_check(const struct ds_session *s, struct ds_err *err)
{
    int images = 0;

    for (int t = 0; t < s->stream.tasks; t++)
        images += s->stream.n_train[t];
    if (s->learner->replay && s->opt.buffer > images)
        return ds_fail(err, DS_USAGE,
                       "--buffer %d is larger than the whole data set (%d training pictures): "
                       "nothing would be forgotten; use --method joint",
                       s->opt.buffer, images);
    return 0;
}

/* Tasks whose images are learned from: from .. to. */
static void choose_tasks(const struct ds_session *s, int *from, int *to)
{
    const struct ds_learner_opt *o = &s->learner->opt;

    *from = o->method->joint && !(o->set.joint_full && s->task) ? 0 : s->task;
    *to = o->method->joint && o->set.joint_full && !s->task ? s->stream.tasks : s->task + 1;
}

static int list_images(struct ds_session *s, struct ds_err *err)
{
    struct ds_rows *r = &s->rows;
    const size_t times = (size_t)s->opt.expand_times;
    int from, to, at = 0;
    size_t passes;

    choose_tasks(s, &from, &to);
    for (int t = from; t < to; t++)
        r->n += s->stream.n_train[t];
    if (__builtin_mul_overflow((size_t)r->n, times, &passes) || passes > INT32_MAX)
        return ds_fail(err, DS_USAGE, "%d images %d times are more than an epoch can have",
                       r->n, s->opt.expand_times);
    r->index = malloc(((size_t)r->n + 1) * sizeof *r->index);
    r->passes = malloc((passes + 1) * sizeof *r->passes);
    if (!r->index || !r->passes)
        return ds_fail(err, DS_NOMEM, "out of memory for %d images", r->n);
    for (int t = from; t < to; t++) {
        memcpy(r->index + at, s->stream.train[t], (size_t)s->stream.n_train[t] * sizeof(int));
        at += s->stream.n_train[t];
    }
    for (size_t i = 0; i < times; i++)
        memcpy(r->passes + i * (size_t)r->n, r->index, (size_t)r->n * sizeof(int));
    r->first = s->stream.first[from];
    r->count = s->stream.end[to - 1] - r->first;
    return 0;
}

static void want_base(struct ds_loader_want *w, const struct ds_session *s)
{
    *w = (struct ds_loader_want){.source = s->train,
                                 .position = s->stream.position,
                                 .pad = s->opt.pad,
                                 .flip = s->opt.flip,
                                 .recipe = s->has_recipe ? &s->recipe : NULL};
    memcpy(w->mean, s->mean, sizeof w->mean);
    memcpy(w->std, s->std, sizeof w->std);
}

/* The buffer grows from step to step: the loader of a step has as many rows as are drawn. */
static int open_replay(struct ds_session *s, int rows, struct ds_err *err)
{
    struct ds_rows *r = &s->rows;
    struct ds_loader_want want;

    ds_loader_close(r->replay);
    r->replay = NULL;
    want_base(&want, s);
    want.indices = r->drawn;
    want.n_indices = want.batch = rows;
    want.seed =
        ds_rng_sub(ds_rng_stream((uint64_t)s->opt.seed, "replay images"), (uint64_t)s->task);
    return ds_loader_open(&r->replay, &want, err);
}

static int take_replay(struct ds_session *s, struct ds_err *err)
{
    struct ds_rows *r = &s->rows;
    const struct ds_vit_shape *v = &s->learner->vit.shape;
    const size_t pixels = (size_t)v->channels * (size_t)v->height * (size_t)v->width;
    const size_t old = (size_t)ds_replay_rows(&s->learner->replay->opt);
    const size_t all = old + (size_t)s->opt.batch;

    r->drawn = calloc(old, sizeof *r->drawn);
    r->slot = calloc(old, sizeof *r->slot);
    r->images = calloc(all, pixels * sizeof *r->images);
    r->label = calloc(all, sizeof *r->label);
    r->id = calloc(all, sizeof *r->id);
    return r->drawn && r->slot && r->images && r->label && r->id
               ? 0
               : ds_fail(err, DS_NOMEM, "out of memory for batches of %zu pictures", all);
}

int ds_rows_open(struct ds_session *s, struct ds_err *err)
{
    const struct ds_learner_opt *o = &s->learner->opt;
    struct ds_loader_want want;

    ds_rows_close(s);
    ds_loader_close(s->loader);
    s->loader = NULL;
    if (list_images(s, err) || (s->learner->replay && take_replay(s, err)))
        return err->code;
    s->rows.epochs = o->method->untrained || (o->method->joint && o->set.joint_full && s->task)
                         ? 0
                         : s->opt.epochs;
    want_base(&want, s);
    want.indices = s->rows.passes;
    want.n_indices = s->rows.n * s->opt.expand_times;
    want.batch = s->opt.batch;
    want.shuffle = true;
    want.names_only = ds_features_of_steps(s);
    want.seed = ds_rng_sub((uint64_t)s->opt.seed, (uint64_t)s->task);
    return ds_loader_open(&s->loader, &want, err);
}

/* One step's remembered pictures, through the loader, augmented by the number of the step. */
static int fetch_drawn(struct ds_session *s, int rows, struct ds_err *err)
{
    struct ds_rows *r = &s->rows;
    const struct ds_replay *memory = s->learner->replay;

    for (int i = 0; i < rows; i++) {
        r->drawn[i] = memory->id[r->slot[i]];
        if (r->drawn[i] >= ds_source_info(s->train)->count)
            return ds_fail(err, DS_DATA, "the replay buffer names picture %d, '%s' has %d",
                           r->drawn[i], s->opt.data, ds_source_info(s->train)->count);
    }
    /* a loader keeps its order for an epoch: another step is another epoch */
    if ((!r->replay || ds_loader_rows(r->replay) != rows) && open_replay(s, rows, err))
        return err->code;
    ds_loader_seek(r->replay, (int)s->learner->step, 0);
    ds_pool_run(s->pool, ds_loader_work(r->replay), 1);
    return ds_loader_failed(r->replay, err);
}

int ds_rows_join(struct ds_batch *joined, struct ds_session *s, const struct ds_batch *fresh,
                 struct ds_err *err)
{
    struct ds_rows *r = &s->rows;
    struct ds_replay *memory = s->learner->replay;
    const struct ds_vit_shape *v = &s->learner->vit.shape;
    const size_t pixels = (size_t)v->channels * (size_t)v->height * (size_t)v->width;
    const size_t n = (size_t)fresh->count;
    const struct ds_batch *old;
    int rows;

    *joined = *fresh;
    if (!memory)
        return 0;
    rows = ds_replay_draw(memory, s->task, s->learner->step, r->slot) *
           (memory->opt.kind == DS_REPLAY_DERPP ? 2 : 1);
    if (!rows)
        return 0;
    if (fetch_drawn(s, rows, err))
        return ds_while(err, "replay");
    old = ds_loader_batch(r->replay);
    memcpy(r->images, fresh->images, n * pixels * sizeof *r->images);
    memcpy(r->images + n * pixels, old->images, (size_t)rows * pixels * sizeof *r->images);
    memcpy(r->label, fresh->label, n * sizeof *r->label);
    memcpy(r->id, fresh->index, n * sizeof *r->id);
    for (int i = 0; i < rows; i++) {
        r->label[n + (size_t)i] = memory->label[r->slot[i]];
        r->id[n + (size_t)i] = -1 - r->slot[i];
    }
    *joined = (struct ds_batch){fresh->count + rows, r->images, r->label, r->id};
    return 0;
}
