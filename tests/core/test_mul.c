/* tests/core/test_mul.c -- products in fp32 and bf16: every kernel against double, at sizes
 * that fit nothing, and what a network in bf16 promises.
 *
 * The kernels of this machine are tested first, then the formulas in plain C (ds_cpu_limit). */
#include "tests/core/net.h"
#include "core/ops/cpu.h"
#include "core/ops/gemm_bf16.h"
#include "core/ops/mul.h"
#include "tests/core/toy_learn.h"

/* bf16 by its definition: the nearest number with 8 bits, ties to the even one. */
static float nearest(float x)
{
    int exponent;
    const float mantissa = frexpf(x, &exponent);

    return ldexpf(rintf(ldexpf(mantissa, 8)), exponent - 8);
}

struct worker {
    struct ds_mul mul;
    struct ds_arena arena;
};

static void worker_open_in(struct worker *w, enum ds_precision precision)
{
    struct ds_err err;

    w->arena = (struct ds_arena){0};
    ds_mul_take(&w->mul, precision, &w->arena);
    assert_int_equal(ds_arena_reserve(&w->arena, &err), 0);
    ds_mul_take(&w->mul, precision, &w->arena);
    assert_non_null(w->mul.scratch);
}

static void worker_open(struct worker *w)
{
    worker_open_in(w, DS_PRECISION_BF16);
    assert_non_null(w->mul.kernel);
}

typedef void product(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
                     const float *b, int ldb, int m, int n, int k, float alpha, float beta);
static product *const products[] = {ds_mul_nt, ds_mul_nn, ds_mul_tn};
enum { NT, NN, TN };

/* One product with gaps behind every row; what lies in the gaps of C must stay. */
static void check(const struct ds_mul *mul, int kind, int m, int n, int k, float alpha,
                  float beta)
{
    const int lda = (kind == TN ? m : k) + 3, ldb = (kind == NT ? k : n) + 5, ldc = n + 2;
    float *a = toy_new((size_t)(lda * (kind == TN ? k : m)), 1, "a");
    float *b = toy_new((size_t)(ldb * (kind == NT ? n : k)), 1, "b");
    float *before = toy_new((size_t)(ldc * m), 1, "c"), *c = toy_new((size_t)(ldc * m), 1, "c");

    products[kind](mul, c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
    for (int i = 0; i < lda * (kind == TN ? k : m); i++)
        a[i] = mul->kernel ? nearest(alpha * a[i]) : alpha * a[i];
    for (int i = 0; i < ldb * (kind == NT ? n : k); i++)
        b[i] = mul->kernel ? nearest(b[i]) : b[i];
    for (int i = 0; i < m; i++)
        for (int j = 0; j < ldc; j++) {
            const size_t at = (size_t)(i * ldc + j);
            double sum = 0, size = 0, want;

            if (j >= n) {
                assert_true(c[at] == before[at]);
                continue;
            }
            for (int p = 0; p < k; p++) {
                const float x = kind == TN ? a[p * lda + i] : a[i * lda + p];
                const float y = kind == NT ? b[j * ldb + p] : b[p * ldb + j];

                sum += (double)x * (double)y;
                size += fabs((double)x * (double)y);
            }
            want = sum + (beta != 0 ? (double)beta * (double)before[at] : 0);
            if (fabs((double)c[at] - want) > 1e-6 * (size + fabs(want)) + 1e-6)
                fail_msg("%s, kind %d, %d x %d x %d, alpha %g, beta %g: C[%d][%d] is %.8g, "
                         "expected %.8g",
                         mul->kernel ? mul->kernel->name : "fp32", kind, m, n, k, (double)alpha,
                         (double)beta, i, j, (double)c[at], want);
        }
    free(a);
    free(b);
    free(before);
    free(c);
}

static void check_all(const struct ds_mul *mul)
{
    static const int sizes[][3] = {{1, 1, 1},      {16, 16, 32},   {17, 15, 33},
                                   {33, 65, 31},   {65, 65, 64},   {64, 32, 96},
                                   {31, 100, 400}, {300, 40, 385}, {40, 1100, 390}};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int kind = NT; kind <= TN; kind++) {
            const int m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];

            check(mul, kind, m, n, k, 1, 0);
            check(mul, kind, m, n, k, 1, 1);
            check(mul, kind, m, n, k, 0.25f, 0);
            check(mul, kind, m, n, k, -1.5f, 0.5f);
        }
}

static void fp32_is_right(void **state)
{
    const struct ds_mul fp32 = {0};

    (void)state;
    check_all(&fp32);
}

/* Sizes at which the fp32 kernel cuts: rows, strips, panels, pieces of k and of B. */
static void own_fp32_is_right(void **state)
{
    static const int sizes[][3] = {{14, 32, 320}, {15, 33, 321}, {29, 16, 17},
                                   {113, 65, 33}, {226, 70, 40}, {20, 430, 330},
                                   {3, 1000, 70}, {197, 197, 64}};
    struct worker w;

    (void)state;
    worker_open_in(&w, DS_PRECISION_FP32);
    assert_string_equal(ds_mul_name(DS_PRECISION_FP32), "avx512");
    check_all(&w.mul);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int kind = NT; kind <= TN; kind++)
            check(&w.mul, kind, sizes[s][0], sizes[s][1], sizes[s][2], 0.5f, (float)(s % 2));
    ds_arena_clear(&w.arena);
}

/* A row alone, or few among many, is the same bits as among all: by every kind of product. */
static void own_rows_are_alone(void **state)
{
    enum { M = 243, N = 75, K = 411 };
    float *a = toy_new(M * K, 1, "a"), *b = toy_new(N * K, 1, "b");
    float *all = toy_new(M * N, 1, "c"), *part = toy_new(M * N, 1, "c");
    struct worker w;

    (void)state;
    worker_open_in(&w, DS_PRECISION_FP32);
    for (int kind = NT; kind <= TN; kind++) {
        const int lda = kind == TN ? M : K, ldb = kind == NT ? K : N;

        products[kind](&w.mul, all, N, a, lda, b, ldb, M, N, K, 1, 1);
        for (int i = 0, step = 1; i < M; i += step, step = step % 31 + 1)
            products[kind](&w.mul, part + i * N, N, a + i * (kind == TN ? 1 : K), lda, b, ldb,
                           step < M - i ? step : M - i, N, K, 1, 1);
        assert_memory_equal(all, part, M * N * sizeof *all);
    }
    ds_arena_clear(&w.arena);
    free(a), free(b), free(all), free(part);
}

static void products_are_right(void **state)
{
    struct worker w;

    (void)state;
    worker_open(&w);
    check_all(&w.mul);
    ds_arena_clear(&w.arena);
}

/* Ties, both zeros, the largest and what is no number, by either way into a tile. */
static void rounding_is_nearest(void **state)
{
    const float odd[] = {1.00390625f, 1.01171875f, -1.00390625f, 0.0f,     -0.0f, 3.3895314e38f,
                         1e-30f,      INFINITY,    -INFINITY,    1.00391f, 7e7f,  -3.14159f};
    struct worker w;
    float one = 1, c;

    (void)state;
    worker_open(&w);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        ds_mul_nt(&w.mul, &c, 1, &odd[i], 1, &one, 1, 1, 1, 1, 1, 0);
        assert_true(c == (isinf(odd[i]) ? odd[i] : nearest(odd[i])));
        ds_mul_tn(&w.mul, &c, 1, &one, 1, &odd[i], 1, 1, 1, 1, 1, 0);
        assert_true(c == (isinf(odd[i]) ? odd[i] : nearest(odd[i])));
    }
    c = NAN;
    ds_mul_nt(&w.mul, &c, 1, &c, 1, &one, 1, 1, 1, 1, 1, 0);
    assert_true(isnan(c));
    ds_arena_clear(&w.arena);
}

/* Weights packed before give the same bits, and so does a row among fewer rows. */
static void packed_is_the_same(void **state)
{
    enum { M = 37, N = 70, K = 411 };
    float *x = toy_new(M * K, 1, "x"), *w = toy_new(N * K, 1, "w");
    float *plain = toy_new(M * N, 1, "y"), *packed = toy_new(M * N, 1, "y");
    float *back = toy_new(M * K, 1, "b"), *back_packed = toy_new(M * K, 1, "b");
    uint16_t *nt = aligned_alloc(64, ds_pack_size(N, K) * sizeof *nt);
    uint16_t *nn = aligned_alloc(64, ds_pack_size(N, K) * sizeof *nn);
    struct ds_weight weight = {.w = w, .ld = K};
    struct worker by;

    (void)state;
    worker_open(&by);
    ds_pack_weight(nt, DS_PACK_NT, w, N, K);
    ds_pack_weight(nn, DS_PACK_NN, w, N, K);
    ds_weight_nt(&by.mul, plain, N, x, K, weight, M, N, K, 1);
    ds_weight_nn(&by.mul, back, K, plain, N, weight, M, K, N, 0);
    weight.nt = nt;
    weight.nn = nn;
    ds_weight_nt(&by.mul, packed, N, x, K, weight, M, N, K, 1);
    ds_weight_nn(&by.mul, back_packed, K, packed, N, weight, M, K, N, 0);
    assert_memory_equal(plain, packed, M * N * sizeof *plain);
    assert_memory_equal(back, back_packed, M * K * sizeof *back);
    toy_fill(packed, M * N, 0, 1, "y");
    for (int i = 0; i < M; i++)
        ds_weight_nt(&by.mul, packed + i * N, N, x + i * K, K, weight, 1, N, K, 1);
    assert_memory_equal(plain, packed, M * N * sizeof *plain);
    ds_arena_clear(&by.arena);
    free(x), free(w), free(plain), free(packed), free(back), free(back_packed), free(nt),
        free(nn);
}

/* The whole gradient, as a vector, is a percent from that of fp32. */
static void gradient_is_near(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct net exact, rough;
    double off = 0, size = 0;

    (void)state;
    net_open(&exact, &s, 0);
    net_open_in(&rough, &s, 0, DS_PRECISION_BF16);
    net_backward(&exact, 0);
    net_backward(&rough, 0);
    for (size_t i = 0; i < exact.vit.tensors.total; i++) {
        off += pow((double)exact.grad[i] - (double)rough.grad[i], 2);
        size += pow((double)exact.grad[i], 2);
    }
    assert_true(off > 0);
    if (sqrt(off / size) > 0.02)
        fail_msg("relative error of the gradient is %.3g", sqrt(off / size));
    net_close(&exact);
    net_close(&rough);
}

/* Two tasks of retention with 1, 2 and 3 threads. */
static void threads_change_nothing(void **state)
{
    float *first = NULL;

    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct ds_learner_opt o = toy_method("arcl");
        struct toy_world world;
        struct ds_learner *l;
        struct ds_pool *pool;
        struct ds_err err;
        size_t n;

        o.precision = DS_PRECISION_BF16;
        assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
        toy_world_open(&world);
        l = toy_open(&o, pool);
        for (int t = 0; t < TOY_TASKS; t++)
            toy_learn(&world, l, t);
        n = l->vit.tensors.total * sizeof *first;
        if (first)
            assert_memory_equal(first, l->params, n);
        else
            first = memcpy(malloc(n), l->params, n);
        ds_learner_close(l);
        toy_world_close(&world);
        ds_pool_free(pool);
    }
    free(first);
}

/* Said by whoever opens a network, before anything runs. */
static void refused_without_tiles(void **state)
{
    struct ds_learner_opt o = toy_method("finetune");
    const struct ds_vit_shape s = toy_shape();
    struct ds_learner *l = NULL;
    struct ds_err err = {0};

    (void)state;
    if (ds_cpu_limit("avx2", "limit", &err))
        return; /* this machine has less */
    assert_int_equal(ds_precision_check(DS_PRECISION_FP32, &err), 0);
    o.precision = DS_PRECISION_BF16;
    assert_int_equal(ds_learner_open(&l, &s, &o, NULL, &err), DS_UNAVAILABLE);
    assert_string_equal(err.text,
                        "precision is bf16, which needs a processor with AMX tiles, and "
                        "this one has avx2 at most; use --precision fp32");
}

static void limits_are_words(void **state)
{
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(ds_cpu_limit("avx", "limit", &err), DS_USAGE);
    assert_string_equal(err.text, "limit is 'avx', expected portable, avx2, avx512 or amx");
}

int main(void)
{
    const struct CMUnitTest here[] = {
        cmocka_unit_test(products_are_right), cmocka_unit_test(rounding_is_nearest),
        cmocka_unit_test(packed_is_the_same), cmocka_unit_test(gradient_is_near),
        cmocka_unit_test(threads_change_nothing)};
    const struct CMUnitTest own[] = {cmocka_unit_test(own_fp32_is_right),
                                     cmocka_unit_test(own_rows_are_alone)};
    const struct CMUnitTest without[] = {cmocka_unit_test(fp32_is_right),
                                         cmocka_unit_test(refused_without_tiles),
                                         cmocka_unit_test(limits_are_words)};
    struct ds_err err;
    int failed = 0;

    ds_blas_begin();
    if (ds_cpu() == DS_CPU_AMX)
        failed += cmocka_run_group_tests_name("amx", here, NULL, NULL);
    else
        puts("no AMX here: the formulas only");
    if (ds_cpu() >= DS_CPU_AVX512)
        failed += cmocka_run_group_tests_name("fp32 in avx512", own, NULL, NULL);
    else
        puts("no AVX-512 here: fp32 by the library only");
    failed += cmocka_run_group_tests_name("less than amx", without, NULL, NULL);
    if (ds_cpu_limit("portable", "limit", &err))
        return 1;
    return failed + cmocka_run_group_tests_name("portable", here, NULL, NULL);
}
