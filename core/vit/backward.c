/* core/vit/backward.c -- the page of forward.c, read upwards. See vit.h.
 *
 * dx [R][C] is the gradient of the tokens, changed in place from block to block. A product
 * is computed only when its result is wanted: grad's NULLs say what is not. */
#include "core/vit/vit.h"

#include <string.h>
#include "core/ops/gate.h"
#include "core/ops/gelu.h"
#include "core/ops/linear.h"
#include "core/ops/norm.h"
#include "core/vit/pack.h"
#include "core/vit/watch.h"

struct pass {
    const struct ds_vit_shape *s;
    const struct ds_vit_view *w, *grad;
    struct ds_vit_work *a;
    float keep;
    const struct ds_vit_masks *masks;
    const struct ds_vit_taps *taps;
    int n, tokens, c;
};

/* Gradients are added to in the order of the lanes; see core/base/turn.h. */
static void wait_turn(const struct pass *p, int l, enum ds_role part)
{
    ds_turn_wait(p->a->turn, ds_vit_turn(p->s, l, part));
}

static void pass_turn(const struct pass *p, int l, enum ds_role part)
{
    ds_turn_pass(p->a->turn, ds_vit_turn(p->s, l, part));
}

/* The rows that carry a gradient in a block: all, or the CLS rows. */
struct rows {
    int count, step;
};

/* Vectors are always added to: on a fresh gradient they start from zero. */
static void clear_vectors(const struct ds_vit *v, const struct ds_vit_view *grad)
{
    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *t = &v->tensors.row[i];
        float *g = t->layer < 0 ? grad->outside[t->part] : grad->block[t->layer][t->part];
        const bool matrix = t->part == DS_QKV_W || t->part == DS_PROJ_W ||
                            t->part == DS_FC1_W || t->part == DS_FC2_W ||
                            t->part == DS_PATCH_W || t->part >= DS_HEAD_W;

        if (g && !matrix)
            memset(g, 0, t->count * sizeof *g);
    }
}

/* dt = gamma (*) dx with LayerScale (dense), dx itself without; its row distance in *ld. */
static const float *through_scale(const struct pass *p, const float *gamma, float *dgamma,
                                  const float *t, struct rows r, int *ld)
{
    const size_t step = (size_t)r.step * (size_t)p->c, c = (size_t)p->c;

    if (!gamma) {
        *ld = (int)step;
        return p->a->dx;
    }
    if (dgamma)
        ds_rows_sum(dgamma, p->a->dx, step, t, c, r.count, p->c);
    ds_rows_scale(p->a->dt, c, p->a->dx, step, gamma, r.count, p->c);
    *ld = p->c;
    return p->a->dt;
}

static void mlp_backward(const struct pass *p, int l, struct rows r)
{
    const struct ds_vit_layer *k = &p->a->layer[l];
    float *const *w = p->w->block[l], *const *g = p->grad->block[l];
    float *dh = p->a->dhidden, *dy2 = p->a->d_o;
    const int c = p->c, hidden = p->s->hidden, width = ds_mlp_width(p->s);
    const struct ds_mul *with = &p->a->mul;
    const float *dt;
    int ld;

    wait_turn(p, l, DS_FC2_W);
    dt = through_scale(p, w[DS_LS2], g[DS_LS2], k->t2, r, &ld);
    if (g[DS_FC2_B])
        ds_rows_sum(g[DS_FC2_B], dt, (size_t)ld, NULL, 0, r.count, c);
    if (g[DS_FC2_W])
        ds_mul_tn(with, g[DS_FC2_W], hidden, dt, ld, k->gelu, hidden, c, hidden, r.count, 1,
                  p->keep);
    pass_turn(p, l, DS_FC2_W);
    ds_weight_nn(with, dh, width, dt, ld, ds_vit_weight(p->w, l, DS_FC2_W, hidden), r.count,
                 hidden, c, 0);
    if (p->s->swiglu)
        ds_gate_backward(dh, k->slope, r.count, hidden);
    else
        ds_gelu_backward(dh, k->slope, r.count, hidden);
    ds_watch(p->a, "gradient of mlp.fc1", l, dh, (size_t)r.count * (size_t)width);
    wait_turn(p, l, DS_FC1_W);
    if (g[DS_FC1_B])
        ds_rows_sum(g[DS_FC1_B], dh, (size_t)width, NULL, 0, r.count, width);
    if (g[DS_FC1_W])
        ds_mul_tn(with, g[DS_FC1_W], c, dh, width, k->y2, c, width, c, r.count, 1, p->keep);
    pass_turn(p, l, DS_FC1_W);
    ds_weight_nn(with, dy2, c, dh, width, ds_vit_weight(p->w, l, DS_FC1_W, c), r.count, c, width,
                 0);
    wait_turn(p, l, DS_NORM2_W);
    ds_norm_backward(p->a->dx, g[DS_NORM2_W], g[DS_NORM2_B], dy2, k->x2, w[DS_NORM2_W],
                     k->mean2, k->rstd2, r.count, r.step, c);
    pass_turn(p, l, DS_NORM2_W);
}

/* dW (rows `at` .. at + count of the packed gradient) from the same columns of dqkv. */
static void qkv_weights(const struct pass *p, const struct ds_vit_layer *k, float *dw, int at,
                        int count, struct rows r)
{
    const int c = p->c, ld = p->a->ld_dqkv;

    ds_mul_tn(&p->a->mul, dw + (size_t)at * (size_t)c, c, p->a->dqkv + at, r.step * ld,
                  k->y1, r.step * c, count, c, r.count, 1, p->keep);
}

/* With narrow rows, queries have a gradient in the CLS rows only, keys and values everywhere.
 */
static void qkv_backward(const struct pass *p, int l, struct rows r, bool masked, bool below)
{
    const struct ds_vit_layer *k = &p->a->layer[l];
    float *const *w = p->w->block[l], *const *g = p->grad->block[l];
    const int c = p->c, ld = p->a->ld_dqkv, sets = masked ? 2 : 1;
    const struct rows all = {p->n * p->tokens, 1};
    const struct ds_weight weight = ds_vit_weight(p->w, l, DS_QKV_W, c);
    const struct ds_weight queries = {.w = weight.w, .ld = c};
    const struct ds_weight keys = {.w = weight.w + (size_t)c * (size_t)c, .ld = c};
    const struct ds_mul *with = &p->a->mul;
    const float *dqkv = p->a->dqkv;
    float *dy1 = p->a->d_o;

    wait_turn(p, l, DS_QKV_W);
    if (g[DS_QKV_B]) {
        ds_rows_sum(g[DS_QKV_B], dqkv, (size_t)r.step * (size_t)ld, NULL, 0, r.count, c);
        ds_rows_sum(g[DS_QKV_B] + c, dqkv + c, (size_t)ld, NULL, 0, all.count, 2 * c);
    }
    if (g[DS_QKV_W] && r.step == 1)
        qkv_weights(p, k, g[DS_QKV_W], 0, sets * 3 * c, all);
    for (int set = 0; g[DS_QKV_W] && r.step > 1 && set < sets; set++) {
        qkv_weights(p, k, g[DS_QKV_W], set * 3 * c, c, r);
        qkv_weights(p, k, g[DS_QKV_W], set * 3 * c + c, 2 * c, all);
    }
    pass_turn(p, l, DS_QKV_W);
    if (!below && !g[DS_NORM1_W] && !g[DS_NORM1_B])
        return;
    if (r.step == 1) {
        ds_weight_nn(with, dy1, c, dqkv, ld, weight, all.count, c, 3 * c, 0);
    } else {
        ds_weight_nn(with, dy1, c, dqkv + c, ld, keys, all.count, c, 2 * c, 0);
        ds_weight_nn(with, dy1, r.step * c, dqkv, r.step * ld, queries, r.count, c, c, 1);
    }
    wait_turn(p, l, DS_NORM1_W);
    ds_norm_backward(below ? p->a->dx : NULL, g[DS_NORM1_W], g[DS_NORM1_B], dy1, k->x,
                     w[DS_NORM1_W], k->mean1, k->rstd1, all.count, 1, c);
    pass_turn(p, l, DS_NORM1_W);
}

static void attention_backward(const struct pass *p, int l, struct rows r, bool below)
{
    const struct ds_vit_layer *k = &p->a->layer[l];
    float *const *w = p->w->block[l], *const *g = p->grad->block[l];
    const int c = p->c;
    const struct ds_attn shape = {p->n, p->tokens, r.step == 1 ? p->tokens : 1, p->s->heads,
                                  c / p->s->heads, &p->a->mul};
    const bool masked = p->masks && p->masks->layer[l];
    const size_t row = (size_t)l * (size_t)p->tokens;
    const float *wq = masked && p->masks->wq ? p->masks->wq + row : NULL;
    const float *wk = masked && p->masks->wk ? p->masks->wk + row : NULL;
    struct ds_attn_taps taps = {0};
    const float *dt;
    int ld;

    wait_turn(p, l, DS_PROJ_W);
    dt = through_scale(p, w[DS_LS1], g[DS_LS1], k->t1, r, &ld);
    if (g[DS_PROJ_B])
        ds_rows_sum(g[DS_PROJ_B], dt, (size_t)ld, NULL, 0, r.count, c);
    if (g[DS_PROJ_W])
        ds_mul_tn(&p->a->mul, g[DS_PROJ_W], c, dt, ld, k->o, r.step * c, c, c, r.count, 1,
                  p->keep);
    pass_turn(p, l, DS_PROJ_W);
    if (!below && !g[DS_QKV_W] && !g[DS_QKV_B] && !g[DS_NORM1_W] && !g[DS_NORM1_B] &&
        !(p->a->want & DS_WANT_ATTENTION_GRAD))
        return;
    ds_weight_nn(&p->a->mul, p->a->d_o, r.step * c, dt, ld,
                 ds_vit_weight(p->w, l, DS_PROJ_W, c), r.count, c, c, 0);
    if (p->taps) {
        taps = p->taps->attn;
        taps.layer = l;
    }
    ds_attn_backward(p->a->dqkv, p->a->ld_dqkv, p->a->d_o, k->attn, k->qkv, wq, wk,
                     p->a->scratch, &shape, &taps);
    qkv_backward(p, l, r, masked, below);
}

/* Through norm_pre, or nothing to do; returns the gradient of the embedded tokens. */
static const float *pre_norm_backward(const struct pass *p)
{
    struct ds_vit_work *a = p->a;
    const size_t rows = (size_t)p->n * (size_t)p->tokens;

    if (!p->s->pre_norm)
        return a->dx;
    memset(a->dt, 0, rows * (size_t)p->c * sizeof *a->dt);
    ds_norm_backward(a->dt, p->grad->outside[DS_PRE_W], p->grad->outside[DS_PRE_B], a->dx,
                     a->pre, p->w->outside[DS_PRE_W], a->pre_mean, a->pre_rstd, (int)rows, 1,
                     p->c);
    return a->dt;
}

/* Gradients of the embeddings; block 0's attention gradient buffer is free by now. */
static void embed_backward(const struct pass *p)
{
    const struct ds_vit_shape *s = p->s;
    float *const *g = p->grad->outside;
    const int prefix = ds_prefix(s), patches = ds_patches(s), c = p->c;
    const int pixels = s->channels * s->patch * s->patch;
    const size_t row = (size_t)c, image = (size_t)p->tokens * row;
    const float *dx = pre_norm_backward(p);
    float *dense = p->a->d_o;

    for (int b = 0; b < p->n; b++, dx += image) {
        const int skipped = s->embed_prefix ? 0 : prefix;

        if (g[DS_CLS] && s->cls)
            ds_rows_sum(g[DS_CLS], dx, row, NULL, 0, 1, c);
        if (g[DS_DIST])
            ds_rows_sum(g[DS_DIST], dx + row, row, NULL, 0, 1, c);
        if (g[DS_REG])
            ds_rows_sum(g[DS_REG], dx + (size_t)(s->cls + s->dist) * row, image, NULL, 0, 1,
                        s->registers * c);
        if (g[DS_POS])
            ds_rows_sum(g[DS_POS], dx + (size_t)skipped * row, image, NULL, 0, 1,
                        (p->tokens - skipped) * c);
        memcpy(dense + (size_t)b * (size_t)patches * row, dx + (size_t)prefix * row,
               (size_t)patches * row * sizeof *dx);
    }
    if (g[DS_PATCH_B])
        ds_rows_sum(g[DS_PATCH_B], dense, row, NULL, 0, p->n * patches, c);
    if (g[DS_PATCH_W])
        ds_mul_tn(&p->a->mul, g[DS_PATCH_W], pixels, dense, c, p->a->patches, pixels, c,
                      pixels, p->n * patches, 1, p->keep);
}

/* dx of the pooled rows: every patch token's share of the mean. */
static void mean_pool_backward(float *dx, const float *dpooled, size_t ld, const struct pass *p)
{
    const int prefix = ds_prefix(p->s), patches = ds_patches(p->s);
    const float share = 1.0f / (float)patches;

    for (int b = 0; b < p->n; b++, dpooled += ld)
        for (int t = prefix; t < p->tokens; t++)
            for (int i = 0; i < p->c; i++)
                dx[((size_t)b * (size_t)p->tokens + (size_t)t) * (size_t)p->c + (size_t)i] =
                    share * dpooled[i];
}

static void pool_pair_backward(const struct pass *p)
{
    struct ds_vit_work *a = p->a;
    const size_t rows = (size_t)p->n * (size_t)p->tokens, c = (size_t)p->c;

    memset(a->dt, 0, rows * c * sizeof *a->dt);
    for (int b = 0; b < p->n; b++)
        memcpy(a->dt + (size_t)b * (size_t)p->tokens * c, a->dfeature + (size_t)b * 2 * c,
               (p->s->head_dist ? 2 : 1) * c * sizeof *a->dt);
    if (p->s->head_concat)
        mean_pool_backward(a->dt, a->dfeature + c, 2 * c, p);
    ds_norm_backward(a->dx, p->grad->outside[DS_NORM_W], p->grad->outside[DS_NORM_B], a->dt,
                     a->out, p->w->outside[DS_NORM_W], a->mean, a->rstd, (int)rows, 1, p->c);
}

static void pool_backward(const struct pass *p)
{
    struct ds_vit_work *a = p->a;
    const float *gamma = p->w->outside[DS_NORM_W];
    float *dg = p->grad->outside[DS_NORM_W], *db = p->grad->outside[DS_NORM_B];
    const size_t rows = (size_t)p->n * (size_t)p->tokens, c = (size_t)p->c;

    memset(a->dx, 0, rows * c * sizeof *a->dx);
    if (ds_feature_pair(p->s)) {
        pool_pair_backward(p);
    } else if (!p->s->pool_mean && !p->s->fc_norm) {
        ds_norm_backward(a->dx, dg, db, a->dfeature, a->out, gamma, a->mean, a->rstd, p->n,
                         p->tokens, p->c);
    } else if (p->s->fc_norm) {
        memset(a->dt, 0, (size_t)p->n * c * sizeof *a->dt);
        ds_norm_backward(a->dt, dg, db, a->dfeature, a->pooled, gamma, a->mean, a->rstd, p->n,
                         1, p->c);
        if (p->s->pool_mean)
            mean_pool_backward(a->dx, a->dt, c, p);
        for (int b = 0; !p->s->pool_mean && b < p->n; b++)
            memcpy(a->dx + (size_t)b * (size_t)p->tokens * c, a->dt + (size_t)b * c,
                   c * sizeof *a->dx);
    } else {
        memset(a->dt, 0, rows * c * sizeof *a->dt);
        mean_pool_backward(a->dt, a->dfeature, c, p);
        ds_norm_backward(a->dx, dg, db, a->dt, a->out, gamma, a->mean, a->rstd, (int)rows, 1,
                         p->c);
    }
}

static void tap_tokens(const struct pass *p, int layer, const float *x)
{
    if (p->taps && p->taps->tokens_grad)
        p->taps->tokens_grad(p->taps->attn.with, layer, p->n, x, p->a->dx);
}

void ds_vit_backward(const struct ds_vit *v, const struct ds_vit_view *w,
                     const struct ds_vit_view *grad, struct ds_vit_work *a, float keep,
                     const struct ds_vit_masks *masks, const struct ds_vit_taps *taps)
{
    const struct ds_vit_shape *s = &v->shape;
    const struct pass p = {s, w, grad, a, keep, masks, taps, a->images, ds_tokens(s), s->dim};
    const size_t rows = (size_t)p.n * (size_t)p.tokens;

    if (keep == 0)
        clear_vectors(v, grad);
    if (a->lowest == s->depth && !grad->outside[DS_NORM_W] && !grad->outside[DS_NORM_B])
        return;
    wait_turn(&p, -1, DS_NORM_W);
    pool_backward(&p);
    pass_turn(&p, -1, DS_NORM_W);
    tap_tokens(&p, s->depth, a->out);
    for (int l = s->depth - 1; l >= 0 && l >= a->lowest; l--) {
        const bool narrow = a->narrow && l == s->depth - 1;
        const struct rows r = {narrow ? p.n : (int)rows, narrow ? p.tokens : 1};

        if ((a->want & DS_WANT_RECOMPUTE) && l + 1 < s->depth) /* the last one is still there */
            ds_vit_block_again(v, w, a, l);
        mlp_backward(&p, l, r);
        attention_backward(&p, l, r, l > a->lowest);
        ds_watch(a, "gradient of the block", l, a->dx, rows * (size_t)p.c);
        tap_tokens(&p, l, a->layer[l].x);
    }
    if (a->lowest < 0) {
        wait_turn(&p, -1, DS_PATCH_W);
        embed_backward(&p);
        pass_turn(&p, -1, DS_PATCH_W);
    }
}
