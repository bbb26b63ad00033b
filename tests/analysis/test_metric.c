/* tests/analysis/test_metric.c -- the metric table: reference values, laws, what is undefined.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <jansson.h>
#include "analysis/metric/metric.h"

enum { MOST = 400 };
static _Alignas(16) unsigned char scratch[512 * 1024];

/* The squarest grid of n patches. */
static int rows_of(int n)
{
    int h = (int)sqrt(n);

    while (n % h)
        h--;
    return h;
}

static double value_at(const char *key, const double *p, const double *q, int n, double split_p,
                       double split_q, struct ds_metric_ctx *ctx)
{
    const struct ds_metric *m = ds_metric_lookup(key);

    assert_non_null(m);
    assert_true(ds_metric_scratch(n) <= sizeof scratch);
    *ctx = (struct ds_metric_ctx){.split_p = split_p, .split_q = split_q, .scratch = scratch};
    ctx->height = n > 0 ? rows_of(n) : 0;
    ctx->width = n > 0 ? n / ctx->height : 0;
    return ds_metric_value(m, p, q, n, ctx);
}

static double value(const char *key, const double *p, const double *q, int n)
{
    struct ds_metric_ctx ctx;

    return value_at(key, p, q, n, 0.1, 0.1, &ctx);
}

static void map(double *p, int n, uint64_t seed)
{
    for (int i = 0; i < n; i++)
        p[i] = ds_rng_unit(ds_rng_stream(seed, "map"), (uint64_t)i) / n;
}

/* Worked by hand: p = (3, 4, 0), q = (0, 4, 3); rank(p) = (2, 3, 1), rank(q) = (1, 3, 2). */
static void by_hand(void **state)
{
    const double p[] = {3, 4, 0}, q[] = {0, 4, 3};
    struct ds_metric_ctx ctx;

    (void)state;
    NEAR(value("relfro", p, q, 3), sqrt(18) / 5, 1e-15);
    NEAR(value("l1", p, q, 3), 6, 0);
    NEAR(value("l2", p, q, 3), sqrt(18), 1e-15);
    NEAR(value("cosine", p, q, 3), 1 - 16.0 / 25, 1e-15);
    NEAR(value("js", p, q, 3), 3.0 / 7, 1e-15);
    NEAR(value("spearman", p, q, 3), 0.5, 1e-15);
    NEAR(value("pearson", p, q, 3), 1 - (16 - 49.0 / 3) / (25 - 49.0 / 3), 1e-15);
    NEAR(value("entropy", p, q, 3), 0, 1e-15);
    NEAR(value_at("iou", p, q, 3, 2, 2, &ctx), 1.0 / 3, 0);
    NEAR(value_at("iou", p, q, 3, 3, 3, &ctx), 1, 0); /* above, not at, the split */
    assert_false(ctx.empty);
    NEAR(value_at("iou", p, q, 3, 3.5, 3.5, &ctx), 1, 0);
    NEAR(value_at("iou", p, q, 3, 4, 4, &ctx), 1, 0);
    assert_true(ctx.empty);
    NEAR(value_at("iou", p, q, 3, 4, 3.5, &ctx), 0, 0);
}

static void ties_share_their_rank(void **state)
{
    const double p[] = {1, 1, 2, 3}, q[] = {1, 2, 2, 3}; /* ranks 1.5 1.5 3 4; 1 2.5 2.5 4 */

    (void)state;
    NEAR(value("spearman", p, q, 4), 1 - 3.75 / 4.5, 1e-15);
}

static void entropy_of_known_maps(void **state)
{
    const double one[] = {0, 5, 0, 0}, four[] = {2, 2, 2, 2};

    (void)state;
    NEAR(value("entropy", one, four, 4), log(4), 1e-15);
    NEAR(value("entropy", four, one, 4), -log(4), 1e-15);
    NEAR(value("js", (double[]){1, 0}, (double[]){0, 1}, 2), 1, 0);
}

/* Half of the patches protected. NAN where the grid is too small for a window, and only there.
 */
static double halved(const char *key, const double *p, const double *q, int n)
{
    struct ds_metric_ctx ctx;
    const double v = value_at(key, p, q, n, 0.5 / n, 0.5 / n, &ctx);

    assert_int_equal(ctx.why, isnan(v) ? DS_UNDEFINED_SMALL : DS_DEFINED);
    assert_true(!isnan(v) || rows_of(n) < DS_SSIM_WINDOW);
    return v;
}

static void laws(void **state)
{
    static const int sizes[] = {3, 4, 7, 37, 196, 400};
    double p[MOST], q[MOST], scaled[MOST];

    (void)state;
    for (size_t s = 0; s < 6; s++)
        for (const struct ds_metric *m = ds_metrics; m->key; m++) {
            const int n = sizes[s];
            double d;

            map(p, n, 2 * s);
            map(q, n, 2 * s + 1);
            d = halved(m->key, p, q, n);
            if (isnan(d))
                continue;
            assert_true(halved(m->key, p, p, n) == m->same); /* exactly */
            assert_true(d >= m->lo && d <= m->hi);
            assert_true(n < 37 || d != m->same);
            if (n >= 37)
                assert_int_equal(fabs(halved(m->key, q, p, n) - d) < 1e-13, m->symmetric);
            for (int i = 0; i < n; i++)
                scaled[i] = 8 * q[i];
            if (m->normalise == DS_PATCHES ||
                strstr("cosine spearman pearson kendall peak", m->key) ||
                (m->normalise == DS_MASK && strchr(m->key, '_')))
                NEAR(halved(m->key, p, scaled, n), d, 1e-13);
            else if (m->normalise == DS_RAW)
                assert_true(fabs(halved(m->key, p, scaled, n) - d) > 1e-6);
        }
}

/* The same patches in another order are the same drift, but to what looks at the grid. */
static void order_of_patches_does_not_matter(void **state)
{
    enum { N = 64 };
    double p[N], q[N], pp[N], qq[N];

    (void)state;
    map(p, N, 11);
    map(q, N, 12);
    for (int i = 0; i < N; i++) {
        pp[i] = p[(i * 9) % N];
        qq[i] = q[(i * 9) % N];
    }
    for (const struct ds_metric *m = ds_metrics; m->key; m++)
        if (m->grid)
            assert_true(fabs(value(m->key, p, q, N) - value(m->key, pp, qq, N)) > 1e-3);
        else
            NEAR(value(m->key, p, q, N), value(m->key, pp, qq, N), 1e-13);
}

static void undefined_says_why(void **state)
{
    static const double zero[4] = {0}, flat[] = {2, 2, 2, 2}, some[] = {1, 2, 3, 4};
    static const double minus[] = {1, -2, 3, 4}, hole[] = {1, 2, NAN, 4};
    static const struct {
        const char *key;
        const double *p, *q;
        int n;
        enum ds_undefined why;
    } cases[] = {
        {"relfro", zero, some, 4, DS_UNDEFINED_ZERO},
        {"relfro", some, zero, 4, DS_DEFINED},
        {"cosine", zero, some, 4, DS_UNDEFINED_ZERO},
        {"cosine", some, zero, 4, DS_UNDEFINED_ZERO},
        {"js", some, zero, 4, DS_UNDEFINED_ZERO},
        {"js", minus, some, 4, DS_UNDEFINED_NEGATIVE},
        {"entropy", some, minus, 4, DS_UNDEFINED_NEGATIVE},
        {"entropy", zero, some, 4, DS_UNDEFINED_ZERO},
        {"spearman", flat, some, 4, DS_UNDEFINED_FLAT},
        {"pearson", some, flat, 4, DS_UNDEFINED_FLAT},
        {"pearson", some, some, 2, DS_UNDEFINED_SHORT},
        {"spearman", some, some, 2, DS_UNDEFINED_SHORT},
        {"l1", some, some, 0, DS_UNDEFINED_SHORT},
        {"l2", some, hole, 4, DS_UNDEFINED_INFINITE},
        {"iou", hole, some, 4, DS_UNDEFINED_INFINITE},
        {"l1", zero, zero, 4, DS_DEFINED},
        {"rel_l2", some, zero, 4, DS_UNDEFINED_ZERO},
        {"tv", zero, some, 4, DS_UNDEFINED_ZERO},
        {"kl", minus, some, 4, DS_UNDEFINED_NEGATIVE},
        {"hellinger", some, minus, 4, DS_UNDEFINED_NEGATIVE},
        {"emd", zero, some, 4, DS_UNDEFINED_ZERO},
        {"iou_top10", some, flat, 4, DS_UNDEFINED_FLAT},
        {"dice_top20", flat, some, 4, DS_UNDEFINED_FLAT},
        {"iou_mass60", flat, some, 4, DS_UNDEFINED_FLAT},
        {"dice_mass60", some, minus, 4, DS_UNDEFINED_NEGATIVE},
        {"iou_sd1", flat, flat, 4, DS_DEFINED},
        {"kendall", some, flat, 4, DS_UNDEFINED_FLAT},
        {"kendall", some, some, 2, DS_UNDEFINED_SHORT},
        {"ssim", some, some, 4, DS_UNDEFINED_SMALL},
        {"centroid", minus, some, 4, DS_UNDEFINED_NEGATIVE},
        {"peak", flat, some, 4, DS_UNDEFINED_FLAT},
        {"entropy_norm", some, some, 1, DS_UNDEFINED_SHORT},
        {"effective", zero, some, 4, DS_UNDEFINED_ZERO},
        {"sink", some, zero, 4, DS_UNDEFINED_ZERO},
        {"prefix", zero, zero, 4, DS_DEFINED},
    };
    struct ds_metric_ctx ctx;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double v = value_at(cases[i].key, cases[i].p, cases[i].q, cases[i].n, 0, 0, &ctx);

        assert_int_equal(ctx.why, cases[i].why);
        assert_int_equal(isnan(v) != 0, cases[i].why != DS_DEFINED);
        assert_true(strlen(ds_undefined_text(ctx.why)) > 3);
    }
    assert_true(isnan(value_at("iou", some, some, 4, NAN, 0, &ctx)));
    assert_int_equal(ctx.why, DS_UNDEFINED_INFINITE);
    assert_true(isnan(value_at("dice", some, some, 4, 0, INFINITY, &ctx)));
    assert_int_equal(ctx.why, DS_UNDEFINED_INFINITE);
}

static void lists(void **state)
{
    const struct ds_metric *list[DS_METRIC_COUNT];
    struct ds_err err = {0};
    int n;

    (void)state;
    assert_int_equal(ds_metric_list(list, &n, "js,relfro,js", &err), 0);
    assert_int_equal(n, 2);
    assert_string_equal(list[0]->key, "js");
    assert_string_equal(list[1]->key, "relfro");
    assert_int_equal(ds_metric_list(list, &n, "all", &err), 0);
    assert_int_equal(n, DS_METRIC_COUNT);
    assert_int_equal(ds_metric_list(list, &n, "spaerman", &err), DS_USAGE);
    assert_string_equal(err.text, "there is no metric 'spaerman'; did you mean 'spearman'?");
    assert_int_equal(ds_metric_list(list, &n, "", &err), DS_USAGE);
    assert_string_equal(err.text, "the list of metrics is empty; e.g. --metric relfro,js");
    assert_int_equal(
        ds_metric_list(list, &n, "l1,zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", &err),
        DS_USAGE);
    assert_non_null(strstr(err.text, "--list"));
}

static int doubles(double *to, const json_t *list)
{
    const int n = (int)json_array_size(list);

    assert_true(n <= MOST);
    for (int i = 0; i < n; i++)
        to[i] = json_number_value(json_array_get(list, (size_t)i));
    return n;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *p, int n)
{
    double sorted[MOST];

    memcpy(sorted, p, (size_t)n * sizeof *p);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return (sorted[n / 2] + sorted[(n - 1) / 2]) / 2;
}

static double expected(const json_t *pair, const char *key)
{
    const json_t *v = json_object_get(pair, key);

    assert_non_null(v);
    return json_number_value(v);
}

/* The reference stores similarities and natural logarithms. */
static void golden_pairs(void **state)
{
    char *text = hand_shared("golden/metrics/metrics.json");
    json_t *root, *pair;
    size_t i;

    (void)state;
    if (!text)
        skip();
    root = json_loads(text, 0, NULL);
    free(text);
    assert_true(json_array_size(json_object_get(root, "pairs")) >= 5);
    json_array_foreach(json_object_get(root, "pairs"), i, pair)
    {
        double p[MOST], q[MOST];
        const int n = doubles(p, json_object_get(pair, "a"));
        struct ds_metric_ctx ctx;

        assert_int_equal(doubles(q, json_object_get(pair, "b")), n);
        NEAR(value("cosine", p, q, n), 1 - expected(pair, "cosine"), 1e-12);
        NEAR(value("l1", p, q, n), expected(pair, "l1"), 1e-12);
        NEAR(value("l2", p, q, n), expected(pair, "l2"), 1e-12);
        NEAR(value("js", p, q, n), expected(pair, "js") / log(2), 1e-12);
        NEAR(value("spearman", p, q, n), 1 - expected(pair, "spearman"), 1e-12);
        NEAR(value("pearson", p, q, n), 1 - expected(pair, "pearson"), 1e-12);
        NEAR(value("entropy", p, q, n),
             expected(pair, "entropy_b") - expected(pair, "entropy_a"), 1e-12);
        NEAR(value_at("iou", p, q, n, median(p, n), median(q, n), &ctx), expected(pair, "iou"),
             1e-12);
    }
    pair = json_object_get(root, "edge");
    NEAR(value("js", (double[]){1, 0}, (double[]){0, 1}, 2),
         expected(pair, "js_disjoint") / log(2), 1e-12);
    NEAR(value("iou", (double[]){0, 0}, (double[]){0, 0}, 2), expected(pair, "iou_empty"), 0);
    NEAR(value("iou", (double[]){1, 0}, (double[]){0, 1}, 2), expected(pair, "iou_disjoint"),
         0);
    NEAR(value("entropy", (double[]){0, 1, 0, 0}, (double[]){1, 1, 1, 1}, 4),
         expected(pair, "entropy_uniform4") - expected(pair, "entropy_onehot"), 1e-12);
    /* The reference calls the cosine of a zero map 0; a direction it has not, so here it is
     * n/a. */
    NEAR(expected(pair, "cosine_zero"), 0, 0);
    assert_true(isnan(value("cosine", (double[]){0, 0}, (double[]){1, 0}, 2)));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(ties_share_their_rank),
        cmocka_unit_test(entropy_of_known_maps),
        cmocka_unit_test(laws),
        cmocka_unit_test(order_of_patches_does_not_matter),
        cmocka_unit_test(undefined_says_why),
        cmocka_unit_test(lists),
        cmocka_unit_test(golden_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
