/* core/learn/method_si.c -- synaptic intelligence (Zenke et al. 2017, arXiv 1703.04200).
 *
 *     every step     omega_i += - g_i (theta_i' - theta_i)      g without the penalty, theta'
 * after the optimiser: the real change end of task    Omega_i += omega_i / ((theta_i -
 * theta*_i)^2 + xi),   theta* <- theta loss           += c sum_i Omega_i (theta_i - theta*_i)^2
 *
 * Trainable parameters but the head. Some released codes take rate g^2 for the change (true of
 * SGD without momentum only) or clip g; neither is done here. State: Omega, theta*, and within
 * a task omega. */
#include "core/learn/method_rows_int.h"

#include <stdlib.h>
#include <string.h>
#include "core/learn/penalty_int.h"

struct si {
    float *omega, *weight, *anchor; /* like the moments */
    float *before, *raw;            /* theta and g of the step at hand */
    struct ds_arena arena;
};

static void plan(struct si *e, size_t n)
{
    float **const each[] = {&e->omega, &e->weight, &e->anchor, &e->before, &e->raw};

    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        *each[i] = ds_arena_floats(&e->arena, n);
}

static int open_si(struct ds_learner *l, struct ds_err *err)
{
    struct si *e = calloc(1, sizeof *e);

    l->state = e;
    if (!e)
        return ds_fail(err, DS_NOMEM, "out of memory");
    plan(e, l->learning);
    if (ds_arena_reserve(&e->arena, err))
        return ds_while(err, "si");
    plan(e, l->learning);
    return 0;
}

static void close_si(struct ds_learner *l)
{
    struct si *e = l->state;

    if (e)
        ds_arena_clear(&e->arena);
    free(e);
    l->state = NULL;
}

static void begin_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct si *e = with;
    const struct ds_slot *s = &l->slot[p->slot];
    const size_t at = s->at + p->from;

    memset(e->omega + at, 0, p->count * sizeof(float));
    memcpy(e->anchor + at, l->params + s->tensor->at + p->from, p->count * sizeof(float));
}

static int begin_si(struct ds_learner *l, struct ds_err *err)
{
    (void)err;
    if (!l->resumed)
        ds_pieces_visit(l, begin_piece, l->state);
    return 0;
}

static void remember_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct si *e = with;
    const struct ds_slot *s = &l->slot[p->slot];
    const size_t at = s->at + p->from;

    memcpy(e->raw + at, l->grad + s->grad_at + p->from, p->count * sizeof(float));
    memcpy(e->before + at, l->params + s->tensor->at + p->from, p->count * sizeof(float));
}

static int pull_si(struct ds_learner *l, struct ds_err *err)
{
    const struct si *e = l->state;

    (void)err;
    ds_pieces_visit(l, remember_piece, l->state);
    if (l->task > 0)
        ds_penalty_add(l, e->weight, e->anchor, 2 * l->opt.set.si.c);
    return 0;
}

static void path_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct si *e = with;
    const struct ds_slot *s = &l->slot[p->slot];
    const float *theta = l->params + s->tensor->at + p->from;
    const size_t at = s->at + p->from;

    for (size_t i = 0; i < p->count; i++)
        e->omega[at + i] -= e->raw[at + i] * (theta[i] - e->before[at + i]);
}

static void updated_si(struct ds_learner *l)
{
    ds_pieces_visit(l, path_piece, l->state);
}

static void end_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct si *e = with;
    const struct ds_slot *s = &l->slot[p->slot];
    const float *theta = l->params + s->tensor->at + p->from;
    const size_t at = s->at + p->from;

    for (size_t i = 0; i < p->count; i++) {
        const double moved = (double)theta[i] - (double)e->anchor[at + i];

        e->weight[at + i] +=
            (float)((double)e->omega[at + i] / (moved * moved + l->opt.set.si.xi));
    }
}

static int end_si(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    (void)feed;
    (void)err;
    ds_pieces_visit(l, end_piece, l->state);
    return 0;
}

static int arrays_si(struct ds_learner *l, ds_state_visit *visit, void *with,
                     struct ds_err *err)
{
    struct si *e = l->state;

    return ds_state_slots(l, visit, with, "method/si/weight", e->weight, err);
}

/* The anchor is where the task began: a finished one leaves its own weights behind. */
static int passing_si(struct ds_learner *l, ds_state_visit *visit, void *with,
                      struct ds_err *err)
{
    struct si *e = l->state;

    return ds_state_slots(l, visit, with, "method/si/omega", e->omega, err) ||
                   ds_state_slots(l, visit, with, "method/si/anchor", e->anchor, err)
               ? (int)err->code
               : 0;
}

const struct ds_method ds_method_si = {
    .name = "si",
    .about = "weights that lowered the loss on their way are pulled back (SI)",
    .open = open_si,
    .close = close_si,
    .task_begin = begin_si,
    .gradient = pull_si,
    .updated = updated_si,
    .task_end = end_si,
    .arrays = arrays_si,
    .passing = passing_si,
};
