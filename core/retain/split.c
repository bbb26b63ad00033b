/* core/retain/split.c -- the adaptive split point of a map. See the header. */
#include "core/retain/split.h"

#include <math.h>
#include <string.h>
#include "core/ops/simd.h"

enum { BINS = DS_SPLIT_BINS, RADIUS = 4 * DS_SPLIT_SIGMA, TAPS = 2 * RADIUS + 1 };

/* Scratch: sorted [n], rank [BINS], second [BINS + 2 RADIUS], kernel [TAPS]. */
size_t ds_split_scratch(int n)
{
    return (size_t)n + 2 * BINS + 2 * RADIUS + TAPS + 8;
}

/* Insertion into runs would do for 49 values; 196 and more want n log n without qsort's calls.
 */
static void sift(double *a, int root, int n)
{
    const double value = a[root];

    for (int child; (child = 2 * root + 1) < n; root = child) {
        child += child + 1 < n && a[child + 1] > a[child];
        if (a[child] <= value)
            break;
        a[root] = a[child];
    }
    a[root] = value;
}

static void sort_values(double *sorted, const float *values, int n)
{
    for (int i = 0; i < n; i++)
        sorted[i] = values[i];
    for (int i = n / 2 - 1; i >= 0; i--)
        sift(sorted, i, n);
    for (int i = n - 1; i > 0; i--) {
        const double top = sorted[0];

        sorted[0] = sorted[i];
        sorted[i] = top;
        sift(sorted, 0, i);
    }
}

static double grid(const double *sorted, int n, int bin)
{
    return bin == BINS - 1 ? sorted[n - 1]
                           : sorted[0] + bin * ((sorted[n - 1] - sorted[0]) / (BINS - 1));
}

/* rank [BINS]: numpy.interp(grid, sorted, 0 .. n-1). Of equal values the last one counts. */
static void interpolate(double *rank, const double *sorted, int n)
{
    const double step = (sorted[n - 1] - sorted[0]) / (BINS - 1);
    int j = 0, b = 0;

    while (j < n - 1) {
        double slope;

        if (sorted[j + 1] == sorted[j]) {
            j++;
            continue;
        }
        slope = 1.0 / (sorted[j + 1] - sorted[j]);
        for (; b < BINS - 1; b++) {
            const double x = sorted[0] + b * step;

            if (x >= sorted[j + 1])
                break;
            rank[b] = slope * (x - sorted[j]) + j;
        }
        j++;
    }
    for (; b < BINS; b++)
        rank[b] = n - 1;
}

static void gaussian(double *kernel)
{
    double sum = 0;

    for (int k = -RADIUS; k <= RADIUS; k++)
        sum += kernel[k + RADIUS] =
            exp(-0.5 * k * k / (double)(DS_SPLIT_SIGMA * DS_SPLIT_SIGMA));
    for (int k = 0; k < TAPS; k++)
        kernel[k] /= sum;
}

/* Mirror: d c b a | a b c d | d c b a */
static int mirror(int b)
{
    return b < 0 ? -1 - b : b >= BINS ? 2 * BINS - 1 - b : b;
}

static double smooth_at(const double *rank, const double *kernel, int b)
{
    double sum = 0;

    for (int k = -RADIUS; k <= RADIUS; k++)
        sum += kernel[k + RADIUS] * rank[mirror(b + k)];
    return sum;
}

DS_INLINE void scatter_body(double *out, const double *kernel, double weight)
{
#pragma omp simd
    for (int k = 0; k < TAPS; k++)
        out[k] += weight * kernel[k];
}
DS_VARIANTS(static, scatter, (double *out, const double *kernel, double weight),
            (out, kernel, weight))

/* second [BINS] = 4 h^2 times numpy.gradient applied twice to the smoothed rank. `padded` has
 * RADIUS more values on each side of second. */
static void second_derivative(double *padded, const double *rank, const double *kernel)
{
    double *second = padded + RADIUS;
    const double noise = 1e-11;
    double f[4], e[4];

    memset(padded, 0, (BINS + 2 * RADIUS) * sizeof *padded);
    for (int b = 0; b < BINS; b++) {
        const double bend = rank[mirror(b + 2)] - 2 * rank[b] + rank[mirror(b - 2)];

        if (fabs(bend) <= noise)
            continue;
        scatter(padded + b, kernel, bend);
        if (b < RADIUS) /* its mirror image left of bin 0 reaches back in */
            for (int k = b + 1; k <= RADIUS; k++)
                second[k - 1 - b] += bend * kernel[RADIUS + k];
        if (b >= BINS - RADIUS)
            for (int k = BINS - b; k <= RADIUS; k++)
                second[2 * BINS - 1 - b - k] += bend * kernel[RADIUS + k];
    }
    for (int i = 0; i < 4; i++) { /* one-sided differences at both ends */
        f[i] = smooth_at(rank, kernel, i);
        e[i] = smooth_at(rank, kernel, BINS - 1 - i);
    }
    second[0] = 4 * ((f[2] - f[0]) / 2 - (f[1] - f[0]));
    second[1] = 2 * ((f[3] - f[1]) / 2 - (f[1] - f[0]));
    second[BINS - 1] = 4 * ((e[0] - e[1]) - (e[0] - e[2]) / 2);
    second[BINS - 2] = 2 * ((e[0] - e[1]) - (e[1] - e[3]) / 2);
}

static int lowest(const double *a, int n)
{
    int at = 0;

    for (int i = 1; i < n; i++)
        at = a[i] < a[at] ? i : at;
    return at;
}

static double limited(const double *sorted, int n, double x, double eps)
{
    const double at = fmax(x, sorted[0]) - eps;

    return at < sorted[n - 1] ? at : sorted[n - 1];
}

static int knee(const double *sorted, int n)
{
    int at = n > 2 ? 1 : 0;

    for (int i = 2; i < n - 1; i++)
        if (sorted[i + 1] - 2 * sorted[i] + sorted[i - 1] <
            sorted[at + 1] - 2 * sorted[at] + sorted[at - 1])
            at = i;
    return at;
}

double ds_split_point(const float *values, int n, enum ds_split_kind kind, double eps, int *bin,
                      double *scratch)
{
    double *sorted = scratch, *rank = sorted + n, *padded = rank + BINS;
    double *kernel = padded + BINS + 2 * RADIUS;
    int at = 0;

    sort_values(sorted, values, n);
    if (sorted[n - 1] > sorted[0] && kind == DS_SPLIT_ECDF) {
        interpolate(rank, sorted, n);
        gaussian(kernel);
        second_derivative(padded, rank, kernel);
        at = lowest(padded + RADIUS, BINS);
    } else if (sorted[n - 1] > sorted[0]) {
        at = knee(sorted, n);
    }
    if (bin)
        *bin = at;
    return limited(sorted, n, kind == DS_SPLIT_ECDF ? grid(sorted, n, at) : sorted[at], eps);
}

void ds_split_curve(double *x, double *rank_out, double *smooth, double *second,
                    const float *values, int n, double *scratch)
{
    double *sorted = scratch, *rank = sorted + n, *padded = rank + BINS;
    double *kernel = padded + BINS + 2 * RADIUS;
    double step;

    sort_values(sorted, values, n);
    step = (sorted[n - 1] - sorted[0]) / (BINS - 1);
    if (sorted[n - 1] > sorted[0])
        interpolate(rank, sorted, n);
    else
        memset(rank, 0, BINS * sizeof *rank);
    gaussian(kernel);
    if (second)
        second_derivative(padded, rank, kernel);
    for (int b = 0; b < BINS; b++) {
        if (x)
            x[b] = grid(sorted, n, b);
        if (rank_out)
            rank_out[b] = rank[b];
        if (smooth)
            smooth[b] = smooth_at(rank, kernel, b);
        if (second)
            second[b] = step > 0 ? padded[RADIUS + b] / (4 * step * step) : 0;
    }
}
