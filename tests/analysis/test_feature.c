/* tests/analysis/test_feature.c -- laws of feature measures and singular values; what they
 * cost. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <time.h>
#include "analysis/metric/feature.h"
#include "analysis/metric/matrix.h"

static double normal(const char *name, size_t i)
{
    return ds_rng_normal(ds_rng_stream(41, name), i);
}

static void fill(float *x, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        x[i] = (float)normal(name, (size_t)i);
}

enum { N = 24, D = 6 };
static double scratch[4096];

static double cka(const float *x, const float *y, int n, int dx, int dy)
{
    double v;

    assert_true(ds_cka_scratch(n, dx, dy) < 4096);
    assert_null(ds_cka_biased(&v, x, y, n, dx, dy, scratch));
    return v;
}

static double debiased(const float *x, const float *y, int n, int dx, int dy)
{
    double v;

    assert_null(ds_cka_debiased(&v, x, y, n, dx, dy, scratch));
    return v;
}

static double procrustes(const float *x, const float *y, int n, int dx, int dy)
{
    double v;

    assert_true(ds_procrustes_scratch(n, dx, dy) < 4096);
    assert_null(ds_procrustes(&v, x, y, n, dx, dy, scratch));
    return v;
}

/* y = 3 x turned by a plane rotation, and moved: what all three must not see. */
static void turned(float *y, const float *x, int n, int d)
{
    for (int i = 0; i < n; i++) {
        const float *a = x + i * d;

        for (int c = 0; c < d; c++)
            y[i * d + c] = 3 * a[c] + 5;
        y[i * d] = 3 * (0.6F * a[0] - 0.8F * a[1]) + 1;
        y[i * d + 1] = 3 * (0.8F * a[0] + 0.6F * a[1]) - 2;
    }
}

static void laws(void **state)
{
    float x[N * D], y[N * D], other[N * D], shuffled[2][N * D];

    (void)state;
    fill(x, N * D, "x");
    fill(other, N * D, "other");
    turned(y, x, N, D);
    NEAR(cka(x, x, N, D, D), 1, 1e-14);
    NEAR(debiased(x, x, N, D, D), 1, 1e-14);
    NEAR(procrustes(x, x, N, D, D), 0, 1e-13);
    NEAR(cka(x, y, N, D, D), 1, 1e-6); /* y is rounded to float */
    NEAR(debiased(x, y, N, D, D), 1, 1e-6);
    NEAR(procrustes(x, y, N, D, D), 0, 1e-6);
    NEAR(cka(x, other, N, D, D), cka(other, x, N, D, D), 1e-14);
    NEAR(procrustes(x, other, N, D, D), procrustes(other, x, N, D, D), 1e-13);
    NEAR(cka(x, other, N, D, 3), cka(other, x, N, 3, D), 1e-14);
    NEAR(procrustes(x, other, N, D, 3), procrustes(other, x, N, 3, D), 1e-13);
    assert_true(cka(x, other, N, D, D) > 0 && cka(x, other, N, D, D) < 0.6);
    assert_true(procrustes(x, other, N, D, D) > 0.2);
    for (int i = 0; i < N; i++) /* the images in another order */
        for (int c = 0; c < D; c++) {
            shuffled[0][i * D + c] = x[i * 7 % N * D + c];
            shuffled[1][i * D + c] = other[i * 7 % N * D + c];
        }
    NEAR(cka(x, other, N, D, D), cka(shuffled[0], shuffled[1], N, D, D), 1e-14);
    NEAR(procrustes(x, other, N, D, D), procrustes(shuffled[0], shuffled[1], N, D, D), 1e-13);
}

/* Few images of many unrelated features: biased CKA says alike, debiased says nothing. */
static void bias_and_its_cure(void **state)
{
    double sum = 0;
    float x[12 * 100], y[12 * 100];

    (void)state;
    fill(x, 1200, "wide x");
    fill(y, 1200, "wide y");
    assert_true(cka(x, y, 12, 100, 100) > 0.8);
    assert_true(fabs(debiased(x, y, 12, 100, 100)) < 0.3);
    for (int t = 0; t < 200; t++) {
        char name[16];

        snprintf(name, sizeof name, "u%d", t);
        fill(x, 12 * 30, name);
        snprintf(name, sizeof name, "v%d", t);
        fill(y, 12 * 30, name);
        sum += debiased(x, y, 12, 30, 30);
    }
    NEAR(sum / 200, 0, 0.03);
}

/* Batches of one sum; one batch of everything is the debiased value itself. */
static void minibatches(void **state)
{
    float x[N * D], y[N * D];
    struct ds_cka_sum one = {0}, parts = {0};
    double whole, value;

    (void)state;
    fill(x, N * D, "x");
    fill(y, N * D, "y");
    for (int i = 0; i < N * D; i++)
        y[i] += x[i];
    ds_cka_add(&one, x, y, N, D, D, scratch);
    assert_null(ds_cka_value(&whole, &one));
    assert_true(whole == debiased(x, y, N, D, D));
    for (int from = 0; from < N; from += 7)
        ds_cka_add(&parts, x + from * D, y + from * D, N - from < 7 ? N - from : 7, D, D,
                   scratch);
    assert_true(parts.batches == 3 && parts.skipped == 1);
    assert_null(ds_cka_value(&value, &parts));
    NEAR(value, whole, 0.15);
}

static void undefined_says_why(void **state)
{
    static const float same[12] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3};
    float x[12], bad[12];
    const struct ds_cka_sum empty = {0};
    double v;

    (void)state;
    fill(x, 12, "x");
    memcpy(bad, x, sizeof x);
    bad[3] = INFINITY;
    assert_string_equal(ds_cka_biased(&v, x, x, 1, 3, 3, scratch), "fewer than 2 images");
    assert_string_equal(ds_cka_debiased(&v, x, x, 3, 3, 3, scratch), "fewer than 4 images");
    assert_string_equal(ds_cka_value(&v, &empty), "no batch of at least 4 images");
    assert_string_equal(ds_cka_biased(&v, x, same, 4, 3, 3, scratch),
                        "the features do not vary");
    assert_true(isnan(v));
    assert_string_equal(ds_procrustes(&v, x, x, 1, 3, 3, scratch), "fewer than 2 images");
    assert_string_equal(ds_procrustes(&v, same, x, 4, 3, 3, scratch),
                        "the features do not vary");
    assert_string_equal(ds_procrustes(&v, x, bad, 4, 3, 3, scratch), "a feature is not finite");
    assert_true(isnan(v));
    assert_string_equal(ds_cka_debiased(&v, x, bad, 4, 3, 3, scratch),
                        "a feature is not finite");
    assert_true(isnan(v));
}

static void images_and_classes(void **state)
{
    const float x[] = {3, 4, 1, 0, 0, 0, 2, 2}, y[] = {3, 4, 0, 5, 1, 1, -4, -4};
    const int label[] = {1, 1, 0, 7};
    double out[4];

    (void)state;
    ds_feature_cosine(out, x, y, 4, 2);
    assert_true(out[0] == 0 && out[1] == 1 && isnan(out[2]));
    NEAR(out[3], 2, 1e-15);
    ds_class_shift(out, x, y, label, 4, 2, 3, scratch);
    NEAR(out[0], sqrt(2), 1e-15);
    NEAR(out[1], sqrt(0.25 + 6.25), 1e-15);
    assert_true(isnan(out[2]));
}

/* diag(3, 1, 2) turned and padded; a matrix of rank 1; a zero one; nearly equal values. */
static void singular_values(void **state)
{
    double a[5 * 3] = {0}, sigma[3], rank_one[4 * 3], zero[6] = {0}, close[4];

    (void)state;
    a[1] = 3;
    a[2 * 3 + 2] = -1;
    a[4 * 3] = 2;
    assert_true(ds_singular_values(sigma, a, 5, 3, scratch));
    NEAR(sigma[0], 3, 1e-14);
    NEAR(sigma[1], 2, 1e-14);
    NEAR(sigma[2], 1, 1e-14);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 3; j++)
            rank_one[i * 3 + j] = (i + 1) * (j - 1);
    assert_true(ds_singular_values(sigma, rank_one, 4, 3, scratch));
    NEAR(sigma[0], sqrt(30 * 2), 1e-14);
    NEAR(sigma[1], 0, 1e-14);
    NEAR(sigma[2], 0, 1e-14);
    assert_true(ds_singular_values(sigma, zero, 3, 2, scratch));
    assert_true(sigma[0] == 0 && sigma[1] == 0);
    close[0] = close[3] = 1;
    close[1] = 1e-9;
    close[2] = 0;
    assert_true(ds_singular_values(sigma, close, 2, 2, scratch));
    NEAR(sigma[0] - sigma[1], 1e-9, 1e-15);
    NEAR(sigma[0] * sigma[1], 1, 1e-15);
}

/* The sum of squares is the norm, at sizes where rounding could pile up, and far from 1. */
static void norms_agree(void **state)
{
    static const double scale[] = {1, 1e-170, 1e150};

    (void)state;
    for (int s = 0; s < 3; s++) {
        const int m = 130, n = 97;
        double *a = malloc((size_t)(m * n) * sizeof *a), sigma[97], norm = 0, sum = 0;
        double *room = malloc(ds_singular_scratch(m, n) * sizeof *room);

        assert_true(a && room);
        for (int i = 0; i < m * n; i++) {
            a[i] = normal("norm", (size_t)i);
            norm += a[i] * a[i];
            a[i] *= scale[s];
        }
        assert_true(ds_singular_values(sigma, a, m, n, room));
        for (int i = 0; i < n; i++) {
            sum += sigma[i] / scale[s] * (sigma[i] / scale[s]);
            assert_true(i == 0 || sigma[i] <= sigma[i - 1]);
        }
        NEAR(sum / norm, 1, 1e-13);
        free(room);
        free(a);
    }
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Printed, not asserted. The optimised build measures ViT-Base's width. */
static void what_it_costs(void **state)
{
#ifdef NDEBUG
    const int n = 500, d = 768;
#else
    const int n = 60, d = 96;
#endif
    float *x = malloc((size_t)(n * d) * sizeof *x), *y = malloc((size_t)(n * d) * sizeof *y);
    double *room = malloc(ds_procrustes_scratch(n, d, d) * sizeof *room), v, begin;

    (void)state;
    assert_true(x && y && room && ds_cka_scratch(n, d, d) <= ds_procrustes_scratch(n, d, d));
    fill(x, n * d, "cost x");
    fill(y, n * d, "cost y");
    begin = seconds();
    assert_null(ds_procrustes(&v, x, y, n, d, d, room));
    assert_true(v > 0 && v < 2);
    print_message("%d images of %d features: Procrustes %.2f s", n, d, seconds() - begin);
    begin = seconds();
    assert_null(ds_cka_debiased(&v, x, y, n, d, d, room));
    print_message(", CKA %.2f s\n", seconds() - begin);
    free(room);
    free(y);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws),
        cmocka_unit_test(bias_and_its_cure),
        cmocka_unit_test(minibatches),
        cmocka_unit_test(undefined_says_why),
        cmocka_unit_test(images_and_classes),
        cmocka_unit_test(singular_values),
        cmocka_unit_test(norms_agree),
        cmocka_unit_test(what_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
