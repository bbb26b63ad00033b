/* analysis/stat/ratio.h -- the ratio of two means over the same images. Public header.
 *
 *     R = mean(a) / mean(b)
 *
 * a_i and b_i belong together: a share of a whole, a recovery of a loss. The interval resamples
 * pairs (Efron 1987, BCa by the jackknife of R, or percentiles). A pair with a NAN is left out
 * and counted. */
#ifndef DS_ANALYSIS_STAT_RATIO_H
#define DS_ANALYSIS_STAT_RATIO_H

#include "analysis/stat/stat.h"

struct ds_ratio {
    double value, lo, hi; /* NAN where undefined */
    int n, undefined;
    enum ds_interval kind; /* of lo and hi: DS_PERCENTILE where BCa does not exist */
    const char *why;       /* why there is no value, else no interval, else no BCa; or NULL */
};

/* No value: n = 0, or mean(b) = 0. No interval: n < 2, no resamples, or more than a tail's
 * share of the resampled denominators are 0 or of the other sign: the ratio could be anything.
 * Resamples with a denominator of 0 are left out. DS_NOMEM. */
int ds_ratio_of(struct ds_ratio *r, const double *a, const double *b, int n,
                const struct ds_stat_want *want, struct ds_err *err);

#endif
