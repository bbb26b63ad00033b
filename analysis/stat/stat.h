/* analysis/stat/stat.h -- what many values say together. Public header.
 *
 * Values that are NAN are undefined: they are left out and counted. All sums run in double, in
 * the order given. */
#ifndef DS_ANALYSIS_STAT_STAT_H
#define DS_ANALYSIS_STAT_STAT_H

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
    double mean, sd;       /* sample sd: divided by n - 1 */
    double q1, median, q3; /* type 7 */
    double lo, hi;         /* bootstrap interval of the mean */
};

double ds_mean(const double *x, int n);      /* NAN for n = 0 */
double ds_sample_sd(const double *x, int n); /* NAN for n < 2 */

/* Quantile of sorted x[n], 0 <= p <= 1, by linear interpolation at (n-1)p (Hyndman and Fan
 * 1996, type 7: the default of NumPy and R). NAN for n = 0. */
double ds_quantile(const double *sorted, int n, double p);

/* Standard normal distribution function and its inverse. */
double ds_normal_cdf(double z);
double ds_normal_quantile(double p);

/* Student's distribution with df degrees of freedom: P(|T| >= |t|), and the inverse of its
 * distribution function. */
double ds_student_tail(double t, double df);
double ds_student_quantile(double p, double df);

/* Bootstrap interval of the mean of x[n] (all finite), B resamples with replacement.
 * DS_PERCENTILE: quantiles of the resampled means. DS_BCA: the same, corrected for bias and
 * skewness (Efron 1987); where that does not exist, as DS_PERCENTILE (ds_bootstrap_of tells).
 * A pure function of (x, n, want): no hidden state. DS_NOMEM. */
int ds_bootstrap(double *lo, double *hi, const double *x, int n,
                 const struct ds_stat_want *want, struct ds_err *err);

enum ds_statistic { DS_OF_MEAN, DS_OF_MEDIAN };

struct ds_estimate {
    double value, lo, hi; /* lo and hi NAN for n < 2 or without resamples */
    int n;
    enum ds_interval kind; /* of lo and hi: DS_PERCENTILE where BCa does not exist */
    const char *why;       /* why there is no interval, or no BCa; NULL: all as asked for */
};

/* The statistic of x[n] (all finite) with its interval, and which interval it became. */
int ds_bootstrap_of(struct ds_estimate *e, enum ds_statistic of, const double *x, int n,
                    const struct ds_stat_want *want, struct ds_err *err);

/* One number per seed: mean, sample sd and mean +- t sd / sqrt(n), t Student's quantile with
 * n - 1 degrees of freedom. NAN where undefined, with why; NAN values are left out. */
struct ds_seeds {
    int n, undefined;
    double mean, sd, lo, hi;
    const char *why; /* NULL: all defined */
};

void ds_seeds_of(struct ds_seeds *s, const double *x, int n, double level);

/* All of struct ds_stat from x[n], NANs left out. DS_NOMEM. */
int ds_stat_of(struct ds_stat *s, const double *x, int n, const struct ds_stat_want *want,
               struct ds_err *err);

#endif
