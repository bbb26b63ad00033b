/* analysis/stat/stat_bootstrap.c -- bootstrap intervals of a mean or a median.
 *
 * BCa (Efron 1987): the interval's ends are the quantiles of the resampled statistics at
 *
 *     Phi(z0 + (z0 + z) / (1 - a (z0 + z))),   z = Phi^-1(tail)
 *
 * z0 says how far the resamples lie to one side of the statistic (ties count half), and the
 * acceleration a comes from the jackknife: with t_i the statistic without value i and t their
 * mean, a = sum (t - t_i)^3 / (6 (sum (t - t_i)^2)^1.5). For a mean t - t_i is (x_i - mean) /
 * (n - 1). A median is resampled by counting in the sorted values, without sorting again. */
#include "analysis/stat/stat.h"
#include "analysis/stat/stat_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"

/* Memory of one interval. */
struct work {
    double *theta;  /* [B] resampled statistics, then sorted */
    double *sorted; /* [n] */
    int *count;     /* [n] how often each was drawn; medians only */
};

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void resample_means(double *theta, const double *x, int n, uint64_t stream,
                           int resamples)
{
    for (int b = 0; b < resamples; b++) {
        const uint64_t from = (uint64_t)b * (uint64_t)n;
        double sum = 0;

        for (int i = 0; i < n; i++)
            sum += x[ds_rng_below(stream, from + (uint64_t)i, (uint32_t)n)];
        theta[b] = sum / n;
    }
}

/* The middle of n draws, of which count[i] are sorted[i]. */
static double middle(const double *sorted, const int *count, int n)
{
    const int low = (n - 1) / 2, high = n / 2;
    double first = NAN;

    for (int i = 0, seen = 0; i < n; i++) {
        seen += count[i];
        if (isnan(first) && seen > low)
            first = sorted[i];
        if (seen > high)
            return (first + sorted[i]) / 2;
    }
    return NAN;
}

static void resample_medians(const struct work *w, int n, uint64_t stream, int resamples)
{
    for (int b = 0; b < resamples; b++) {
        const uint64_t from = (uint64_t)b * (uint64_t)n;

        memset(w->count, 0, (size_t)n * sizeof *w->count);
        for (int i = 0; i < n; i++)
            w->count[ds_rng_below(stream, from + (uint64_t)i, (uint32_t)n)]++;
        w->theta[b] = middle(w->sorted, w->count, n);
    }
}

/* The median without value i. */
static double median_without(const double *sorted, int n, int i)
{
    const int low = (n - 2) / 2, high = (n - 1) / 2;

    return (sorted[low + (low >= i)] + sorted[high + (high >= i)]) / 2;
}

/* Statistic without value i, up to what the acceleration does not see. */
static double jackknife(enum ds_statistic of, const double *x, const double *sorted, int n,
                        int i)
{
    return of == DS_OF_MEAN ? -x[i] : median_without(sorted, n, i);
}

/* NAN where the jackknife has no spread. */
static double acceleration(enum ds_statistic of, const double *x, const double *sorted, int n)
{
    double mean = 0, two = 0, three = 0;

    for (int i = 0; i < n; i++)
        mean += jackknife(of, x, sorted, n, i);
    mean /= n;
    for (int i = 0; i < n; i++) {
        const double d = mean - jackknife(of, x, sorted, n, i);

        two += d * d;
        three += d * d * d;
    }
    return two > 0 ? three / (6 * pow(two, 1.5)) : NAN;
}

/* How far the resamples lie to one side, in normal units; infinite where all of them do. */
static double bias(const double *theta, int resamples, double value)
{
    double below = 0;

    for (int b = 0; b < resamples; b++)
        below += theta[b] < value ? 1 : theta[b] == value ? 0.5 : 0;
    return ds_normal_quantile(below / resamples);
}

/* NAN where the correction leaves its range. */
static double corrected(double p, double z0, double a)
{
    const double z = z0 + ds_normal_quantile(p), scale = 1 - a * z;

    return scale > 0 ? ds_normal_cdf(z0 + z / scale) : NAN;
}

/* The corrected tails; says why there are none. */
static const char *correct(double *left, double *right, double z0, double a)
{
    if (isinf(z0))
        return "BCa undefined: all resamples lie on one side";
    if (isnan(a))
        return "BCa undefined: the jackknife has no spread";
    *left = corrected(*left, z0, a);
    *right = corrected(*right, z0, a);
    return isnan(*left) || isnan(*right) ? "BCa undefined: the skewness is too large" : NULL;
}

const char *ds_bootstrap_ends(double *lo, double *hi, double *theta, int resamples,
                              double value, double acceleration_of,
                              const struct ds_stat_want *want)
{
    double left = (1 - want->level) / 2, right = 1 - left;
    const char *why = NULL;

    qsort(theta, (size_t)resamples, sizeof *theta, ascending);
    if (want->kind == DS_BCA)
        why = correct(&left, &right, bias(theta, resamples, value), acceleration_of);
    if (why) {
        left = (1 - want->level) / 2;
        right = 1 - left;
    }
    *lo = ds_quantile(theta, resamples, left);
    *hi = ds_quantile(theta, resamples, right);
    return why;
}

static void interval(struct ds_estimate *e, enum ds_statistic of, const double *x, int n,
                     const struct ds_stat_want *want, const struct work *w)
{
    const int resamples = want->resamples;
    const uint64_t stream = ds_rng_sub(ds_rng_stream(want->seed, "bootstrap"), want->index);

    if (of == DS_OF_MEAN)
        resample_means(w->theta, x, n, stream, resamples);
    else
        resample_medians(w, n, stream, resamples);
    e->why =
        ds_bootstrap_ends(&e->lo, &e->hi, w->theta, resamples, e->value,
                          want->kind == DS_BCA ? acceleration(of, x, w->sorted, n) : 0, want);
    if (e->why)
        e->kind = DS_PERCENTILE;
}

int ds_bootstrap_of(struct ds_estimate *e, enum ds_statistic of, const double *x, int n,
                    const struct ds_stat_want *want, struct ds_err *err)
{
    const size_t resamples = want->resamples > 0 ? (size_t)want->resamples : 1;
    const size_t values = n > 0 ? (size_t)n : 1;
    struct work w = {malloc(resamples * sizeof *w.theta), malloc(values * sizeof *w.sorted),
                     malloc(values * sizeof *w.count)};
    int code = 0;

    *e = (struct ds_estimate){.value = NAN, .lo = NAN, .hi = NAN, .n = n, .kind = want->kind};
    if (!w.theta || !w.sorted || !w.count) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d bootstrap resamples", want->resamples);
        goto done;
    }
    if (n > 0)
        memcpy(w.sorted, x, (size_t)n * sizeof *x);
    qsort(w.sorted, n > 0 ? (size_t)n : 0, sizeof *w.sorted, ascending);
    e->value = of == DS_OF_MEAN ? ds_mean(x, n) : ds_quantile(w.sorted, n, 0.5);
    if (n < 2 || want->resamples < 1)
        e->why = n < 2 ? "fewer than 2 values" : "no resamples asked for";
    else
        interval(e, of, x, n, want, &w);

done:
    free(w.count);
    free(w.sorted);
    free(w.theta);
    return code;
}

int ds_bootstrap(double *lo, double *hi, const double *x, int n,
                 const struct ds_stat_want *want, struct ds_err *err)
{
    struct ds_estimate e;
    const int code = ds_bootstrap_of(&e, DS_OF_MEAN, x, n, want, err);

    *lo = e.lo;
    *hi = e.hi;
    return code;
}
