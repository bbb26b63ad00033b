/* tests/analysis/test_ratio.c -- the ratio of two means: by hand, undefined, and how often its
 * interval holds the truth. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/stat/ratio.h"

static const struct ds_stat_want want = {DS_BCA, 400, 0.9, 1, 0};

static void by_hand(void **state)
{
    const double a[] = {1, 2, NAN, 3, 5}, b[] = {2, 4, 1, NAN, 4};
    struct ds_ratio r;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_ratio_of(&r, a, b, 5, &want, &err), 0);
    assert_true(r.value == 8.0 / 10 && r.n == 3 && r.undefined == 2);
    assert_true(r.lo <= r.value && r.value <= r.hi);
    assert_int_equal(ds_ratio_of(&r, b, b, 2, &want, &err), 0);
    assert_true(r.value == 1 && r.lo == 1 && r.hi == 1);
    assert_int_equal(r.kind, DS_PERCENTILE);
    assert_string_equal(r.why, "BCa undefined: the jackknife has no spread");
}

static void undefined(void **state)
{
    const double a[] = {1, 2, 3, 4}, zero[] = {1, -1, 2, -2}, wavers[] = {3, -2, 1, -1};
    struct ds_ratio r;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_ratio_of(&r, a, zero, 4, &want, &err), 0);
    assert_true(isnan(r.value) && isnan(r.lo));
    assert_string_equal(r.why, "the denominator is 0");
    assert_int_equal(ds_ratio_of(&r, a, zero, 0, &want, &err), 0);
    assert_string_equal(r.why, "no values");
    assert_int_equal(ds_ratio_of(&r, a, wavers, 4, &want, &err), 0);
    assert_true(r.value == 10 && isnan(r.lo) && isnan(r.hi));
    assert_string_equal(r.why, "no interval: the sign of the denominator is not certain");
    assert_int_equal(ds_ratio_of(&r, a, a, 1, &want, &err), 0);
    assert_true(r.value == 1);
    assert_string_equal(r.why, "fewer than 2 values");
    assert_int_equal(
        ds_ratio_of(&r, a, a, 4, &(struct ds_stat_want){DS_BCA, 0, 0.9, 1, 0}, &err), 0);
    assert_string_equal(r.why, "no resamples asked for");
}

/* b is skewed with mean 2, a half of it and noise: R = 0.5. */
static void coverage(void **state)
{
    enum { TRIALS = 1000, N = 60 };

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        int held = 0;

        for (int t = 0; t < TRIALS; t++) {
            const uint64_t s = ds_rng_sub(ds_rng_stream(3, "coverage"), (uint64_t)t);
            struct ds_stat_want own = want;
            double a[N], b[N];
            struct ds_ratio r;
            struct ds_err err;

            for (int i = 0; i < N; i++) {
                b[i] = -2 * log(1 - ds_rng_unit(s, (uint64_t)i));
                a[i] = b[i] / 2 + ds_rng_normal(s, (uint64_t)(N + i));
            }
            own.kind = (enum ds_interval)kind;
            own.index = (uint64_t)t;
            assert_int_equal(ds_ratio_of(&r, a, b, N, &own, &err), 0);
            held += r.lo <= 0.5 && 0.5 <= r.hi;
        }
        print_message("%s: %.1f %% of 90 %% intervals hold the ratio\n",
                      kind == DS_BCA ? "BCa" : "percentile", 100.0 * held / TRIALS);
        assert_true(fabs(held / (double)TRIALS - 0.9) < 0.03);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(undefined),
        cmocka_unit_test(coverage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
