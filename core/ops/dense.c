/* core/ops/dense.c -- small dense problems in double. See the header. */
#include "core/ops/dense.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "core/ops/simd.h"

enum { ROWS = 48, TURNS = 60 };

DS_INLINE void dot_to_body(double *out, const double *a, const double *b, size_t n)
{
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    *out = sum;
}
DS_VARIANTS(static, dot_to, (double *out, const double *a, const double *b, size_t n),
            (out, a, b, n))

static double dot(const double *a, const double *b, size_t n)
{
    double sum;

    dot_to(&sum, a, b, n);
    return sum;
}

/* y += s x */
DS_INLINE void add_scaled_body(double *restrict y, const double *restrict x, double s, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] += s * x[i];
}
DS_VARIANTS(static, add_scaled, (double *y, const double *x, double s, size_t n), (y, x, s, n))

/* Rows in groups, so that a finished row is read once for all rows of a group. */
int ds_cholesky(double *a, int n)
{
    const size_t ld = (size_t)n;

    for (size_t top = 0; top < ld; top += ROWS) {
        const size_t end = top + ROWS < ld ? top + ROWS : ld;

        for (size_t j = 0; j < end; j++)
            for (size_t i = j < top ? top : j; i < end; i++) {
                const double rest = a[i * ld + j] - dot(a + i * ld, a + j * ld, j);

                if (i == j && !(rest > 0 && isfinite(rest)))
                    return -1;
                a[i * ld + j] = i == j ? sqrt(rest) : rest / a[j * ld + j];
            }
    }
    for (size_t i = 0; i < ld; i++)
        memset(a + i * ld + i + 1, 0, (ld - i - 1) * sizeof *a);
    return 0;
}

void ds_cholesky_solve(double *x, const double *root, int n, int columns)
{
    const size_t ld = (size_t)n, k = (size_t)columns;

    for (size_t i = 0; i < ld; i++) {
        for (size_t j = 0; j < i; j++)
            add_scaled(x + i * k, x + j * k, -root[i * ld + j], k);
        for (size_t c = 0; c < k; c++)
            x[i * k + c] /= root[i * ld + i];
    }
    for (size_t i = ld; i-- > 0;) {
        for (size_t c = 0; c < k; c++)
            x[i * k + c] /= root[i * ld + i];
        for (size_t j = 0; j < i; j++)
            add_scaled(x + j * k, x + i * k, -root[i * ld + j], k);
    }
}

/* Below the diagonal of column k everything but the first entry becomes zero: A <- H A H with
 * H = I - 2 v v^T / (v^T v). Returns 2 / (v^T v), 0 when nothing had to be done. */
static double reflect(double *a, double *v, double *w, size_t n, size_t k)
{
    double size = 0, gain, along;

    for (size_t i = 0; i < n; i++)
        v[i] = i > k ? a[i * n + k] : 0;
    for (size_t i = k + 2; i < n; i++)
        size += v[i] * v[i];
    if (!(size > 0))
        return 0;
    v[k + 1] += copysign(sqrt(size + v[k + 1] * v[k + 1]), v[k + 1]);
    gain = 2 / (size + v[k + 1] * v[k + 1]);
    for (size_t i = k; i < n; i++)
        w[i] = gain * dot(a + i * n + k, v + k, n - k);
    along = gain / 2 * dot(w + k, v + k, n - k);
    add_scaled(w + k, v + k, -along, n - k);
    for (size_t i = k; i < n; i++) {
        add_scaled(a + i * n + k, w + k, -v[i], n - k);
        add_scaled(a + i * n + k, v + k, -w[i], n - k);
    }
    return gain;
}

/* rows <- H rows */
static void reflect_rows(double *rows, const double *v, double *sum, double gain, size_t n,
                         size_t k)
{
    memset(sum, 0, n * sizeof *sum);
    for (size_t i = k + 1; i < n; i++)
        add_scaled(sum, rows + i * n, v[i], n);
    for (size_t i = k + 1; i < n; i++)
        add_scaled(rows + i * n, sum, -gain * v[i], n);
}

DS_INLINE void rotate_body(double *restrict low, double *restrict high, double c, double s,
                           size_t n)
{
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        const double f = high[k];

        high[k] = s * low[k] + c * f;
        low[k] = c * low[k] - s * f;
    }
}
DS_VARIANTS(static, rotate, (double *low, double *high, double c, double s, size_t n),
            (low, high, c, s, n))

/* One implicit QL sweep over the unreduced block l .. m; rows NULL: of the values only. */
static void sweep(double *d, double *e, double *rows, size_t n, size_t l, size_t m)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]), r = hypot(g, 1), s = 1, c = 1, p = 0;

    g = d[m] - d[l] + e[l] / (g + copysign(r, g));
    for (size_t i = m; i-- > l;) {
        const double f = s * e[i], b = c * e[i];

        e[i + 1] = r = hypot(f, g);
        if (r == 0) { /* the block falls apart here */
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (rows)
            rotate(rows + i * n, rows + (i + 1) * n, c, s, n);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

/* An entry counts as zero beside the largest ones: values of a matrix that is nearly singular
 * would never settle beside themselves. */
int ds_eigen_tridiagonal(double *d, double *e, double *rows, int count)
{
    const size_t n = (size_t)count;
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(d[i]) + fabs(e[i]));
    for (size_t l = 0; l < n; l++)
        for (int turn = 0;; turn++) {
            size_t m = l;

            while (m + 1 < n && !(fabs(e[m]) <= DBL_EPSILON * most))
                m++;
            if (m == l)
                break;
            if (turn == TURNS)
                return -1;
            sweep(d, e, rows, n, l, m);
        }
    return 0;
}

/* Largest value first; one exchange per place, rows go along. */
static void order(double *d, double *rows, size_t n, double *spare)
{
    for (size_t i = 0; i < n; i++) {
        size_t top = i;
        double value;

        for (size_t j = i + 1; j < n; j++)
            top = d[j] > d[top] ? j : top;
        if (top == i)
            continue;
        value = d[i];
        d[i] = d[top];
        d[top] = value;
        memcpy(spare, rows + i * n, n * sizeof *rows);
        memcpy(rows + i * n, rows + top * n, n * sizeof *rows);
        memcpy(rows + top * n, spare, n * sizeof *rows);
    }
}

size_t ds_eigen_work(int n)
{
    return 3 * (size_t)n;
}

int ds_eigen(double *value, double *vectors, double *a, int count, double *work)
{
    const size_t n = (size_t)count;
    double *v = work, *w = v + n, *e = w + n;

    memset(vectors, 0, n * n * sizeof *vectors);
    for (size_t i = 0; i < n; i++)
        vectors[i * n + i] = 1;
    for (size_t k = 0; k + 2 < n; k++) {
        const double gain = reflect(a, v, w, n, k);

        if (gain > 0)
            reflect_rows(vectors, v, w, gain, n, k);
    }
    for (size_t i = 0; i < n; i++) {
        value[i] = a[i * n + i];
        e[i] = i + 1 < n ? a[(i + 1) * n + i] : 0;
        if (!isfinite(value[i]) || !isfinite(e[i]))
            return -1;
    }
    if (ds_eigen_tridiagonal(value, e, vectors, count))
        return -1;
    order(value, vectors, n, v);
    return 0;
}
