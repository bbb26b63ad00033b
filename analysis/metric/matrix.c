/* analysis/metric/matrix.c -- dense matrices in double: products and singular values. */
#include "analysis/metric/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/ops/dense.h"

double ds_dot(const double *a, const double *b, int n)
{
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* c += s a */
static void add_row(double *c, const double *a, double s, int n)
{
    for (int i = 0; i < n; i++)
        c[i] += s * a[i];
}

/* Four rows of a and b at a time: c is read and written a quarter as often. */
void ds_product_tn(double *c, const double *a, const double *b, int k, int m, int n)
{
    const size_t rows = (size_t)m, columns = (size_t)n;
    int r = 0;

    memset(c, 0, rows * columns * sizeof *c);
    for (; r + 4 <= k; r += 4) {
        const double *a0 = a + (size_t)r * rows, *b0 = b + (size_t)r * columns;
        const double *b1 = b0 + columns, *b2 = b1 + columns, *b3 = b2 + columns;

        for (size_t i = 0; i < rows; i++) {
            const double s0 = a0[i], s1 = a0[rows + i], s2 = a0[2 * rows + i],
                         s3 = a0[3 * rows + i];
            double *to = c + i * columns;

            for (size_t j = 0; j < columns; j++)
                to[j] += (s0 * b0[j] + s1 * b1[j]) + (s2 * b2[j] + s3 * b3[j]);
        }
    }
    for (; r < k; r++)
        for (size_t i = 0; i < rows; i++)
            add_row(c + i * columns, b + (size_t)r * columns, a[(size_t)r * rows + i], n);
}

void ds_product_nt(double *c, const double *a, const double *b, int m, int n, int k)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            c[(size_t)i * (size_t)n + (size_t)j] =
                ds_dot(a + (size_t)i * (size_t)k, b + (size_t)j * (size_t)k, k);
}

/* Turns x[n] into the vector v of the reflection I - tau v v^T (v[0] = 1) that maps x to
 * (beta, 0, ...); returns beta. tau 0: x is there already. */
static double reflection(double *x, double *tau, int n)
{
    double most = 0, norm, beta;

    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    *tau = 0;
    if (!(most > 0))
        return 0;
    for (int i = 0; i < n; i++)
        x[i] /= most; /* squares neither overflow nor vanish */
    norm = sqrt(ds_dot(x, x, n));
    beta = x[0] > 0 ? -norm : norm;
    *tau = (beta - x[0]) / beta;
    for (int i = 1; i < n; i++)
        x[i] /= x[0] - beta;
    x[0] = 1;
    return beta * most;
}

/* a[rows][columns] -= tau v (v^T a), rows `width` apart. */
static void reflect_left(double *a, const double *v, double tau, int rows, int columns,
                         int width, double *w)
{
    memset(w, 0, (size_t)columns * sizeof *w);
    for (int i = 0; i < rows; i++)
        add_row(w, a + (size_t)i * (size_t)width, v[i], columns);
    for (int i = 0; i < rows; i++)
        add_row(a + (size_t)i * (size_t)width, w, -tau * v[i], columns);
}

/* a -= tau (a v) v^T */
static void reflect_right(double *a, const double *v, double tau, int rows, int columns,
                          int width)
{
    for (int i = 0; i < rows; i++) {
        double *row = a + (size_t)i * (size_t)width;

        add_row(row, v, -tau * ds_dot(row, v, columns), columns);
    }
}

/* The two diagonals of the bidiagonal form, one after the other: d0, e0, d1, e1 ... */
static void bidiagonal(double *diagonals, double *a, int m, int n, double *v, double *w)
{
    double tau;

    for (int k = 0; k < n; k++) {
        double *corner = a + (size_t)k * (size_t)n + (size_t)k;

        for (int i = k; i < m; i++)
            v[i - k] = corner[(size_t)(i - k) * (size_t)n];
        diagonals[2 * k] = reflection(v, &tau, m - k);
        if (k + 1 == n)
            break;
        reflect_left(corner + 1, v, tau, m - k, n - k - 1, n, w);
        memcpy(v, corner + 1, (size_t)(n - k - 1) * sizeof *v);
        diagonals[2 * k + 1] = reflection(v, &tau, n - k - 1);
        if (k + 1 < m)
            reflect_right(corner + n + 1, v, tau, m - k - 1, n - k - 1, n);
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

size_t ds_singular_scratch(int m, int n)
{
    return (size_t)m + 5 * (size_t)n;
}

bool ds_singular_values(double *sigma, double *a, int m, int n, double *scratch)
{
    double *d = scratch, *e = d + 2 * n, *v = e + 2 * n, *w = v + m;
    bool good;

    memset(scratch, 0, 4 * (size_t)n * sizeof *scratch);
    bidiagonal(e, a, m, n, v, w);
    good = !ds_eigen_tridiagonal(d, e, NULL, 2 * n);
    qsort(d, 2 * (size_t)n, sizeof *d, ascending);
    for (int i = 0; i < n; i++)
        sigma[i] = good ? (d[2 * n - 1 - i] - d[i]) / 2 : NAN;
    return good;
}
