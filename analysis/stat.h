/* analysis/stat.h -- what many values say together. Public header.
 *
 * Values that are NAN are undefined: they are left out and counted. All sums run in double, in
 * the order given. */
#ifndef DS_ANALYSIS_STAT_H
#define DS_ANALYSIS_STAT_H

#include <stdint.h>
#include "core/base/err.h"

enum ds_interval { DS_BCA, DS_PERCENTILE };

struct ds_stat_want {
    enum ds_interval kind;
    int resamples;  /* B; 0: no interval */
    double level;   /* 0.95 */
    uint64_t seed;  /* stream "bootstrap" of this seed */
    uint64_t index; /* which sub-stream: one per table row, so that rows are independent */
};

/* Everything is NAN where it does not exist: sd and interval for n < 2, the rest for n = 0. */
struct ds_stat {
    int n, undefined;
    double mean, sd;           /* sample sd: divided by n - 1 */
    double q1, median, q3;     /* type 7 */
    double lo, hi;             /* bootstrap interval of the mean */
};

double ds_mean(const double *x, int n);      /* NAN for n = 0 */
double ds_sample_sd(const double *x, int n); /* NAN for n < 2 */

/* Quantile of sorted x[n], 0 <= p <= 1, by linear interpolation at (n-1)p (Hyndman and Fan
 * 1996, type 7: the default of NumPy and R). NAN for n = 0. */
double ds_quantile(const double *sorted, int n, double p);

/* Standard normal distribution function and its inverse. */
double ds_normal_cdf(double z);
double ds_normal_quantile(double p);

/* Bootstrap interval of the mean of x[n] (all finite), B resamples with replacement.
 * DS_PERCENTILE: quantiles of the resampled means. DS_BCA: the same, corrected for bias and
 * skewness (Efron 1987; the acceleration of the mean is sum d^3 / (6 (sum d^2)^1.5)).
 * A pure function of (x, n, want): no hidden state. DS_NOMEM. */
int ds_bootstrap(double *lo, double *hi, const double *x, int n,
                 const struct ds_stat_want *want, struct ds_err *err);

/* All of struct ds_stat from x[n], NANs left out. DS_NOMEM. */
int ds_stat_of(struct ds_stat *s, const double *x, int n, const struct ds_stat_want *want,
               struct ds_err *err);

#endif
