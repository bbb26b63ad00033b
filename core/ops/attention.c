/* core/ops/attention.c -- multi-head self-attention. See the header for the formulas.
 *
 * One (image, head) tile at a time: scores, softmax and output of a tile stay in cache. */
#include "core/ops/attention.h"

#include <math.h>
#include <stddef.h>
#include "core/ops/linear.h"
#include "core/ops/mul.h"
#include "core/ops/simd.h"

DS_INLINE void softmax_rows_body(float *a, int rows, int n)
{
    for (int r = 0; r < rows; r++, a += n) {
        float top = a[0], sum = 0;

#pragma omp simd reduction(max : top)
        for (int i = 0; i < n; i++)
            top = a[i] > top ? a[i] : top;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < n; i++) {
            a[i] = ds_exp(a[i] - top);
            sum += a[i];
        }
        sum = 1.0f / sum;
#pragma omp simd
        for (int i = 0; i < n; i++)
            a[i] *= sum;
    }
}
DS_VARIANTS(static, softmax_rows, (float *a, int rows, int n), (a, rows, n))

DS_INLINE void softmax_backward_body(float *ds, const float *a, int rows, int n)
{
    for (int r = 0; r < rows; r++, a += n, ds += n) {
        float dot = 0;

#pragma omp simd reduction(+ : dot)
        for (int i = 0; i < n; i++)
            dot += ds[i] * a[i];
#pragma omp simd
        for (int i = 0; i < n; i++)
            ds[i] = a[i] * (ds[i] - dot);
    }
}
DS_VARIANTS(static, softmax_backward, (float *ds, const float *a, int rows, int n), (ds, a, rows, n))

void ds_attn_forward(float *o, float *a, int keep, const float *qkv, const struct ds_attn *s,
                     const struct ds_attn_taps *taps)
{
    const int n = s->tokens, c = s->heads * s->width, ld = 3 * c;
    const float scale = 1.0f / sqrtf((float)s->width);

    for (int b = 0; b < s->images; b++)
        for (int h = 0; h < s->heads; h++) {
            const float *q = qkv + (size_t)b * (size_t)n * (size_t)ld + (size_t)(h * s->width);
            float *out = o + (size_t)b * (size_t)n * (size_t)c + (size_t)(h * s->width);

            ds_mul_nt(s->mul, a, n, q, ld, q + c, ld, s->queries, n, s->width, scale, 0);
            if (taps && taps->scores)
                taps->scores(taps->with, taps->layer, b, h, a);
            softmax_rows(a, s->queries, n);
            if (taps && taps->attention)
                taps->attention(taps->with, taps->layer, b, h, a);
            ds_mul_nn(s->mul, out, c, a, n, q + 2 * c, ld, s->queries, s->width, n, 1, 0);
            if (keep)
                a += (size_t)s->queries * (size_t)n;
        }
}

size_t ds_attn_scratch(const struct ds_attn *s)
{
    return (size_t)s->tokens * ((size_t)s->queries + (size_t)s->width);
}

/* dV' = wk . (A^T (wq . dO)) and its like: y = wk . (alpha t^T (wq . x)), all rows of one head. */
static void masked_columns(float *y, int ld, const float *tile, const float *x, int ldx,
                           const float *plain, const float *wq, const float *wk, float alpha,
                           float *weighed, const struct ds_attn *s)
{
    const float *from = plain;

    if (wq) {
        ds_rows_weigh(weighed, (size_t)s->width, x, (size_t)ldx, wq, s->queries, s->width);
        ds_mul_tn(s->mul, y, ld, tile, s->tokens, weighed, s->width, s->tokens, s->width, s->queries,
                   alpha, 0);
        from = y;
    }
    if (wk)
        ds_rows_weigh(y, (size_t)ld, from, (size_t)ld, wk, s->tokens, s->width);
}

/* dQ' = wq . (alpha dS (wk . K)) */
static void masked_queries(float *y, int ld, const float *tile, const float *k, int ldk,
                           const float *plain, const float *wq, const float *wk, float alpha,
                           float *weighed, const struct ds_attn *s)
{
    const float *from = plain;

    if (wk) {
        ds_rows_weigh(weighed, (size_t)s->width, k, (size_t)ldk, wk, s->tokens, s->width);
        ds_mul_nn(s->mul, y, ld, tile, s->tokens, weighed, s->width, s->queries, s->width, s->tokens,
                   alpha, 0);
        from = y;
    }
    if (wq)
        ds_rows_weigh(y, (size_t)ld, from, (size_t)ld, wq, s->queries, s->width);
}

void ds_attn_backward(float *dqkv, int ld, const float *d_o, const float *a, const float *qkv,
                      const float *wq, const float *wk, float *scratch, const struct ds_attn *s,
                      const struct ds_attn_taps *taps)
{
    const int n = s->tokens, c = s->heads * s->width, w = s->width, ldq = 3 * c;
    const float scale = 1.0f / sqrtf((float)w);
    float *tile = scratch, *weighed = scratch + (size_t)s->queries * (size_t)n;

    for (int b = 0; b < s->images; b++)
        for (int h = 0; h < s->heads; h++, a += (size_t)s->queries * (size_t)n) {
            const size_t row = (size_t)b * (size_t)n, column = (size_t)h * (size_t)w;
            const float *q = qkv + row * (size_t)ldq + column, *k = q + c, *v = q + 2 * c;
            const float *dout = d_o + row * (size_t)c + column;
            float *dq = dqkv + row * (size_t)ld + column, *dk = dq + c, *dv = dq + 2 * c;

            ds_mul_nt(s->mul, tile, n, dout, c, v, ldq, s->queries, n, w, 1, 0);
            if (taps && taps->attention_grad)
                taps->attention_grad(taps->with, taps->layer, b, h, tile);
            softmax_backward(tile, a, s->queries, n);
            if (taps && taps->scores_grad)
                taps->scores_grad(taps->with, taps->layer, b, h, tile);
            ds_mul_nn(s->mul, dq, ld, tile, n, k, ldq, s->queries, w, n, scale, 0);
            ds_mul_tn(s->mul, dk, ld, tile, n, q, ldq, n, w, s->queries, scale, 0);
            ds_mul_tn(s->mul, dv, ld, a, n, dout, c, n, w, s->queries, 1, 0);
            if (wq || wk) {
                masked_queries(dq + 3 * c, ld, tile, k, ldq, dq, wq, wk, scale, weighed, s);
                masked_columns(dk + 3 * c, ld, tile, q, ldq, dk, wq, wk, scale, weighed, s);
                masked_columns(dv + 3 * c, ld, a, dout, c, dv, wq, wk, 1, weighed, s);
            }
        }
}
