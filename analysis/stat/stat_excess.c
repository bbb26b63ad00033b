/* analysis/stat/stat_excess.c -- drift beyond its noise floor. */
#include "analysis/stat/stat_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/metric/rank.h"
#include "core/base/rng.h"

/* Copies what is defined; returns how much that is. */
static int defined(double *kept, const double *x, int n)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        if (!isnan(x[i]))
            kept[count++] = x[i];
    return count;
}

static int median_of(double *median, const double *x, int n, struct ds_err *err)
{
    const size_t room = (size_t)(n > 0 ? n : 1);
    double *sorted = malloc(room * sizeof *sorted);
    void *scratch = malloc(ds_rank_scratch(n));
    int code = 0;

    if (!sorted || !scratch) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d values", n);
    } else {
        ds_sorted(sorted, x, n, scratch);
        *median = ds_quantile(sorted, n, 0.5);
    }
    free(scratch);
    free(sorted);
    return code;
}

int ds_excess_of(struct ds_excess *e, double value, const double *null, int m,
                 struct ds_err *err)
{
    double *kept = malloc((size_t)(m > 0 ? m : 1) * sizeof *kept);
    int reached = 0, code = 0;

    *e = (struct ds_excess){.value = value,
                            .floor = NAN,
                            .excess = NAN,
                            .p = NAN,
                            .least = NAN,
                            .n = !isnan(value)};
    if (!kept)
        return ds_fail(err, DS_NOMEM, "no memory for %d values", m);
    e->n_null = defined(kept, null, m);
    e->why = e->n_null < 1 ? "no defined value under the null"
             : e->n < 1    ? "the value is undefined"
                           : NULL;
    if (e->n_null > 0)
        code = median_of(&e->floor, kept, e->n_null, err);
    if (!code && !e->why) {
        for (int i = 0; i < e->n_null; i++)
            reached += kept[i] >= value;
        e->excess = value - e->floor;
        e->least = 1.0 / (1 + e->n_null);
        e->p = (1 + reached) * e->least;
    }
    free(kept);
    return code;
}

/* The share of relabellings whose first n of n + m values have as large a mean: as the total
 * stays, comparing their sums is comparing the difference of means. `all` is shuffled. */
static double relabel(double *all, int n, int m, const struct ds_stat_want *want)
{
    const uint64_t stream = ds_rng_sub(ds_rng_stream(want->seed, "permutation"), want->index);
    double observed = 0, size = 0, large = 0;
    uint64_t draw = 0;

    for (int i = 0; i < n; i++)
        observed += all[i];
    for (int i = 0; i < n + m; i++)
        size += fabs(all[i]);
    observed -= 1e-12 * size; /* the same terms in another order */
    for (int b = 0; b < want->resamples; b++) {
        double sum = 0;

        for (int i = 0; i < n; i++) { /* the first n places of a shuffle */
            const int at = i + (int)ds_rng_below(stream, draw++, (uint32_t)(n + m - i));
            const double one = all[at];

            all[at] = all[i];
            all[i] = one;
            sum += one;
        }
        large += sum >= observed;
    }
    return (large + 1) / (want->resamples + 1);
}

int ds_excess_many(struct ds_excess *e, const double *x, int n, const double *null, int m,
                   const struct ds_stat_want *want, struct ds_err *err)
{
    double *all = malloc(((size_t)(n > 0 ? n : 0) + (size_t)(m > 0 ? m : 0) + 1) * sizeof *all);
    int code = 0;

    *e = (struct ds_excess){.value = NAN, .floor = NAN, .excess = NAN, .p = NAN, .least = NAN};
    if (!all)
        return ds_fail(err, DS_NOMEM, "no memory for %d values", n);
    e->n = defined(all, x, n);
    e->n_null = defined(all + e->n, null, m);
    e->why = e->n_null < 1          ? "no defined value under the null"
             : e->n < 1             ? "no defined value"
             : want->resamples < 1  ? "no permutations asked for"
             : e->n + e->n_null < 4 ? "fewer than 4 values: no permutation can tell"
                                    : NULL;
    if (e->n > 0)
        code = median_of(&e->value, all, e->n, err);
    if (!code && e->n_null > 0)
        code = median_of(&e->floor, all + e->n, e->n_null, err);
    if (!code)
        e->excess = e->value - e->floor;
    if (!code && !e->why) {
        e->least = 1.0 / (want->resamples + 1);
        e->p = relabel(all, e->n, e->n_null, want);
    }
    free(all);
    return code;
}
