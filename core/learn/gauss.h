/* core/learn/gauss.h -- what is remembered of a class: a Gaussian of its features. Public header.
 *
 *     mean = 1/n sum f,   cov = 1/(n-1) sum (f - mean)(f - mean)^T + 1e-4 I,   cov = L L^T
 *     a sample: mean + L z, z ~ N(0, I)
 *
 * Two Gaussians of n1 and n2 features become that of all n = n1 + n2 (without the ridges):
 *     mean = (n1 mean1 + n2 mean2) / n,   d = mean2 - mean1
 *     (n-1) cov = (n1-1) cov1 + (n2-1) cov2 + n1 n2 / n d d^T
 *
 * Accumulated in double; mean and L are kept in float32. */
#ifndef DS_CORE_LEARN_GAUSS_H
#define DS_CORE_LEARN_GAUSS_H

#include <stdint.h>
#include "core/base/err.h"

/* mean [d], root [d][d] (lower triangle, zeros above) of features [n][d]; cov [d][d] may be
 * NULL. n 1 gives a covariance of 1e-4 I. DS_INTERNAL when a feature is not finite. */
int ds_gauss_fit(float *mean, float *root, double *cov, const float *features, int n, int d,
                 struct ds_err *err);

/* mean, root of n1 features become those of n1 + n2. DS_INTERNAL when they are not finite,
 * DS_NOMEM. */
int ds_gauss_join(float *mean, float *root, int n1, const float *mean2, const float *root2,
                  int n2, int d, struct ds_err *err);

/* samples [n][d] from standard normal numbers z [n][d] (overwritten by nothing). */
void ds_gauss_place(float *samples, const float *z, const float *mean, const float *root, int n,
                    int d);

#endif
