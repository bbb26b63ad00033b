/* analysis/stat/correlation.h -- does one thing go with another? Public header.
 *
 * Rank correlation, the same with a third thing held fixed, and how well a score tells two
 * classes apart.
 *
 * Pairs with a NAN in them are left out and counted. What does not exist is NAN, and `why` says
 * so; a value may exist where its interval does not. DS_NOMEM is the only failure. */
#ifndef DS_ANALYSIS_STAT_CORRELATION_H
#define DS_ANALYSIS_STAT_CORRELATION_H

#include "core/base/err.h"

struct ds_correlation {
    double value, lo, hi;
    double p; /* two-sided, Student's t with n - 2 (partial: n - 3) degrees of freedom */
    int n, undefined;
    const char *why; /* NULL: all defined */
};

/* Spearman's rho, ties sharing their mean rank: Pearson's r of the ranks. The interval is
 * tanh(atanh(rho) +- z sqrt(1.06 / (n - 3))) (Fieller, Hartley, Pearson 1957). Needs n >= 3,
 * the interval n >= 4 and |rho| < 1. */
int ds_spearman_of(struct ds_correlation *c, const double *x, const double *y, int n,
                   double level, struct ds_err *err);

/* Partial rank correlation of x and y given z: (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2)
 * (1 - r_yz^2)) of the three Spearman correlations; the interval as above with n - 4. Needs
 * n >= 4, the interval n >= 5; undefined where z alone orders x or y. */
int ds_partial_of(struct ds_correlation *c, const double *x, const double *y, const double *z,
                  int n, double level, struct ds_err *err);

struct ds_auroc {
    double value, lo, hi;
    double p; /* two-sided, that the score tells nothing: z = (A - 0.5) / sd */
    int positives, negatives, undefined;
    const char *why;
};

/* The area under the ROC curve: P(score of a positive > of a negative) + P(equal) / 2. The
 * variance is DeLong, DeLong and Clarke-Pearson's (1988), by mid-ranks (Sun and Xu 2014); the
 * interval is logit A +- z sd / (A (1 - A)), turned back: of normal scores it holds the truth
 * closer to its level than A +- z sd and stays inside (0, 1). positive[i] is 0 or 1, below 0:
 * not known, left out. Needs one of each; the interval two of each and a variance (a perfect
 * score has none). */
int ds_auroc_of(struct ds_auroc *a, const double *score, const int *positive, int n,
                double level, struct ds_err *err);

#endif
