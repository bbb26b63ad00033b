/* analysis/stat/stat.c -- what many values say together. */
#include "analysis/stat/stat.h"

#include <math.h>
#include <stdlib.h>

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

static const char *too_few(int n)
{
    return n < 1 ? "no defined value" : n < 2 ? "one defined value: no spread" : NULL;
}

void ds_seeds_of(struct ds_seeds *s, const double *x, int n, double level)
{
    double sum = 0, square = 0, half;

    *s = (struct ds_seeds){.mean = NAN, .sd = NAN, .lo = NAN, .hi = NAN};
    for (int i = 0; i < n; i++)
        if (!isnan(x[i])) {
            sum += x[i];
            s->n++;
        }
    s->undefined = n - s->n;
    s->why = too_few(s->n);
    if (s->n > 0)
        s->mean = sum / s->n;
    if (s->why)
        return;
    for (int i = 0; i < n; i++)
        if (!isnan(x[i]))
            square += (x[i] - s->mean) * (x[i] - s->mean);
    s->sd = sqrt(square / (s->n - 1));
    half = ds_student_quantile((1 + level) / 2, s->n - 1) * s->sd / sqrt(s->n);
    s->lo = s->mean - half;
    s->hi = s->mean + half;
}

int ds_stat_of(struct ds_stat *s, const double *x, int n, const struct ds_stat_want *want,
               struct ds_err *err)
{
    double *kept = calloc((size_t)(n > 0 ? n : 1), sizeof *kept);
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
