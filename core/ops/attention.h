/* core/ops/attention.h -- multi-head self-attention, forward and backward. Public header.
 *
 *     S = D^-1/2 Q K^T,   A = softmax(S),   O = A V                    per image and head
 *
 *     dA = dO V^T,   dS = A (*) (dA - rowsum(dA (*) A))
 *     dQ = D^-1/2 dS K,   dK = D^-1/2 dS^T Q,   dV = A^T dO
 *
 * Q, K and V are read in place from the packed projection qkv [B][N][3C]; head h owns columns
 * h D .. h D + D of each third. Only the first `queries` tokens ask (1 when nothing but the
 * CLS token is needed behind this layer); their rows of o and dq lie at their usual places.
 *
 * Retention needs a second set of gradients, in which the contributions of query i are
 * weighted by wq[i] and those of key j by wk[j] (dS'_ij = wq_i dS_ij wk_j, A' likewise). Both
 * are row scalings, no mask matrix exists: with (.) scaling rows,
 *
 *     dQ' = wq . (D^-1/2 dS (wk . K)),  dK' = wk . (D^-1/2 dS^T (wq . Q)),  dV' = wk . (A^T (wq . dO))
 */
#ifndef DS_CORE_OPS_ATTENTION_H
#define DS_CORE_OPS_ATTENTION_H

#include <stddef.h>

struct ds_mul;

struct ds_attn {
    int images, tokens, queries, heads, width; /* B, N, queries, H, D */
    const struct ds_mul *mul;          /* how it multiplies */
};

/* Called on one [queries][N] tile at a time, from worker threads. */
typedef void ds_attn_tile(void *with, int layer, int image, int head, float *tile);

/* What a method may read or change on the way; any may be NULL. */
struct ds_attn_taps {
    void *with;
    int layer;
    ds_attn_tile *scores;        /* S, before the softmax */
    ds_attn_tile *attention;     /* A: read, or overwrite to transplant */
    ds_attn_tile *attention_grad; /* dA: read, or add to it */
    ds_attn_tile *scores_grad;   /* dS: add to it */
};

/* o [B][N][C]; a [B][H][queries][N] keeps the attention, or with keep 0 is one scratch tile. */
void ds_attn_forward(float *o, float *a, int keep, const float *qkv, const struct ds_attn *s,
                     const struct ds_attn_taps *taps);

/* dqkv: rows ld floats apart, [dQ dK dV] in columns 0 .. 3C; with wq or wk also
 * [dQ' dK' dV'] in columns 3C .. 6C. dQ is written for asking tokens only.
 * scratch: ds_attn_scratch floats. */
void ds_attn_backward(float *dqkv, int ld, const float *d_o, const float *a, const float *qkv,
                      const float *wq, const float *wk, float *scratch, const struct ds_attn *s,
                      const struct ds_attn_taps *taps);

size_t ds_attn_scratch(const struct ds_attn *s);

#endif
