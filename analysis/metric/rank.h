/* analysis/metric/rank.h -- order, ranks and correlations of plain arrays. Public header.
 *
 * Kernels: they allocate nothing and cannot fail. `scratch` is lent by the caller:
 * ds_rank_scratch(n) bytes, aligned as malloc does. All entries must be finite. */
#ifndef DS_ANALYSIS_METRIC_RANK_H
#define DS_ANALYSIS_METRIC_RANK_H

#include <stdbool.h>
#include <stddef.h>

size_t ds_rank_scratch(int n); /* bytes */

/* sorted[n] = x[n] in ascending order. */
void ds_sorted(double *sorted, const double *x, int n, void *scratch);

/* order[i] is where the i-th smallest value stands; equal values keep their order. */
void ds_order(int *order, const double *x, int n, void *scratch);

/* rank[i] in 1..n; equal values share the mean of their ranks. */
void ds_ranks(double *rank, const double *x, int n, void *scratch);

/* Whether x[n] has one value only. */
bool ds_constant(const double *x, int n);

/* Pearson's r of x[n], y[n]: sum (x - mx)(y - my) / sqrt(sum (x - mx)^2 sum (y - my)^2), in
 * [-1, 1]; exactly 1 where x and y are the same. NAN where one of them is constant. */
double ds_pearson(const double *x, const double *y, int n);

/* Kendall's tau-b: (C - D) / sqrt((n0 - tx)(n0 - ty)), n0 = n(n-1)/2 pairs, C concordant, D
 * discordant, tx and ty those tied in x and in y; by counting exchanges of a merge sort,
 * O(n log n) (Knight 1966). NAN where one of them is constant. */
double ds_kendall(const double *x, const double *y, int n, void *scratch);

#endif
