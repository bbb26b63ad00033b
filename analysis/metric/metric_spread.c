/* analysis/metric/metric_spread.c -- one number of each map, and how it changed: q's minus p's.
 */
#include "analysis/metric/metric_int.h"

#include <math.h>

static double entropy(const double *p, int n, double mass)
{
    double h = 0;

    for (int i = 0; i < n; i++)
        if (p[i] > 0)
            h -= p[i] / mass * log(p[i] / mass);
    return h;
}

/* The entropies of both maps; false after recording why there are none. */
static bool entropies(double *hp, double *hq, const double *p, const double *q, int n,
                      struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);

    if (ctx->why)
        return false;
    *hp = entropy(p, n, ps);
    *hq = entropy(q, n, qs);
    return true;
}

double ds_map_entropy(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double hp, hq;

    return entropies(&hp, &hq, p, q, n, ctx) ? hq - hp : NAN;
}

double ds_map_entropy_share(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double hp, hq;

    if (n < 2)
        return ds_map_undefined(ctx, DS_UNDEFINED_SHORT);
    return entropies(&hp, &hq, p, q, n, ctx) ? (hq - hp) / log(n) : NAN;
}

double ds_map_effective(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double hp, hq;

    return entropies(&hp, &hq, p, q, n, ctx) ? exp(hq) - exp(hp) : NAN;
}

/* A raw map is a row that summed to 1 before its prefix columns were dropped: 1 - sum is what
 * they took. */
double ds_map_prefix(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double sum = 0;

    (void)ctx;
    for (int i = 0; i < n; i++)
        sum += p[i] - q[i];
    return sum;
}

static double largest(const double *p, int n)
{
    double most = p[0];

    for (int i = 1; i < n; i++)
        most = fmax(most, p[i]);
    return most;
}

double ds_map_sink(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);

    return ctx->why ? NAN : largest(q, n) / qs - largest(p, n) / ps;
}
