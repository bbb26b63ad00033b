/* tests/core/test_base.c -- what every room stands on: failures, arenas, streams, the pool. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/pool.h"
#include "core/base/rng.h"
#include "core/base/size.h"

/* ---- err ---- */

static void a_failure_carries_its_sentence_and_code(void **state)
{
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_fail(&err, DS_DATA, "%s: %d bytes", "a.h5", 7), DS_DATA);
    assert_int_equal(err.code, DS_DATA);
    assert_string_equal(err.text, "a.h5: 7 bytes");
    assert_int_equal(ds_while(&err, "task %d", 3), DS_DATA);
    assert_string_equal(err.text, "task 3: a.h5: 7 bytes");
}

static void a_failure_is_one_line(void **state)
{
    struct ds_err err;

    (void)state;
    ds_fail(&err, DS_DATA, "%s: label %d", "two\nlines", 3);
    assert_string_equal(err.text, "two lines: label 3");
    ds_while(&err, "%s", "a\r\nb");
    assert_string_equal(err.text, "a  b: two lines: label 3");
}

static void an_endless_sentence_is_cut_not_overrun(void **state)
{
    static char lengthy[5000];
    struct {
        struct ds_err err;
        char guard[8];
    } box = {.guard = "guarded"};

    (void)state;
    memset(lengthy, 'x', sizeof lengthy - 1);
    ds_fail(&box.err, DS_DATA, "%s", lengthy);
    assert_int_equal(strlen(box.err.text), sizeof box.err.text - 1);
    ds_while(&box.err, "in front");
    assert_memory_equal(box.err.text, "in front: xxx", 13);
    assert_int_equal(strlen(box.err.text), sizeof box.err.text - 1);
    ds_while(&box.err, "%s", lengthy);
    assert_string_equal(box.guard, "guarded");
}

/* ---- arena ---- */

static void plan(struct ds_arena *a, float **f, int **i, double **d)
{
    *f = ds_arena_floats(a, 17);
    *i = ds_arena_ints(a, 1);
    *d = ds_arena_doubles(a, 9);
}

static void a_plan_counts_and_then_takes(void **state)
{
    struct ds_arena a = {0};
    struct ds_err err;
    float *f;
    int *i;
    double *d;

    (void)state;
    plan(&a, &f, &i, &d);
    assert_null(f);
    assert_int_equal(a.peak, 128 + 64 + 128);
    assert_int_equal(ds_arena_reserve(&a, &err), 0);
    plan(&a, &f, &i, &d);
    assert_int_equal(a.used, 320);
    assert_int_equal((uintptr_t)f % 64, 0);
    assert_int_equal((uintptr_t)i % 64, 0);
    assert_int_equal((uintptr_t)d % 64, 0);
    for (int k = 0; k < 17; k++)
        assert_true(f[k] == 0);
    d[8] = 1;
    ds_arena_clear(&a);
    ds_arena_clear(&a);
    assert_null(a.base);
}

static void an_impossible_plan_is_refused(void **state)
{
    struct ds_arena a = {0};
    struct ds_err err;

    (void)state;
    ds_arena_floats(&a, SIZE_MAX / 2);
    ds_arena_floats(&a, 16);
    assert_int_equal(a.peak, SIZE_MAX);
    assert_int_equal(ds_arena_reserve(&a, &err), DS_NOMEM);
    assert_non_null(strstr(err.text, "more is needed than can be addressed"));

    a = (struct ds_arena){0};
    ds_arena_take(&a, (size_t)1 << 62);
    assert_int_equal(ds_arena_reserve(&a, &err), DS_NOMEM);
    assert_non_null(strstr(err.text, "out of memory: "));
    assert_non_null(strstr(err.text, " GB are needed in one block"));
}

/* ---- rng ---- */

static void streams_are_pure_and_apart(void **state)
{
    const uint64_t crop = ds_rng_stream(2025, "crop"), flip = ds_rng_stream(2025, "flip");

    (void)state;
    assert_true(crop == ds_rng_stream(2025, "crop"));
    assert_true(crop != flip);
    assert_true(crop != ds_rng_stream(2026, "crop"));
    assert_true(ds_rng_sub(crop, 0) != ds_rng_sub(crop, 1));
    assert_true(ds_rng_sub(crop, 1) != ds_rng_sub(flip, 1));
    assert_true(ds_rng_bits(crop, 5) == ds_rng_bits(crop, 5));
    assert_true(ds_rng_bits(crop, 5) != ds_rng_bits(crop, 6));
}

/* Runs are stored with their seeds: these numbers may never change. */
static void the_numbers_are_frozen(void **state)
{
    const uint64_t s = ds_rng_stream(2025, "frozen");

    (void)state;
    assert_true(s == 0x2CE641189200C92Cu);
    assert_true(ds_rng_bits(s, 0) == 0x73A385A95E19BC45u);
    assert_true(ds_rng_bits(s, 1000000007) == 0xD47555485BB45724u);
    assert_int_equal(ds_rng_below(s, 7, 1000), 147);
}

static void moments_are_those_of_the_distribution(void **state)
{
    enum { N = 100000 };
    const uint64_t s = ds_rng_stream(7, "moments");
    double u = 0, uu = 0, n1 = 0, n2 = 0, n4 = 0, lag = 0;

    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        const double x = ds_rng_unit(s, i), z = ds_rng_normal(s, i);

        assert_true(x >= 0 && x < 1);
        u += x;
        uu += x * x;
        lag += (x - 0.5) * (ds_rng_unit(s, i + 1) - 0.5);
        n1 += z;
        n2 += z * z;
        n4 += z * z * z * z;
    }
    assert_true(fabs(u / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
    assert_true(fabs(uu / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
    assert_true(fabs(lag / N) < 5 * (1.0 / 12) / sqrt(N));
    assert_true(fabs(n1 / N) < 5 / sqrt(N));
    assert_true(fabs(n2 / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(n4 / N - 3) < 5 * sqrt(96.0 / N));
}

static void a_shuffle_keeps_everything_and_prefers_nothing(void **state)
{
    enum { N = 7, ROUNDS = 14000 };
    int at[N][N] = {{0}};

    (void)state;
    for (int r = 0; r < ROUNDS; r++) {
        int a[N], seen = 0;

        for (int i = 0; i < N; i++)
            a[i] = i;
        ds_rng_shuffle(ds_rng_stream((uint64_t)r, "shuffle"), a, N);
        for (int i = 0; i < N; i++) {
            seen |= 1 << a[i];
            at[i][a[i]]++;
        }
        assert_int_equal(seen, (1 << N) - 1);
    }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) /* binomial: 2000 expected, sd 41 */
            assert_true(abs(at[i][k] - ROUNDS / N) < 5 * 42);
    ds_rng_shuffle(1, NULL, 0);
}

static void below_stays_below(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(ds_rng_below(i, i, 1), 0);
        assert_true(ds_rng_below(i, i, 3) < 3);
    }
}

/* ---- pool ---- */

struct tally {
    atomic_int seen[97];
    atomic_int worker_wrong;
    int threads;
};

static void count(void *with, int piece, int worker)
{
    struct tally *t = with;

    atomic_fetch_add(&t->seen[piece], 1);
    if (worker < 0 || worker >= t->threads)
        atomic_store(&t->worker_wrong, 1);
}

static void every_piece_runs_once(void **state)
{
    static const int threads[] = {1, 2, 3, 8};
    struct ds_err err;

    (void)state;
    for (size_t k = 0; k < sizeof threads / sizeof *threads; k++) {
        struct ds_pool *pool = NULL;

        assert_int_equal(ds_pool_new(&pool, threads[k], &err), 0);
        assert_int_equal(ds_pool_threads(pool), threads[k]);
        for (int round = 0; round < 50; round++) {
            struct tally a = {.threads = threads[k]}, b = {.threads = threads[k]};
            const struct ds_work works[] = {{count, &a, 97}, {count, &b, round % 5}};

            ds_pool_run(pool, works, 2);
            for (int i = 0; i < 97; i++) {
                assert_int_equal(atomic_load(&a.seen[i]), 1);
                assert_int_equal(atomic_load(&b.seen[i]), i < round % 5);
            }
            assert_false(atomic_load(&a.worker_wrong));
        }
        ds_pool_free(pool);
    }
}

static void no_pool_is_the_caller_alone(void **state)
{
    struct tally a = {.threads = 1};

    (void)state;
    ds_pool_run(NULL, &(struct ds_work){count, &a, 97}, 1);
    for (int i = 0; i < 97; i++)
        assert_int_equal(atomic_load(&a.seen[i]), 1);
    assert_int_equal(ds_pool_threads(NULL), 1);
    ds_pool_free(NULL);
}

static void zero_threads_means_all_processors(void **state)
{
    struct ds_pool *pool = NULL;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_pool_new(&pool, 0, &err), 0);
    assert_true(ds_pool_threads(pool) >= 1);
    ds_pool_free(pool);
    assert_int_equal(ds_pool_new(&pool, 100000, &err), DS_USAGE);
    assert_string_equal(err.text, "threads is 100000, at most 256 are supported");
}

static void products_stay_at_the_top(void **state)
{
    struct ds_arena a = {.peak = (size_t)1 << 50};
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(ds_mul_size(1 << 20, 3), 3 << 20);
    assert_int_equal(ds_mul_size(SIZE_MAX, 1), SIZE_MAX);
    assert_int_equal(ds_mul_size((size_t)1 << 32, (size_t)1 << 32), SIZE_MAX);
    assert_int_equal(ds_sizes(65535, 65535, 65535, 65535), (size_t)0xfffc0005fffc0001);
    assert_int_equal(ds_sizes(65536, 65536, 65536, 65536), SIZE_MAX);
    assert_int_equal(ds_sizes(SIZE_MAX, 2, 3, 1), SIZE_MAX);
    assert_int_equal(ds_sizes(SIZE_MAX, 2, 0, 1), 0);
    assert_int_equal(ds_arena_reserve(&a, &err), DS_NOMEM); /* a petabyte */
    assert_non_null(strstr(err.text, "1125900 GB are needed in one block, this machine has"));
    assert_null(a.base);
}

/* Products of tiny numbers: 0 in every worker, what they are outside of a run. */
static void multiply_tiny(void *with, int piece, int worker)
{
    volatile float tiny = 1e-30f, small = 1e-12f;

    (void)worker;
    ((float *)with)[piece] = tiny * small;
}

static void workers_know_no_denormals(void **state)
{
    volatile float tiny = 1e-30f, small = 1e-12f;
    float product[64];
    struct ds_pool *pool;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_pool_new(&pool, 3, &err), 0);
    for (int i = 0; i < 64; i++)
        product[i] = 1;
    ds_pool_run(pool, &(struct ds_work){multiply_tiny, product, 64}, 1);
#if defined(__x86_64__)
    for (int i = 0; i < 64; i++)
        assert_true(product[i] == 0);
#endif
    assert_true(tiny * small > 0);
    ds_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_carries_its_sentence_and_code),
        cmocka_unit_test(a_failure_is_one_line),
        cmocka_unit_test(an_endless_sentence_is_cut_not_overrun),
        cmocka_unit_test(a_plan_counts_and_then_takes),
        cmocka_unit_test(an_impossible_plan_is_refused),
        cmocka_unit_test(streams_are_pure_and_apart),
        cmocka_unit_test(the_numbers_are_frozen),
        cmocka_unit_test(moments_are_those_of_the_distribution),
        cmocka_unit_test(a_shuffle_keeps_everything_and_prefers_nothing),
        cmocka_unit_test(below_stays_below),
        cmocka_unit_test(every_piece_runs_once),
        cmocka_unit_test(no_pool_is_the_caller_alone),
        cmocka_unit_test(zero_threads_means_all_processors),
        cmocka_unit_test(products_stay_at_the_top),
        cmocka_unit_test(workers_know_no_denormals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
