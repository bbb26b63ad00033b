/* analysis/stat/ratio.c -- the ratio of two means over the same images. See the header. */
#include "analysis/stat/ratio.h"

#include <math.h>
#include <stdlib.h>
#include "analysis/stat/stat_int.h"
#include "core/base/rng.h"

struct pairs {
    double *a, *b; /* [n] defined ones */
    double *theta; /* [B] */
    double sum_a, sum_b;
    int n;
};

/* BCa's acceleration by the ratio without each pair; NAN where that has no spread. */
static double acceleration(const struct pairs *p)
{
    double mean = 0, two = 0, three = 0;

    for (int i = 0; i < p->n; i++)
        mean += (p->sum_a - p->a[i]) / (p->sum_b - p->b[i]) / p->n;
    for (int i = 0; i < p->n; i++) {
        const double d = mean - (p->sum_a - p->a[i]) / (p->sum_b - p->b[i]);

        two += d * d;
        three += d * d * d;
    }
    return two > 0 && isfinite(three) ? three / (6 * pow(two, 1.5)) : NAN;
}

/* Resampled ratios into theta; *kept of them, *doubtful with a denominator of 0 or of the other
 * sign. */
static void resample(struct pairs *p, const struct ds_stat_want *want, int *kept, int *doubtful)
{
    const uint64_t stream = ds_rng_sub(ds_rng_stream(want->seed, "bootstrap"), want->index);

    *kept = *doubtful = 0;
    for (int r = 0; r < want->resamples; r++) {
        const uint64_t from = (uint64_t)r * (uint64_t)p->n;
        double a = 0, b = 0;

        for (int i = 0; i < p->n; i++) {
            const uint32_t at = ds_rng_below(stream, from + (uint64_t)i, (uint32_t)p->n);

            a += p->a[at];
            b += p->b[at];
        }
        *doubtful += !(b * p->sum_b > 0);
        if (b != 0)
            p->theta[(*kept)++] = a / b;
    }
}

static void interval(struct ds_ratio *r, struct pairs *p, const struct ds_stat_want *want)
{
    int kept, doubtful;

    if (p->n < 2 || want->resamples < 1) {
        r->why = p->n < 2 ? "fewer than 2 values" : "no resamples asked for";
        return;
    }
    resample(p, want, &kept, &doubtful);
    if (doubtful > (1 - want->level) / 2 * want->resamples) {
        r->why = "no interval: the sign of the denominator is not certain";
        return;
    }
    r->why = ds_bootstrap_ends(&r->lo, &r->hi, p->theta, kept, r->value,
                               want->kind == DS_BCA ? acceleration(p) : 0, want);
    if (r->why)
        r->kind = DS_PERCENTILE;
}

int ds_ratio_of(struct ds_ratio *r, const double *a, const double *b, int n,
                const struct ds_stat_want *want, struct ds_err *err)
{
    const size_t resamples = want->resamples > 0 ? (size_t)want->resamples : 1;
    const size_t values = n > 0 ? (size_t)n : 1;
    struct pairs p = {malloc(values * sizeof *p.a),
                      malloc(values * sizeof *p.b),
                      malloc(resamples * sizeof *p.theta),
                      0,
                      0,
                      0};
    int code = 0;

    *r = (struct ds_ratio){.value = NAN, .lo = NAN, .hi = NAN, .kind = want->kind};
    if (!p.a || !p.b || !p.theta) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d bootstrap resamples", want->resamples);
        goto done;
    }
    for (int i = 0; i < n; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        p.sum_a += a[i];
        p.sum_b += b[i];
        p.a[p.n] = a[i];
        p.b[p.n++] = b[i];
    }
    r->n = p.n;
    r->undefined = n - p.n;
    if (!p.n || p.sum_b == 0) {
        r->why = p.n ? "the denominator is 0" : "no values";
        goto done;
    }
    r->value = p.sum_a / p.sum_b;
    interval(r, &p, want);

done:
    free(p.theta);
    free(p.b);
    free(p.a);
    return code;
}
