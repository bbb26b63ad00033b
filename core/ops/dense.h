/* core/ops/dense.h -- small dense problems in double: Cholesky and symmetric eigenvectors.
 * Public header.
 *
 *     A = L L^T,   A x = b by two substitutions
 *     A = U^T diag(d) U      Householder tridiagonalisation, implicit QL
 *                            (Golub and Van Loan, 8.3)
 *
 * Row-major, on the calling thread, no allocation. For statistics that are kept in double:
 * networks multiply through core/ops/gemm. */
#ifndef DS_CORE_OPS_DENSE_H
#define DS_CORE_OPS_DENSE_H

#include <stddef.h>

/* a [n][n], its lower half read: becomes L, zeros above. -1 when a is not positive definite. */
int ds_cholesky(double *a, int n);

/* x [n][columns]: b in, x out. root from ds_cholesky. */
void ds_cholesky_solve(double *x, const double *root, int n, int columns);

/* a [n][n] symmetric, overwritten; value [n] descending; row i of vectors [n][n] is the unit
 * eigenvector of value[i]. work [ds_eigen_work]. -1 when an iteration does not end (not
 * finite).
 */
int ds_eigen(double *value, double *vectors, double *a, int n, double *work);
size_t ds_eigen_work(int n);

/* The second half alone: diagonal d [n], off-diagonal e [n] (e[n-1] is room, destroyed). d: the
 * eigenvalues in any order. rows [n][n], unless NULL, are turned along: the identity becomes
 * the eigenvectors. -1 as above. */
int ds_eigen_tridiagonal(double *d, double *e, double *rows, int n);

#endif
