/* core/ops/gemm_avx512.h -- fp32 products by a kernel of our own. For core/ops/mul only. */
#ifndef DS_CORE_OPS_GEMM_AVX512_H
#define DS_CORE_OPS_GEMM_AVX512_H

#include <stdbool.h>
#include "core/ops/strided.h"

/* Floats that one worker needs; 64-byte aligned. */
extern const size_t ds_gemm_avx512_scratch;

/* This program has the kernel and this machine, within its limit (core/ops/cpu), AVX-512. */
bool ds_gemm_avx512_runs(void);

/* C [m][n] = A B + beta C, A [m][k] with its factor, B [k][n] seen from its columns. Every
 * element is summed along k in pieces that depend on k alone. */
void ds_gemm_avx512(float *scratch, float *c, int ldc, struct ds_strided a, struct ds_strided b,
                    int m, int n, int k, float beta);

#endif
