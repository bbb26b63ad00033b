/* core/ops/gemm_bf16.c -- the bf16 kernel in plain C. See the header. */
#include "core/ops/gemm_bf16.h"

#include <string.h>

static uint16_t rounded(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u) /* not a number: stays one */
        return (uint16_t)(bits >> 16 | 64);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

static float widened(uint16_t x)
{
    const uint32_t bits = (uint32_t)x << 16;
    float f;

    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Where (i, k) of a panel is: in a left tile, and in a right one. */
static size_t left_at(int i, int k)
{
    const int at = k / DS_TILE_DEEP * DS_TILE + i * DS_TILE_DEEP + k % DS_TILE_DEEP;

    return (size_t)at;
}

static size_t right_at(int i, int k)
{
    const int pair = k % DS_TILE_DEEP / 2 * DS_TILE_DEEP + 2 * i;
    const int at = k / DS_TILE_DEEP * DS_TILE + pair + k % 2;

    return (size_t)at;
}

static void pack(uint16_t *to, struct ds_strided s, int count, int k, size_t (*at)(int, int))
{
    const int deep = ds_tiles(k, DS_TILE_DEEP) * DS_TILE_DEEP;

    for (int i = 0; i < count; i += DS_TILE_SIDE, to += DS_TILE_SIDE * deep)
        for (int row = 0; row < DS_TILE_SIDE; row++)
            for (int d = 0; d < deep; d++)
                to[at(row, d)] =
                    i + row < count && d < k
                        ? rounded(s.factor *
                                  s.x[(size_t)(i + row) * s.side + (size_t)d * s.deep])
                        : 0;
}

static void pack_left(uint16_t *to, struct ds_strided a, int count, int k)
{
    pack(to, a, count, k, left_at);
}

static void pack_right(uint16_t *to, struct ds_strided b, int count, int k)
{
    pack(to, b, count, k, right_at);
}

/* One row of C against one panel of B. */
static void row(float *c, const uint16_t *l, const uint16_t *r, int n, int tiles, float beta)
{
    float sum[DS_TILE_SIDE];

    for (int j = 0; j < DS_TILE_SIDE; j++)
        sum[j] = j < n && beta != 0 ? beta * c[j] : 0;
    for (int k = 0; k < tiles * DS_TILE_DEEP; k++) {
        const float a = widened(l[left_at(0, k)]);
        const uint16_t *b = r + right_at(0, k);

#pragma omp simd
        for (int j = 0; j < DS_TILE_SIDE; j++)
            sum[j] += a * widened(b[2 * j]);
    }
    for (int j = 0; j < DS_TILE_SIDE && j < n; j++)
        c[j] = sum[j];
}

static void multiply(const struct ds_tile_job *w)
{
    for (int i = 0; i < w->m; i++)
        for (int j = 0; j < w->n; j += DS_TILE_SIDE)
            row(w->c + (size_t)i * w->ldc + (size_t)j,
                w->left + (size_t)(i / DS_TILE_SIDE) * w->l_step + left_at(i % DS_TILE_SIDE, 0),
                w->right + (size_t)(j / DS_TILE_SIDE) * w->r_step, w->n - j, w->tiles, w->beta);
}

const struct ds_bf16_kernel ds_bf16_portable = {"portable", pack_left, pack_right, multiply};
