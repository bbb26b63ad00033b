/* analysis/metric/weight.c -- how far the weights moved, and what they can do. */
#include "analysis/metric/weight.h"

#include <math.h>
#include <string.h>
#include "analysis/metric/matrix.h"
#include "core/base/rng.h"

static const double TOLERANCE = 1e-8;

double ds_weight_change(const float *w0, const float *w, size_t count)
{
    double moved = 0, size = 0;

    for (size_t i = 0; i < count; i++) {
        const double d = (double)w[i] - (double)w0[i];

        moved += d * d;
        size += (double)w0[i] * (double)w0[i];
    }
    return size > 0 ? sqrt(moved / size) : NAN;
}

void ds_qkv_change(double change[3], const float *qkv0, const float *qkv, size_t count)
{
    for (size_t i = 0; i < 3; i++)
        change[i] = ds_weight_change(qkv0 + i * count, qkv + i * count, count);
}

size_t ds_top_singular_scratch(int n)
{
    return 2 * (size_t)n;
}

/* u = W^T (W v), one row of W at a time. */
static void apply(double *u, const float *w, const double *v, int m, int n)
{
    memset(u, 0, (size_t)n * sizeof *u);
    for (int i = 0; i < m; i++) {
        const float *row = w + (size_t)i * (size_t)n;
        double sum = 0;

#pragma omp simd reduction(+ : sum)
        for (int j = 0; j < n; j++)
            sum += (double)row[j] * v[j];
        for (int j = 0; j < n; j++)
            u[j] += sum * (double)row[j];
    }
}

static void normalise(double *v, const double *u, int n)
{
    const double norm = sqrt(ds_dot(u, u, n));

    for (int j = 0; j < n; j++)
        v[j] = u[j] / norm;
}

void ds_top_singular_of(struct ds_top_singular *t, const float *w, int m, int n, int most,
                        double *scratch)
{
    double *v = scratch, *u = v + n;

    *t = (struct ds_top_singular){.residual = INFINITY};
    for (int j = 0; j < n; j++)
        u[j] = ds_rng_normal(ds_rng_stream(0, "power iteration"), (uint64_t)j);
    for (; t->iterations < most && !t->converged; t->iterations++) {
        double square, off = 0;

        normalise(v, u, n);
        apply(u, w, v, m, n);
        square = ds_dot(u, v, n);
        if (!isfinite(square) || !(square > 0)) {
            t->sigma = square == 0 ? 0 : NAN;
            t->residual = t->sigma;
            t->converged = square == 0;
            return;
        }
        for (int j = 0; j < n; j++)
            off += (u[j] - square * v[j]) * (u[j] - square * v[j]);
        t->sigma = sqrt(square);
        t->residual = sqrt(off) / square;
        t->converged = t->residual <= TOLERANCE;
    }
}

double ds_stable_rank(const float *w, int m, int n, const struct ds_top_singular *t)
{
    double square = 0;

    for (size_t i = 0, count = (size_t)m * (size_t)n; i < count; i++)
        square += (double)w[i] * (double)w[i];
    return t->sigma > 0 ? square / (t->sigma * t->sigma) : NAN;
}

/* One head of a circuit C = A^T B, before (s) and after (t): A and B are [D][C]. */
struct head {
    double *a, *b;     /* A_s; first B_s, then B_t */
    double *da, *db;   /* A_t - A_s, B_t - B_s */
    double *one, *two; /* [D][D] */
    int inner, dim;
};

size_t ds_circuit_scratch(int dim, int heads)
{
    const size_t inner = (size_t)(dim / heads);

    return 4 * inner * (size_t)dim + 2 * inner * inner;
}

static struct head head_of(double *scratch, int dim, int heads)
{
    const size_t inner = (size_t)(dim / heads), size = inner * (size_t)dim;

    return (struct head){scratch,
                         scratch + size,
                         scratch + 2 * size,
                         scratch + 3 * size,
                         scratch + 4 * size,
                         scratch + 4 * size + inner * inner,
                         (int)inner,
                         dim};
}

/* tr(X Y^T ...): sum of (p q^T)_ij (r s^T)_ij, or (r s^T)_ji where `turned`. */
static double trace(const struct head *h, const double *p, const double *q, const double *r,
                    const double *s, bool turned)
{
    double sum = 0;

    ds_product_nt(h->one, p, q, h->inner, h->inner, h->dim);
    if (turned)
        ds_product_nt(h->two, s, r, h->inner, h->inner, h->dim);
    else
        ds_product_nt(h->two, r, s, h->inner, h->inner, h->dim);
    for (int i = 0; i < h->inner * h->inner; i++)
        sum += h->one[i] * h->two[i];
    return sum;
}

/* |C_t - C_s| / |C_s| from A_s, B_s and the differences. */
static double circuit_change(struct head *h)
{
    const double size = trace(h, h->a, h->a, h->b, h->b, false);
    double moved;

    for (int i = 0; i < h->inner * h->dim; i++)
        h->b[i] += h->db[i];
    moved = trace(h, h->da, h->da, h->b, h->b, false) +
            trace(h, h->a, h->a, h->db, h->db, false) +
            2 * trace(h, h->da, h->a, h->db, h->b, true);
    return size > 0 ? sqrt(fmax(moved, 0) / size) : NAN;
}

/* Rows of one head, and how they changed. */
static void load(double *from, double *change, const float *s, const float *t, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        from[i] = (double)s[i];
        change[i] = (double)t[i] - (double)s[i];
    }
}

/* Where the rows of a head begin in q (part 0), k (1) or v (2). */
static size_t rows_at(const struct head *h, int head, int part)
{
    return ((size_t)part * (size_t)h->dim + (size_t)head * (size_t)h->inner) * (size_t)h->dim;
}

void ds_qk_change(double *change, const float *qkv_s, const float *qkv_t, int dim, int heads,
                  double *scratch)
{
    struct head h = head_of(scratch, dim, heads);
    const size_t size = (size_t)h.inner * (size_t)dim;

    for (int i = 0; i < heads; i++) {
        const size_t q = rows_at(&h, i, 0), k = rows_at(&h, i, 1);

        load(h.a, h.da, qkv_s + q, qkv_t + q, size);
        load(h.b, h.db, qkv_s + k, qkv_t + k, size);
        change[i] = circuit_change(&h);
    }
}

void ds_ov_change(double *change, const float *qkv_s, const float *proj_s, const float *qkv_t,
                  const float *proj_t, int dim, int heads, double *scratch)
{
    struct head h = head_of(scratch, dim, heads);
    const size_t size = (size_t)h.inner * (size_t)dim;

    for (int i = 0; i < heads; i++) {
        const size_t v = rows_at(&h, i, 2);

        for (int r = 0; r < h.inner; r++) /* the head's columns of proj, as rows */
            for (int o = 0; o < dim; o++) {
                const size_t at = (size_t)o * (size_t)dim + (size_t)(i * h.inner + r);

                load(h.a + r * dim + o, h.da + r * dim + o, proj_s + at, proj_t + at, 1);
            }
        load(h.b, h.db, qkv_s + v, qkv_t + v, size);
        change[i] = circuit_change(&h);
    }
}
