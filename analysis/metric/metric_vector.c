/* analysis/metric/metric_vector.c -- maps as vectors.
 *
 * sqrt(pp * qq) is used for the product of two norms because it is exactly pp where p = q: the
 * distance of a map to itself is then exactly 0, not a rounding error. */
#include "analysis/metric/metric_int.h"

#include <math.h>
#include "analysis/metric/rank.h"

static double difference_squared(const double *p, const double *q, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (q[i] - p[i]) * (q[i] - p[i]);
    return sum;
}

static double dot(const double *p, const double *q, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += p[i] * q[i];
    return sum;
}

double ds_map_relative_frobenius(const double *p, const double *q, int n,
                                 struct ds_metric_ctx *ctx)
{
    const double pp = dot(p, p, n);

    if (!(pp > 0))
        return ds_map_undefined(ctx, DS_UNDEFINED_ZERO);
    return sqrt(difference_squared(p, q, n)) / sqrt(pp);
}

double ds_map_l1(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double sum = 0;

    (void)ctx;
    for (int i = 0; i < n; i++)
        sum += fabs(p[i] - q[i]);
    return sum;
}

double ds_map_l2(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    (void)ctx;
    return sqrt(difference_squared(p, q, n));
}

double ds_map_relative_l2(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    double sum = 0;

    if (ctx->why)
        return NAN;
    for (int i = 0; i < n; i++) {
        const double d = q[i] / qs - p[i] / ps;

        sum += d * d;
    }
    return sqrt(sum) / (sqrt(dot(p, p, n)) / ps);
}

double ds_map_cosine(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double pp = dot(p, p, n), qq = dot(q, q, n);

    if (!(pp > 0 && qq > 0))
        return ds_map_undefined(ctx, DS_UNDEFINED_ZERO);
    return fmin(fmax(1 - dot(p, q, n) / sqrt(pp * qq), 0), 2);
}

double ds_map_pearson(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double r;

    if (n < 3)
        return ds_map_undefined(ctx, DS_UNDEFINED_SHORT);
    r = ds_pearson(p, q, n);
    return isnan(r) ? ds_map_undefined(ctx, DS_UNDEFINED_FLAT) : 1 - r;
}
