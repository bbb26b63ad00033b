/* tests/core/net.h -- a small network with its gradient, and finite differences of its loss.
 *
 * loss(theta) = mean cross-entropy; for a random direction d over one tensor the central
 * difference (loss(theta + h d) - loss(theta - h d)) / 2h must equal grad . d. The loss is
 * summed in double, so that float32 leaves a relative error of about 1e-3. */
#ifndef DS_TESTS_CORE_NET_H
#define DS_TESTS_CORE_NET_H

#include "tests/core/toy.h"
#include "core/ops/loss.h"

enum { BATCH = 3 };

struct net {
    struct ds_vit vit;
    struct ds_arena arena;
    struct ds_vit_work work;
    float *params, *grad;
    struct ds_vit_view view, grad_view;
    float *(*block)[DS_BLOCK_PARTS], *(*grad_block)[DS_BLOCK_PARTS];
    float *images;
    int label[BATCH];
};

static inline void net_open_in(struct net *n, const struct ds_vit_shape *s, unsigned want,
                               enum ds_precision precision)
{
    struct ds_err err;

    memset(n, 0, sizeof *n);
    assert_int_equal(ds_vit_open(&n->vit, s, &err), 0);
    n->vit.precision = precision;
    n->params = toy_new(n->vit.tensors.total, 0.3, "params");
    n->grad = calloc(n->vit.tensors.total, sizeof *n->grad);
    n->block = calloc((size_t)s->depth, sizeof *n->block);
    n->grad_block = calloc((size_t)s->depth, sizeof *n->grad_block);
    ds_vit_view(&n->view, n->block, &n->vit.tensors, n->params, NULL);
    ds_vit_view(&n->grad_view, n->grad_block, &n->vit.tensors, n->grad, NULL);
    for (int pass = 0; pass < 2; pass++) {
        ds_vit_work_take(&n->work, &n->vit, BATCH, want | DS_WANT_BACKWARD, &n->grad_view,
                         false, &n->arena);
        if (!pass)
            assert_int_equal(ds_arena_reserve(&n->arena, &err), 0);
    }
    n->images = toy_new((size_t)(BATCH * s->channels * s->height * s->width), 1, "pixels");
    for (int i = 0; i < BATCH; i++)
        n->label[i] = (i * 2 + 1) % s->classes;
}

static inline void net_open(struct net *n, const struct ds_vit_shape *s, unsigned want)
{
    net_open_in(n, s, want, DS_PRECISION_FP32);
}

static inline void net_close(struct net *n)
{
    ds_arena_clear(&n->arena);
    ds_vit_close(&n->vit);
    free(n->params);
    free(n->grad);
    free(n->block);
    free(n->grad_block);
    free(n->images);
}

static inline double net_loss(struct net *n)
{
    const int k = n->vit.shape.classes;
    int hits = 0;

    ds_vit_forward(&n->vit, &n->view, &n->work, n->images, BATCH, NULL);
    ds_logits_forward(&n->vit, &n->view, &n->work);
    return ds_loss_cross_entropy(n->work.dlogits, &hits, n->work.logits, n->label, BATCH, k, 0,
                                 k, 1, 1.0 / BATCH) /
           BATCH;
}

static inline void net_backward(struct net *n, float keep)
{
    net_loss(n);
    ds_logits_backward(&n->vit, &n->view, &n->grad_view, &n->work, keep);
    ds_vit_backward(&n->vit, &n->view, &n->grad_view, &n->work, keep, NULL, NULL);
}

/* One random direction per tensor. */
static inline void net_check_tensor(struct net *n, const struct ds_tensor *t)
{
    const double h = 2e-3;
    float *p = n->params + t->at, *d = toy_new(t->count, 1, t->name);
    double analytic = 0, numeric, scale = 0, size = 0;

    for (size_t i = 0; i < t->count; i++)
        size += (double)d[i] * (double)d[i];
    for (size_t i = 0; i < t->count; i++) {
        d[i] /= (float)sqrt(size);
        analytic += (double)d[i] * (double)n->grad[t->at + i];
        scale += (double)n->grad[t->at + i] * (double)n->grad[t->at + i];
    }
    for (size_t i = 0; i < t->count; i++)
        p[i] += (float)h * d[i];
    numeric = net_loss(n);
    for (size_t i = 0; i < t->count; i++)
        p[i] -= 2 * (float)h * d[i];
    numeric = (numeric - net_loss(n)) / (2 * h);
    for (size_t i = 0; i < t->count; i++)
        p[i] += (float)h * d[i];
    if (fabs(numeric - analytic) > 3e-3 * sqrt(scale) + 1e-4)
        fail_msg("%s: gradient %.6g, difference %.6g", t->name, analytic, numeric);
    free(d);
}

static inline void net_check(const struct ds_vit_shape *s, unsigned want)
{
    struct net n;

    net_open(&n, s, want);
    net_backward(&n, 0);
    for (int i = 0; i < n.vit.tensors.count; i++)
        net_check_tensor(&n, &n.vit.tensors.row[i]);
    net_close(&n);
}

#endif
