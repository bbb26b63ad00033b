/* tests/analysis/test_weight.c -- laws of weight measures and of what attention matrices show.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/metric/attention_metric.h"
#include "analysis/metric/weight.h"

static double scratch[8192];

static void fill(float *x, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        x[i] = (float)ds_rng_normal(ds_rng_stream(43, name), (uint64_t)i);
}

static void relative_change(void **state)
{
    const float w0[] = {3, 0, 4, 0, 0, 2}, w[] = {3, 5, 4, 0, 0, 1};
    double thirds[3];

    (void)state;
    NEAR(ds_weight_change(w0, w, 3), 1, 1e-15);
    assert_true(ds_weight_change(w0, w0, 6) == 0);
    assert_true(isnan(ds_weight_change(w0 + 3, w, 2)));
    ds_qkv_change(thirds, w0, w, 2);
    NEAR(thirds[0], 5.0 / 3, 1e-15);
    assert_true(thirds[1] == 0);
    NEAR(thirds[2], 0.5, 1e-15);
}

static void top_singular_value(void **state)
{
    const float known[] = {0, 3, 0, 0, 0, -2}, zero[4] = {0}, bad[] = {1, NAN, 0, 1};
    const float twins[] = {5, 0, 0, 5};
    struct ds_top_singular t;

    (void)state;
    ds_top_singular_of(&t, known, 2, 3, 500, scratch);
    assert_true(t.converged && t.residual <= 1e-8);
    NEAR(t.sigma, 3, 1e-14);
    NEAR(ds_stable_rank(known, 2, 3, &t), 13.0 / 9, 1e-14);
    ds_top_singular_of(&t, known, 2, 3, 2, scratch);
    assert_true(!t.converged && t.iterations == 2 && t.sigma <= 3);
    ds_top_singular_of(&t, twins, 2, 2, 500, scratch);
    assert_true(t.converged && t.iterations <= 2); /* any vector is one */
    NEAR(t.sigma, 5, 1e-14);
    NEAR(ds_stable_rank(twins, 2, 2, &t), 2, 1e-14);
    ds_top_singular_of(&t, zero, 2, 2, 500, scratch);
    assert_true(t.converged && t.sigma == 0 && isnan(ds_stable_rank(zero, 2, 2, &t)));
    ds_top_singular_of(&t, bad, 2, 2, 500, scratch);
    assert_true(!t.converged && isnan(t.sigma));
}

/* W_q and W_k turned alike inside a head: nobody attends differently. */
static void circuits_do_not_see_inner_turns(void **state)
{
    enum { DIM = 8, HEADS = 2, INNER = 4 };
    float s[3 * DIM * DIM], t[3 * DIM * DIM], ps[DIM * DIM], pt[DIM * DIM];
    double qk[HEADS], ov[HEADS];

    (void)state;
    fill(s, 3 * DIM * DIM, "s");
    fill(ps, DIM * DIM, "ps");
    memcpy(t, s, sizeof s);
    memcpy(pt, ps, sizeof ps);
    ds_qk_change(qk, s, t, DIM, HEADS, scratch);
    ds_ov_change(ov, s, ps, t, pt, DIM, HEADS, scratch);
    assert_true(qk[0] == 0 && qk[1] == 0 && ov[0] == 0 && ov[1] == 0);
    for (int part = 0; part < 2;
         part++) /* exchange two rows of head 1 in q and in k, one minus */
        for (int c = 0; c < DIM; c++) {
            float *row = t + (part * DIM + INNER) * DIM;

            row[c] = -s[(part * DIM + INNER + 1) * DIM + c];
            row[DIM + c] = s[(part * DIM + INNER) * DIM + c];
        }
    ds_qk_change(qk, s, t, DIM, HEADS, scratch);
    assert_true(qk[0] == 0);
    NEAR(qk[1], 0, 1e-7);
    assert_true(ds_weight_change(s, t, 2 * DIM * DIM) > 0.1);
    for (int c = 0; c < DIM; c++) /* only k: now it does */
        t[(DIM + INNER) * DIM + c] *= 2;
    ds_qk_change(qk, s, t, DIM, HEADS, scratch);
    assert_true(qk[0] == 0 && qk[1] > 0.1);
    for (int i = 0; i < DIM * DIM; i++) /* everything doubled: C is, too */
        pt[i] = 2 * ps[i];
    ds_ov_change(ov, s, ps, s, pt, DIM, HEADS, scratch);
    NEAR(ov[0], 1, 1e-14);
    NEAR(ov[1], 1, 1e-14);
    memset(s, 0, sizeof s);
    ds_qk_change(qk, s, t, DIM, HEADS, scratch);
    assert_true(isnan(qk[0]) && isnan(qk[1]));
}

/* A change of one part in a million keeps its digits. */
static void small_changes_keep_their_digits(void **state)
{
    enum { DIM = 8 };
    float s[3 * DIM * DIM], t[3 * DIM * DIM];
    double half[2], whole[2];

    (void)state;
    fill(s, 3 * DIM * DIM, "s");
    memcpy(t, s, sizeof s);
    for (int i = 0; i < DIM * DIM; i++)
        t[i] = s[i] + ldexpf(rintf(8 * s[i]), -24);
    ds_qk_change(half, s, t, DIM, 2, scratch);
    for (int i = 0; i < DIM * DIM; i++)
        t[i] = s[i] + ldexpf(rintf(8 * s[i]), -23);
    ds_qk_change(whole, s, t, DIM, 2, scratch);
    for (int h = 0; h < 2; h++)
        assert_true(half[h] > 0 && fabs(whole[h] / half[h] - 2) < 0.2);
}

static double one(const char *key, const float *a, const struct ds_attention_shape *s, int head)
{
    double out[8];

    assert_true(ds_attention_scratch(s) < 8192);
    assert_int_equal(ds_attention_value(out, ds_attention_lookup(key), a, s, scratch),
                     DS_DEFINED);
    return out[head];
}

/* One head looks at itself, the other at everybody: a prefix token and a 1 x 3 grid. */
static void heads_by_hand(void **state)
{
    const struct ds_attention_shape s = {2, 4, 1, 1, 3};
    float a[32] = {0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        a[5 * i] = 1;
        for (int j = 0; j < 4; j++)
            a[16 + 4 * i + j] = 0.25F;
    }
    NEAR(one("distance", a, &s, 0), 0, 0);
    NEAR(one("distance", a, &s, 1), (1 + 2.0 / 3 + 1) / 3, 1e-15);
    NEAR(one("diagonal", a, &s, 0), 1, 0);
    NEAR(one("diagonal", a, &s, 1), 0.25, 0);
    NEAR(one("prefix", a, &s, 0), 0, 0);
    NEAR(one("prefix", a, &s, 1), 0.25, 0);
    NEAR(one("sink", a, &s, 0), 0.25, 0);
    NEAR(one("entropy", a, &s, 0), 0, 0);
    NEAR(one("entropy", a, &s, 1), log(4), 1e-15);
    /* JS of (1 0 0 0) and the uniform one: H(5/8, 1/8, 1/8, 1/8) - 1 bits */
    NEAR(one("diversity", a, &s, 0), 5.0 / 8 * log2(8.0 / 5) + 9.0 / 8 - 1, 1e-15);
    memcpy(a + 16, a, 16 * sizeof *a);
    assert_true(one("diversity", a, &s, 1) == 0);
    for (const struct ds_attention_metric *m = ds_attention_metrics; m->key; m++)
        assert_true(one(m->key, a, &s, 0) >= m->lo && one(m->key, a, &s, 0) <= m->hi);
}

static void attention_refusals(void **state)
{
    const struct ds_attention_shape good = {2, 5, 1, 2, 2}, lone = {1, 5, 1, 2, 2};
    const struct ds_attention_shape wrong = {2, 5, 2, 2, 2};
    const struct ds_attention_metric *distance = ds_attention_lookup("distance");
    float a[50];
    double out[2];

    (void)state;
    for (int i = 0; i < 50; i++)
        a[i] = 0.2F;
    assert_null(ds_attention_lookup("nothing"));
    assert_int_equal(ds_attention_value(out, distance, a, &wrong, scratch), DS_UNDEFINED_GRID);
    assert_true(isnan(out[0]) && isnan(out[1]));
    assert_int_equal(
        ds_attention_value(out, ds_attention_lookup("diversity"), a, &lone, scratch),
        DS_UNDEFINED_SHORT);
    a[3] = -0.1F;
    assert_int_equal(ds_attention_value(out, distance, a, &good, scratch),
                     DS_UNDEFINED_NEGATIVE);
    assert_true(isnan(out[0]) && !isnan(out[1]));
    assert_int_equal(
        ds_attention_value(out, ds_attention_lookup("diversity"), a, &good, scratch),
        DS_UNDEFINED_NEGATIVE);
    assert_true(isnan(out[0]) && isnan(out[1]));
    a[3] = INFINITY;
    assert_int_equal(ds_attention_value(out, distance, a, &good, scratch),
                     DS_UNDEFINED_INFINITE);
    for (int j = 0; j < 5; j++)
        a[j] = 0;
    assert_int_equal(ds_attention_value(out, distance, a, &good, scratch), DS_UNDEFINED_ZERO);
    for (int j = 0; j < 5; j++) {
        a[j] = 0.2F;
        a[25 + 10 + j] = j == 0; /* a patch of head 2 that attends to the prefix only */
    }
    assert_int_equal(ds_attention_value(out, distance, a, &good, scratch), DS_UNDEFINED_ZERO);
    assert_true(!isnan(out[0]) && isnan(out[1]));
    assert_int_equal(ds_attention_value(out, ds_attention_lookup("prefix"), a, &good, scratch),
                     DS_DEFINED);
}

static void columns_sum_to_one(void **state)
{
    const struct ds_attention_shape s = {1, 5, 1, 2, 2};
    const float a[25] = {[0] = 1, [5] = 1, [10] = 1, [15] = 1, [24] = 1};
    double out[5];

    (void)state;
    ds_attention_columns(out, a, &s);
    NEAR(out[0], 0.8, 1e-15);
    NEAR(out[4], 0.2, 1e-15);
    NEAR(out[0] + out[1] + out[2] + out[3] + out[4], 1, 1e-15);
    NEAR(one("sink", a, &s, 0), 0.8, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relative_change),
        cmocka_unit_test(top_singular_value),
        cmocka_unit_test(circuits_do_not_see_inner_turns),
        cmocka_unit_test(small_changes_keep_their_digits),
        cmocka_unit_test(heads_by_hand),
        cmocka_unit_test(attention_refusals),
        cmocka_unit_test(columns_sum_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
