/* core/ops/mul.h -- the matrix products of a network, in the precision it runs in. Public
 * header.
 *
 * fp32 is core/ops/gemm_avx512 where the machine has AVX-512, and the library under
 * core/ops/gemm elsewhere. bf16 rounds both operands to bfloat16 (nearest, ties to even), and
 * multiplies and adds in float: what is stored, weights, activations and gradients, stays
 * float. With our own kernels an element of C depends on its row of A and column of B alone,
 * summed along k in a fixed order, and not on how many rows there are. On threads nothing
 * depends.
 *
 * Whoever multiplies with the same weights often rounds them once, into tiles for the product
 * they are for (DS_PACK_NT: X W^T, DS_PACK_NN: dY W); the others are rounded on the way, into
 * the worker's scratch. */
#ifndef DS_CORE_OPS_MUL_H
#define DS_CORE_OPS_MUL_H

#include <stdint.h>
#include "core/base/arena.h"
#include "core/base/err.h"

enum ds_precision { DS_PRECISION_FP32, DS_PRECISION_BF16 };

struct ds_bf16_kernel;

/* How one worker multiplies; zeroed: in fp32, by the library. */
struct ds_mul {
    const struct ds_bf16_kernel *kernel; /* NULL: fp32 */
    void *scratch;                       /* NULL: the library */
};

/* A matrix of weights, rows ld floats apart, and what ds_pack_weight made of it, or NULL. */
struct ds_weight {
    const float *w;
    int ld;
    const uint16_t *nt, *nn;
};

/* DS_UNAVAILABLE where the machine cannot: bf16 needs AMX, or the formulas in plain C asked for
 * by name (core/ops/cpu). */
int ds_precision_check(enum ds_precision precision, struct ds_err *err);

/* Whose products these are: "amx" or "portable" (bf16), "avx512" or "library" (fp32). */
const char *ds_mul_name(enum ds_precision precision);

/* Takes (or counts) a worker's scratch. */
void ds_mul_take(struct ds_mul *p, enum ds_precision precision, struct ds_arena *arena);

/* As ds_gemm_nt, _nn and _tn; in bf16 it is alpha A that is rounded. */
void ds_mul_nt(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
               const float *b, int ldb, int m, int n, int k, float alpha, float beta);
void ds_mul_nn(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
               const float *b, int ldb, int m, int n, int k, float alpha, float beta);
void ds_mul_tn(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
               const float *b, int ldb, int m, int n, int k, float alpha, float beta);

/* Y = X W^T + beta Y and dX = dY W + beta dX */
void ds_weight_nt(const struct ds_mul *p, float *y, int ldy, const float *x, int ldx,
                  struct ds_weight w, int m, int n, int k, float beta);
void ds_weight_nn(const struct ds_mul *p, float *y, int ldy, const float *x, int ldx,
                  struct ds_weight w, int m, int n, int k, float beta);

/* w [n][k], dense, packed for one kind of product; `to` has room for
 * ds_pack_size elements and is 64-byte aligned. bf16 only. */
enum ds_pack { DS_PACK_NT, DS_PACK_NN };
size_t ds_pack_size(int n, int k);
void ds_pack_weight(uint16_t *to, enum ds_pack kind, const float *w, int n, int k);

#endif
