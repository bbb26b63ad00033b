/* analysis/stat/stat_distribution.c -- the normal and Student's distribution and their
 * inverses. */
#include "analysis/stat/stat.h"

#include <math.h>

double ds_normal_cdf(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* Bisection: slower than a rational approximation, but it has no constants to mistype, and an
 * interval needs it only four times. */
double ds_normal_quantile(double p)
{
    double lo = -40, hi = 40;

    if (!(p > 0))
        return p == 0 ? -INFINITY : NAN;
    if (!(p < 1))
        return p == 1 ? INFINITY : NAN;
    for (int i = 0; i < 100; i++) {
        const double mid = (lo + hi) / 2;

        if (ds_normal_cdf(mid) < p)
            lo = mid;
        else
            hi = mid;
    }
    return (lo + hi) / 2;
}

/* The continued fraction of the incomplete beta function, by Lentz's method (Abramowitz and
 * Stegun 26.5.8). It converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), f = d;

    for (int m = 1; m < 1000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step;

        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        step = c * d;
        f *= step;
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return f;
}

/* I_x(a, b) */
static double incomplete_beta(double x, double a, double b)
{
    double front;

    if (!(x > 0))
        return 0;
    if (!(x < 1))
        return 1;
    if (x > (a + 1) / (a + b + 2))
        return 1 - incomplete_beta(1 - x, b, a);
    front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b));
    return front * beta_fraction(x, a, b) / a;
}

double ds_student_tail(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (isinf(t))
        return 0;
    return incomplete_beta(df / (df + t * t), df / 2, 0.5);
}

double ds_student_quantile(double p, double df)
{
    double lo = 0, hi = 1;
    const double tail = 2 * fmin(p, 1 - p); /* both sides */

    if (!(p > 0 && p < 1 && df > 0))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    while (ds_student_tail(hi, df) > tail && hi < 1e300)
        hi *= 2;
    for (int i = 0; i < 100; i++) {
        const double mid = (lo + hi) / 2;

        if (ds_student_tail(mid, df) > tail)
            lo = mid;
        else
            hi = mid;
    }
    return p < 0.5 ? -(lo + hi) / 2 : (lo + hi) / 2;
}
