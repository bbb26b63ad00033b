/* analysis/metric/feature.c -- how far the representation moved. */
#include "analysis/metric/feature.h"

#include <math.h>
#include <string.h>
#include "analysis/metric/matrix.h"

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* sqrt(aa * bb) is exactly aa where a = b. */
void ds_feature_cosine(double *out, const float *x, const float *y, int n, int d)
{
    for (int i = 0; i < n; i++) {
        const float *a = x + (size_t)i * (size_t)d, *b = y + (size_t)i * (size_t)d;
        const double norm = sqrt(dot(a, a, d) * dot(b, b, d));

        out[i] = norm > 0 ? fmin(fmax(1 - dot(a, b, d) / norm, 0), 2) : NAN;
    }
}

size_t ds_class_shift_scratch(int d)
{
    return (size_t)d;
}

void ds_class_shift(double *out, const float *x, const float *y, const int *label, int n, int d,
                    int classes, double *scratch)
{
    for (int k = 0; k < classes; k++) {
        int images = 0;

        memset(scratch, 0, (size_t)d * sizeof *scratch);
        for (int i = 0; i < n; i++) {
            if (label[i] != k)
                continue;
            for (size_t c = 0, at = (size_t)i * (size_t)d; c < (size_t)d; c++)
                scratch[c] += (double)y[at + c] - (double)x[at + c];
            images++;
        }
        out[k] = images ? sqrt(ds_dot(scratch, scratch, d)) / images : NAN;
    }
}

/* to[n][d] = x without the mean of its columns. Returns the sum of squares. */
static double centre(double *to, const float *x, int n, int d)
{
    const size_t rows = (size_t)n, columns = (size_t)d;
    double sum = 0;

    for (size_t c = 0; c < columns; c++) {
        double mean = 0;

        for (size_t i = 0; i < rows; i++)
            mean += (double)x[i * columns + c];
        mean /= n;
        for (size_t i = 0; i < rows; i++)
            to[i * columns + c] = (double)x[i * columns + c] - mean;
    }
    for (size_t i = 0; i < rows; i++)
        sum += ds_dot(to + i * columns, to + i * columns, d);
    return sum;
}

/* What of K and L the formulas need, from centred features. */
struct kernels {
    double kl, kk, ll;          /* sums of products over i != j */
    double kl_on, kk_on, ll_on; /* over i = j */
    double *row_k, *row_l;      /* [n] sums of rows without the diagonal */
};

static void sum_kernels(struct kernels *s, const double *x, const double *y, int n, int dx,
                        int dy)
{
    memset(s->row_k, 0, (size_t)n * sizeof *s->row_k);
    memset(s->row_l, 0, (size_t)n * sizeof *s->row_l);
    for (int i = 0; i < n; i++) {
        const double *xi = x + (size_t)i * (size_t)dx, *yi = y + (size_t)i * (size_t)dy;
        const double on_k = ds_dot(xi, xi, dx), on_l = ds_dot(yi, yi, dy);

        s->kl_on += on_k * on_l;
        s->kk_on += on_k * on_k;
        s->ll_on += on_l * on_l;
        for (int j = 0; j < i; j++) {
            const double k = ds_dot(xi, x + (size_t)j * (size_t)dx, dx);
            const double l = ds_dot(yi, y + (size_t)j * (size_t)dy, dy);

            s->kl += 2 * k * l;
            s->kk += 2 * k * k;
            s->ll += 2 * l * l;
            s->row_k[i] += k;
            s->row_k[j] += k;
            s->row_l[i] += l;
            s->row_l[j] += l;
        }
    }
}

static struct kernels kernels_of(const float *x, const float *y, int n, int dx, int dy,
                                 double *scratch)
{
    double *a = scratch, *b = a + (size_t)n * (size_t)dx, *rows = b + (size_t)n * (size_t)dy;
    struct kernels s = {.row_k = rows, .row_l = rows + n};

    centre(a, x, n, dx);
    centre(b, y, n, dy);
    sum_kernels(&s, a, b, n, dx, dy);
    return s;
}

size_t ds_cka_scratch(int n, int dx, int dy)
{
    return (size_t)n * ((size_t)dx + (size_t)dy + 2);
}

static const char *ratio(double *value, double kl, double kk, double ll)
{
    *value = NAN;
    if (!isfinite(kl) || !isfinite(kk) || !isfinite(ll))
        return "a feature is not finite";
    if (!(kk > 0 && ll > 0))
        return "the features do not vary";
    *value = kl / sqrt(kk * ll);
    return NULL;
}

const char *ds_cka_biased(double *value, const float *x, const float *y, int n, int dx, int dy,
                          double *scratch)
{
    struct kernels s;

    *value = NAN;
    if (n < 2)
        return "fewer than 2 images";
    s = kernels_of(x, y, n, dx, dy, scratch);
    return ratio(value, s.kl + s.kl_on, s.kk + s.kk_on, s.ll + s.ll_on);
}

/* HSIC1 of two kernels from the sum of their products and their row sums. */
static double hsic(double products, const double *row_a, const double *row_b, int n)
{
    double a = 0, b = 0, both = 0;

    for (int i = 0; i < n; i++) {
        a += row_a[i];
        b += row_b[i];
        both += row_a[i] * row_b[i];
    }
    return (products + a * b / ((n - 1.0) * (n - 2.0)) - 2 * both / (n - 2.0)) /
           (n * (n - 3.0));
}

void ds_cka_add(struct ds_cka_sum *sum, const float *x, const float *y, int n, int dx, int dy,
                double *scratch)
{
    struct kernels s;

    if (n < 4) {
        sum->skipped++;
        return;
    }
    s = kernels_of(x, y, n, dx, dy, scratch);
    sum->kl += hsic(s.kl, s.row_k, s.row_l, n);
    sum->kk += hsic(s.kk, s.row_k, s.row_k, n);
    sum->ll += hsic(s.ll, s.row_l, s.row_l, n);
    sum->batches++;
}

const char *ds_cka_value(double *value, const struct ds_cka_sum *s)
{
    *value = NAN;
    if (s->batches < 1)
        return "no batch of at least 4 images";
    return ratio(value, s->kl, s->kk, s->ll);
}

const char *ds_cka_debiased(double *value, const float *x, const float *y, int n, int dx,
                            int dy, double *scratch)
{
    struct ds_cka_sum s = {0};

    *value = NAN;
    if (n < 4)
        return "fewer than 4 images";
    ds_cka_add(&s, x, y, n, dx, dy, scratch);
    return ds_cka_value(value, &s);
}

size_t ds_procrustes_scratch(int n, int dx, int dy)
{
    const int most = dx > dy ? dx : dy, least = dx > dy ? dy : dx;

    return (size_t)n * ((size_t)dx + (size_t)dy) + (size_t)dx * (size_t)dy + (size_t)least +
           ds_singular_scratch(most, least);
}

const char *ds_procrustes(double *value, const float *x, const float *y, int n, int dx, int dy,
                          double *scratch)
{
    const int most = dx > dy ? dx : dy, least = dx > dy ? dy : dx;
    double *a = scratch, *b = a + (size_t)n * (size_t)dx, *c = b + (size_t)n * (size_t)dy;
    double *sigma = c + (size_t)dx * (size_t)dy, nuclear = 0, xx, yy;

    *value = NAN;
    if (n < 2)
        return "fewer than 2 images";
    xx = centre(a, x, n, dx);
    yy = centre(b, y, n, dy);
    if (!isfinite(xx) || !isfinite(yy))
        return "a feature is not finite";
    if (!(xx > 0 && yy > 0))
        return "the features do not vary";
    ds_product_tn(c, dx >= dy ? a : b, dx >= dy ? b : a, n, most, least);
    if (!ds_singular_values(sigma, c, most, least, sigma + least))
        return "the singular values do not converge";
    for (int i = least - 1; i >= 0; i--)
        nuclear += sigma[i];
    *value = fmin(fmax(2 - 2 * nuclear / sqrt(xx * yy), 0), 2);
    return NULL;
}
