/* core/retain/rollout.c -- from attention to where the network looks. See the header. */
#include "core/retain/rollout.h"

#include <assert.h>
#include <string.h>
#include "core/ops/gemm.h"
#include "core/ops/simd.h"

DS_INLINE void add_head_body(float *restrict b, const float *restrict head, int number,
                             size_t count, enum ds_fusion fusion)
{
    if (!number)
        memcpy(b, head, count * sizeof *b);
    else if (fusion == DS_FUSE_MEAN)
#pragma omp simd
        for (size_t i = 0; i < count; i++)
            b[i] += head[i];
    else if (fusion == DS_FUSE_MAX)
#pragma omp simd
        for (size_t i = 0; i < count; i++)
            b[i] = head[i] > b[i] ? head[i] : b[i];
    else
#pragma omp simd
        for (size_t i = 0; i < count; i++)
            b[i] = head[i] < b[i] ? head[i] : b[i];
}
DS_VARIANTS(static, add_head,
            (float *b, const float *head, int number, size_t count, enum ds_fusion fusion),
            (b, head, number, count, fusion))

DS_INLINE void divide_body(float *b, size_t count, float by)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        b[i] /= by;
}
DS_VARIANTS(static, divide, (float *b, size_t count, float by), (b, count, by))

/* The value at place k of the sorted numbers (Hoare's FIND); changes their order. */
static float select_place(float *a, size_t count, size_t k)
{
    ptrdiff_t left = 0, right = (ptrdiff_t)count - 1;
    const ptrdiff_t at = (ptrdiff_t)k;

    while (left < right) {
        const float middle = a[at];
        ptrdiff_t i = left, j = right;

        while (i <= j) {
            while (a[i] < middle)
                i++;
            while (middle < a[j])
                j--;
            if (i <= j) {
                const float swap = a[i];

                a[i++] = a[j];
                a[j--] = swap;
            }
        }
        left = j < at ? i : left;
        right = at < i ? j : right;
    }
    return a[at];
}

void ds_rollout_discard(float *a, size_t count, double share, bool spare, float *order)
{
    const size_t gone = (size_t)((double)count * share);
    const float first = a[0];
    float limit;
    size_t below = 0, ties;

    if (!gone)
        return;
    assert(order);
    memcpy(order, a, count * sizeof *a);
    limit = select_place(order, count, gone - 1);
    for (size_t i = 0; i < count; i++)
        below += a[i] < limit;
    ties = gone - below;
    for (size_t i = 0; i < count; i++)
        if (a[i] < limit || (a[i] == limit && ties && ties--))
            a[i] = 0;
    if (spare)
        a[0] = first;
}

DS_INLINE void add_identity_row(float *b, int r, int n)
{
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

DS_INLINE void add_identity_body(float *b, int rows, int n)
{
    for (int r = 0; r < rows; r++, b += n)
        add_identity_row(b, r, n);
}
DS_VARIANTS(static, add_identity, (float *b, int rows, int n), (b, rows, n))

/* The last head, the mean, I and the norm at once, while a row is in cache. */
DS_INLINE void close_by_mean_body(float *restrict b, const float *restrict last, int rows,
                                  int n, float heads)
{
    for (int r = 0; r < rows; r++, b += n, last += n) {
#pragma omp simd
        for (int i = 0; i < n; i++)
            b[i] = (b[i] + last[i]) / heads;
        add_identity_row(b, r, n);
    }
}
DS_VARIANTS(static, close_by_mean, (float *b, const float *last, int rows, int n, float heads),
            (b, last, rows, n, heads))

/* Column j is divided by the sum of row j: the slip of rollout.h. (A + I) / 2 has the same
 * quotients as A + I. */
static void add_identity_slipped(float *b, int n, float *sum)
{
    const size_t width = (size_t)n;

    for (size_t r = 0; r < width; r++) {
        sum[r] = 0;
        b[r * width + r] += 1;
        for (size_t i = 0; i < width; i++)
            sum[r] += b[r * width + i];
    }
    for (size_t r = 0; r < width; r++)
        for (size_t i = 0; i < width; i++)
            b[r * width + i] /= sum[i];
}

void ds_rollout_normalise(float *b, int rows, int tokens, enum ds_rollout_norm norm,
                          float *order)
{
    if (norm == DS_NORM_ROWS)
        add_identity(b, rows, tokens);
    else
        add_identity_slipped(b, tokens, order);
}

/* All heads are in b. */
static void close_layer(float *b, float *mean, int heads, int rows, int tokens,
                        const struct ds_rollout_rule *rule, float *order)
{
    const size_t tile = (size_t)rows * (size_t)tokens;

    if (rule->fusion == DS_FUSE_MEAN)
        divide(b, tile, (float)heads);
    if (mean)
        memcpy(mean, b, tile * sizeof *mean);
    if (rule->discard > 0)
        ds_rollout_discard(b, tile, rule->discard, true, order);
    ds_rollout_normalise(b, rows, tokens, rule->norm, order);
}

void ds_rollout_take_head(float *b, const float *head, int number, int heads, int rows,
                          int tokens, const struct ds_rollout_rule *rule, float *order)
{
    const bool plain =
        rule->fusion == DS_FUSE_MEAN && !(rule->discard > 0) && rule->norm == DS_NORM_ROWS;

    if (plain && number > 0 && number + 1 == heads) {
        close_by_mean(b, head, rows, tokens, (float)heads);
        return;
    }
    add_head(b, head, number, (size_t)rows * (size_t)tokens, rule->fusion);
    if (number + 1 == heads)
        close_layer(b, NULL, heads, rows, tokens, rule, order);
}

void ds_rollout_mean_head(float *mean, const float *head, int number, int heads, size_t count)
{
    add_head(mean, head, number, count, DS_FUSE_MEAN);
    if (number + 1 == heads)
        divide(mean, count, (float)heads);
}

void ds_rollout_fuse_by(float *b, float *mean, const float *attn, int heads, int rows,
                        int tokens, const struct ds_rollout_rule *rule, float *order)
{
    const size_t tile = (size_t)rows * (size_t)tokens;

    for (int h = 0; h < heads; h++)
        if (mean)
            add_head(b, attn + (size_t)h * tile, h, tile, rule->fusion);
        else
            ds_rollout_take_head(b, attn + (size_t)h * tile, h, heads, rows, tokens, rule,
                                 order);
    if (mean)
        close_layer(b, mean, heads, rows, tokens, rule, order);
}

void ds_rollout_fuse(float *b, float *mean, const float *attn, int heads, int rows, int tokens,
                     enum ds_fusion fusion, double discard, float *order)
{
    const struct ds_rollout_rule rule = {.fusion = fusion, .discard = discard};

    ds_rollout_fuse_by(b, mean, attn, heads, rows, tokens, &rule, order);
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

void ds_rollout_descend(float *next, const float *now, const float *b, int above, int tokens,
                        int row)
{
    const size_t n = (size_t)tokens;

    start_row(next, b, n, row);
    if (above)
        ds_gemm_nn(next + n, tokens, now, tokens, b, tokens, above, tokens, tokens, 1, 0);
}

void ds_rollout_row(float *out, float *work, const float *b, int layers, int tokens, int row)
{
    const size_t n = (size_t)tokens;
    float *now = work, *next = work + (size_t)layers * n;

    /* now [rows of layers k .. L-1][N], row of layer l at place l - k after step k */
    for (int k = layers - 1; k >= 0; k--) {
        float *swap = now;

        ds_rollout_descend(next, now, b + (size_t)k * n * n, layers - 1 - k, tokens, row);
        now = next;
        next = swap;
    }
    memcpy(out, now, (size_t)layers * n * sizeof *out);
}

void ds_rollout_identity(float *rows, int layers, int tokens, int row)
{
    for (int l = 0; l < layers; l++)
        for (int t = 0; t < tokens; t++)
            *rows++ = row == DS_ALL_ROWS ? 1 / (float)tokens : (float)(t == row);
}

void ds_rollout_full(float *full, const float *b, int layers, int tokens)
{
    const size_t square = (size_t)tokens * (size_t)tokens;

    memcpy(full, b, square * sizeof *full);
    for (int l = 1; l < layers; l++)
        ds_gemm_nn(full + (size_t)l * square, tokens, b + (size_t)l * square, tokens,
                   full + (size_t)(l - 1) * square, tokens, tokens, tokens, tokens, 1, 0);
}

void ds_rollout_patches(float *map, const float *rows, const struct ds_vit_shape *s)
{
    const size_t n = (size_t)ds_tokens(s), prefix = (size_t)ds_prefix(s), patches = n - prefix;

    for (size_t l = 0; l < (size_t)s->depth; l++)
        memcpy(map + l * patches, rows + l * n + prefix, patches * sizeof *map);
}

void ds_rollout_by_largest(float *map, int count)
{
    float top = map[0];

    for (int i = 1; i < count; i++)
        top = map[i] > top ? map[i] : top;
    for (int i = 0; top > 0 && i < count; i++)
        map[i] /= top;
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
    const int n = ds_tokens(s);
    const size_t square = (size_t)n * (size_t)n, layers = (size_t)s->depth;
    float *b = scratch, *rows = b + layers * square, *work = rows + layers * (size_t)n;

    for (int l = 0; l < s->depth; l++) {
        const int asked = a->narrow && l == s->depth - 1 ? 1 : n;
        const size_t tile = (size_t)s->heads * (size_t)asked * (size_t)n;

        ds_rollout_fuse(b + (size_t)l * square, NULL, a->layer[l].attn + (size_t)image * tile,
                        s->heads, asked, n, DS_FUSE_MEAN, 0, NULL);
    }
    ds_rollout_row(rows, work, b, s->depth, n, ds_rollout_own_row(s));
    ds_rollout_patches(map, rows, s);
}
