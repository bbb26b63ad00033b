/* analysis/metric/matrix.h -- dense matrices in double: products and singular values. Public
 * header.
 *
 * The engine's products (core/ops/gemm) are float; what is compared to nine digits is computed
 * here. Row-major, whole rows, no memory of their own. */
#ifndef DS_ANALYSIS_METRIC_MATRIX_H
#define DS_ANALYSIS_METRIC_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

double ds_dot(const double *a, const double *b, int n);

/* c[m][n] = a[k][m]^T b[k][n]; 2 k m n operations. */
void ds_product_tn(double *c, const double *a, const double *b, int k, int m, int n);

/* c[m][n] = a[m][k] b[n][k]^T. */
void ds_product_nt(double *c, const double *a, const double *b, int m, int n, int k);

/* The singular values of a[m][n], m >= n, largest first, into sigma[n]; a is overwritten.
 * Householder bidiagonalisation (Golub and Kahan 1965), then the eigenvalues +-sigma of the
 * tridiagonal matrix [0 d0; d0 0 e0; ...] by the implicit QL method: errors near 1e-16 of the
 * largest value, none squared. 4 (m - n / 3) n^2 operations. false, and sigma NAN, when QL does
 * not converge, which no finite matrix has been seen to do. */
bool ds_singular_values(double *sigma, double *a, int m, int n, double *scratch);
size_t ds_singular_scratch(int m, int n); /* doubles */

#endif
