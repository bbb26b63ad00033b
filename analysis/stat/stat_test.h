/* analysis/stat/stat_test.h -- is it more than chance? Public header.
 *
 * Permutation tests, false discoveries, and drift beyond its noise floor. Random permutations
 * come from the stream "permutation" of want.seed, sub-stream want.index; its level and kind
 * play no role, and there is no hidden state. Values that are NAN are left out. */
#ifndef DS_ANALYSIS_STAT_STAT_TEST_H
#define DS_ANALYSIS_STAT_STAT_TEST_H

#include <stdbool.h>
#include "analysis/stat/stat.h"

struct ds_test {
    double p;        /* two-sided; NAN where undefined */
    int n;           /* defined values */
    bool exact;      /* every permutation was counted */
    const char *why; /* why p is NAN; NULL: it is defined */
};

enum { DS_EXACT_SIGNS = 16 }; /* up to here 2^n sign flips are all counted */

/* Do paired differences lie around 0? Under the null every difference could as well have the
 * other sign: p is the share of sign flips whose |sum| is at least the observed one, exactly
 * for n <= DS_EXACT_SIGNS, else (b + 1) / (m + 1) with m = want.resamples random flips, of
 * which b are as large (Phipson and Smyth 2010: never 0). */
void ds_sign_flip(struct ds_test *t, const double *difference, int n,
                  const struct ds_stat_want *want);

/* Wilcoxon's signed-rank test of the same question by ranks of |difference|: zeros are left
 * out, ties share their mean rank; exact by counting for n <= 50 without ties, else the normal
 * approximation corrected for ties. DS_NOMEM. */
int ds_wilcoxon(struct ds_test *t, const double *difference, int n, struct ds_err *err);

/* Benjamini and Hochberg 1995: q[i] = min over p[k] >= p[i] of m p[k] / rank(p[k]), at most
 * 1, for the m defined p-values; rejecting q <= level keeps the expected share of false
 * discoveries below level. NAN stays NAN and counts for nothing; q keeps the order of p. Both
 * [n]; they may be the same array. DS_NOMEM. */
int ds_false_discovery(double *q, const double *p, int n, struct ds_err *err);

/* "***" below 0.001, "**" below 0.01, "*" below 0.05, else "". */
const char *ds_stars(double p);

/* How far drift rises above the noise floor: the same measurement where nothing should have
 * changed (the same checkpoint under jitter, the same task with other seeds). */
struct ds_excess {
    double value;  /* the value, or the median of the values */
    double floor;  /* median of the null */
    double excess; /* value - floor */
    double p;      /* one-sided: the null reaches as far */
    double least;  /* the smallest p this null, or so many permutations, can give */
    int n, n_null;
    const char *why; /* why something is NAN; NULL: all defined */
};

/* One value against null[m]: p = (1 + #{null >= value}) / (1 + m). DS_NOMEM. */
int ds_excess_of(struct ds_excess *e, double value, const double *null, int m,
                 struct ds_err *err);

/* Values x[n] against null[m]: p from want.resamples random relabellings of all n + m values,
 * (b + 1) / (r + 1) with b those whose mean(x) - mean(null) is at least the observed one.
 * DS_NOMEM. */
int ds_excess_many(struct ds_excess *e, const double *x, int n, const double *null, int m,
                   const struct ds_stat_want *want, struct ds_err *err);

#endif
