/* core/learn/learner.c -- one network learning task after task: its memory and one step.
 * See the header. */
#include "core/learn/learner.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/size.h"
#include "core/learn/learner_int.h"
#include "core/learn/replay.h"
#include "core/ops/gemm.h"
#include "core/retain/rollout.h"

/* Rows of a lane: enough for the matrix products, few enough for the cache. */
enum { ROWS = 1024, LEAST_ROWS = 256 };

static bool learns(const struct ds_learner *l, const struct ds_tensor *t)
{
    const char *own = l->opt.method->trainable;

    return ds_tensor_matches(t->name, own ? own : l->opt.trainable);
}

/* Whether a tensor's lanes hold a second, masked gradient. */
static bool may_be_masked(const struct ds_learner *l, const struct ds_tensor *t)
{
    return t->part == DS_QKV_W && l->opt.method->retains &&
           l->opt.retain.mode != DS_MODE_UNIFORM;
}

static int count_slots(const struct ds_learner *l)
{
    int slots = 0;

    for (int i = 0; i < l->vit.tensors.count; i++)
        slots += learns(l, &l->vit.tensors.row[i]);
    return slots;
}

/* Sizes first: they do not depend on the arena. `at` [tensors] gets places in a lane. */
static void place_slots(struct ds_learner *l, size_t *at)
{
    l->learning = l->lane_size = 0;
    l->pieces = 0;
    for (int i = 0, s = 0; i < l->vit.tensors.count; i++) {
        const struct ds_tensor *t = &l->vit.tensors.row[i];
        const size_t room = t->count * (may_be_masked(l, t) ? 2 : 1);

        at[i] = SIZE_MAX;
        if (!learns(l, t))
            continue;
        at[i] = l->lane_size;
        if (l->slot)
            l->slot[s++] =
                (struct ds_slot){.tensor = t,
                                 .at = l->learning,
                                 .grad_at = l->lane_size,
                                 .factor = 1,
                                 .head = t->part == DS_HEAD_W || t->part == DS_HEAD_B};
        l->learning += t->count;
        l->lane_size += (room + 15) & ~(size_t)15;
        l->pieces += (int)(t->count / DS_PIECE_FLOATS) + 4;
    }
}

static int most_images(const struct ds_learner *l)
{
    return l->opt.batch + ds_replay_rows(&l->opt.set.replay);
}

/* Every lane reads all weights and all gradients: short ones are worth half as many. */
static int shares(const struct ds_learner *l, int n)
{
    return n * ds_tokens(&l->vit.shape) < DS_LANES * LEAST_ROWS ? DS_LANES / 2 : DS_LANES;
}

/* Most images of a lane. */
static int lane_room(const struct ds_learner *l)
{
    const int n = most_images(l), lanes = shares(l, n);
    const int share = (n + lanes - 1) / lanes, fit = ROWS / ds_tokens(&l->vit.shape);

    return fit < 1 ? 1 : share < fit ? share : fit;
}

int ds_lanes_count(const struct ds_learner *l, int n)
{
    const int least = shares(l, n), share = (n + least - 1) / least, room = lane_room(l);
    const int lanes = least * ((share + room - 1) / room);

    return lanes < n ? lanes : n;
}

static int gradients(const struct ds_learner *l)
{
    return l->opt.method->apart ? DS_LANES : 1;
}

static void take_views(struct ds_learner *l, const size_t *at, struct ds_arena *a)
{
    const size_t depth = (size_t)l->vit.shape.depth;
    float *(*block)[DS_BLOCK_PARTS];

    for (int i = -2; i < gradients(l); i++) {
        block = ds_arena_take(a, depth * sizeof *block);
        if (!a->base)
            continue;
        if (i == -2)
            ds_vit_view(&l->view, block, &l->vit.tensors, l->params, NULL);
        else if (i == -1 && l->old_params)
            ds_vit_view(&l->old_view, block, &l->vit.tensors, l->old_params, NULL);
        else if (i >= 0)
            ds_vit_view(&l->lane_view[i], block, &l->vit.tensors,
                        l->grad + (size_t)i * l->lane_size, at);
    }
}

static void take_memory(struct ds_learner *l, struct ds_arena *a)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t depth = (size_t)s->depth, tokens = (size_t)ds_tokens(s), c = (size_t)s->dim;
    const size_t cells = depth * (size_t)ds_patches(s), k = (size_t)s->classes;

    l->params = ds_arena_floats(a, l->vit.tensors.total);
    l->old_params = l->opt.method->keeps_old ? ds_arena_floats(a, l->vit.tensors.total) : NULL;
    l->moment1 = ds_arena_floats(a, l->learning);
    l->moment2 = ds_arena_floats(a, l->opt.optim.kind == DS_SGD ? 0 : l->learning);
    l->grad = ds_arena_floats(a, (size_t)gradients(l) * l->lane_size);
    l->turn = ds_arena_ints(a, (size_t)ds_vit_turns(s));
    l->memory.sum = ds_arena_doubles(a, cells);
    l->memory.soft = ds_arena_floats(a, cells);
    l->wq = ds_arena_floats(a, depth * tokens);
    l->wk = ds_arena_floats(a, depth * tokens);
    l->masked_layer = ds_arena_take(a, depth * sizeof *l->masked_layer);
    l->audit = ds_arena_take(a, depth * 3 * sizeof *l->audit);
    l->class_task = ds_arena_ints(a, k);
    l->batch_logits = l->opt.set.replay.kind == DS_REPLAY_DERPP
                          ? ds_arena_floats(a, (size_t)l->opt.batch * k)
                          : NULL;
    l->refined_w = ds_arena_floats(a, k * c);
    l->refined_b = ds_arena_floats(a, k);
    l->mean = l->opt.refine_head ? ds_arena_floats(a, k * c) : NULL;
    l->root = l->opt.refine_head ? ds_arena_floats(a, ds_sizes(k, c, c, 1)) : NULL;
    l->counted = l->opt.refine_head && l->opt.shared_head ? ds_arena_ints(a, k) : NULL;
}

static void take_workers(struct ds_learner *l, struct ds_arena *a)
{
    const int threads = ds_pool_threads(l->pool), room = lane_room(l);
    const int least = ds_lanes_count(l, most_images(l));
    const int lanes = least < DS_LANES ? DS_LANES : least; /* ds_lanes_each may ask for those */
    const bool harvests =
        l->opt.method->retains && l->opt.retain.source == DS_SOURCE_LAST_EPOCH;
    const unsigned want = DS_WANT_BACKWARD | (harvests ? DS_WANT_ATTENTION : 0u) |
                          (l->opt.recompute ? DS_WANT_RECOMPUTE : 0u);

    ds_vit_pack_take(&l->pack, &l->vit, true, a);
    l->lane = ds_arena_take(a, (size_t)lanes * sizeof *l->lane);
    l->work = ds_arena_take(a, (size_t)threads * sizeof *l->work);
    l->rollout_scratch =
        ds_arena_floats(a, harvests ? (size_t)threads * ds_rollout_scratch(&l->vit) : 0);
    l->old_work =
        ds_arena_take(a, l->opt.method->keeps_old ? (size_t)threads * sizeof *l->old_work : 0);
    for (int t = 0; t < threads && l->opt.method->keeps_old; t++) {
        struct ds_vit_work planned;

        ds_vit_work_take(a->base ? &l->old_work[t] : &planned, &l->vit, room, 0, NULL, false,
                         a);
    }
    for (int t = 0; t < threads; t++) {
        struct ds_vit_work planned;

        ds_vit_work_take(a->base ? &l->work[t] : &planned, &l->vit, room, want,
                         &l->lane_view[0], l->opt.method->retains, a);
    }
    for (int i = 0; a->base && i < lanes; i++)
        l->lane[i] = (struct ds_lane){.learner = l, .number = i};
}

/* Runs twice: once to count, once to take. The views of a planning run point nowhere, but
 * show which gradients exist, which is what the workers' plan depends on. */
static int take_all(struct ds_learner *l, bool reserve, struct ds_err *err)
{
    const int slots = count_slots(l), tensors = l->vit.tensors.count;
    size_t *at = malloc((size_t)tensors * sizeof *at);
    float *(*block)[DS_BLOCK_PARTS] = calloc((size_t)l->vit.shape.depth, sizeof *block);
    static float somewhere;
    int code = 0;

    if (!at || !block) {
        code = ds_fail(err, DS_NOMEM, "out of memory for %d tensors", tensors);
        goto done;
    }
    l->slots = slots;
    for (int pass = 0; pass < (reserve ? 2 : 1) && !code; pass++) {
        l->slot = ds_arena_take(&l->arena, (size_t)slots * sizeof *l->slot);
        place_slots(l, at);
        l->piece = ds_arena_take(&l->arena, (size_t)l->pieces * sizeof *l->piece);
        if (!pass) {
            size_t *none = at; /* places are irrelevant while planning, only NULLs count */

            ds_vit_view(&l->lane_view[0], block, &l->vit.tensors, &somewhere, none);
        }
        take_memory(l, &l->arena);
        take_views(l, at, &l->arena);
        take_workers(l, &l->arena);
        if (!pass && reserve)
            code = ds_arena_reserve(&l->arena, err);
    }
done:
    free(block);
    free(at);
    return code;
}

static bool frozen_trunk(const struct ds_learner *l)
{
    const struct ds_method *m = l->opt.method;

    if (m->retains || m->keeps_old || m->feature || m->taps.tokens_grad ||
        m->taps.attn.scores || m->taps.attn.attention || m->taps.attn.attention_grad ||
        m->taps.attn.scores_grad)
        return false;
    for (int i = 0; i < l->slots; i++)
        if (!l->slot[i].head)
            return false;
    return true;
}

/* The joined head of the tasks is a plain one. */
static int check_head(const struct ds_vit_shape *s, struct ds_err *err)
{
    if (ds_feature_pair(s))
        return ds_fail(err, DS_USAGE,
                       "a network with %s cannot learn tasks: its trunk can, with a fresh head "
                       "on the CLS token",
                       s->head_dist ? "a distillation head"
                                    : "a head on CLS and mean of the patches");
    if (s->classes < 1)
        return ds_fail(err, DS_USAGE, "classes is %d, a learner needs at least 1", s->classes);
    return 0;
}

int ds_learner_open(struct ds_learner **out, const struct ds_vit_shape *shape,
                    const struct ds_learner_opt *opt, struct ds_pool *pool, struct ds_err *err)
{
    struct ds_learner *l = calloc(1, sizeof *l);

    if (!l)
        return ds_fail(err, DS_NOMEM, "out of memory");
    l->opt = *opt;
    l->pool = pool;
    if (check_head(shape, err) || ds_precision_check(opt->precision, err) ||
        ds_vit_open(&l->vit, shape, err))
        goto failed;
    l->vit.precision = opt->precision;
    if (!count_slots(l)) {
        ds_fail(err, DS_USAGE, "trainable is '%s', which names no parameter of the network",
                opt->trainable);
        goto failed;
    }
    if (take_all(l, true, err) ||
        ds_replay_open(&l->replay, &opt->set.replay, shape->classes, opt->seed, err))
        goto failed;
    l->alone = frozen_trunk(l);
    for (int k = 0; k < shape->classes; k++)
        l->class_task[k] = opt->class_task ? opt->class_task[k] : -1;
    ds_vit_init(&l->vit, l->params, opt->seed);
    if (opt->method->open && opt->method->open(l, err))
        goto failed;
    *out = l;
    return 0;
failed:
    ds_learner_close(l);
    return err->code;
}

int ds_learner_size(size_t *bytes, const struct ds_vit_shape *shape,
                    const struct ds_learner_opt *opt, struct ds_pool *pool, struct ds_err *err)
{
    struct ds_learner l = {.opt = *opt, .pool = pool};
    int code = ds_vit_open(&l.vit, shape, err);

    l.vit.precision = opt->precision;
    code = code || take_all(&l, false, err);
    *bytes = l.arena.peak;
    ds_vit_close(&l.vit);
    return code ? (int)err->code : 0;
}

void ds_learner_feed(struct ds_learner *l, const struct ds_feed *feed)
{
    l->feed = feed;
}

bool ds_learner_frozen_trunk(const struct ds_learner *l)
{
    return l->alone;
}

unsigned ds_learner_wants(const struct ds_learner *l)
{
    return l->alone ? DS_WANT_ALONE : 0;
}

void ds_learner_known(struct ds_learner *l, const float *features)
{
    l->known = features;
}

void ds_learner_close(struct ds_learner *l)
{
    if (!l)
        return;
    if (l->opt.method->close)
        l->opt.method->close(l);
    ds_replay_close(l->replay);
    free(l->harvest);
    free(l->harvest_label);
    ds_arena_clear(&l->arena);
    ds_vit_close(&l->vit);
    free(l);
}

/* Rows replayed come last and have negative numbers. */
static void count_rows(struct ds_learner *l, const int *id, int n)
{
    const int draws = l->opt.set.replay.kind == DS_REPLAY_DERPP ? 2 : 1;

    l->fresh = n;
    while (l->replay && id && l->fresh > 0 && id[l->fresh - 1] < 0)
        l->fresh--;
    l->drawn = (n - l->fresh) / draws;
}

static int finite_loss(struct ds_learner *l, double *loss, int *hits)
{
    *loss = 0;
    *hits = 0;
    for (int i = 0; i < l->lanes; i++) {
        *loss += l->lane[i].loss;
        *hits += l->lane[i].hits;
    }
    return isfinite(*loss);
}

int ds_learner_step(struct ds_learner *l, const float *images, const int *label, const int *id,
                    int n, const struct ds_work *aside, struct ds_report *report,
                    struct ds_err *err)
{
    const struct ds_method *method = l->opt.method;
    const long steps = (long)l->epochs * l->steps_per_epoch;
    const int epoch = l->steps_per_epoch ? (int)(l->step / l->steps_per_epoch) : 0;
    double loss, rate;
    int hits;

    err->code = DS_OK;
    l->epoch = epoch;
    rate = l->opt.rate * ds_schedule_at(&l->opt.schedule, epoch, l->step, steps);
    l->rate = rate;
    l->penalty = 0;
    count_rows(l, id, n);
    ds_lanes_run(l, images, label, id, n, aside);
    if (!finite_loss(l, &loss, &hits) || ds_gradients_look(l, err))
        return ds_lanes_diagnose(l, images, label, id, n, err);
    if (method->gradient && method->gradient(l, err))
        return err->code;
    if (ds_retention_harvests(l))
        l->harvested += l->fresh;
    ds_weights_update(l, rate);
    if (method->updated)
        method->updated(l);
    if (l->replay && id)
        ds_replay_offer(l->replay, id, label, l->batch_logits, l->fresh, l->seen,
                        l->opt.temperature);
    l->step++;
    *report = (struct ds_report){loss / n + l->penalty, (double)hits / n, rate, epoch, l->step};
    return 0;
}

bool ds_learner_classify(const struct ds_learner *l, const struct ds_vit_work *work, int worker)
{
    if (!l->opt.method->classify || !l->seen || l->has_refined)
        return false;
    l->opt.method->classify(l, work, worker);
    return true;
}

void ds_learner_head(const struct ds_learner *l, const float **weight, const float **bias)
{
    *weight = l->has_refined ? l->refined_w : l->view.outside[DS_HEAD_W];
    *bias = l->has_refined ? l->refined_b : l->view.outside[DS_HEAD_B];
}
