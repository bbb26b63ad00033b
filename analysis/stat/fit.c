/* analysis/stat/fit.c -- a line through points; Student's t. See the header. */
#include "analysis/stat/fit.h"

#include <float.h>
#include <math.h>

#include "analysis/stat/stat.h"

/* The continued fraction of the incomplete beta function; good for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / fmax(1 - (a + b) * x / (a + 1), DBL_MIN), h = d;

    for (int m = 1; m <= 400; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step;

        d = 1 / (1 + even * d);
        c = 1 + even / c;
        h *= c * d;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        step = c * d;
        h *= step;
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return h;
}

/* I_x(a, b), 0 <= x <= 1. */
static double beta_share(double a, double b, double x)
{
    double front;

    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(|T| > |t|) */
static double two_tails(double t, double v)
{
    return isinf(t) ? 0 : beta_share(v / 2, 0.5, v / (v + t * t));
}

/* Bisection over the tail, as stat.c does for the normal: no constants to mistype. */
/* t with P(|T| > t) = tail, 0 < tail < 1. */
static double quantile(double tail, double v)
{
    double lo = 0, hi = 1;

    while (two_tails(hi, v) > tail && hi < 1e300)
        hi *= 2;
    for (int i = 0; i < 200; i++) {
        const double mid = (lo + hi) / 2;

        if (two_tails(mid, v) > tail)
            lo = mid;
        else
            hi = mid;
    }
    return (lo + hi) / 2;
}

double ds_mean_margin(const double *x, int n, double level)
{
    if (n < 2 || !(level > 0 && level < 1))
        return NAN;
    return quantile(1 - level, n - 1) * ds_sample_sd(x, n) / sqrt(n);
}

struct ds_fit ds_fit_line(const double *x, const double *y, int n)
{
    struct ds_fit f = {0, NAN, NAN, NAN, NAN};
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;

    for (int i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            mx += x[i];
            my += y[i];
            f.n++;
        }
    mx /= f.n ? f.n : 1;
    my /= f.n ? f.n : 1;
    for (int i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
            xy += (x[i] - mx) * (y[i] - my);
        }
    if (!(xx > 0))
        return f;
    f.slope = xy / xx;
    f.intercept = my - f.slope * mx;
    if (!(yy > 0))
        return f;
    f.r = fmin(1, fmax(-1, xy / sqrt(xx * yy)));
    if (f.n > 2)
        f.p = two_tails(f.r * sqrt((f.n - 2) / fmax(1 - f.r * f.r, DBL_MIN)), f.n - 2);
    return f;
}
