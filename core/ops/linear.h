/* core/ops/linear.h -- rows and vectors around the matrix products. Public header.
 *
 * OpenBLAS fills C before it accumulates, so the bias (and the residual) cost nothing when
 * they are what C is filled with:
 *
 *     Y = b (or x + b);  Y += X W^T
 *
 * Row distances are in floats. */
#ifndef DS_CORE_OPS_LINEAR_H
#define DS_CORE_OPS_LINEAR_H

#include <stddef.h>

/* y [m] rows of n = bias (zeros when NULL) */
void ds_rows_fill(float *y, size_t ldy, const float *bias, int m, int n);

/* y = x + bias (bias may be NULL), rows `ld` apart in both; y may be x */
void ds_rows_copy(float *y, const float *x, const float *bias, int m, int n, size_t ld);

/* y = x + gamma (*) t: the residual with LayerScale; rows ld apart in y and x, dense in t;
 * y may be x */
void ds_rows_scale_add(float *y, const float *x, const float *gamma, const float *t, int m,
                       int n, size_t ld);

/* out [n] += sum over the m rows of dy, ld apart: a bias's gradient; with t (rows ldt apart)
 * the sum of dy (*) t: gamma's */
void ds_rows_sum(float *out, const float *dy, size_t ld, const float *t, size_t ldt, int m,
                 int n);

/* y = gamma (*) x, rows ldy and ldx apart */
void ds_rows_scale(float *y, size_t ldy, const float *x, size_t ldx, const float *gamma, int m,
                   int n);

/* y = w[row] x: every row times its own weight; rows ldy and ldx apart */
void ds_rows_weigh(float *y, size_t ldy, const float *x, size_t ldx, const float *w, int m,
                   int n);

#endif
