/* core/ops/gemm.c -- the three matrix products, over OpenBLAS. The only file that knows it. */
#include "core/ops/gemm.h"

#include <cblas.h>

void ds_blas_begin(void)
{
    float a[64] = {1}, c[64];

    openblas_set_num_threads(1);
    ds_gemm_nt(c, 8, a, 8, a, 8, 8, 8, 8, 1, 0);
}

const char *ds_blas_about(void)
{
    return openblas_get_config();
}

void ds_gemm_nt(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, alpha, a, lda, b, ldb, beta, c,
                ldc);
}

void ds_gemm_nn(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta,
                c, ldc);
}

void ds_gemm_tn(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c,
                ldc);
}
