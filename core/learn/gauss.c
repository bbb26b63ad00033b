/* core/learn/gauss.c -- a class as a Gaussian of its features. See the header. */
#include "core/learn/gauss.h"

#include <stdlib.h>
#include <string.h>
#include "core/ops/dense.h"
#include "core/ops/gemm.h"
#include "core/ops/linear.h"

static const double ridge = 1e-4;

static void mean_of(double *mean, const float *features, int n, int d)
{
    memset(mean, 0, (size_t)d * sizeof *mean);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < d; c++)
            mean[c] += (double)features[(size_t)i * (size_t)d + (size_t)c];
    for (int c = 0; c < d; c++)
        mean[c] /= n;
}

static void covariance(double *cov, double *row, const double *mean, const float *features,
                       int n, int d)
{
    memset(cov, 0, (size_t)d * (size_t)d * sizeof *cov);
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < d; c++)
            row[c] = (double)features[(size_t)i * (size_t)d + (size_t)c] - mean[c];
        for (int a = 0; a < d; a++)
            for (int b = 0; b <= a; b++)
                cov[(size_t)a * (size_t)d + (size_t)b] += row[a] * row[b];
    }
    for (int a = 0; a < d; a++)
        for (int b = 0; b <= a; b++) {
            double *at = &cov[(size_t)a * (size_t)d + (size_t)b];

            *at = (n > 1 ? *at / (n - 1) : 0) + (a == b ? ridge : 0);
            cov[(size_t)b * (size_t)d + (size_t)a] = *at;
        }
}

int ds_gauss_fit(float *mean, float *root, double *cov, const float *features, int n, int d,
                 struct ds_err *err)
{
    const size_t square = (size_t)d * (size_t)d;
    double *room = malloc((2 * (size_t)d + 2 * square) * sizeof *room);
    double *centre = room, *row, *own, *lower;
    int code = 0;

    if (!room)
        return ds_fail(err, DS_NOMEM, "out of memory for the statistics of a class");
    row = room + d;
    own = row + d;
    lower = own + square;
    mean_of(centre, features, n, d);
    covariance(own, row, centre, features, n, d);
    memcpy(lower, own, square * sizeof *lower);
    if (ds_cholesky(lower, d)) { /* the ridge keeps every pivot positive */
        code = ds_fail(err, DS_INTERNAL,
                       "the features of a class are not finite: no covariance exists");
        goto done;
    }
    for (int c = 0; c < d; c++)
        mean[c] = (float)centre[c];
    for (size_t i = 0; i < square; i++)
        root[i] = (float)lower[i];
    if (cov)
        memcpy(cov, own, square * sizeof *cov);
done:
    free(room);
    return code;
}

/* cov += weight (root root^T - ridge I), lower half. */
static void add_scatter(double *cov, const float *root, double weight, size_t d)
{
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = a == b ? -ridge : 0;

            for (size_t i = 0; i <= b; i++)
                sum += (double)root[a * d + i] * (double)root[b * d + i];
            cov[a * d + b] += weight * sum;
        }
}

int ds_gauss_join(float *mean, float *root, int n1, const float *mean2, const float *root2,
                  int n2, int d, struct ds_err *err)
{
    const size_t c = (size_t)d;
    const double n = (double)n1 + n2;
    double *cov = calloc(c * c, sizeof *cov);

    if (!cov)
        return ds_fail(err, DS_NOMEM, "out of memory for the statistics of a class");
    add_scatter(cov, root, n1 - 1, c);
    add_scatter(cov, root2, n2 - 1, c);
    for (size_t a = 0; a < c; a++)
        for (size_t b = 0; b <= a; b++) {
            const double da = (double)mean2[a] - (double)mean[a];
            const double db = (double)mean2[b] - (double)mean[b];

            cov[a * c + b] = (cov[a * c + b] + n1 / n * n2 * da * db) / (n - 1);
        }
    for (size_t a = 0; a < c; a++) /* what rounding left of a variance is not negative */
        cov[a * c + a] = (cov[a * c + a] > 0 ? cov[a * c + a] : 0) + ridge;
    if (ds_cholesky(cov, d)) {
        free(cov);
        return ds_fail(err, DS_INTERNAL,
                       "the features of a class are not finite: no covariance exists");
    }
    for (size_t i = 0; i < c; i++)
        mean[i] = (float)((n1 * (double)mean[i] + n2 * (double)mean2[i]) / n);
    for (size_t i = 0; i < c * c; i++)
        root[i] = (float)cov[i];
    free(cov);
    return 0;
}

void ds_gauss_place(float *samples, const float *z, const float *mean, const float *root, int n,
                    int d)
{
    ds_rows_fill(samples, (size_t)d, mean, n, d);
    ds_gemm_nt(samples, d, z, d, root, d, n, d, d, 1, 1);
}
