/* core/learn/method_ewc.c -- elastic weight consolidation.
 *
 *     F_i = 1/n sum_x (d log p(y|x) / d theta_i)^2           exact diagonal: one sample at a
 * time loss += lambda / 2 sum_i F_i (theta_i - theta*_i)^2    trainable parameters but the head
 *
 * (Kirkpatrick et al. 2017, arXiv 1612.00796; online: Schwarz et al. 2018). In the wild y is
 * the label, the network's answer, or drawn from it; the 1/2 is sometimes missing; Fisher
 * informations of tasks are added up with a decay, averaged, or kept with their own anchors:
 *
 *     sum        F <- gamma F + F_t,              theta* <- theta
 *     average    F <- gamma F + (1 - gamma) F_t,  theta* <- theta
 *     separate   T penalties; their sum has the gradient of one with F <- F + F_t and
 *                theta* <- (F theta* + F_t theta) / (F + F_t)
 *
 * p is the softmax the method learns with (--loss), at the learner's temperature. State: F and
 * theta*. */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/learn/penalty_int.h"
#include "core/ops/loss.h"

struct ewc {
    float *fisher, *anchor, *fresh; /* like the moments */
    int lanes, images;              /* of the accumulation at hand; of the task */
    bool first;
    struct ds_arena arena;
};

static void plan(struct ewc *e, size_t n)
{
    e->fisher = ds_arena_floats(&e->arena, n);
    e->anchor = ds_arena_floats(&e->arena, n);
    e->fresh = ds_arena_floats(&e->arena, n);
}

static int open_ewc(struct ds_learner *l, struct ds_err *err)
{
    struct ewc *e = calloc(1, sizeof *e);

    l->state = e;
    if (!e)
        return ds_fail(err, DS_NOMEM, "out of memory");
    plan(e, l->learning);
    if (ds_arena_reserve(&e->arena, err))
        return ds_while(err, "ewc");
    plan(e, l->learning);
    return 0;
}

static void close_ewc(struct ds_learner *l)
{
    struct ewc *e = l->state;

    if (e)
        ds_arena_clear(&e->arena);
    free(e);
    l->state = NULL;
}

static int pull_ewc(struct ds_learner *l, struct ds_err *err)
{
    const struct ewc *e = l->state;

    (void)err;
    if (l->task > 0)
        ds_penalty_add(l, e->fisher, e->anchor, l->opt.set.ewc.lambda);
    return 0;
}

/* The class whose log-probability is differentiated. */
static int fisher_class(const struct ds_lane *lane, int first, int count)
{
    const struct ds_learner *l = lane->learner;
    const float *z = lane->work->logits;
    const double cool = 1 / l->opt.temperature;
    const uint64_t stream = ds_rng_sub(ds_rng_stream(l->opt.seed, "fisher"), (uint64_t)l->task);
    double sum = 0, rest;
    int top = first, k = first;

    if (l->opt.set.ewc.label == DS_FISHER_TRUE)
        return lane->label[0];
    for (int i = first; i < first + count; i++)
        top = z[i] > z[top] ? i : top;
    if (l->opt.set.ewc.label == DS_FISHER_ARGMAX)
        return top;
    for (int i = first; i < first + count; i++)
        sum += exp(((double)z[i] - (double)z[top]) * cool);
    rest = sum * ds_rng_unit(stream, (uint64_t)lane->id[0]);
    for (; k < first + count - 1; k++) {
        rest -= exp(((double)z[k] - (double)z[top]) * cool);
        if (rest < 0)
            break;
    }
    return k;
}

static double fisher_loss(struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;
    const bool all = ds_method_sees_all(&l->opt);
    const int first = all ? 0 : l->first, count = all ? l->seen : l->count;
    const int label = fisher_class(lane, first, count);

    return ds_loss_cross_entropy(lane->work->dlogits, &lane->hits, lane->work->logits, &label,
                                 1, l->vit.shape.classes, first, count, l->opt.temperature, 1);
}

/* In lane order, so that threads change nothing. */
static void square_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct ewc *e = with;
    const struct ds_slot *s = &l->slot[p->slot];
    float *sum = e->fresh + s->at + p->from;

    for (int lane = 0; lane < l->lanes; lane++) {
        const float *g = l->grad + (size_t)lane * l->lane_size + s->grad_at + p->from;

        for (size_t i = 0; i < p->count; i++)
            sum[i] += g[i] * g[i];
    }
}

static void fuse_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct ewc *e = with;
    const struct ds_ewc_opt *o = &l->opt.set.ewc;
    const struct ds_slot *s = &l->slot[p->slot];
    const float *theta = l->params + s->tensor->at + p->from;
    float *old = e->fisher + s->at + p->from, *anchor = e->anchor + s->at + p->from;
    float *fresh = e->fresh + s->at + p->from;

    for (size_t i = 0; i < p->count; i++) {
        double f = (double)fresh[i] / e->images;
        const double before = (double)old[i];

        f = o->clip > 0 && f > o->clip ? o->clip : f;
        if (o->fusion == DS_FUSION_SEPARATE) {
            anchor[i] = before + f > 0
                            ? (float)((before * (double)anchor[i] + f * (double)theta[i]) /
                                      (before + f))
                            : theta[i];
            old[i] = (float)(before + f);
            continue;
        }
        anchor[i] = theta[i];
        old[i] =
            (float)(e->first                         ? f
                    : o->fusion == DS_FUSION_AVERAGE ? o->gamma * before + (1 - o->gamma) * f
                                                     : o->gamma * before + f);
    }
}

static int end_ewc(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    const struct ds_vit_shape *v = &l->vit.shape;
    const size_t pixels = (size_t)v->channels * (size_t)v->height * (size_t)v->width;
    float *images = malloc(DS_LANES * pixels * sizeof *images);
    struct ewc *e = l->state;
    int code = images ? 0 : ds_fail(err, DS_NOMEM, "out of memory for %d images", DS_LANES);

    memset(e->fresh, 0, l->learning * sizeof *e->fresh);
    e->images = feed->count;
    e->first = l->task == 0;
    for (int at = 0; at < feed->count && !code; at += DS_LANES) {
        const int n = feed->count - at < DS_LANES ? feed->count - at : DS_LANES;
        int label[DS_LANES], id[DS_LANES];

        for (int i = 0; i < n; i++)
            id[i] = at + i;
        code = feed->fetch(feed->with, at, n, images, label, err);
        if (code)
            break;
        ds_lanes_each(l, images, label, id, n, fisher_loss);
        ds_pieces_visit(l, square_piece, e);
    }
    if (!code)
        ds_pieces_visit(l, fuse_piece, e);
    free(images);
    return code;
}

static int arrays_ewc(struct ds_learner *l, ds_state_visit *visit, void *with,
                      struct ds_err *err)
{
    struct ewc *e = l->state;

    return ds_state_slots(l, visit, with, "method/ewc/fisher", e->fisher, err) ||
                   ds_state_slots(l, visit, with, "method/ewc/anchor", e->anchor, err)
               ? (int)err->code
               : 0;
}

const struct ds_method ds_method_ewc = {
    .name = "ewc",
    .about = "important weights are pulled back to where they were (EWC)",
    .apart = true,
    .open = open_ewc,
    .close = close_ewc,
    .gradient = pull_ewc,
    .task_end = end_ewc,
    .arrays = arrays_ewc,
};
