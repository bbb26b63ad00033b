/* core/learn/replay.c -- a reservoir of remembered pictures. See the header. */
#include "core/learn/replay.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/ops/loss.h"

static void plan(struct ds_replay *r)
{
    const size_t b = (size_t)r->opt.buffer;

    r->id = ds_arena_ints(&r->arena, b);
    r->label = ds_arena_ints(&r->arena, b);
    r->width = ds_arena_ints(&r->arena, b);
    r->order = ds_arena_ints(&r->arena, b);
    r->start = ds_arena_ints(&r->arena, (size_t)r->classes + 1);
    r->logits =
        ds_arena_floats(&r->arena, r->opt.kind == DS_REPLAY_DERPP ? b * (size_t)r->classes : 0);
}

int ds_replay_open(struct ds_replay **out, const struct ds_replay_opt *opt, int classes,
                   uint64_t seed, struct ds_err *err)
{
    struct ds_replay *r;

    *out = NULL;
    if (opt->kind == DS_REPLAY_NONE)
        return 0;
    if (opt->buffer < 1 || opt->rows < 1)
        return ds_fail(err, DS_USAGE,
                       "replay wants a buffer and rows per step, found %d and %d", opt->buffer,
                       opt->rows);
    r = calloc(1, sizeof *r);
    if (!r)
        return ds_fail(err, DS_NOMEM, "out of memory");
    r->opt = *opt;
    r->classes = classes;
    r->seed = ds_rng_stream(seed, "replay");
    plan(r);
    if (ds_arena_reserve(&r->arena, err)) {
        free(r);
        return ds_while(err, "a replay buffer of %d pictures", opt->buffer);
    }
    plan(r);
    *out = r;
    return 0;
}

void ds_replay_close(struct ds_replay *r)
{
    if (!r)
        return;
    ds_arena_clear(&r->arena);
    free(r);
}

int ds_replay_rows(const struct ds_replay_opt *opt)
{
    return opt->kind == DS_REPLAY_NONE ? 0 : opt->rows * (opt->kind == DS_REPLAY_DERPP ? 2 : 1);
}

static void draw_uniform(struct ds_replay *r, uint64_t stream, int *slot, int count)
{
    for (int i = 0; i < r->filled; i++)
        r->order[i] = i;
    for (int i = 0; i < count; i++) {
        const int j = i + (int)ds_rng_below(stream, (uint64_t)i, (uint32_t)(r->filled - i));
        const int other = r->order[j];

        r->order[j] = r->order[i];
        slot[i] = r->order[i] = other;
    }
}

/* Slots of class k: order[start[k] .. start[k + 1]). */
static void sort_by_class(struct ds_replay *r)
{
    memset(r->start, 0, ((size_t)r->classes + 1) * sizeof *r->start);
    for (int s = 0; s < r->filled; s++)
        r->start[r->label[s] + 1]++;
    for (int k = 0; k < r->classes; k++)
        r->start[k + 1] += r->start[k];
    for (int s = 0; s < r->filled; s++)
        r->order[r->start[r->label[s]]++] = s;
    for (int k = r->classes; k > 0; k--) /* each start has moved to the next one's place */
        r->start[k] = r->start[k - 1];
    r->start[0] = 0;
}

/* A class that has pictures, then one of them: both uniform. */
static void draw_balanced(struct ds_replay *r, uint64_t stream, int *slot, int count)
{
    int classes = 0;

    sort_by_class(r);
    for (int k = 0; k < r->classes; k++)
        classes += r->start[k + 1] > r->start[k];
    for (int i = 0; i < count; i++) {
        int turn = (int)ds_rng_below(stream, 2 * (uint64_t)i, (uint32_t)classes), k = 0;
        uint32_t pictures;

        while (r->start[k + 1] == r->start[k] || turn-- > 0)
            k++;
        pictures = (uint32_t)(r->start[k + 1] - r->start[k]);
        slot[i] =
            r->order[r->start[k] + (int)ds_rng_below(stream, 2 * (uint64_t)i + 1, pictures)];
    }
}

int ds_replay_draw(struct ds_replay *r, int task, long step, int *slot)
{
    const uint64_t at = ds_rng_sub(ds_rng_sub(r->seed, (uint64_t)task), (uint64_t)step);
    const int count = r->filled < r->opt.rows ? r->filled : r->opt.rows;
    const int draws = r->opt.kind == DS_REPLAY_DERPP ? 2 : 1;

    for (int d = 0; d < draws; d++, slot += count) {
        const uint64_t stream = ds_rng_sub(at, (uint64_t)d);

        if (r->opt.balanced)
            draw_balanced(r, stream, slot, count);
        else
            draw_uniform(r, stream, slot, count);
    }
    return count;
}

void ds_replay_offer(struct ds_replay *r, const int *id, const int *label, const float *logits,
                     int n, int seen, double temperature)
{
    const uint64_t stream = ds_rng_stream(r->seed, "reservoir");

    for (int i = 0; i < n; i++) {
        const uint64_t offer = (uint64_t)r->offered++;
        const uint64_t j = offer < (uint64_t)r->opt.buffer
                               ? offer
                               : ds_rng_below(stream, offer, (uint32_t)(offer + 1));

        if (j >= (uint64_t)r->opt.buffer)
            continue;
        r->filled += (int)j == r->filled;
        r->id[j] = id[i];
        r->label[j] = label[i];
        r->width[j] = seen;
        for (int k = 0; r->opt.kind == DS_REPLAY_DERPP && k < seen; k++)
            r->logits[j * (uint64_t)r->classes + (uint64_t)k] =
                (float)((double)logits[(size_t)i * (size_t)r->classes + (size_t)k] /
                        temperature);
    }
}

/* Rows from .. to of the batch, as far as the lane has them, with their own share of the loss;
 * what is returned counts like the other rows of the batch. */
static double rows_loss(struct ds_lane *lane, int from, int to, int first, int count,
                        double share)
{
    const struct ds_learner *l = lane->learner;
    const int k = l->vit.shape.classes;
    const int begin = from > lane->at ? from - lane->at : 0;
    const int end = to < lane->at + lane->n ? to - lane->at : lane->n;
    const size_t row = (size_t)begin * (size_t)k;

    if (begin >= end)
        return 0;
    return share / lane->share *
           ds_loss_cross_entropy(lane->work->dlogits + row, &lane->hits,
                                 lane->work->logits + row, lane->label + begin, end - begin, k,
                                 first, count, l->opt.temperature, share);
}

/* alpha / (r w) sum_k (z_k / temperature - stored_k)^2 */
static double stored_loss(struct ds_lane *lane, int i, double alpha)
{
    const struct ds_learner *l = lane->learner;
    const struct ds_replay *r = l->replay;
    const size_t k = (size_t)l->vit.shape.classes, slot = (size_t)(-1 - lane->id[i]);
    const float *z = lane->work->logits + (size_t)i * k, *stored = r->logits + slot * k;
    float *dz = lane->work->dlogits + (size_t)i * k;
    const double cool = 1 / l->opt.temperature;
    const double weight = alpha / ((double)l->drawn * r->width[slot]);
    double loss = 0;

    for (int c = 0; c < r->width[slot]; c++) {
        const double d = (double)z[c] * cool - (double)stored[c];

        loss += weight * d * d;
        dz[c] = (float)(2 * weight * d * cool);
    }
    return loss / lane->share;
}

double ds_replay_loss(struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;
    const struct ds_replay_opt *o = &l->replay->opt;
    const int n = l->fresh, r = l->drawn, seen = l->seen;
    const double each = 1.0 / n, old = r ? 1.0 / r : 0;
    double loss = 0;

    if (o->kind == DS_REPLAY_ER)
        return rows_loss(lane, 0, n + r, 0, seen, lane->share);
    if (o->kind == DS_REPLAY_ACE)
        return rows_loss(lane, 0, n, l->first, l->count, each) +
               rows_loss(lane, n, n + r, 0, seen, old);
    loss = rows_loss(lane, 0, n, 0, seen, each) +
           rows_loss(lane, n + r, n + 2 * r, 0, seen, o->beta * old);
    for (int i = 0; i < lane->n; i++)
        if (lane->at + i >= n && lane->at + i < n + r)
            loss += stored_loss(lane, i, o->alpha);
    return loss;
}

int ds_replay_arrays(struct ds_replay *r, ds_state_visit *visit, void *with, struct ds_err *err)
{
    const size_t k = (size_t)r->classes;

    if (visit(with, "method/replay/filled", DS_STATE_I32, &r->filled, 1, err) ||
        visit(with, "method/replay/offered", DS_STATE_F64, &r->offered, 1, err))
        return err->code;
    if (r->filled < 0 || r->filled > r->opt.buffer)
        return ds_fail(err, DS_DATA, "a replay buffer of %d pictures, expected at most %d",
                       r->filled, r->opt.buffer);
    if (!r->filled)
        return 0;
    if (visit(with, "method/replay/id", DS_STATE_I32, r->id, (size_t)r->filled, err) ||
        visit(with, "method/replay/label", DS_STATE_I32, r->label, (size_t)r->filled, err) ||
        visit(with, "method/replay/width", DS_STATE_I32, r->width, (size_t)r->filled, err))
        return err->code;
    for (int i = 0; i < r->filled; i++)
        if (r->id[i] < 0 || r->label[i] < 0 || r->label[i] >= r->classes || r->width[i] < 1 ||
            r->width[i] > r->classes)
            return ds_fail(err, DS_DATA, "a replay buffer whose entry %d is impossible", i);
    return r->opt.kind == DS_REPLAY_DERPP ? visit(with, "method/replay/logits", DS_STATE_F32,
                                                  r->logits, (size_t)r->filled * k, err)
                                          : 0;
}
