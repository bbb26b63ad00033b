/* analysis/stat.c -- what many values say together. */
#include "analysis/stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double ds_mean(const double *x, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / n : NAN;
}

double ds_sample_sd(const double *x, int n)
{
    const double mean = ds_mean(x, n);
    double sum = 0;

    if (n < 2)
        return NAN;
    for (int i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sqrt(sum / (n - 1));
}

double ds_quantile(const double *sorted, int n, double p)
{
    double at, below;
    int i;

    if (n < 1)
        return NAN;
    at = (n - 1) * fmin(fmax(p, 0), 1);
    below = floor(at);
    i = (int)below;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (at - below) * (sorted[i + 1] - sorted[i]);
}

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

static void resample_means(double *means, const double *x, int n,
                           const struct ds_stat_want *want)
{
    const uint64_t stream = ds_rng_sub(ds_rng_stream(want->seed, "bootstrap"), want->index);

    for (int b = 0; b < want->resamples; b++) {
        const uint64_t from = (uint64_t)b * (uint64_t)n;
        double sum = 0;

        for (int i = 0; i < n; i++)
            sum += x[ds_rng_below(stream, from + (uint64_t)i, (uint32_t)n)];
        means[b] = sum / n;
    }
}

/* How far the resampled means lie to one side of the mean, in normal units. */
static double bias(const double *means, int resamples, double mean)
{
    double below = 0, share;

    for (int b = 0; b < resamples; b++)
        below += means[b] < mean ? 1 : means[b] == mean ? 0.5 : 0;
    share = below / resamples;
    /* all on one side: as far as B resamples can tell */
    share = fmin(fmax(share, 0.5 / resamples), 1 - 0.5 / resamples);
    return ds_normal_quantile(share);
}

static double acceleration(const double *x, int n, double mean)
{
    double two = 0, three = 0;

    for (int i = 0; i < n; i++) {
        const double d = x[i] - mean;

        two += d * d;
        three += d * d * d;
    }
    return two > 0 ? three / (6 * pow(two, 1.5)) : 0;
}

static double corrected(double p, double z0, double a)
{
    const double z = z0 + ds_normal_quantile(p);

    return ds_normal_cdf(z0 + z / (1 - a * z));
}

int ds_bootstrap(double *lo, double *hi, const double *x, int n,
                 const struct ds_stat_want *want, struct ds_err *err)
{
    const int resamples = want->resamples;
    double tail = (1 - want->level) / 2, left = tail, right = 1 - tail, *means;

    *lo = *hi = NAN;
    if (n < 2 || resamples < 1)
        return 0;
    if (!(means = malloc((size_t)resamples * sizeof *means)))
        return ds_fail(err, DS_NOMEM, "no memory for %d bootstrap resamples", resamples);
    resample_means(means, x, n, want);
    qsort(means, (size_t)resamples, sizeof *means, ascending);
    if (want->kind == DS_BCA) {
        const double mean = ds_mean(x, n), z0 = bias(means, resamples, mean);
        const double a = acceleration(x, n, mean);

        left = corrected(tail, z0, a);
        right = corrected(1 - tail, z0, a);
    }
    *lo = ds_quantile(means, resamples, left);
    *hi = ds_quantile(means, resamples, right);
    free(means);
    return 0;
}

int ds_stat_of(struct ds_stat *s, const double *x, int n, const struct ds_stat_want *want,
               struct ds_err *err)
{
    double *kept = malloc((size_t)(n > 0 ? n : 1) * sizeof *kept);
    int code;

    *s = (struct ds_stat){0};
    if (!kept)
        return ds_fail(err, DS_NOMEM, "no memory for %d values", n);
    for (int i = 0; i < n; i++)
        if (!isnan(x[i]))
            kept[s->n++] = x[i];
    s->undefined = n - s->n;
    s->mean = ds_mean(kept, s->n);
    s->sd = ds_sample_sd(kept, s->n);
    code = ds_bootstrap(&s->lo, &s->hi, kept, s->n, want, err); /* before the order is lost */
    if (s->n > 1)
        qsort(kept, (size_t)s->n, sizeof *kept, ascending);
    s->q1 = ds_quantile(kept, s->n, 0.25);
    s->median = ds_quantile(kept, s->n, 0.5);
    s->q3 = ds_quantile(kept, s->n, 0.75);
    free(kept);
    return code;
}
