/* analysis/stat/stat_test.c -- is it more than chance? Paired tests and false discoveries.
 *
 * Sums of equal terms in another order differ in their last bits; a permutation counts as large
 * as the observed one when it is within 1e-12 of the sum of all magnitudes. */
#include "analysis/stat/stat_test.h"

#include <math.h>
#include <stdlib.h>
#include "analysis/metric/rank.h"
#include "core/base/rng.h"

static uint64_t stream_of(const struct ds_stat_want *want)
{
    return ds_rng_sub(ds_rng_stream(want->seed, "permutation"), want->index);
}

static double flipped(const double *difference, int n, uint32_t signs)
{
    double sum = 0;

    for (int i = 0, k = 0; i < n; i++)
        if (!isnan(difference[i]))
            sum += signs >> k++ & 1 ? -difference[i] : difference[i];
    return sum;
}

/* The first sign stays: turning all of them leaves |sum| as it is. */
static double exact(const double *difference, int n, int defined, double bar)
{
    const uint32_t flips = (uint32_t)1 << (defined - 1);
    double large = 0;

    for (uint32_t signs = 0; signs < flips; signs++)
        large += fabs(flipped(difference, n, signs << 1)) >= bar;
    return large / flips;
}

static double sampled(const double *difference, int n, double bar,
                      const struct ds_stat_want *want)
{
    const uint64_t stream = stream_of(want), words = ((uint64_t)n + 63) / 64;
    double large = 0;

    for (int b = 0; b < want->resamples; b++) {
        uint64_t bits = 0;
        double sum = 0;

        for (int i = 0; i < n; i++) {
            if (i % 64 == 0)
                bits = ds_rng_bits(stream, (uint64_t)b * words + (uint64_t)i / 64);
            if (!isnan(difference[i]))
                sum += bits >> (i % 64) & 1 ? -difference[i] : difference[i];
        }
        large += fabs(sum) >= bar;
    }
    return (large + 1) / (want->resamples + 1);
}

void ds_sign_flip(struct ds_test *t, const double *difference, int n,
                  const struct ds_stat_want *want)
{
    double sum = 0, size = 0, bar;

    *t = (struct ds_test){.p = NAN};
    for (int i = 0; i < n; i++)
        if (!isnan(difference[i])) {
            sum += difference[i];
            size += fabs(difference[i]);
            t->n++;
        }
    bar = fabs(sum) - 1e-12 * size;
    t->exact = t->n <= DS_EXACT_SIGNS;
    if (t->n < 1)
        t->why = "no defined difference";
    else if (!isfinite(size))
        t->why = "a difference is not finite";
    else if (t->exact)
        t->p = exact(difference, n, t->n, bar);
    else if (want->resamples < 1)
        t->why = "no permutations asked for";
    else
        t->p = sampled(difference, n, bar, want);
}

/* Both tails of W = sum of n ranks' random subset, by counting subsets by their sum. */
static double signed_rank_tail(int n, double w, double *count)
{
    const int most = n * (n + 1) / 2;
    const double low = fmin(w, most - w);
    double below = 0;

    for (int s = 0; s <= most; s++)
        count[s] = s == 0;
    for (int r = 1; r <= n; r++)
        for (int s = most; s >= r; s--)
            count[s] += count[s - r];
    for (int s = 0; s <= most && s <= low; s++)
        below += count[s];
    return fmin(2 * below / ldexp(1, n), 1);
}

/* Sum of t^3 - t over the runs of t equal values. */
static double tie_term(const double *sorted, int n)
{
    double sum = 0;

    for (int first = 0, end; first < n; first = end) {
        double t;

        for (end = first + 1; end < n && sorted[end] == sorted[first];)
            end++;
        t = end - first;
        sum += t * t * t - t;
    }
    return sum;
}

/* The differences other than 0 of difference[n]: their sizes, and the sum of the ranks of the
 * positive ones. Returns how many there are. */
static int rank_sizes(double *size, double *rank, double *positive, const double *difference,
                      int n, void *scratch)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        if (!isnan(difference[i]) && difference[i] != 0)
            size[count++] = fabs(difference[i]);
    ds_ranks(rank, size, count, scratch);
    *positive = 0;
    for (int i = 0, k = 0; i < n; i++)
        if (!isnan(difference[i]) && difference[i] != 0) {
            *positive += difference[i] > 0 ? rank[k] : 0;
            k++;
        }
    return count;
}

int ds_wilcoxon(struct ds_test *t, const double *difference, int n, struct ds_err *err)
{
    enum { EXACT = 50 };
    const size_t room = (size_t)(n > 0 ? n : 1);
    double *size = malloc(room * sizeof *size), *rank = malloc(room * sizeof *rank);
    void *scratch = malloc(ds_rank_scratch(n));
    double count[EXACT * (EXACT + 1) / 2 + 1], w, ties;
    int code = 0;

    *t = (struct ds_test){.p = NAN};
    if (!size || !rank || !scratch) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d differences", n);
        goto done;
    }
    t->n = rank_sizes(size, rank, &w, difference, n, scratch);
    if (t->n < 1) {
        t->why = "no difference other than 0";
        goto done;
    }
    ds_sorted(rank, size, t->n, scratch);
    ties = tie_term(rank, t->n);
    t->exact = t->n <= EXACT && ties == 0;
    if (t->exact) {
        t->p = signed_rank_tail(t->n, w, count);
    } else {
        const double m = t->n, variance = m * (m + 1) * (2 * m + 1) / 24 - ties / 48;

        t->p = 2 * ds_normal_cdf(-fabs(w - m * (m + 1) / 4) / sqrt(variance));
    }

done:
    free(scratch);
    free(rank);
    free(size);
    return code;
}

int ds_false_discovery(double *q, const double *p, int n, struct ds_err *err)
{
    const size_t room = (size_t)(n > 0 ? n : 1);
    double *key = malloc(room * sizeof *key), least = 1;
    int *order = malloc(room * sizeof *order), defined = 0, code = 0;
    void *scratch = malloc(ds_rank_scratch(n));

    if (!key || !order || !scratch) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d p-values", n);
        goto done;
    }
    for (int i = 0; i < n; i++) {
        key[i] = isnan(p[i]) ? INFINITY : p[i]; /* behind all others */
        defined += !isnan(p[i]);
        q[i] = NAN;
    }
    ds_order(order, key, n, scratch);
    for (int k = defined - 1; k >= 0; k--) {
        least = fmin(least, key[order[k]] * defined / (k + 1));
        q[order[k]] = least;
    }

done:
    free(scratch);
    free(order);
    free(key);
    return code;
}

const char *ds_stars(double p)
{
    return p < 0.001 ? "***" : p < 0.01 ? "**" : p < 0.05 ? "*" : "";
}
