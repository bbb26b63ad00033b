/* core/ops/gemm.h -- the three matrix products a network needs. Public header.
 *
 * Row-major; ld is the distance between rows. Each call runs on the calling thread only:
 * threads belong to core/base/pool, which runs several calls side by side.
 *
 *     nt   C [m][n] = alpha A [m][k]  B [n][k]^T + beta C    forward:    Y  = X W^T
 *     nn   C [m][n] = alpha A [m][k]  B [k][n]   + beta C    backward:   dX = dY W
 *     tn   C [m][n] = alpha A [k][m]^T B [k][n]  + beta C    gradients:  dW = dY^T X
 *
 * With beta 0, C need not be initialised. */
#ifndef DS_CORE_OPS_GEMM_H
#define DS_CORE_OPS_GEMM_H

/* One BLAS thread, and a first call so that its buffers exist before memory gets scarce.
 * Call once before anything else here. */
void ds_blas_begin(void);

/* Library, version, kernel family and threading model, e.g. "OpenBLAS 0.3.21 ... Zen". */
const char *ds_blas_about(void);

void ds_gemm_nt(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta);
void ds_gemm_nn(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta);
void ds_gemm_tn(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m,
                int n, int k, float alpha, float beta);

#endif
