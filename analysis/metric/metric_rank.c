/* analysis/metric/metric_rank.c -- the order of patches: blind to every monotone change of
 * scale. */
#include "analysis/metric/metric_int.h"

#include <math.h>
#include "analysis/metric/rank.h"

static double distance(double r, struct ds_metric_ctx *ctx)
{
    return isnan(r) ? ds_map_undefined(ctx, DS_UNDEFINED_FLAT) : fmin(fmax(1 - r, 0), 2);
}

double ds_map_spearman(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    double *ranks_p = ctx->scratch, *ranks_q = ranks_p + n;

    if (n < 3)
        return ds_map_undefined(ctx, DS_UNDEFINED_SHORT);
    ds_ranks(ranks_p, p, n, ranks_q + n);
    ds_ranks(ranks_q, q, n, ranks_q + n);
    return distance(ds_pearson(ranks_p, ranks_q, n), ctx);
}

double ds_map_kendall(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    if (n < 3)
        return ds_map_undefined(ctx, DS_UNDEFINED_SHORT);
    return distance(ds_kendall(p, q, n, ctx->scratch), ctx);
}
