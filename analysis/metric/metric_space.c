/* analysis/metric/metric_space.c -- maps as pictures on the patch grid.
 *
 * SSIM (Wang et al. 2004) is written with differences,
 *
 *     l = 1 - (mp - mq)^2 / (mp^2 + mq^2 + C1),   cs = 1 - var(p - q) / (vp + vq + C2)
 *
 * which is the same product but exactly 1 where p = q. Windows are 7 x 7, uniform, whole ones
 * only; sample variances (n - 1); C1 = (0.01 R)^2, C2 = (0.03 R)^2 with R the range of values
 * of both maps together, since attention has no fixed one. These are the defaults of
 * scikit-image but R, which it wants to be told. */
#include "analysis/metric/metric_int.h"

#include <math.h>
#include "analysis/metric/rank.h"

struct window {
    double p, q, pp, qq, dd; /* sums: p, q, p^2, q^2 (p - q)^2 of what is left of the means */
};

static double range(const double *p, const double *q, int n)
{
    double lo = p[0], hi = p[0];

    for (int i = 0; i < n; i++) {
        lo = fmin(lo, fmin(p[i], q[i]));
        hi = fmax(hi, fmax(p[i], q[i]));
    }
    return hi - lo;
}

/* `p` and `q` point at the window's corner; two passes, so that nothing cancels. */
static struct window look(const double *p, const double *q, int width)
{
    const int n = DS_SSIM_WINDOW * DS_SSIM_WINDOW;
    struct window w = {0};

    for (int y = 0; y < DS_SSIM_WINDOW; y++)
        for (int x = 0; x < DS_SSIM_WINDOW; x++) {
            w.p += p[y * width + x];
            w.q += q[y * width + x];
        }
    w.p /= n;
    w.q /= n;
    for (int y = 0; y < DS_SSIM_WINDOW; y++)
        for (int x = 0; x < DS_SSIM_WINDOW; x++) {
            const double a = p[y * width + x] - w.p, b = q[y * width + x] - w.q;

            w.pp += a * a;
            w.qq += b * b;
            w.dd += (a - b) * (a - b);
        }
    return w;
}

double ds_map_ssim(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const int h = ctx->height, w = ctx->width, below = DS_SSIM_WINDOW * DS_SSIM_WINDOW - 1;
    const double r = range(p, q, n), c1 = 0.01 * r * 0.01 * r, c2 = 0.03 * r * 0.03 * r;
    const int rows = h - DS_SSIM_WINDOW + 1, columns = w - DS_SSIM_WINDOW + 1;
    double sum = 0;

    if (rows < 1 || columns < 1)
        return ds_map_undefined(ctx, DS_UNDEFINED_SMALL);
    if (!(r > 0))
        return ds_map_undefined(ctx, DS_UNDEFINED_FLAT);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const struct window s = look(p + y * w + x, q + y * w + x, w);
            const double d = s.p - s.q;

            sum += (1 - d * d / (s.p * s.p + s.q * s.q + c1)) *
                   (1 - s.dd / below / ((s.pp + s.qq) / below + c2));
        }
    return sum / (rows * columns);
}

static void centroid(double *y, double *x, const double *p, int n, double mass, int width)
{
    *y = *x = 0;
    for (int i = 0; i < n; i++) {
        *y += p[i] / mass * (i / width);
        *x += p[i] / mass * (i % width);
    }
}

double ds_map_centroid(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    double py, px, qy, qx;

    if (ctx->why)
        return NAN;
    centroid(&py, &px, p, n, ps, ctx->width);
    centroid(&qy, &qx, q, n, qs, ctx->width);
    return hypot(py - qy, px - qx);
}

/* The first of equal ones. */
static int peak(const double *p, int n)
{
    int at = 0;

    for (int i = 1; i < n; i++)
        if (p[i] > p[at])
            at = i;
    return at;
}

double ds_map_peak(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const int a = peak(p, n), b = peak(q, n), w = ctx->width;

    if (ds_constant(p, n) || ds_constant(q, n))
        return ds_map_undefined(ctx, DS_UNDEFINED_FLAT);
    return hypot(a / w - b / w, a % w - b % w);
}
