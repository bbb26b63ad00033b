/* tests/analysis/test_decompose.c -- shares of drift: laws, and networks whose answer is known.
 */
#include "tests/analysis/twin.h"
#include "analysis/causal/decompose.h"

enum { LAYERS = 3, HEADS = 2, CELLS = TWIN_PICTURES * LAYERS * HEADS };

static void run(struct ds_decomposition *r, const struct twin *t, enum ds_row_distance d,
                bool all, int threads)
{
    const struct ds_decompose_want want = {d, all, threads};
    struct ds_decomposing *k;
    struct ds_err err;
    int done = 0;

    assert_int_equal(ds_decomposing_open(&k, r, &t->m[0], &t->m[1], &t->shown, &want, &err), 0);
    while (done < t->shown.count)
        assert_int_equal(ds_decomposing_next(k, &done, &err), 0);
    ds_decomposing_close(k);
}

static double random_value(const char *name, int i)
{
    return ds_rng_normal(ds_rng_stream(9, name), (uint64_t)i);
}

/* Efficiency, additivity of lone wolves, the glove game, and renaming of the players. */
static void shapley_laws(void **state)
{
    static const double glove[8] = {0, 0, 0, 1, 0, 1, 0, 1}; /* 1 needs 2 or 3 */
    double share[3], other[3], v[8], renamed[8];

    (void)state;
    ds_shapley(share, glove);
    assert_true(fabs(share[0] - 4.0 / 6) < 1e-15 && fabs(share[1] - 1.0 / 6) < 1e-15 &&
                fabs(share[2] - 1.0 / 6) < 1e-15);
    for (int trial = 0; trial < 100; trial++) {
        v[0] = 0;
        for (int c = 1; c < 8; c++)
            v[c] = random_value("value", 8 * trial + c);
        ds_shapley(share, v);
        assert_true(fabs(share[0] + share[1] + share[2] - v[7]) < 1e-14);
        for (int c = 0; c < 8; c++) /* players move up by one, the last becomes the first */
            renamed[(c << 1 & 7) | c >> 2] = v[c];
        ds_shapley(other, renamed);
        for (int i = 0; i < 3; i++)
            assert_true(fabs(other[(i + 1) % 3] - share[i]) < 1e-15);
        for (int c = 0; c < 8; c++)
            v[c] = 2 * (c & 1) - 3 * (c >> 1 & 1) + 0.5 * (c >> 2);
        ds_shapley(share, v);
        assert_true(fabs(share[0] - 2) + fabs(share[1] + 3) + fabs(share[2] - 0.5) < 1e-14);
    }
}

static void distances_by_hand(void **state)
{
    const double p[] = {1, 0, 0.5, 0.5}, q[] = {0, 1, 0.5, 0.5};

    (void)state;
    assert_true(ds_row_distance(DS_ROW_TV, p, q, 1, 2) == 1);
    assert_true(ds_row_distance(DS_ROW_JS, p, q, 1, 2) == 1);
    assert_true(fabs(ds_row_distance(DS_ROW_RELFRO, p, q, 1, 2) - sqrt(2)) < 1e-15);
    assert_true(ds_row_distance(DS_ROW_TV, p, q, 2, 2) == 0.5);
    assert_true(ds_row_distance(DS_ROW_JS, p, q, 2, 2) == 0.5);
    assert_true(fabs(ds_row_distance(DS_ROW_RELFRO, p, q, 2, 2) - sqrt(2 / 1.5)) < 1e-15);
    for (int d = 0; d < 3; d++)
        assert_true(ds_row_distance((enum ds_row_distance)d, p, p, 2, 2) == 0);
}

/* Shares sum to the drift, in every measure and for both choices of rows. */
static void shares_sum(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct ds_decomposition r;
    struct twin t;
    double worst = 0;

    (void)state;
    twin_open(&t, &s, &s);
    twin_show(&t, false);
    for (int d = 0; d < 6; d++) {
        run(&r, &t, (enum ds_row_distance)(d / 2), d % 2, 2);
        assert_int_equal(r.all_rows, d % 2);
        for (int i = 0; i < CELLS; i++) {
            const double *share = r.share + 3 * i;

            assert_true(r.total[i] > 0);
            worst = fmax(worst, fabs(share[0] + share[1] + share[2] - r.total[i]) / r.total[i]);
        }
        ds_decomposition_clear(&r);
    }
    print_message("shares sum to the drift within %.2g of it\n", worst);
    assert_true(worst < 1e-9);
    twin_close(&t);
}

/* The same weights: exactly no drift, and nothing to share. */
static void no_drift(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const bool all[LAYERS] = {true, true, true};
    struct ds_decomposition r;
    struct ds_sheet sheet;
    struct ds_err err;
    struct twin t;

    (void)state;
    twin_open(&t, &s, &s);
    twin_same(&t);
    twin_show(&t, false);
    run(&r, &t, DS_ROW_JS, true, 2);
    for (int i = 0; i < CELLS; i++)
        assert_true(r.total[i] == 0 && r.share[3 * i] == 0 && r.share[3 * i + 1] == 0 &&
                    r.share[3 * i + 2] == 0);
    ds_sheet_begin(&sheet, "decomposition", "");
    assert_int_equal(
        ds_decompose_sheet(&sheet, &r,
                           &(struct ds_decompose_sheet_want){.s = "old",
                                                             .t = "new",
                                                             .shown = &t.shown,
                                                             .by = DS_MOVED_HEAD,
                                                             .layer = all,
                                                             .head = all,
                                                             .stat = {DS_BCA, 50, 0.95, 1, 0}},
                           &err),
        0);
    assert_int_equal(ds_sheet_rows(&sheet), 3 * (LAYERS * HEADS + 1));
    assert_string_equal(ds_sheet_cell(&sheet, 3, 0)->text, "layer 1 head 2");
    assert_true(ds_sheet_cell(&sheet, 3, 3)->real == 0);
    assert_true(isnan(ds_sheet_cell(&sheet, 3, 6)->real));
    assert_string_equal(ds_sheet_cell(&sheet, 3, 13)->text, "no drift, so no shares of it");
    ds_sheet_clear(&sheet);
    ds_decomposition_clear(&r);
    twin_close(&t);
}

/* Only one thing differs, so it has done everything; in layers above, only tokens differ. */
static void one_mover(int mover)
{
    const struct ds_vit_shape s = toy_shape();
    const size_t c = (size_t)s.dim;
    struct ds_decomposition r;
    struct twin t;

    twin_open(&t, &s, &s);
    twin_same(&t);
    if (mover < 2) {
        toy_fill(t.m[1].view.block[0][DS_QKV_W] + (size_t)mover * c * c, c * c, 0, 1, "moved");
        toy_fill(t.m[1].view.block[0][DS_QKV_B] + (size_t)mover * c, c, 0, 1, "bias");
    } else {
        toy_fill(t.m[1].view.block[0][DS_NORM1_W], c, 1, 0.5, "moved"); /* norm1 is tokens' */
    }
    twin_show(&t, false);
    run(&r, &t, DS_ROW_TV, false, 1);
    for (int i = 0; i < CELLS; i++) {
        const int layer = i / HEADS % LAYERS, by = layer ? 2 : mover;

        assert_true(r.total[i] > 0);
        for (int m = 0; m < 3; m++)
            if (m == by)
                assert_true(fabs(r.share[3 * i + m] - r.total[i]) < 1e-15);
            else
                assert_true(r.share[3 * i + m] == 0);
    }
    ds_decomposition_clear(&r);
    twin_close(&t);
}

static void one_mover_at_a_time(void **state)
{
    (void)state;
    for (int mover = 0; mover < 3; mover++)
        one_mover(mover);
}

/* A symmetric distance sees the same drift from both sides; a bias of the keys moves nothing.
 */
static void from_both_sides(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct ds_decomposition r, back;
    struct ds_model swap;
    struct twin t;

    (void)state;
    twin_open(&t, &s, &s);
    twin_show(&t, false);
    run(&r, &t, DS_ROW_JS, true, 1);
    swap = t.m[0];
    t.m[0] = t.m[1];
    t.m[1] = swap;
    run(&back, &t, DS_ROW_JS, true, 1);
    for (int i = 0; i < CELLS; i++)
        assert_true(fabs(r.total[i] - back.total[i]) < 1e-12);
    ds_decomposition_clear(&r);
    ds_decomposition_clear(&back);
    twin_same(&t);
    toy_fill(t.m[1].view.block[0][DS_QKV_B] + s.dim, (size_t)s.dim, 0, 1, "key bias");
    run(&r, &t, DS_ROW_TV, true, 1);
    for (int i = 0; i < CELLS; i++)
        assert_true(r.total[i] < 1e-6);
    ds_decomposition_clear(&r);
    twin_close(&t);
}

static void threads_do_not_matter(void **state)
{
    struct ds_vit_shape s = toy_shape();
    struct ds_decomposition one, many;
    struct twin t;

    (void)state;
    s.cls = s.qkv_bias = false; /* no CLS token: all rows, whatever is asked for */
    s.pool_mean = true;
    twin_open(&t, &s, &s);
    twin_show(&t, false);
    run(&one, &t, DS_ROW_JS, false, 1);
    assert_true(one.all_rows);
    for (int threads = 2; threads <= 8; threads += 3) {
        run(&many, &t, DS_ROW_JS, false, threads);
        assert_memory_equal(one.share, many.share, 3 * CELLS * sizeof(double));
        assert_memory_equal(one.total, many.total, CELLS * sizeof(double));
        ds_decomposition_clear(&many);
    }
    ds_decomposition_clear(&one);
    twin_close(&t);
}

static void refusals(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct ds_decompose_want want = {DS_ROW_TV, false, 1};
    struct ds_vit_shape b = toy_shape();
    struct ds_decomposing *k;
    struct ds_decomposition r;
    struct ds_err err = {0};
    struct twin t;

    (void)state;
    b.dim = 14;
    b.classes = 0; /* which nobody asks */
    twin_open(&t, &s, &b);
    twin_show(&t, false);
    assert_int_equal(ds_decomposing_open(&k, &r, &t.m[0], &t.m[1], &t.shown, &want, &err),
                     DS_DATA);
    assert_string_equal(err.text, "old has 10 channels of width, new has 14: attention of one "
                                  "means nothing in the other");
    twin_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapley_laws),
        cmocka_unit_test(distances_by_hand),
        cmocka_unit_test(shares_sum),
        cmocka_unit_test(no_drift),
        cmocka_unit_test(one_mover_at_a_time),
        cmocka_unit_test(from_both_sides),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(refusals),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
