/* core/ops/gemm_bf16.h -- products with operands rounded to bfloat16. For core/ops/gemm* only.
 *
 * A and B are rounded to the nearest bf16 (ties to even: 8 bits of mantissa, the exponent of a
 * float), products and sums are float. Both are rounded into tiles on the way:
 *
 *     left   16 rows of A, 32 of k:     tile [16][32]        = A[i][k]
 *     right  16 columns of B, 32 of k:  tile [16][16][2]     = B[k], B[k + 1] of column j
 *
 * which is what one AMX instruction multiplies. A panel is 16 rows (columns) over all of k, one
 * tile after the other, filled up with zeros. */
#ifndef DS_CORE_OPS_GEMM_BF16_H
#define DS_CORE_OPS_GEMM_BF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/ops/strided.h"

enum { DS_TILE_SIDE = 16, DS_TILE_DEEP = 32, DS_TILE = DS_TILE_SIDE * DS_TILE_DEEP };

static inline int ds_tiles(int count, int each)
{
    return (count + each - 1) / each;
}

/* C [m][n] = L R + beta C, of packed panels, summed from beta C on; panels are `l_step` and
 * `r_step` elements apart and `tiles` tiles of them count. */
struct ds_tile_job {
    float *c;
    size_t ldc;
    const uint16_t *left, *right;
    size_t l_step, r_step;
    int m, n, tiles;
    float beta;
};

struct ds_bf16_kernel {
    const char *name;
    void (*pack_left)(uint16_t *to, struct ds_strided a, int count, int k);
    void (*pack_right)(uint16_t *to, struct ds_strided b, int count, int k);
    void (*multiply)(const struct ds_tile_job *job);
};

/* Formulas only; what the others are tested against. */
extern const struct ds_bf16_kernel ds_bf16_portable;
#if defined(__x86_64__) && defined(__GNUC__)
extern const struct ds_bf16_kernel ds_bf16_amx;
#endif

#endif
