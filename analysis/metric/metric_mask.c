/* analysis/metric/metric_mask.c -- maps as masks: which patches stand out, and do they overlap?
 *
 * A rule turns a map into the smallest value that still belongs to the mask; patches of one
 * value belong together, so a mask does not depend on their order. A constant map has no top:
 * it is undefined under the rules that look for one. */
#include "analysis/metric/metric_int.h"

#include <math.h>
#include "analysis/metric/rank.h"

/* Where a mask begins: at a value, or only above it. (The next larger double would do, but
 * above 0 that is a denormal, which workers take for 0: core/base/pool.h.) */
struct cut {
    double at;
    bool above;
};

/* How many patches are in the masks of p and q, and in both. */
struct overlap {
    int p, q, both;
};

static struct cut sorted_cut(const double *sorted, int n, int keep)
{
    return (struct cut){sorted[n - (keep < 1 ? 1 : keep < n ? keep : n)], false};
}

/* The ceil(share n) largest values. */
static struct cut top_cut(const double *p, int n, double share, struct ds_metric_ctx *ctx)
{
    double *sorted = ctx->scratch;

    if (ds_constant(p, n))
        return (struct cut){ds_map_undefined(ctx, DS_UNDEFINED_FLAT), false};
    ds_sorted(sorted, p, n, sorted + n);
    return sorted_cut(sorted, n, (int)ceil(share * n - 1e-9));
}

/* The fewest largest values that hold `share` of the mass (DINO's visualize_attention). */
static struct cut mass_cut(const double *p, int n, double share, struct ds_metric_ctx *ctx)
{
    const double mass = ds_map_mass(p, n, ctx);
    double *sorted = ctx->scratch, sum = 0;
    int keep = 0;

    if (ctx->why)
        return (struct cut){NAN, false};
    if (ds_constant(p, n))
        return (struct cut){ds_map_undefined(ctx, DS_UNDEFINED_FLAT), false};
    ds_sorted(sorted, p, n, sorted + n);
    while (keep < n && sum < share * mass)
        sum += sorted[n - ++keep];
    return sorted_cut(sorted, n, keep);
}

/* Values above mean + k sd (population sd). */
static struct cut deviation_cut(const double *p, int n, double k)
{
    double mean = 0, square = 0;

    for (int i = 0; i < n; i++)
        mean += p[i];
    mean /= n;
    for (int i = 0; i < n; i++)
        square += (p[i] - mean) * (p[i] - mean);
    if (ds_constant(p, n))
        return (struct cut){INFINITY, false}; /* rounding of the mean must not decide */
    return (struct cut){mean + k * sqrt(square / n), true};
}

static bool inside(double value, struct cut cut)
{
    return cut.above ? value > cut.at : value >= cut.at;
}

static struct overlap count(const double *p, const double *q, int n, struct cut cut_p,
                            struct cut cut_q)
{
    struct overlap o = {0, 0, 0};

    for (int i = 0; i < n; i++) {
        o.p += inside(p[i], cut_p);
        o.q += inside(q[i], cut_q);
        o.both += inside(p[i], cut_p) && inside(q[i], cut_q);
    }
    return o;
}

static double iou(struct overlap o, struct ds_metric_ctx *ctx)
{
    const int either = o.p + o.q - o.both;

    if (ctx->why)
        return NAN;
    ctx->empty = either == 0;
    return either ? (double)o.both / either : 1;
}

static double dice(struct overlap o, struct ds_metric_ctx *ctx)
{
    if (ctx->why)
        return NAN;
    ctx->empty = o.p + o.q == 0;
    return o.p + o.q ? 2.0 * o.both / (o.p + o.q) : 1;
}

static struct overlap split(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    if (!isfinite(ctx->split_p) || !isfinite(ctx->split_q))
        ctx->why = DS_UNDEFINED_INFINITE;
    return count(p, q, n, (struct cut){ctx->split_p, true}, (struct cut){ctx->split_q, true});
}

static struct overlap top(const double *p, const double *q, int n, double share,
                          struct ds_metric_ctx *ctx)
{
    const struct cut cut = top_cut(p, n, share, ctx);

    return count(p, q, n, cut, top_cut(q, n, share, ctx));
}

static struct overlap mass(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const struct cut cut = mass_cut(p, n, 0.6, ctx);

    return count(p, q, n, cut, mass_cut(q, n, 0.6, ctx));
}

static struct overlap deviation(const double *p, const double *q, int n)
{
    return count(p, q, n, deviation_cut(p, n, 1), deviation_cut(q, n, 1));
}

double ds_map_iou(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return iou(split(p, q, n, ctx), ctx);
}

double ds_map_dice(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return dice(split(p, q, n, ctx), ctx);
}

double ds_map_iou_top10(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return iou(top(p, q, n, 0.1, ctx), ctx);
}

double ds_map_dice_top10(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return dice(top(p, q, n, 0.1, ctx), ctx);
}

double ds_map_iou_top20(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return iou(top(p, q, n, 0.2, ctx), ctx);
}

double ds_map_dice_top20(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return dice(top(p, q, n, 0.2, ctx), ctx);
}

double ds_map_iou_mass60(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return iou(mass(p, q, n, ctx), ctx);
}

double ds_map_dice_mass60(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return dice(mass(p, q, n, ctx), ctx);
}

double ds_map_iou_sd1(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return iou(deviation(p, q, n), ctx);
}

double ds_map_dice_sd1(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    return dice(deviation(p, q, n), ctx);
}
