/* tests/analysis/test_fit.c -- Student's t and the line, against printed tables and by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "analysis/stat/fit.h"
#include "analysis/stat/stat.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.12g is not %.12g within %g", a, b, tolerance);
}

/* 97.5 % and 99.5 % points as every table of t prints them. */
static void quantiles_are_those_of_the_tables(void **state)
{
    static const double row[][3] = {
        {1, 12.7062047362, 63.6567411629}, {2, 4.3026527297, 9.9248432009},
        {4, 2.7764451052, 4.6040948713},   {9, 2.2621571628, 3.2498355416},
        {30, 2.0422724563, 2.7499956536},  {1000, 1.9623390808, 2.5807546981}};

    static double x[1001];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const int n = (int)row[i][0] + 1;
        double unit;

        for (int k = 0; k < n; k++)
            x[k] = k;
        unit = ds_sample_sd(x, n) / sqrt(n);
        near(ds_mean_margin(x, n, 0.95) / unit, row[i][1], 1e-8 * row[i][1]);
        near(ds_mean_margin(x, n, 0.99) / unit, row[i][2], 1e-8 * row[i][2]);
    }
    assert_true(isnan(ds_mean_margin(x, 3, 0)) && isnan(ds_mean_margin(x, 3, 1)));
}

static void few_seeds_have_wide_margins(void **state)
{
    const double x[] = {1, 2, 3};

    (void)state;
    near(ds_mean_margin(x, 3, 0.95), 4.3026527297 / sqrt(3), 1e-8);
    assert_true(isnan(ds_mean_margin(x, 1, 0.95)));
}

/* Anscombe's first quartet (1973): slope 0.5001, intercept 3.0001, r 0.8164, p 0.00217. */
static void the_line_is_anscombes(void **state)
{
    const double x[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5, NAN};
    const double y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68, 1};
    const struct ds_fit f = ds_fit_line(x, y, 12);

    (void)state;
    assert_int_equal(f.n, 11);
    near(f.slope, 0.500090909, 1e-8);
    near(f.intercept, 3.000090909, 1e-8);
    near(f.r, 0.816420516, 1e-8);
    near(f.p, 0.002169629, 1e-8);
}

static void what_does_not_vary_has_no_correlation(void **state)
{
    const double flat[] = {1, 1, 1}, rising[] = {1, 2, 3};
    struct ds_fit f = ds_fit_line(flat, rising, 3);

    (void)state;
    assert_true(isnan(f.slope) && isnan(f.r) && isnan(f.p));
    f = ds_fit_line(rising, flat, 3);
    near(f.slope, 0, 0);
    assert_true(isnan(f.r));
    f = ds_fit_line(rising, rising, 3);
    near(f.r, 1, 0);
    near(f.p, 0, 1e-100);
    f = ds_fit_line(rising, rising, 2);
    assert_true(isnan(f.p));
    assert_int_equal(ds_fit_line(flat, flat, 0).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_the_tables),
        cmocka_unit_test(few_seeds_have_wide_margins),
        cmocka_unit_test(the_line_is_anscombes),
        cmocka_unit_test(what_does_not_vary_has_no_correlation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
