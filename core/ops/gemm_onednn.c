/* core/ops/gemm_onednn.c -- the three matrix products, over oneDNN instead of OpenBLAS
 * (-DDRIFTSCOPE_ONEDNN=ON). See gemm.h.
 *
 * Its threads are OpenMP's, whose number belongs to the calling thread: set to one before every
 * product, which costs nothing beside it, so that no worker can be forgotten. */
#include "core/ops/gemm.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

/* Kernels are compiled when they are first used. */
void ds_blas_begin(void)
{
    float a[64] = {1}, c[64];

    ds_gemm_nt(c, 8, a, 8, a, 8, 8, 8, 8, 1, 0);
    ds_gemm_nn(c, 8, a, 8, a, 8, 8, 8, 8, 1, 0);
    ds_gemm_tn(c, 8, a, 8, a, 8, 8, 8, 8, 1, 0);
}

const char *ds_blas_about(void)
{
    return "oneDNN " TEXT(DNNL_VERSION_MAJOR) "." TEXT(DNNL_VERSION_MINOR) "." TEXT(
        DNNL_VERSION_PATCH) ", one thread a call";
}

static void multiply(char ta, char tb, float *c, int ldc, const float *a, int lda,
                     const float *b, int ldb, int m, int n, int k, float alpha, float beta)
{
    omp_set_num_threads(1);
    dnnl_sgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void ds_gemm_nt(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta)
{
    multiply('N', 'T', c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
}

void ds_gemm_nn(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta)
{
    multiply('N', 'N', c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
}

void ds_gemm_tn(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta)
{
    multiply('T', 'N', c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
}
