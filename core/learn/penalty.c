/* core/learn/penalty.c -- a quadratic pull back to an anchor. See the header. */
#include "core/learn/penalty_int.h"

struct visiting {
    struct ds_learner *l;
    ds_piece_visit *visit;
    void *with;
};

static void job(void *with, int i, int worker)
{
    const struct visiting *v = with;
    struct ds_piece *p = &v->l->piece[i];

    (void)worker;
    if (!v->l->slot[p->slot].head)
        v->visit(v->with, v->l, p);
}

void ds_pieces_visit(struct ds_learner *l, ds_piece_visit *visit, void *with)
{
    struct visiting v = {l, visit, with};

    ds_pool_run(l->pool, &(struct ds_work){job, &v, l->pieces}, 1);
}

struct pull {
    const float *weight, *anchor;
    double scale;
};

static void pull_piece(void *with, struct ds_learner *l, struct ds_piece *p)
{
    const struct pull *k = with;
    const struct ds_slot *s = &l->slot[p->slot];
    const float *theta = l->params + s->tensor->at + p->from;
    const float *weight = k->weight + s->at + p->from, *anchor = k->anchor + s->at + p->from;
    float *g = l->grad + s->grad_at + p->from;

    p->extra = 0;
    for (size_t i = 0; i < p->count; i++) {
        const double away = (double)theta[i] - (double)anchor[i];
        const double force = k->scale * (double)weight[i] * away;

        g[i] += (float)force;
        p->extra += force * away / 2;
    }
}

void ds_penalty_add(struct ds_learner *l, const float *weight, const float *anchor,
                    double scale)
{
    struct pull k = {weight, anchor, scale};

    ds_pieces_visit(l, pull_piece, &k);
    for (int i = 0; i < l->pieces; i++)
        if (!l->slot[l->piece[i].slot].head)
            l->penalty += l->piece[i].extra;
}
