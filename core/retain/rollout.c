/* core/retain/rollout.c -- from attention to where the network looks. See the header. */
#include "core/retain/rollout.h"

#include <stdlib.h>
#include <string.h>
#include "core/ops/gemm.h"
#include "core/ops/simd.h"

DS_KERNEL
static void fuse_tile(float *restrict out, const float *restrict attn, int heads, size_t tile,
                      enum ds_fusion fusion)
{
    memcpy(out, attn, tile * sizeof *out);
    for (int h = 1; h < heads; h++) {
        const float *a = attn + (size_t)h * tile;

        if (fusion == DS_FUSE_MEAN)
#pragma omp simd
            for (size_t i = 0; i < tile; i++)
                out[i] += a[i];
        else if (fusion == DS_FUSE_MAX)
#pragma omp simd
            for (size_t i = 0; i < tile; i++)
                out[i] = a[i] > out[i] ? a[i] : out[i];
        else
#pragma omp simd
            for (size_t i = 0; i < tile; i++)
                out[i] = a[i] < out[i] ? a[i] : out[i];
    }
    if (fusion == DS_FUSE_MEAN)
#pragma omp simd
        for (size_t i = 0; i < tile; i++)
            out[i] /= (float)heads;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The smallest share of the entries becomes 0; entry 0 (CLS to CLS) is spared. */
static void discard_smallest(float *a, size_t count, double share, float *order)
{
    const size_t gone = (size_t)((double)count * share);
    const float first = a[0];
    float limit;
    size_t below = 0, ties;

    if (!gone)
        return;
    memcpy(order, a, count * sizeof *a);
    qsort(order, count, sizeof *order, ascending);
    limit = order[gone - 1];
    for (size_t i = 0; i < count; i++)
        below += a[i] < limit;
    ties = gone - below;
    for (size_t i = 0; i < count; i++)
        if (a[i] < limit || (a[i] == limit && ties && ties--))
            a[i] = 0;
    a[0] = first;
}

DS_KERNEL
static void add_identity(float *b, int rows, int n)
{
    for (int r = 0; r < rows; r++, b += n) {
        float sum = 0;

        b[r] += 1;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < n; i++)
            sum += b[i];
        sum = 1.0f / sum;
#pragma omp simd
        for (int i = 0; i < n; i++)
            b[i] *= sum;
    }
}

void ds_rollout_fuse(float *b, float *mean, const float *attn, int heads, int rows, int tokens,
                     enum ds_fusion fusion, double discard, float *order)
{
    const size_t tile = (size_t)rows * (size_t)tokens;

    fuse_tile(b, attn, heads, tile, fusion);
    if (mean)
        memcpy(mean, b, tile * sizeof *mean);
    if (discard > 0)
        discard_smallest(b, tile, discard, order);
    add_identity(b, rows, tokens);
}

/* e_row B, or the mean of B's rows. */
static void start_row(float *out, const float *b, size_t n, int row)
{
    if (row >= 0) {
        memcpy(out, b + (size_t)row * n, n * sizeof *out);
        return;
    }
    memset(out, 0, n * sizeof *out);
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < n; i++)
            out[i] += b[r * n + i] / (float)n;
}

void ds_rollout_row(float *out, float *work, const float *b, int layers, int tokens, int row)
{
    const size_t n = (size_t)tokens;
    float *now = work, *next = work + (size_t)layers * n;

    /* now [rows of layers k .. L-1][N], row of layer l at place l - k after step k */
    for (int k = layers - 1; k >= 0; k--) {
        const int below = layers - 1 - k; /* rows already on their way */
        float *swap = now;

        start_row(next, b + (size_t)k * n * n, n, row);
        if (below)
            ds_gemm_nn(next + n, tokens, now, tokens, b + (size_t)k * n * n, tokens, below,
                       tokens, tokens, 1, 0);
        now = next;
        next = swap;
    }
    memcpy(out, now, (size_t)layers * n * sizeof *out);
}

void ds_rollout_full(float *full, const float *b, int layers, int tokens)
{
    const size_t square = (size_t)tokens * (size_t)tokens;

    memcpy(full, b, square * sizeof *full);
    for (int l = 1; l < layers; l++)
        ds_gemm_nn(full + (size_t)l * square, tokens, b + (size_t)l * square, tokens,
                   full + (size_t)(l - 1) * square, tokens, tokens, tokens, tokens, 1, 0);
}

size_t ds_rollout_scratch(const struct ds_vit *v)
{
    const size_t n = (size_t)ds_tokens(&v->shape), layers = (size_t)v->shape.depth;

    return layers * n * n + 3 * layers * n;
}

void ds_rollout_maps(float *map, float *scratch, const struct ds_vit *v,
                     const struct ds_vit_work *a, int image)
{
    const struct ds_vit_shape *s = &v->shape;
    const int n = ds_tokens(s), prefix = ds_prefix(s), patches = ds_patches(s);
    const size_t square = (size_t)n * (size_t)n, layers = (size_t)s->depth;
    float *b = scratch, *rows = b + layers * square, *work = rows + layers * (size_t)n;

    for (int l = 0; l < s->depth; l++) {
        const int asked = a->narrow && l == s->depth - 1 ? 1 : n;
        const size_t tile = (size_t)s->heads * (size_t)asked * (size_t)n;

        ds_rollout_fuse(b + (size_t)l * square, NULL, a->layer[l].attn + (size_t)image * tile,
                        s->heads, asked, n, DS_FUSE_MEAN, 0, NULL);
    }
    ds_rollout_row(rows, work, b, s->depth, n, s->cls ? 0 : DS_ALL_ROWS);
    for (int l = 0; l < s->depth; l++)
        memcpy(map + (size_t)l * (size_t)patches, rows + (size_t)l * (size_t)n + (size_t)prefix,
               (size_t)patches * sizeof *map);
}
