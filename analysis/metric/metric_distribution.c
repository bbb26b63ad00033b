/* analysis/metric/metric_distribution.c -- maps as distributions over patches: every map is
 * divided by its sum first, so what prefix tokens took is left aside. */
#include "analysis/metric/metric_int.h"

#include <math.h>

double ds_map_undefined(struct ds_metric_ctx *ctx, enum ds_undefined why)
{
    ctx->why = why;
    return NAN;
}

double ds_map_mass(const double *p, int n, struct ds_metric_ctx *ctx)
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        if (p[i] < 0) {
            ctx->why = DS_UNDEFINED_NEGATIVE;
            return 0;
        }
        sum += p[i];
    }
    if (!(sum > 0))
        ctx->why = DS_UNDEFINED_ZERO;
    return sum;
}

double ds_map_total_variation(const double *p, const double *q, int n,
                              struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    double sum = 0;

    if (ctx->why)
        return NAN;
    for (int i = 0; i < n; i++)
        sum += fabs(p[i] / ps - q[i] / qs);
    return fmin(sum / 2, 1);
}

/* Both maps are smoothed, not q alone: the divergence of a map from itself is then exactly 0,
 * and never negative. */
double ds_map_kl(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double eps = DS_KL_EPS, ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    double sum = 0;

    if (ctx->why)
        return NAN;
    for (int i = 0; i < n; i++) {
        const double a = p[i] / ps + eps, b = q[i] / qs + eps;

        sum += a * log(a / b);
    }
    return fmax(sum / (1 + n * eps), 0);
}

double ds_map_js(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    double d = 0;

    if (ctx->why)
        return NAN;
    for (int i = 0; i < n; i++) {
        const double a = p[i] / ps, b = q[i] / qs, m = (a + b) / 2;

        if (a > 0)
            d += a * log2(a / m) / 2;
        if (b > 0)
            d += b * log2(b / m) / 2;
    }
    return fmin(fmax(d, 0), 1);
}

/* sqrt(1 - sum sqrt(pq)) as a sum of squares, which is exactly 0 where p = q and loses no
 * digits where they are close. */
double ds_map_hellinger(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    double sum = 0;

    if (ctx->why)
        return NAN;
    for (int i = 0; i < n; i++) {
        const double d = sqrt(p[i] / ps) - sqrt(q[i] / qs);

        sum += d * d;
    }
    return fmin(sqrt(sum / 2), 1);
}
