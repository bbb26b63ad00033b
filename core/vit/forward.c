/* core/vit/forward.c -- the network on one page, in order. See vit.h.
 *
 * images -> tokens -> ATTENTION -> rollout -> mask -> drift -> picture */
#include "core/vit/vit.h"

#include <string.h>
#include "core/ops/act.h"
#include "core/ops/gate.h"
#include "core/ops/linear.h"
#include "core/ops/norm.h"
#include "core/ops/patch.h"
#include "core/vit/pack.h"
#include "core/vit/watch.h"

/* What the functions of one pass share. */
struct pass {
    const struct ds_vit_shape *s;
    const struct ds_vit_view *w;
    struct ds_vit_work *a;
    const struct ds_vit_taps *taps;
    int n, tokens, c; /* images, N, C */
};

static void place_tokens(const struct pass *p, float *x, const float *patch)
{
    const struct ds_vit_shape *s = p->s;
    const int prefix = ds_prefix(s), special = s->cls + s->dist;
    const size_t c = (size_t)p->c;
    const float *pos = p->w->outside[DS_POS];
    const float *pos_patch = pos + (s->embed_prefix ? (size_t)prefix * c : 0);
    float *const *w = p->w->outside;

    for (int b = 0; b < p->n; b++, x += (size_t)p->tokens * c)
        for (int t = 0; t < p->tokens; t++) {
            const float *from = t >= prefix    ? patch
                                : t >= special ? w[DS_REG] + (size_t)(t - special) * c
                                               : w[t < s->cls ? DS_CLS : DS_DIST];
            const float *add = t >= prefix       ? pos_patch + (size_t)(t - prefix) * c
                               : s->embed_prefix ? pos + (size_t)t * c
                                                 : NULL;

            ds_rows_copy(x + (size_t)t * c, from, add, 1, p->c, c);
            patch += t >= prefix ? c : 0;
        }
}

/* Patches to tokens. The qkv buffer of block 0 is still free: it holds the projections. */
static void embed(const struct pass *p, const float *images)
{
    const struct ds_vit_shape *s = p->s;
    const int pixels = s->channels * s->patch * s->patch, rows = p->n * ds_patches(s);
    float *projected = p->a->layer[0].qkv;

    ds_patch_rows(p->a->patches, images, p->n, s->channels, s->height, s->width, s->patch);
    ds_rows_fill(projected, (size_t)p->c, p->w->outside[DS_PATCH_B], rows, p->c);
    ds_weight_nt(&p->a->mul, projected, p->c, p->a->patches, pixels,
                 ds_vit_weight(p->w, -1, DS_PATCH_W, pixels), rows, p->c, pixels, 1);
    place_tokens(p, s->pre_norm ? p->a->pre : p->a->layer[0].x, projected);
    if (s->pre_norm)
        ds_norm_forward(p->a->layer[0].x, p->a->pre_mean, p->a->pre_rstd, p->a->pre,
                        p->w->outside[DS_PRE_W], p->w->outside[DS_PRE_B], p->n * p->tokens, 1,
                        p->c, (float)s->eps);
}

/* Queries for all rows, or for the CLS rows only; keys and values for all. */
static void project_qkv(const struct pass *p, const struct ds_vit_layer *k, int l, bool narrow)
{
    const int c = p->c, rows = p->n * p->tokens, step = p->tokens;
    const struct ds_weight weight = ds_vit_weight(p->w, l, DS_QKV_W, c);
    const struct ds_weight keys = {.w = weight.w + (size_t)c * (size_t)c, .ld = c};
    const struct ds_mul *with = &p->a->mul;

    ds_rows_fill(k->qkv, 3 * (size_t)c, p->w->block[l][DS_QKV_B], rows, 3 * c);
    if (!narrow) {
        ds_weight_nt(with, k->qkv, 3 * c, k->y1, c, weight, rows, 3 * c, c, 1);
        return;
    }
    ds_weight_nt(with, k->qkv + c, 3 * c, k->y1, c, keys, rows, 2 * c, c, 1);
    ds_weight_nt(with, k->qkv, step * 3 * c, k->y1, step * c, weight, p->n, c, c, 1);
}

/* out = in + gamma (*) (y W^T + b), rows ldo apart in out and in, ldy in y. Without LayerScale
 * the sum is what the matrix product starts from. */
static void residual(const struct ds_mul *with, float *out, const float *in, float *t,
                     const float *y, int ldy, int ldo, struct ds_weight weight,
                     const float *bias, const float *gamma, int rows, int width, int c)
{
    if (!gamma) {
        ds_rows_copy(out, in, bias, rows, c, (size_t)ldo);
        ds_weight_nt(with, out, ldo, y, ldy, weight, rows, c, width, 1);
        return;
    }
    ds_rows_fill(t, (size_t)c, bias, rows, c);
    ds_weight_nt(with, t, c, y, ldy, weight, rows, c, width, 1);
    ds_rows_scale_add(out, in, gamma, t, rows, c, (size_t)ldo);
}

static void attention(const struct pass *p, const struct ds_vit_layer *k, int l, bool narrow)
{
    const struct ds_vit_shape *s = p->s;
    float *const *w = p->w->block[l];
    const int c = p->c, all = p->n * p->tokens, step = narrow ? p->tokens : 1;
    const int rows = narrow ? p->n : all;
    const struct ds_attn shape = {p->n, p->tokens, narrow ? 1 : p->tokens, s->heads,
                                  c / s->heads, &p->a->mul};
    const int keep = l >= p->a->lowest || (p->a->want & DS_WANT_ATTENTION);
    struct ds_attn_taps taps = {0};

    if (p->taps) {
        taps = p->taps->attn;
        taps.layer = l;
    }
    ds_norm_forward(k->y1, k->mean1, k->rstd1, k->x, w[DS_NORM1_W], w[DS_NORM1_B], all, 1, c,
                    (float)s->eps);
    ds_watch(p->a, "norm1", l, k->y1, (size_t)all * (size_t)c);
    project_qkv(p, k, l, narrow);
    ds_watch(p->a, "attn.qkv", l, k->qkv, (size_t)all * 3 * (size_t)c);
    ds_attn_forward(k->o, k->attn, keep, k->qkv, &shape, &taps);
    if (!narrow)
        ds_watch(p->a, "attention", l, k->o, (size_t)all * (size_t)c);
    residual(&p->a->mul, k->x2, k->x, k->t1, k->o, step * c, step * c,
             ds_vit_weight(p->w, l, DS_PROJ_W, c), w[DS_PROJ_B], w[DS_LS1], rows, c, c);
    if (!narrow)
        ds_watch(p->a, "attn.proj", l, k->x2, (size_t)all * (size_t)c);
}

/* The activation, in training with its derivative in the place of what it was computed from. */
static void activate(const struct pass *p, const struct ds_vit_layer *k, const float *bias,
                     int rows)
{
    const int hidden = p->s->hidden;

    if (p->s->swiglu && k->slope)
        ds_gate_forward(k->gelu, k->slope, bias, rows, hidden);
    else if (p->s->swiglu)
        ds_gate_infer(k->gelu, k->gelu, bias, rows, hidden);
    else if (k->slope)
        ds_act_forward(p->s->act, k->gelu, k->slope, bias, rows, hidden);
    else
        ds_act_infer(p->s->act, k->gelu, k->gelu, bias, rows, hidden);
}

/* The first half of the MLP: what fc2 reads. */
static void mlp_hidden(const struct pass *p, const struct ds_vit_layer *k, int l, bool narrow)
{
    float *const *w = p->w->block[l];
    const int c = p->c, width = ds_mlp_width(p->s);
    const int step = narrow ? p->tokens : 1, rows = narrow ? p->n : p->n * p->tokens;
    float *pre = k->slope ? k->slope : k->gelu;

    ds_norm_forward(k->y2, k->mean2, k->rstd2, k->x2, w[DS_NORM2_W], w[DS_NORM2_B], rows, step,
                    c, (float)p->s->eps);
    ds_watch(p->a, "norm2", l, k->y2, (size_t)rows * (size_t)c);
    ds_weight_nt(&p->a->mul, pre, width, k->y2, c, ds_vit_weight(p->w, l, DS_FC1_W, c), rows,
                 width, c, 0);
    ds_watch(p->a, "mlp.fc1", l, pre, (size_t)rows * (size_t)width);
    activate(p, k, w[DS_FC1_B], rows);
}

static void mlp(const struct pass *p, const struct ds_vit_layer *k, float *out, int l,
                bool narrow)
{
    float *const *w = p->w->block[l];
    const int c = p->c, hidden = p->s->hidden;
    const int step = narrow ? p->tokens : 1, rows = narrow ? p->n : p->n * p->tokens;

    mlp_hidden(p, k, l, narrow);
    residual(&p->a->mul, out, k->x2, k->t2, k->gelu, hidden, step * c,
             ds_vit_weight(p->w, l, DS_FC2_W, hidden), w[DS_FC2_B], w[DS_LS2], rows, hidden, c);
    if (!narrow)
        ds_watch(p->a, "mlp.fc2", l, out, (size_t)rows * (size_t)c);
}

/* pooled [B] rows of C, ld apart = mean over the patch tokens */
static void mean_pool(float *pooled, size_t ld, const float *x, const struct pass *p)
{
    const int prefix = ds_prefix(p->s), patches = ds_patches(p->s);
    const size_t c = (size_t)p->c;

    for (int b = 0; b < p->n; b++, pooled += ld) {
        memset(pooled, 0, c * sizeof *pooled);
        ds_rows_sum(pooled, x + ((size_t)b * (size_t)p->tokens + (size_t)prefix) * c, c, NULL,
                    0, patches, p->c);
        for (size_t i = 0; i < c; i++)
            pooled[i] /= (float)patches;
    }
}

/* feature [B][2C] = the CLS token beside the distillation token, or beside the patches' mean */
static void pool_pair(const struct pass *p)
{
    struct ds_vit_work *a = p->a;
    const size_t c = (size_t)p->c, image = (size_t)p->tokens * c;

    ds_norm_forward(a->normed, a->mean, a->rstd, a->out, p->w->outside[DS_NORM_W],
                    p->w->outside[DS_NORM_B], p->n * p->tokens, 1, p->c, (float)p->s->eps);
    for (int b = 0; b < p->n; b++)
        memcpy(a->feature + (size_t)b * 2 * c, a->normed + (size_t)b * image,
               (p->s->head_dist ? 2 : 1) * c * sizeof(float));
    if (p->s->head_concat)
        mean_pool(a->feature + c, 2 * c, a->normed, p);
}

static void pool(const struct pass *p)
{
    struct ds_vit_work *a = p->a;
    const float *g = p->w->outside[DS_NORM_W], *b = p->w->outside[DS_NORM_B];
    const float eps = (float)p->s->eps;

    if (ds_feature_pair(p->s)) {
        pool_pair(p);
    } else if (!p->s->pool_mean && !p->s->fc_norm) {
        ds_norm_forward(a->feature, a->mean, a->rstd, a->out, g, b, p->n, p->tokens, p->c, eps);
    } else if (!p->s->pool_mean) {
        for (int i = 0; i < p->n; i++)
            memcpy(a->pooled + (size_t)i * (size_t)p->c,
                   a->out + (size_t)i * (size_t)p->tokens * (size_t)p->c,
                   (size_t)p->c * sizeof(float));
        ds_norm_forward(a->feature, a->mean, a->rstd, a->pooled, g, b, p->n, 1, p->c, eps);
    } else if (p->s->fc_norm) {
        mean_pool(a->pooled, (size_t)p->c, a->out, p);
        ds_norm_forward(a->feature, a->mean, a->rstd, a->pooled, g, b, p->n, 1, p->c, eps);
    } else {
        ds_norm_forward(a->normed, a->mean, a->rstd, a->out, g, b, p->n * p->tokens, 1, p->c,
                        eps);
        mean_pool(a->feature, (size_t)p->c, a->normed, p);
    }
    ds_watch(a, "norm", -1, a->feature, (size_t)p->n * (size_t)ds_feature_width(p->s));
}

void ds_vit_begin(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a,
                  const float *images, int n)
{
    const struct ds_vit_shape *s = &v->shape;
    const struct pass p = {s, w, a, NULL, n, ds_tokens(s), s->dim};

    a->images = n;
    a->narrow = ds_vit_narrow(s, a->want);
    embed(&p, images);
    ds_watch(a, "patch_embed", -1, a->layer[0].x, (size_t)n * (size_t)p.tokens * (size_t)p.c);
}

void ds_vit_block(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a,
                  int l, const struct ds_vit_taps *taps)
{
    const struct ds_vit_shape *s = &v->shape;
    const struct pass p = {s, w, a, taps, a->images, ds_tokens(s), s->dim};
    const bool narrow = a->narrow && l == s->depth - 1;

    attention(&p, &a->layer[l], l, narrow);
    mlp(&p, &a->layer[l], l + 1 < s->depth ? a->layer[l + 1].x : a->out, l, narrow);
}

void ds_vit_block_again(const struct ds_vit *v, const struct ds_vit_view *w,
                        struct ds_vit_work *a, int l)
{
    const struct ds_vit_shape *s = &v->shape;
    const struct pass p = {s, w, a, NULL, a->images, ds_tokens(s), s->dim};
    const bool narrow = a->narrow && l == s->depth - 1;

    attention(&p, &a->layer[l], l, narrow);
    if (s->layer_scale) /* its gradient needs what fc2 gave */
        mlp(&p, &a->layer[l], l + 1 < s->depth ? a->layer[l + 1].x : a->out, l, narrow);
    else
        mlp_hidden(&p, &a->layer[l], l, narrow);
}

void ds_vit_end(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a)
{
    const struct pass p = {&v->shape,   w, a, NULL, a->images, ds_tokens(&v->shape),
                           v->shape.dim};

    pool(&p);
}

void ds_vit_recall(const struct ds_vit *v, struct ds_vit_work *a, const float *features, int n)
{
    a->images = n;
    memcpy(a->feature, features, (size_t)n * (size_t)v->shape.dim * sizeof *features);
}

void ds_vit_forward(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a,
                    const float *images, int n, const struct ds_vit_taps *taps)
{
    ds_vit_begin(v, w, a, images, n);
    for (int l = 0; l < v->shape.depth; l++)
        ds_vit_block(v, w, a, l, taps);
    ds_vit_end(v, w, a);
}
