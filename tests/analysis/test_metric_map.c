/* tests/analysis/test_metric_map.c -- metrics that look at the grid, at masks and at mass,
 * worked by hand; what the table costs. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <time.h>
#include "analysis/metric/metric.h"

static double value(const char *key, const double *p, const double *q, int h, int w,
                    struct ds_metric_ctx *ctx)
{
    void *scratch = malloc(ds_metric_scratch(h * w));
    double v;

    assert_non_null(scratch);
    *ctx = (struct ds_metric_ctx){.height = h, .width = w, .scratch = scratch};
    v = ds_metric_value(ds_metric_lookup(key), p, q, h * w, ctx);
    free(scratch);
    return v;
}

static double of(const char *key, const double *p, const double *q, int h, int w)
{
    struct ds_metric_ctx ctx;

    return value(key, p, q, h, w, &ctx);
}

static void fill(double *p, int n, uint64_t index)
{
    for (int i = 0; i < n; i++) {
        const double u = ds_rng_unit(ds_rng_sub(ds_rng_stream(8, "map"), index), (uint64_t)i);

        p[i] = u * u * u / n;
    }
}

/* One unit of mass from corner to corner; half of it; and a swap in the cheaper direction. */
static void earth_moves_along_the_grid(void **state)
{
    const double corner[12] = {[0] = 1}, far[12] = {[11] = 1}, half[12] = {[0] = 1, [11] = 1};
    const double left[4] = {3, 0, 0, 1}, right[4] = {1, 1, 1, 1};

    (void)state;
    NEAR(of("emd", corner, far, 3, 4), sqrt(13), 1e-15);
    NEAR(of("emd", far, corner, 3, 4), sqrt(13), 1e-15);
    NEAR(of("emd", corner, half, 3, 4), sqrt(13) / 2, 1e-15);
    NEAR(of("emd", left, right, 2, 2), 0.5, 1e-15);
    NEAR(of("emd", left, right, 1, 4), (0.5 + 0.25 + 0), 1e-15);
}

/* On a line the distance is the area between the two distribution functions. */
static void earth_mover_on_a_line(void **state)
{
    enum { N = 300 };
    double p[N], q[N], ps = 0, qs = 0, sum = 0, area = 0;

    (void)state;
    for (uint64_t trial = 0; trial < 20; trial++) {
        const int n = 1 + (int)trial * 15;

        fill(p, n, 2 * trial);
        fill(q, n, 2 * trial + 1);
        ps = qs = sum = area = 0;
        for (int i = 0; i < n; i++) {
            ps += p[i];
            qs += q[i];
        }
        for (int i = 0; i < n; i++) {
            sum += p[i] / ps - q[i] / qs;
            area += fabs(sum);
        }
        NEAR(of("emd", p, q, 1, n), area, 1e-11);
        NEAR(of("emd", p, q, n, 1), area, 1e-11);
    }
}

/* A metric: the triangle inequality; and moving a whole map by one column costs one patch. */
static void earth_mover_is_a_metric(void **state)
{
    double p[196], q[196], r[196], moved[196] = {0};

    (void)state;
    for (uint64_t trial = 0; trial < 10; trial++) {
        fill(p, 196, 3 * trial);
        fill(q, 196, 3 * trial + 1);
        fill(r, 196, 3 * trial + 2);
        assert_true(of("emd", p, r, 14, 14) <=
                    of("emd", p, q, 14, 14) + of("emd", q, r, 14, 14) + 1e-12);
        for (int i = 0; i < 196; i++)
            if (i % 14 == 13)
                p[i] = 0;
        for (int i = 1; i < 196; i++)
            moved[i] = p[i - 1];
        NEAR(of("emd", p, moved, 14, 14), 1, 1e-11);
        NEAR(of("centroid", p, moved, 14, 14), 1, 1e-12);
    }
}

/* Maps with equal values everywhere: many equal arcs, where a careless simplex would turn in
 * circles. */
static void earth_mover_of_ties_ends(void **state)
{
    double p[256], q[256];

    (void)state;
    for (int i = 0; i < 256; i++) {
        p[i] = i % 16 < 8;
        q[i] = i % 16 >= 8;
    }
    NEAR(of("emd", p, q, 16, 16), 8, 1e-11);
    for (int i = 0; i < 256; i++) {
        p[i] = (i / 16 + i) % 2;
        q[i] = 1 - p[i];
    }
    NEAR(of("emd", p, q, 16, 16), 1, 1e-11);
}

static void too_large_says_so(void **state)
{
    double *p = calloc(41 * 41, sizeof *p);
    struct ds_metric_ctx ctx;

    (void)state;
    p[5] = p[100] = 1;
    assert_true(isnan(value("emd", p, p, 41, 41, &ctx)));
    assert_int_equal(ctx.why, DS_UNDEFINED_LARGE);
    assert_string_equal(ds_undefined_text(ctx.why), "more than 1600 patches");
    assert_true(value("emd", p, p, 40, 40, &ctx) == 0);
    free(p);
}

static void grid_must_fit(void **state)
{
    const double p[6] = {1, 2, 3, 4, 5, 6};
    struct ds_metric_ctx ctx = {.height = 2, .width = 2};
    double scratch[200];

    (void)state;
    ctx.scratch = scratch;
    for (const struct ds_metric *m = ds_metrics; m->key; m++) {
        assert_int_equal(isnan(ds_metric_value(m, p, p, 6, &ctx)) != 0, m->grid);
        assert_int_equal(ctx.why, m->grid ? DS_UNDEFINED_GRID : DS_DEFINED);
    }
    ctx.height = 0;
    assert_true(isnan(ds_metric_value(ds_metric_lookup("peak"), p, p, 6, &ctx)));
    assert_true(isnan(of("ssim", p, p, 2, 3)));
}

/* Ten values: the top 10 % is one, the top 20 % two; ties with the last one come in. */
static void masks_by_rule(void **state)
{
    const double p[10] = {9, 8, 7, 1, 1, 1, 1, 1, 1, 0}, q[10] = {9, 1, 8, 8, 1, 1, 1, 1, 0, 0};
    const double flat[10] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    struct ds_metric_ctx ctx;

    (void)state;
    NEAR(of("iou_top10", p, q, 2, 5), 1, 0);
    NEAR(of("iou_top20", p, q, 2, 5), 1.0 / 4, 1e-15); /* {0, 1} and {0, 2, 3} */
    NEAR(of("dice_top20", p, q, 2, 5), 2.0 / 5, 1e-15);
    NEAR(of("iou_mass60", p, q, 2, 5), 2.0 / 4, 1e-15); /* 18 of 30: {0, 1, 2} and {0, 2, 3} */
    NEAR(of("iou_sd1", p, q, 2, 5), 2.0 / 4, 1e-15);    /* {0, 1, 2} and {0, 2, 3} */
    NEAR(of("dice_sd1", p, q, 2, 5), 4.0 / 6, 1e-15);
    NEAR(value("iou_sd1", flat, flat, 2, 5, &ctx), 1, 0);
    assert_true(ctx.empty);
    NEAR(value("dice_sd1", flat, p, 2, 5, &ctx), 0, 0);
    assert_false(ctx.empty);
}

static void mass_and_peaks(void **state)
{
    const double p[6] = {0.1, 0.2, 0, 0, 0.1, 0}, q[6] = {0, 0, 0, 0.2, 0.4, 0.2};

    (void)state;
    NEAR(of("prefix", p, q, 2, 3), -0.4, 1e-15); /* 0.6 before, 0.2 after */
    NEAR(of("sink", p, q, 2, 3), 0, 1e-15);
    NEAR(of("peak", p, q, 2, 3), 1, 0);
    NEAR(of("peak", p, p + 3, 1, 3), 0, 0);
    NEAR(of("centroid", p, q, 2, 3), hypot(0.75, 0.25), 1e-15);
    NEAR(of("kendall", (double[]){1, 2, 3, 4}, (double[]){1, 3, 2, 4}, 2, 2), 1 - 4.0 / 6,
         1e-15);
    NEAR(of("kl", (double[]){1, 1}, (double[]){1, 3}, 1, 2),
         0.5 * log(0.5 / 0.25) + 0.5 * log(0.5 / 0.75), 1e-7);
    NEAR(of("kl", (double[]){1, 0}, (double[]){0, 1}, 1, 2), log(1e8), 1e-6);
    NEAR(of("hellinger", (double[]){1, 0}, (double[]){0, 1}, 1, 2), 1, 0);
    NEAR(of("tv", (double[]){2, 0}, (double[]){0, 5}, 1, 2), 1, 0);
    NEAR(of("rel_l2", (double[]){2, 0}, (double[]){0, 5}, 1, 2), sqrt(2), 1e-15);
    NEAR(of("effective", (double[]){2, 0}, (double[]){3, 3}, 1, 2), 1, 1e-15);
    NEAR(of("entropy_norm", (double[]){2, 0}, (double[]){3, 3}, 1, 2), 1, 1e-15);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Microseconds of one value at 14 x 14, or of the metric given on another grid. */
static double cost(const struct ds_metric *m, int side, int times)
{
    const int n = side * side;
    double *map = malloc(2 * (size_t)n * sizeof *map), sum = 0, begin;
    struct ds_metric_ctx ctx = {.split_p = 0.1 / n,
                                .split_q = 0.1 / n,
                                .height = side,
                                .width = side,
                                .scratch = malloc(ds_metric_scratch(n))};

    assert_true(map && ctx.scratch);
    fill(map, n, 77);
    fill(map + n, n, 78);
    begin = seconds();
    for (int i = 0; i < times; i++)
        sum += ds_metric_value(m, map, map + n, n, &ctx);
    begin = seconds() - begin;
    assert_true(isfinite(sum));
    free(ctx.scratch);
    free(map);
    return 1e6 * begin / times;
}

/* Printed, hardly asserted: other programs run beside this one. */
static void what_it_costs(void **state)
{
    const struct ds_metric *emd = ds_metric_lookup("emd");
    double sum = 0, most = 0;
    const char *slowest = "";

    (void)state;
    for (const struct ds_metric *m = ds_metrics; m->key; m++) {
        const double one = m == emd ? 0 : cost(m, 14, 50);

        sum += one;
        slowest = one > most ? m->key : slowest;
        most = fmax(most, one);
    }
    print_message("196 patches, 12 layers: %d metrics without emd in %.2f ms (%s is slowest: "
                  "%.0f us a map)\n",
                  DS_METRIC_COUNT - 1, 12 * sum / 1000, slowest, most);
    print_message(
        "emd of one pair: %.2f ms at 7 x 7, %.2f at 14 x 14, %.2f at 16 x 16, %.1f at "
        "24 x 24, %.1f at 37 x 37\n",
        cost(emd, 7, 20) / 1000, cost(emd, 14, 5) / 1000, cost(emd, 16, 5) / 1000,
        cost(emd, 24, 1) / 1000, cost(emd, 37, 1) / 1000);
    assert_true(sum < 1e6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earth_moves_along_the_grid),
        cmocka_unit_test(earth_mover_on_a_line),
        cmocka_unit_test(earth_mover_is_a_metric),
        cmocka_unit_test(earth_mover_of_ties_ends),
        cmocka_unit_test(too_large_says_so),
        cmocka_unit_test(grid_must_fit),
        cmocka_unit_test(masks_by_rule),
        cmocka_unit_test(mass_and_peaks),
        cmocka_unit_test(what_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
