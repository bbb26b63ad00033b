/* tests/analysis/test_stat.c -- moments, quantiles, bootstrap intervals. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/stat/stat.h"

static const struct ds_stat_want bca = {DS_BCA, 1000, 0.95, 1, 0};

static void moments(void **state)
{
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};

    (void)state;
    NEAR(ds_mean(x, 8), 5, 0);
    NEAR(ds_sample_sd(x, 8), sqrt(32.0 / 7), 1e-15);
    assert_true(isnan(ds_mean(x, 0)) && isnan(ds_sample_sd(x, 1)));
}

/* numpy.quantile([1, 2, 4, 8], ...) */
static void quantiles_are_type_7(void **state)
{
    const double x[] = {1, 2, 4, 8};

    (void)state;
    NEAR(ds_quantile(x, 4, 0), 1, 0);
    NEAR(ds_quantile(x, 4, 0.25), 1.75, 1e-15);
    NEAR(ds_quantile(x, 4, 0.5), 3, 1e-15);
    NEAR(ds_quantile(x, 4, 0.9), 6.8, 1e-15);
    NEAR(ds_quantile(x, 4, 1), 8, 0);
    NEAR(ds_quantile(x, 1, 0.3), 1, 0);
    assert_true(isnan(ds_quantile(x, 0, 0.5)));
}

static void normal_distribution(void **state)
{
    (void)state;
    NEAR(ds_normal_quantile(0.975), 1.959963984540054, 1e-12);
    NEAR(ds_normal_quantile(1e-10), -6.361340902404056, 1e-9);
    NEAR(ds_normal_cdf(1), 0.8413447460685429, 1e-15);
    for (double p = 0.01; p < 1; p += 0.07)
        NEAR(ds_normal_cdf(ds_normal_quantile(p)), p, 1e-14);
    assert_true(isinf(ds_normal_quantile(0)) && isinf(ds_normal_quantile(1)));
    assert_true(isnan(ds_normal_quantile(NAN)));
}

static void undefined_values_are_left_out_and_counted(void **state)
{
    const double x[] = {NAN, 1, 3, NAN, 2}, none[] = {NAN, NAN};
    struct ds_err err = {0};
    struct ds_stat s;

    (void)state;
    assert_int_equal(ds_stat_of(&s, x, 5, &bca, &err), 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.undefined, 2);
    NEAR(s.mean, 2, 0);
    NEAR(s.median, 2, 0);
    assert_true(s.lo >= 1 && s.lo < 2 && s.hi > 2 && s.hi <= 3);
    assert_int_equal(ds_stat_of(&s, none, 2, &bca, &err), 0);
    assert_int_equal(s.n, 0);
    assert_true(isnan(s.mean) && isnan(s.median) && isnan(s.lo) && isnan(s.sd));
    assert_int_equal(ds_stat_of(&s, x + 1, 1, &bca, &err), 0);
    assert_true(s.mean == 1 && isnan(s.lo) && isnan(s.hi) && isnan(s.sd));
}

static void intervals_are_deterministic(void **state)
{
    struct ds_stat_want want = bca;
    struct ds_err err = {0};
    double x[50], lo[3], hi[3];

    (void)state;
    for (int i = 0; i < 50; i++)
        x[i] = ds_rng_normal(ds_rng_stream(3, "x"), (uint64_t)i);
    for (int i = 0; i < 3; i++) {
        want.index = i == 2;
        assert_int_equal(ds_bootstrap(&lo[i], &hi[i], x, 50, &want, &err), 0);
    }
    assert_true(lo[0] == lo[1] && hi[0] == hi[1]);
    assert_true(lo[0] != lo[2]);
    want.resamples = 0;
    assert_int_equal(ds_bootstrap(&lo[0], &hi[0], x, 50, &want, &err), 0);
    assert_true(isnan(lo[0]) && isnan(hi[0]));
}

static void constant_values_have_a_point_interval(void **state)
{
    const double x[] = {0.3, 0.3, 0.3, 0.3, 0.3};
    struct ds_err err = {0};
    double lo, hi;

    (void)state;
    assert_int_equal(ds_bootstrap(&lo, &hi, x, 5, &bca, &err), 0);
    NEAR(lo, 0.3, 1e-15);
    NEAR(hi, 0.3, 1e-15);
}

/* How often the 95 % interval of n values holds the true mean. */
static double coverage(enum ds_interval kind, int n, int trials, bool skewed)
{
    const struct ds_stat_want want = {kind, 400, 0.95, 5, 0};
    struct ds_err err = {0};
    int held = 0;

    for (int t = 0; t < trials; t++) {
        const uint64_t stream =
            ds_rng_sub(ds_rng_stream(9, skewed ? "exp" : "normal"), (uint64_t)t);
        double x[64], lo, hi;

        for (int i = 0; i < n; i++)
            x[i] = skewed ? -log(1 - ds_rng_unit(stream, (uint64_t)i)) - 1
                          : ds_rng_normal(stream, (uint64_t)i);
        assert_int_equal(ds_bootstrap(&lo, &hi, x, n, &want, &err), 0);
        held += lo <= 0 && 0 <= hi;
    }
    return (double)held / trials;
}

/* With 600 trials a true 0.94 lies within 0.03 of its estimate 99.8 % of the time; the sample
 * is fixed, so the test never flickers. */
static void coverage_is_near_its_level(void **state)
{
    const double normal = coverage(DS_BCA, 40, 600, false);
    const double skewed = coverage(DS_BCA, 30, 600, true);

    (void)state;
    print_message("BCa coverage: normal n=40 %.3f, exponential n=30 %.3f; percentile %.3f\n",
                  normal, skewed, coverage(DS_PERCENTILE, 30, 600, true));
    assert_true(normal > 0.91 && normal < 0.98);
    assert_true(skewed > 0.88 && skewed < 0.97);
}

/* Of a right-skewed sample the corrected interval reaches further to the right. */
static void bca_follows_the_skew(void **state)
{
    struct ds_stat_want want = bca;
    struct ds_err err = {0};
    double x[30], lo[2], hi[2];

    (void)state;
    for (int i = 0; i < 30; i++)
        x[i] = exp(2 * ds_rng_normal(ds_rng_stream(3, "skew"), (uint64_t)i));
    for (int kind = 0; kind < 2; kind++) {
        want.kind = (enum ds_interval)kind;
        assert_int_equal(ds_bootstrap(&lo[kind], &hi[kind], x, 30, &want, &err), 0);
    }
    assert_true(lo[DS_BCA] > lo[DS_PERCENTILE] && hi[DS_BCA] > hi[DS_PERCENTILE]);
}

/* Of 500 samples of n values, how many 95 % intervals hold the truth. The distribution is
 * normal: symmetric, so that a bootstrap of so few values can keep its level (of skewed ones
 * and small samples it is known to fall short by some points). 500 samples leave 1 point of
 * chance; the samples are fixed, so the test never flickers. */
static double held(enum ds_statistic of, enum ds_interval kind, int n, const char *stream)
{
    const struct ds_stat_want want = {kind, 800, 0.95, 5, 0};
    struct ds_err err = {0};
    int count = 0;

    for (uint64_t t = 0; t < 500; t++) {
        struct ds_estimate e;
        double x[80];

        for (int i = 0; i < n; i++)
            x[i] = ds_rng_normal(ds_rng_sub(ds_rng_stream(1, stream), t), (uint64_t)i);
        assert_int_equal(ds_bootstrap_of(&e, of, x, n, &want, &err), 0);
        count += e.lo <= 0 && 0 <= e.hi;
    }
    return count / 500.0;
}

static void coverage_within_two_points(void **state)
{
    const double mean[2] = {held(DS_OF_MEAN, DS_BCA, 80, "mean"),
                            held(DS_OF_MEAN, DS_PERCENTILE, 80, "mean")};
    const double median[2] = {held(DS_OF_MEDIAN, DS_BCA, 80, "median"),
                              held(DS_OF_MEDIAN, DS_PERCENTILE, 80, "median")};

    (void)state;
    print_message("95 %% intervals of 80 normal values hold the truth: mean BCa %.3f, "
                  "percentile %.3f; median BCa %.3f, percentile %.3f\n",
                  mean[0], mean[1], median[0], median[1]);
    for (int kind = 0; kind < 2; kind++) {
        NEAR(mean[kind], 0.95, 0.02);
        NEAR(median[kind], 0.95, 0.02);
    }
}

static void estimates_say_what_they_became(void **state)
{
    const double same[] = {2, 2, 2, 2}, two[] = {1, 1, 1, 1, 1, 1, 1, 9}, one[] = {4};
    const double odd[] = {1, 2.1, 4.3, 8.7, 17.9};
    struct ds_stat_want want = bca;
    struct ds_err err = {0};
    struct ds_estimate e;

    (void)state;
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEAN, same, 4, &want, &err), 0);
    assert_true(e.kind == DS_PERCENTILE && e.lo == 2 && e.hi == 2);
    assert_string_equal(e.why, "BCa undefined: the jackknife has no spread");
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEDIAN, two, 8, &want, &err), 0);
    assert_true(e.kind == DS_PERCENTILE && e.value == 1 && e.lo == 1);
    assert_non_null(strstr(e.why, "no spread"));
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEAN, two, 8, &want, &err), 0);
    assert_true(e.kind == DS_BCA && !e.why && e.value == 2);
    want.resamples = 1; /* one resample lies on one side */
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEAN, odd, 5, &want, &err), 0);
    assert_string_equal(e.why, "BCa undefined: all resamples lie on one side");
    assert_true(e.kind == DS_PERCENTILE && e.lo == e.hi);
    want.resamples = 0;
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEAN, two, 8, &want, &err), 0);
    assert_string_equal(e.why, "no resamples asked for");
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEDIAN, one, 1, &bca, &err), 0);
    assert_string_equal(e.why, "fewer than 2 values");
    assert_true(e.value == 4 && isnan(e.lo) && isnan(e.hi));
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEDIAN, one, 0, &bca, &err), 0);
    assert_true(isnan(e.value));
}

/* An outlier so far away that its skewness has no correction. */
static void too_skewed_for_bca(void **state)
{
    const struct ds_stat_want want = {DS_BCA, 1000, 1 - 1e-10, 1, 0};
    double x[30] = {[0] = 1e9};
    struct ds_err err = {0};
    struct ds_estimate e;

    (void)state;
    for (int i = 1; i < 30; i++)
        x[i] = i;
    assert_int_equal(ds_bootstrap_of(&e, DS_OF_MEAN, x, 30, &want, &err), 0);
    assert_true(e.kind == DS_PERCENTILE && isfinite(e.lo) && isfinite(e.hi));
    assert_string_equal(e.why, "BCa undefined: the skewness is too large");
}

/* t with 2 degrees of freedom at 0.975 is 4.3026527..; three seeds 1, 2, 3. */
static void seeds_have_wide_intervals(void **state)
{
    const double x[] = {1, NAN, 3, 2}, one[] = {5};
    struct ds_seeds s;

    (void)state;
    ds_seeds_of(&s, x, 4, 0.95);
    assert_true(s.n == 3 && s.undefined == 1 && s.mean == 2 && s.sd == 1 && !s.why);
    NEAR(s.hi - s.mean, 4.302652729749464 / sqrt(3), 1e-12);
    NEAR(s.lo + s.hi, 4, 1e-15);
    ds_seeds_of(&s, one, 1, 0.95);
    assert_true(s.mean == 5 && isnan(s.sd) && isnan(s.lo));
    assert_string_equal(s.why, "one defined value: no spread");
    ds_seeds_of(&s, x + 1, 1, 0.95);
    assert_true(isnan(s.mean) && s.n == 0);
    assert_string_equal(s.why, "no defined value");
}

static void student_distribution(void **state)
{
    (void)state;
    NEAR(ds_student_quantile(0.95, 1), tan(0.45 * acos(-1)), 1e-12); /* Cauchy */
    NEAR(ds_student_tail(1, 1), 0.5, 1e-15);
    NEAR(ds_student_tail(2, 2), 1 - 2 / sqrt(6), 1e-15);
    NEAR(ds_student_quantile(0.025, 1e9), -1.959963984540054, 1e-6);
    NEAR(ds_student_quantile(0.5, 7), 0, 1e-15);
    assert_true(ds_student_tail(0, 3) == 1 && ds_student_tail(INFINITY, 3) == 0);
    assert_true(isnan(ds_student_tail(NAN, 3)) && isnan(ds_student_tail(1, 0)));
    assert_true(isinf(ds_student_quantile(1, 3)) && isinf(ds_student_quantile(0, 3)));
    assert_true(isnan(ds_student_quantile(0.5, 0)) && isnan(ds_student_quantile(2, 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(quantiles_are_type_7),
        cmocka_unit_test(normal_distribution),
        cmocka_unit_test(undefined_values_are_left_out_and_counted),
        cmocka_unit_test(intervals_are_deterministic),
        cmocka_unit_test(constant_values_have_a_point_interval),
        cmocka_unit_test(coverage_is_near_its_level),
        cmocka_unit_test(bca_follows_the_skew),
        cmocka_unit_test(coverage_within_two_points),
        cmocka_unit_test(estimates_say_what_they_became),
        cmocka_unit_test(too_skewed_for_bca),
        cmocka_unit_test(seeds_have_wide_intervals),
        cmocka_unit_test(student_distribution),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
