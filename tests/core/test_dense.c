/* tests/core/test_dense.c -- Cholesky and eigenvectors against what defines them. */
#include "core/ops/dense.h"
#include "tests/core/toy.h"

static const int sizes[] = {1, 2, 3, 5, 31, 47, 48, 49, 97, 130};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* a = b b^T of columns columns, plus shift on the diagonal */
static double *spd(int n, int columns, double shift)
{
    float *b = toy_new((size_t)n * (size_t)columns, 1, "spd");
    double *a = calloc((size_t)n * (size_t)n, sizeof *a);

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            for (int k = 0; k < columns; k++)
                a[i * n + j] += (double)b[i * columns + k] * (double)b[j * columns + k];
            a[i * n + j] += i == j ? shift : 0;
        }
    free(b);
    return a;
}

static void factor_and_solve(void **state)
{
    (void)state;
    for (int s = 0; s < SIZES; s++) {
        const int n = sizes[s], columns = 3;
        double *a = spd(n, n, 0.5), *root = malloc((size_t)(n * n) * sizeof *root);
        double *x = malloc((size_t)(n * columns) * sizeof *x);

        memcpy(root, a, (size_t)(n * n) * sizeof *root);
        assert_int_equal(ds_cholesky(root, n), 0);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                double sum = 0;

                for (int k = 0; k < n; k++)
                    sum += root[i * n + k] * root[j * n + k];
                assert_true(fabs(sum - a[i * n + j]) < 1e-11 * n);
                assert_true(j <= i || root[i * n + j] == 0);
            }
        for (int i = 0; i < n * columns; i++)
            x[i] = i % 7 - 3;
        ds_cholesky_solve(x, root, n, columns);
        for (int i = 0; i < n; i++)
            for (int c = 0; c < columns; c++) {
                double sum = 0;

                for (int k = 0; k < n; k++)
                    sum += a[i * n + k] * x[k * columns + c];
                assert_true(fabs(sum - ((i * columns + c) % 7 - 3)) < 1e-8);
            }
        free(a);
        free(root);
        free(x);
    }
}

static void not_positive_definite(void **state)
{
    double indefinite[] = {1, 0, 2, 1}, strange[] = {NAN};

    (void)state;
    assert_int_equal(ds_cholesky(indefinite, 2), -1);
    assert_int_equal(ds_cholesky(strange, 1), -1);
}

/* A v = value v, unit and orthogonal, descending; full rank, low rank, repeated values. */
static void eigenvectors(void **state)
{
    (void)state;
    for (int s = 0; s < 3 * SIZES; s++) {
        const int n = sizes[s / 3];
        double *a = s % 3 == 0   ? spd(n, n, 0)
                    : s % 3 == 1 ? spd(n, n / 3 + 1, 0)
                                 : spd(n, 1, 2);
        double *copy = malloc((size_t)(n * n) * sizeof *copy);
        double *u = malloc((size_t)(n * n) * sizeof *u),
               *value = malloc((size_t)n * sizeof *value);
        double *work = malloc(ds_eigen_work(n) * sizeof *work), most;

        memcpy(copy, a, (size_t)(n * n) * sizeof *copy);
        assert_int_equal(ds_eigen(value, u, copy, n, work), 0);
        most = fabs(value[0]) + 1;
        for (int i = 0; i < n; i++) {
            assert_true(i == 0 || value[i] <= value[i - 1]);
            for (int j = 0; j < n; j++) {
                double image = 0, dot = 0;

                for (int k = 0; k < n; k++) {
                    image += a[j * n + k] * u[i * n + k];
                    dot += u[i * n + k] * u[j * n + k];
                }
                assert_true(fabs(image - value[i] * u[i * n + j]) < 1e-12 * n * most);
                assert_true(fabs(dot - (i == j)) < 1e-12 * n);
            }
        }
        free(a);
        free(copy);
        free(u);
        free(value);
        free(work);
    }
}

static void not_finite(void **state)
{
    double a[] = {1, NAN, NAN, 2}, value[2], u[4], work[6], d[] = {1, NAN}, e[] = {1, 0};

    (void)state;
    assert_int_equal(ds_eigen(value, u, a, 2, work), -1);
    assert_int_equal(ds_eigen_tridiagonal(d, e, NULL, 2), -1);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The second difference of n points: 2 - 2 cos(i pi / (n + 1)). */
static void tridiagonal_values(void **state)
{
    enum { N = 97 };
    double d[N], e[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        d[i] = 2;
        e[i] = -1;
    }
    assert_int_equal(ds_eigen_tridiagonal(d, e, NULL, N), 0);
    qsort(d, N, sizeof *d, ascending);
    for (int i = 0; i < N; i++)
        assert_true(fabs(d[i] - (2 - 2 * cos((i + 1) * acos(-1) / (N + 1)))) < 1e-13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factor_and_solve), cmocka_unit_test(not_positive_definite),
        cmocka_unit_test(eigenvectors), cmocka_unit_test(not_finite),
        cmocka_unit_test(tridiagonal_values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
