/* tests/analysis/test_stat_test.c -- p-values are honest under the null, and false discoveries
 * held. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/stat/stat_test.h"

static const struct ds_stat_want want = {DS_BCA, 999, 0.95, 1, 0};

static uint64_t stream(const char *name, int number)
{
    return ds_rng_sub(ds_rng_stream(20, name), (uint64_t)number);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Largest distance of the distribution of p[n] from the uniform one. */
static double distance_from_uniform(double *p, int n)
{
    double most = 0;

    qsort(p, (size_t)n, sizeof *p, ascending);
    for (int i = 0; i < n; i++)
        most = fmax(most, fmax((i + 1.0) / n - p[i], p[i] - (double)i / n));
    return most;
}

/* Three values flip 8 ways: |1 + 2 + 4| is reached by 2 of them, |1 + 2 - 4| by all. */
static void flips_by_hand(void **state)
{
    const double all[] = {1, 2, 4}, mixed[] = {1, NAN, 2, -4}, zero[] = {0, 0},
                 bad[] = {INFINITY};
    struct ds_test t;

    (void)state;
    ds_sign_flip(&t, all, 3, &want);
    assert_true(t.p == 0.25 && t.exact && t.n == 3 && !t.why);
    ds_sign_flip(&t, mixed, 4, &want);
    assert_true(t.p == 1 && t.n == 3);
    ds_sign_flip(&t, zero, 2, &want);
    assert_true(t.p == 1);
    ds_sign_flip(&t, mixed + 1, 1, &want);
    assert_true(isnan(t.p) && t.n == 0);
    assert_string_equal(t.why, "no defined difference");
    ds_sign_flip(&t, bad, 1, &want);
    assert_string_equal(t.why, "a difference is not finite");
}

/* Sixteen are counted, seventeen are sampled; both see the same thing. */
static void sampling_agrees_with_counting(void **state)
{
    struct ds_stat_want many = want;
    struct ds_test exact, sampled;
    double x[17];

    (void)state;
    many.resamples = 20000;
    for (int i = 0; i < 17; i++)
        x[i] = ds_rng_normal(stream("agree", 0), (uint64_t)i) + 0.5;
    x[16] = 1e-9; /* a seventeenth that changes nothing */
    ds_sign_flip(&exact, x, 16, &many);
    ds_sign_flip(&sampled, x, 17, &many);
    assert_true(exact.exact && !sampled.exact);
    NEAR(sampled.p, exact.p, 4 * sqrt(exact.p / 20000));
    many.resamples = 0;
    ds_sign_flip(&sampled, x, 17, &many);
    assert_string_equal(sampled.why, "no permutations asked for");
}

/* Without an effect p is uniform: 600 p-values lie within the 99.9 % band of Kolmogorov. */
static void p_is_uniform_under_the_null(void **state)
{
    enum { TRIALS = 600 };
    const double band = 1.95 / sqrt(TRIALS);
    double exact[TRIALS], sampled[TRIALS], signed_rank[TRIALS], excess[TRIALS];
    struct ds_err err = {0};

    (void)state;
    for (int t = 0; t < TRIALS; t++) {
        struct ds_stat_want own = want;
        struct ds_test flip, wilcoxon;
        struct ds_excess e;
        double x[40], null[30];

        own.index = (uint64_t)t;
        own.resamples = 399;
        for (int i = 0; i < 40; i++) /* symmetric, with heavy tails */
            x[i] = pow(ds_rng_normal(stream("null", t), (uint64_t)i), 3);
        for (int i = 0; i < 30; i++)
            null[i] = pow(ds_rng_normal(stream("floor", t), (uint64_t)i), 3);
        ds_sign_flip(&flip, x, 12, &own);
        exact[t] = flip.p;
        ds_sign_flip(&flip, x, 40, &own);
        sampled[t] = flip.p;
        assert_int_equal(ds_wilcoxon(&wilcoxon, x, 40, &err), 0);
        signed_rank[t] = wilcoxon.p;
        assert_int_equal(ds_excess_many(&e, x, 40, null, 30, &own, &err), 0);
        excess[t] = e.p;
    }
    print_message("distance from uniform: exact flips %.3f, sampled flips %.3f, Wilcoxon %.3f, "
                  "excess %.3f (band %.3f)\n",
                  distance_from_uniform(exact, TRIALS), distance_from_uniform(sampled, TRIALS),
                  distance_from_uniform(signed_rank, TRIALS),
                  distance_from_uniform(excess, TRIALS), band);
    assert_true(distance_from_uniform(exact, TRIALS) < band);
    assert_true(distance_from_uniform(sampled, TRIALS) < band);
    assert_true(distance_from_uniform(signed_rank, TRIALS) < band);
    assert_true(distance_from_uniform(excess, TRIALS) < band);
}

static void permutations_are_deterministic(void **state)
{
    struct ds_stat_want other = want;
    struct ds_test a, b, c;
    double x[30];

    (void)state;
    other.index = 1;
    for (int i = 0; i < 30; i++)
        x[i] = ds_rng_normal(stream("same", 0), (uint64_t)i) + 0.2;
    ds_sign_flip(&a, x, 30, &want);
    ds_sign_flip(&b, x, 30, &want);
    ds_sign_flip(&c, x, 30, &other);
    assert_true(a.p == b.p && a.p != c.p);
    assert_true(a.p >= 1.0 / 1000);
}

static void wilcoxon_by_hand(void **state)
{
    const double x[] = {1, 2, 3, 4, 5}, zeros[] = {0, NAN, 0}, ties[] = {1, 1, -1, 2, 0};
    struct ds_err err = {0};
    struct ds_test t;

    (void)state;
    assert_int_equal(ds_wilcoxon(&t, x, 5, &err), 0);
    assert_true(t.exact && t.p == 2.0 / 32);
    assert_int_equal(ds_wilcoxon(&t, zeros, 3, &err), 0);
    assert_true(isnan(t.p));
    assert_string_equal(t.why, "no difference other than 0");
    assert_int_equal(ds_wilcoxon(&t, ties, 5, &err), 0);
    assert_true(!t.exact && t.n == 4 && t.p > 0 && t.p < 1);
}

/* p = 0.01 0.02 0.03 0.5 of four: 0.04, 0.04, 0.04, 0.5; in any order, beside a NAN. */
static void discoveries_by_hand(void **state)
{
    double p[] = {0.5, 0.02, NAN, 0.01, 0.03}, q[5];
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(ds_false_discovery(q, p, 5, &err), 0);
    NEAR(q[0], 0.5, 1e-15);
    NEAR(q[1], 0.04, 1e-15);
    NEAR(q[3], 0.04, 1e-15);
    NEAR(q[4], 0.04, 1e-15);
    assert_true(isnan(q[2]));
    assert_int_equal(ds_false_discovery(p, p, 5, &err), 0); /* in place */
    for (int i = 0; i < 5; i++)
        assert_true(p[i] == q[i] || (isnan(p[i]) && isnan(q[i])));
    assert_int_equal(ds_false_discovery(q, p, 0, &err), 0);
}

/* 60 tests, of which 45 have no effect: the mean share of false ones among what is called a
 * discovery at 0.1 stays below 0.1 (its expectation is 0.1 * 45 / 60). With no effect at all, a
 * false alarm happens in at most 0.1 of the studies. */
static void false_discoveries_are_held(void **state)
{
    enum { STUDIES = 400, TESTS = 60 };
    struct ds_err err = {0};
    double share = 0, found = 0, alarms = 0;

    (void)state;
    for (int s = 0; s < STUDIES; s++) {
        double p[TESTS], none[TESTS], q[TESTS];
        int wrong = 0, all = 0, alarm = 0;

        for (int i = 0; i < TESTS; i++) {
            const double z = ds_rng_normal(stream("z", s), (uint64_t)i);

            none[i] = 2 * ds_normal_cdf(-fabs(z));
            p[i] = i < 45 ? none[i] : 2 * ds_normal_cdf(-fabs(z + 3.5));
        }
        assert_int_equal(ds_false_discovery(q, p, TESTS, &err), 0);
        for (int i = 0; i < TESTS; i++) {
            all += q[i] <= 0.1;
            wrong += q[i] <= 0.1 && i < 45;
        }
        assert_int_equal(ds_false_discovery(q, none, TESTS, &err), 0);
        for (int i = 0; i < TESTS; i++)
            alarm |= q[i] <= 0.1;
        share += all ? (double)wrong / all : 0;
        found += (all - wrong) / 15.0;
        alarms += alarm;
    }
    print_message("false discoveries at q <= 0.1: %.3f of those called, %.2f of the real ones "
                  "found; false alarms in %.3f of studies without effect\n",
                  share / STUDIES, found / STUDIES, alarms / STUDIES);
    assert_true(share / STUDIES < 0.1 && found / STUDIES > 0.6);
    assert_true(alarms / STUDIES < 0.1 + 3 * sqrt(0.09 / STUDIES));
}

static void stars(void **state)
{
    (void)state;
    assert_string_equal(ds_stars(0.0009), "***");
    assert_string_equal(ds_stars(0.009), "**");
    assert_string_equal(ds_stars(0.049), "*");
    assert_string_equal(ds_stars(0.05), "");
    assert_string_equal(ds_stars(NAN), "");
}

static void excess_over_the_floor(void **state)
{
    const double null[] = {1, 3, NAN, 2, 4}, none[] = {NAN}, x[] = {11, 12, NAN, 13, 14};
    struct ds_err err = {0};
    struct ds_excess e;

    (void)state;
    assert_int_equal(ds_excess_of(&e, 3, null, 5, &err), 0);
    assert_true(e.floor == 2.5 && e.excess == 0.5 && e.n_null == 4 && !e.why);
    NEAR(e.p, 3.0 / 5, 1e-15); /* 3 and 4 reach it */
    NEAR(e.least, 1.0 / 5, 1e-15);
    assert_int_equal(ds_excess_of(&e, NAN, null, 5, &err), 0);
    assert_true(isnan(e.p) && isnan(e.excess) && e.floor == 2.5);
    assert_string_equal(e.why, "the value is undefined");
    assert_int_equal(ds_excess_of(&e, 3, none, 1, &err), 0);
    assert_string_equal(e.why, "no defined value under the null");

    assert_int_equal(ds_excess_many(&e, x, 5, null, 5, &want, &err), 0);
    assert_true(e.value == 12.5 && e.excess == 10 && e.n == 4 && e.n_null == 4 && !e.why);
    NEAR(e.p, 1.0 / 70, 0.012); /* one labelling of 8 over 4 */
    assert_int_equal(ds_excess_many(&e, x, 2, none, 1, &want, &err), 0);
    assert_string_equal(e.why, "no defined value under the null");
    assert_true(e.value == 11.5);
    assert_int_equal(ds_excess_many(&e, none, 1, null, 5, &want, &err), 0);
    assert_string_equal(e.why, "no defined value");
    assert_int_equal(ds_excess_many(&e, x, 1, null, 2, &want, &err), 0);
    assert_string_equal(e.why, "fewer than 4 values: no permutation can tell");
    assert_int_equal(
        ds_excess_many(&e, x, 5, null, 5, &(struct ds_stat_want){.level = 0.95}, &err), 0);
    assert_string_equal(e.why, "no permutations asked for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flips_by_hand),
        cmocka_unit_test(sampling_agrees_with_counting),
        cmocka_unit_test(p_is_uniform_under_the_null),
        cmocka_unit_test(permutations_are_deterministic),
        cmocka_unit_test(wilcoxon_by_hand),
        cmocka_unit_test(discoveries_by_hand),
        cmocka_unit_test(false_discoveries_are_held),
        cmocka_unit_test(stars),
        cmocka_unit_test(excess_over_the_floor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
