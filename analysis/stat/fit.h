/* analysis/stat/fit.h -- a line through points, and intervals that know how few values there
 * are. Public header.
 *
 * Student's t distribution (Student 1908) from the regularised incomplete beta function:
 * P(|T| > t) = I_{v/(v+t^2)}(v/2, 1/2), by the continued fraction of Abramowitz and Stegun
 * 26.5.8, evaluated as Lentz (1976) does. */
#ifndef DS_ANALYSIS_STAT_FIT_H
#define DS_ANALYSIS_STAT_FIT_H

/* Half the width of the t interval of the mean of x[n]: t sd / sqrt(n). NAN for n < 2. */
double ds_mean_margin(const double *x, int n, double level);

/* Least squares y = slope x + intercept over the pairs whose both values are finite. */
struct ds_fit {
    int n;
    double slope, intercept;
    double r; /* Pearson's correlation */
    double p; /* two-sided, of r = 0, by t = r sqrt((n - 2) / (1 - r^2)) */
};

/* slope, r and p are NAN where x or y does not vary, p also for n < 3. */
struct ds_fit ds_fit_line(const double *x, const double *y, int n);

#endif
