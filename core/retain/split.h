/* core/retain/split.h -- the adaptive split point of a map. Public header.
 *
 * Where a map falls apart into attended and background patches. DS_SPLIT_ECDF, as the
 * released code does it: the rank of the sorted values, interpolated over `bins` equal steps
 * from the smallest to the largest value, smoothed by a Gaussian of `sigma` bins (radius
 * 4 sigma, mirrored at the ends), differentiated twice; the split is where the second
 * derivative is smallest. DS_SPLIT_KNEE is the paper's equation 10: the smallest second
 * difference of the sorted values themselves.
 *
 *     split = min(max(x_k, x_0) - eps, x_last);       a patch is protected when its value > split
 *
 * Speed: smoothing commutes with the second difference, and that of a piecewise linear curve
 * is zero except near its knots, so only those are smoothed. */
#ifndef DS_CORE_RETAIN_SPLIT_H
#define DS_CORE_RETAIN_SPLIT_H

#include <stddef.h>

enum { DS_SPLIT_BINS = 10000, DS_SPLIT_SIGMA = 20 };
enum ds_split_kind { DS_SPLIT_ECDF, DS_SPLIT_KNEE };

/* Scratch of ds_split_point, in doubles, for maps of n values. */
size_t ds_split_scratch(int n);

/* The split point of values [n]; *bin (may be NULL) is the grid index (ECDF) or the rank
 * (knee). Equal values: min - eps, everything is protected. n >= 1. */
double ds_split_point(const float *values, int n, enum ds_split_kind kind, double eps, int *bin,
                      double *scratch);

/* The curves behind it, for figures: x, rank, smoothed rank and second derivative
 * [DS_SPLIT_BINS]; any may be NULL. */
void ds_split_curve(double *x, double *rank, double *smooth, double *second,
                    const float *values, int n, double *scratch);

#endif
