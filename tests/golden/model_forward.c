/* tests/golden/model_forward.c -- forward pass, gradients and rollouts of a model folder. */
#include "tests/golden/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/learn/optim.h"
#include "core/ops/loss.h"
#include "core/retain/rollout.h"

void golden_run_forward(struct golden_model *m, const float *x, int n)
{
    ds_vit_forward(&m->vit, &m->view, &m->work, x, n, &m->taps);
    ds_head_forward(&m->vit, m->view.outside[DS_HEAD_W], m->view.outside[DS_HEAD_B], &m->work, 0,
                    m->vit.shape.classes);
}

double golden_loss(struct golden_model *m)
{
    const int k = m->vit.shape.classes;
    int hits = 0;

    return ds_loss_cross_entropy(m->work.dlogits, &hits, m->work.logits,
                                 ds_bundle_lookup(&m->c->want, "y")->data, m->batch, k, 0, k,
                                 m->temperature, 1.0 / m->batch) /
           m->batch;
}

/* One [queries][N] tile into its place of the wanted [B][H][N][N] array, when it is stored. */
static void keep_tile(struct golden_model *m, const char *what, int layer, int image, int head,
                      const float *tile)
{
    const size_t n = (size_t)ds_tokens(&m->vit.shape);
    const struct ds_array *mine;
    char name[64];

    snprintf(name, sizeof name, "%s.%d", what, layer);
    mine = ds_bundle_lookup(&m->c->got, name);
    if (mine && image < mine->dims[0]) /* large folders store the first image only */
        memcpy((float *)mine->data +
                   ((size_t)image * (size_t)m->vit.shape.heads + (size_t)head) * n * n,
               tile, n * n * sizeof *tile);
}

static void tap_scores(void *with, int layer, int image, int head, float *tile)
{
    keep_tile(with, "fwd.scores", layer, image, head, tile);
}

static void tap_attention(void *with, int layer, int image, int head, float *tile)
{
    keep_tile(with, "fwd.attn", layer, image, head, tile);
}

static void tap_attention_grad(void *with, int layer, int image, int head, float *tile)
{
    keep_tile(with, "grad.attn", layer, image, head, tile);
}

static void tap_scores_grad(void *with, int layer, int image, int head, float *tile)
{
    keep_tile(with, "grad.scores", layer, image, head, tile);
}

static void copy(float *to, const float *from, size_t n)
{
    if (to)
        memcpy(to, from, n * sizeof *to);
}

/* [B N][3C] packed -> [B][H][N][D], times `scale`. third: 0 q, 1 k, 2 v. */
static void unpack(float *to, const float *packed, const struct ds_vit_shape *s, int images,
                   int ld, int third, double scale)
{
    const int n = ds_tokens(s), d = s->dim / s->heads;

    for (int b = 0; to && b < images; b++)
        for (int h = 0; h < s->heads; h++)
            for (int t = 0; t < n; t++)
                for (int i = 0; i < d; i++)
                    *to++ = (float)(scale * (double)packed[(size_t)(b * n + t) * (size_t)ld +
                                                           (size_t)(third * s->dim + h * d + i)]);
}

void golden_forward(struct golden_model *m)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const float *x = ds_bundle_lookup(&m->c->want, "x")->data;
    const size_t rows = (size_t)m->batch * (size_t)ds_tokens(s), c = (size_t)s->dim;

    for (int l = 0; l < s->depth; l++) {
        conf_mine(m->c, "fwd.scores.%d", l);
        conf_mine(m->c, "fwd.attn.%d", l);
        conf_mine(m->c, "grad.scores.%d", l);
        conf_mine(m->c, "grad.attn.%d", l);
    }
    m->taps.attn = (struct ds_attn_taps){.with = m, .scores = tap_scores,
                                         .attention = tap_attention,
                                         .attention_grad = tap_attention_grad,
                                         .scores_grad = tap_scores_grad};
    golden_run_forward(m, x, m->batch);
    m->taps.attn.scores = m->taps.attn.attention = NULL;
    copy(conf_mine(m->c, "fwd.logits"), m->work.logits, (size_t)(m->batch * s->classes));
    copy(conf_mine(m->c, "fwd.features"), m->work.feature, (size_t)m->batch * c);
    for (int l = 0; l < s->depth; l++) {
        const struct ds_vit_layer *k = &m->work.layer[l];
        const double scale = 1 / sqrt(s->dim / s->heads);

        copy(conf_mine(m->c, "fwd.tokens.%d", l), k->x, rows * c);
        copy(conf_mine(m->c, "fwd.X.%d", l), k->y1, rows * c);
        unpack(conf_mine(m->c, "fwd.q.%d", l), k->qkv, s, m->batch, 3 * s->dim, 0, scale);
        unpack(conf_mine(m->c, "fwd.k.%d", l), k->qkv, s, m->batch, 3 * s->dim, 1, 1);
        unpack(conf_mine(m->c, "fwd.v.%d", l), k->qkv, s, m->batch, 3 * s->dim, 2, 1);
    }
    copy(conf_mine(m->c, "fwd.tokens.%d", s->depth), m->work.out, rows * c);
}

static void backward(struct golden_model *m, const float *wq, const float *wk)
{
    bool *all = malloc((size_t)m->vit.shape.depth * sizeof *all);
    const struct ds_vit_masks masks = {wq, wk, all};

    for (int l = 0; l < m->vit.shape.depth; l++)
        all[l] = true;
    ds_head_backward(&m->vit, m->view.outside[DS_HEAD_W], &m->grad_view, &m->work, 0,
                     m->vit.shape.classes, 0);
    ds_vit_backward(&m->vit, &m->view, &m->grad_view, &m->work, 0, wq || wk ? &masks : NULL,
                    &m->taps);
    free(all);
}

void golden_gradients(struct golden_model *m)
{
    float *loss = conf_mine(m->c, "grad.loss");
    const double value = golden_loss(m);

    if (loss)
        *loss = (float)value;
    backward(m, NULL, NULL);
    for (int i = 0; i < m->vit.tensors.count; i++) {
        const struct ds_tensor *t = &m->vit.tensors.row[i];

        copy(conf_mine(m->c, "grad.param.%s", t->name), m->grad + m->at[i], t->count);
    }
    m->taps.attn = (struct ds_attn_taps){0};
}

/* Query or key weights by token: 0 for the prefix, then the folder's averaged mask. */
static float *token_weights(const struct golden_model *m, const char *mask)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), prefix = (size_t)ds_prefix(s);
    const float *avg = ds_bundle_lookup(&m->c->want, mask)->data;
    float *w = calloc((size_t)s->depth * n, sizeof *w);

    for (size_t l = 0; l < (size_t)s->depth; l++)
        memcpy(w + l * n + prefix, avg + l * (n - prefix), (n - prefix) * sizeof *w);
    return w;
}

void golden_masked_gradients(struct golden_model *m)
{
    const float *x = ds_bundle_lookup(&m->c->want, "x")->data;
    const int depth = m->vit.shape.depth;
    float *wq = token_weights(m, "mask.avg"), *wk = token_weights(m, "mask.avg_eps0");

    golden_run_forward(m, x, m->batch);
    golden_loss(m);
    backward(m, wq, NULL);
    for (int l = 0; l < depth; l++) {
        const size_t n = 3 * (size_t)m->vit.shape.dim * (size_t)m->vit.shape.dim;
        const float *g = m->grad_view.block[l][DS_QKV_W];
        float *factor = conf_mine(m->c, "factor.blocks.%d.attn.qkv.weight", l);

        copy(conf_mine(m->c, "mgrad.blocks.%d.attn.qkv.weight", l), g + n, n);
        if (factor)
            ds_optim_factor(factor, g + n, g, n, 10);
    }
    golden_run_forward(m, x, m->batch);
    golden_loss(m);
    backward(m, NULL, wk);
    for (int l = 0; l < depth; l++) {
        const size_t n = 3 * (size_t)m->vit.shape.dim * (size_t)m->vit.shape.dim;

        copy(conf_mine(m->c, "kgrad.blocks.%d.attn.qkv.weight", l),
             m->grad_view.block[l][DS_QKV_W] + n, n);
    }
    free(wq);
    free(wk);
}
