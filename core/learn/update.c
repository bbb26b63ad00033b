/* core/learn/update.c -- what follows the lanes: the audit of the gradient, the update.
 * See learner.h.
 *
 * Both passes run over pieces, each a stretch of one tensor; what a piece finds out is added
 * up in piece order afterwards, so that threads change nothing. */
#include "core/learn/learner_int.h"

#include <math.h>
#include "core/ops/simd.h"

/* The stretch of a slot that learns in this task: of the head the task's own rows, or all
 * rows in use where the method trains them, too. */
static void active(const struct ds_learner *l, const struct ds_slot *s, size_t *from,
                   size_t *to)
{
    const size_t row = s->tensor->rank > 1 ? (size_t)s->tensor->dims[1] : 1;

    *from = s->head ? (size_t)l->head_first * row : 0;
    *to = s->head ? (size_t)(l->head_first + l->head_count) * row : s->tensor->count;
}

static void cut(struct ds_learner *l, int slot, int third, size_t from, size_t to)
{
    for (size_t at = from; at < to; at += DS_PIECE_FLOATS)
        l->piece[l->pieces++] =
            (struct ds_piece){.slot = slot,
                              .third = third,
                              .from = at,
                              .count = to - at < DS_PIECE_FLOATS ? to - at : DS_PIECE_FLOATS};
}

void ds_pieces_cut(struct ds_learner *l)
{
    l->pieces = 0;
    for (int i = 0; i < l->slots; i++) {
        const struct ds_slot *s = &l->slot[i];
        size_t from, to;

        active(l, s, &from, &to);
        if (s->tensor->part == DS_QKV_W)
            for (int third = 0; third < 3; third++)
                cut(l, i, third, to * (size_t)third / 3, to * (size_t)(third + 1) / 3);
        else
            cut(l, i, -1, from, to);
    }
}

DS_INLINE void squares_body(double *out, const float *g, size_t n)
{
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)g[i] * (double)g[i];
    *out = sum;
}
DS_VARIANTS(static, squares, (double *out, const float *g, size_t n), (out, g, n))

DS_INLINE void audit_factor_body(struct ds_piece *p, const float *g, const float *masked,
                                 size_t n, float clamp)
{
    float sum = 0, negative = 0, clamped = 0;

#pragma omp simd reduction(+ : sum, negative, clamped)
    for (size_t i = 0; i < n; i++) {
        const float raw = masked[i] / g[i], f = raw != raw ? 1.0f : raw;
        const float size = f < 0 ? -f : f;

        sum += size > clamp ? clamp : size;
        negative += f < 0 ? 1.0f : 0.0f;
        clamped += size >= clamp ? 1.0f : 0.0f;
    }
    p->factor = (double)sum;
    p->negative = (double)negative;
    p->clamped = (double)clamped;
}
DS_VARIANTS(static, audit_factor,
            (struct ds_piece * p, const float *g, const float *masked, size_t n, float clamp),
            (p, g, masked, n, clamp))

static void look_piece(void *with, int i, int worker)
{
    struct ds_learner *l = with;
    struct ds_piece *p = &l->piece[i];
    const struct ds_slot *s = &l->slot[p->slot];
    const float *g = l->grad + s->grad_at + p->from, *masked = g + s->tensor->count;

    (void)worker;
    squares(&p->g2, g, p->count);
    p->masked2 = 0;
    if (!s->masked)
        return;
    squares(&p->masked2, masked, p->count);
    audit_factor(p, g, masked, p->count, (float)l->opt.retain.clamp);
}

/* Folds the pieces' findings into the audit of their layer's q, k or v. */
static void audit_step(struct ds_learner *l)
{
    const int rows = l->vit.shape.depth * 3;
    const double third = (double)l->vit.shape.dim * l->vit.shape.dim;

    for (int i = 0; i < rows; i++) {
        struct ds_audit_sum *a = &l->audit[i];

        a->g2 = a->masked2 = a->factor = a->negative = a->clamped = 0;
    }
    for (int i = 0; i < l->pieces; i++) {
        const struct ds_piece *p = &l->piece[i];
        const struct ds_slot *s = &l->slot[p->slot];
        struct ds_audit_sum *a;

        if (p->third < 0)
            continue;
        a = &l->audit[s->tensor->layer * 3 + p->third];
        a->g2 += p->g2;
        a->masked2 += s->masked ? p->masked2 : s->factor * s->factor * p->g2;
        a->factor += s->masked ? p->factor : s->factor * (double)p->count;
        a->negative += p->negative;
        a->clamped += p->clamped;
    }
    for (int i = 0; i < rows; i++) {
        struct ds_audit_sum *a = &l->audit[i];

        a->removed_total += a->g2 > 0 ? 1 - sqrt(a->masked2 / a->g2) : 0;
        a->factor_total += a->factor / third;
        a->negative_total += a->negative / third;
        a->clamped_total += a->clamped / third;
        a->steps++;
    }
}

int ds_gradients_look(struct ds_learner *l, struct ds_err *err)
{
    ds_pool_run(l->pool, &(struct ds_work){look_piece, l, l->pieces}, 1);
    for (int i = 0; i < l->pieces; i++)
        if (!isfinite(l->piece[i].g2) || !isfinite(l->piece[i].masked2))
            return ds_fail(err, DS_INTERNAL,
                           "task %d, step %ld: the gradient of '%s' is not finite; lower the "
                           "learning rate (%g)",
                           l->task + 1, l->step + 1, l->slot[l->piece[i].slot].tensor->name,
                           l->opt.rate);
    if (l->retaining)
        audit_step(l);
    return 0;
}

struct updating {
    struct ds_learner *l;
    double rate;
};

static void update_piece(void *with, int i, int worker)
{
    const struct updating *u = with;
    const struct ds_learner *l = u->l;
    const struct ds_piece *p = &l->piece[i];
    const struct ds_slot *s = &l->slot[p->slot];
    const float *g = l->grad + s->grad_at + p->from, *masked = g + s->tensor->count;
    const bool instead = s->masked && l->opt.retain.mode == DS_MODE_GRADIENT;
    const size_t at = s->at + p->from;
    const struct ds_update how = {
        .rate = s->head ? u->rate : u->rate * l->opt.trunk_scale,
        .decay = s->head ? l->opt.head_decay : l->opt.decay,
        .factor = s->factor, /* 0: moments go on, the weight keeps its bits */
        .clamp = l->opt.retain.clamp,
        .t = l->step + 1,
    };

    (void)worker;
    ds_optim_step(l->params + s->tensor->at + p->from, l->moment1 + at, l->moment2 + at,
                  instead ? masked : g, s->masked && !instead ? masked : NULL, p->count,
                  &l->opt.optim, &how);
}

void ds_weights_update(struct ds_learner *l, double rate)
{
    struct updating u = {l, rate};

    ds_pool_run(l->pool, &(struct ds_work){update_piece, &u, l->pieces}, 1);
}
