/* analysis/metric/rank.c -- order, ranks and correlations of plain arrays.
 *
 * One stable merge sort of (value, place) serves everything: sorting twice gives the order by
 * two keys, and the exchanges it would take are the discordant pairs of Kendall's tau. */
#include "analysis/metric/rank.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A value and where it stood. */
struct place {
    double value;
    int at;
};

enum { SHORT_RUN = 12 }; /* sorted by insertion */

/* Exchanges of neighbours that sorting took: pairs that stood in the wrong order. */
static int64_t insertion(struct place *a, int n)
{
    int64_t exchanges = 0;

    for (int i = 1; i < n; i++) {
        const struct place one = a[i];
        int k = i;

        for (; k > 0 && a[k - 1].value > one.value; k--)
            a[k] = a[k - 1];
        a[k] = one;
        exchanges += i - k;
    }
    return exchanges;
}

static int64_t merge_sort(struct place *a, int n, struct place *spare)
{
    const int half = n / 2;
    int64_t exchanges;
    int left = 0, right = half, to = 0;

    if (n <= SHORT_RUN)
        return insertion(a, n);
    exchanges = merge_sort(a, half, spare) + merge_sort(a + half, n - half, spare);
    if (a[half - 1].value <= a[half].value)
        return exchanges;
    memcpy(spare, a, (size_t)half * sizeof *a);
    while (left < half && right < n) {
        if (spare[left].value <= a[right].value) {
            a[to++] = spare[left++];
        } else {
            exchanges += half - left;
            a[to++] = a[right++];
        }
    }
    memcpy(a + to, spare + left, (size_t)(half - left) * sizeof *a);
    return exchanges;
}

size_t ds_rank_scratch(int n)
{
    return (size_t)(n > 0 ? n : 1) * 2 * sizeof(struct place);
}

static struct place *sort(const double *x, int n, void *scratch)
{
    struct place *order = scratch;

    for (int i = 0; i < n; i++)
        order[i] = (struct place){x[i], i};
    merge_sort(order, n, order + n);
    return order;
}

void ds_sorted(double *sorted, const double *x, int n, void *scratch)
{
    const struct place *order = sort(x, n, scratch);

    for (int i = 0; i < n; i++)
        sorted[i] = order[i].value;
}

void ds_order(int *order, const double *x, int n, void *scratch)
{
    const struct place *sorted = sort(x, n, scratch);

    for (int i = 0; i < n; i++)
        order[i] = sorted[i].at;
}

/* Where the run of equal values that begins at `first` ends. */
static int run_end(const struct place *order, int first, int n)
{
    int end = first + 1;

    while (end < n && order[end].value == order[first].value)
        end++;
    return end;
}

void ds_ranks(double *rank, const double *x, int n, void *scratch)
{
    const struct place *order = sort(x, n, scratch);

    for (int first = 0, end; first < n; first = end) {
        end = run_end(order, first, n);
        for (int i = first; i < end; i++)
            rank[order[i].at] = (first + 1 + end) / 2.0;
    }
}

bool ds_constant(const double *x, int n)
{
    for (int i = 1; i < n; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

double ds_pearson(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;

    if (ds_constant(x, n) || ds_constant(y, n))
        return NAN;
    for (int i = 0; i < n; i++) {
        mx += x[i];
        my += y[i];
    }
    mx /= n;
    my /= n;
    for (int i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    if (!(xx > 0 && yy > 0)) /* constant to within rounding */
        return NAN;
    return fmin(fmax(xy / sqrt(xx * yy), -1), 1);
}

/* Pairs of equal values in a sorted array. */
static int64_t ties(const struct place *order, int n)
{
    int64_t pairs = 0;

    for (int first = 0, end; first < n; first = end) {
        end = run_end(order, first, n);
        pairs += (int64_t)(end - first) * (end - first - 1) / 2;
    }
    return pairs;
}

double ds_kendall(const double *x, const double *y, int n, void *scratch)
{
    struct place *order = sort(y, n, scratch), *spare = order + n;
    const int64_t pairs = (int64_t)n * (n - 1) / 2, ties_y = ties(order, n);
    int64_t ties_x, ties_both = 0, discordant;

    for (int i = 0; i < n; i++)
        order[i].value = x[order[i].at];
    merge_sort(order, n, spare); /* by x, and by y where x is equal */
    ties_x = ties(order, n);
    for (int first = 0, end; first < n; first = end) {
        end = run_end(order, first, n);
        for (int i = first; i < end; i++)
            order[i].value = y[order[i].at];
        ties_both += ties(order + first, end - first);
    }
    discordant = merge_sort(order, n, spare);
    if (ties_x == pairs || ties_y == pairs)
        return NAN;
    return (double)(pairs - ties_x - ties_y + ties_both - 2 * discordant) /
           sqrt((double)(pairs - ties_x) * (double)(pairs - ties_y));
}
