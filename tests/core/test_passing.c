/* tests/core/test_passing.c -- rollout while the forward pass runs, and the rules that fuse and
 * discard: the same bits as afterwards, the slip by hand, threads. Numbers from elsewhere:
 * check_networks.py. */
#include "tests/core/net.h"
#include "core/retain/stream.h"
#include "core/vit/infer.h"

/* Two tokens: A = [.8 .2; .6 .4], A + I = [1.8 .2; .6 1.4] with sums 2 and 2; after the
 * smallest entry (.2) is gone [1.8 0; .6 1.4] with sums 1.8 and 2: column 0 is divided by 1.8,
 * 1 by 2. */
static void slip_by_hand(void **state)
{
    const float a[4] = {.8f, .2f, .6f, .4f};
    const float slipped[4] = {1, 0, .6f / 1.8f, .7f}, sound[4] = {1, 0, .3f, .7f};
    const struct ds_rollout_rule slip = {DS_FUSE_MAX, 0.25, DS_NORM_VIT_EXPLAIN};
    const struct ds_rollout_rule rows = {DS_FUSE_MAX, 0.25, DS_NORM_ROWS};
    float b[4], order[4], map[3] = {.1f, .4f, .2f}, nothing[2] = {0, -1};

    (void)state;
    ds_rollout_fuse_by(b, NULL, a, 1, 2, 2, &slip, order);
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(b[i] - slipped[i]) < 1e-6f);
    ds_rollout_fuse_by(b, NULL, a, 1, 2, 2, &rows, order);
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(b[i] - sound[i]) < 1e-6f);
    ds_rollout_by_largest(map, 3);
    assert_true(map[0] == .1f / .4f && map[1] == 1 && map[2] == .2f / .4f);
    ds_rollout_by_largest(nothing, 2);
    assert_true(nothing[0] == 0 && nothing[1] == -1);
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* Many equal values among them; against sorting. */
static void discarding(void **state)
{
    enum { N = 201 };
    float a[N], kept[N], order[N];

    (void)state;
    for (int round = 0; round < 40; round++) {
        const double share = round / 40.0;
        const size_t gone = (size_t)(N * share);
        size_t zeros = 0;

        toy_fill(a, N, 5, 1, round % 2 ? "odd" : "even");
        for (int i = 0; i < N && round % 4 < 2; i++)
            a[i] = ceilf(a[i]);
        memcpy(kept, a, sizeof a);
        ds_rollout_discard(a, N, share, false, order);
        memcpy(order, kept, sizeof kept);
        qsort(order, N, sizeof *order, ascending);
        for (int i = 0; i < N; i++) {
            zeros += a[i] == 0;
            assert_true(a[i] == 0 ? kept[i] <= order[gone - 1] : a[i] == kept[i]);
            assert_true(!gone || a[i] == 0 || kept[i] >= order[gone - 1]);
        }
        assert_int_equal(zeros, gone);
        ds_rollout_discard(kept, N, share, true, order);
        assert_memory_equal(kept + 1, a + 1, (N - 1) * sizeof *a);
        assert_true(kept[0] != 0);
    }
}

static void take_stream(struct ds_rollout_stream *t, struct ds_arena *arena,
                        const struct net *n, unsigned want, const struct ds_rollout_opt *opt)
{
    struct ds_err err;

    *arena = (struct ds_arena){0};
    ds_rollout_stream_take(t, &n->vit, BATCH, want, opt, arena);
    assert_int_equal(ds_arena_reserve(arena, &err), 0);
    ds_rollout_stream_take(t, &n->vit, BATCH, want, opt, arena);
}

/* In passing and from attention that was kept: the same bits. */
static void in_passing(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++)
        for (int full = 0; full < 2; full++) {
            const unsigned want = DS_WANT_ATTENTION | (full ? DS_WANT_FULL : 0u);
            struct ds_vit_shape s = toy_shape();
            struct ds_rollout_opt opt = {.row = 0};
            struct ds_rollout_stream t;
            struct ds_vit_taps taps = {.attn = {.with = &t, .attention = ds_rollout_tap}};
            struct ds_arena arena;
            struct net n;
            float *scratch, map[3 * 6], passing[3 * 6];

            s.cls = !without;
            s.pool_mean = s.fc_norm = without;
            opt.row = ds_rollout_own_row(&s);
            assert_int_equal(ds_rollout_want(&opt), without ? DS_WANT_FULL : 0);
            net_open(&n, &s, want);
            take_stream(&t, &arena, &n, want, &opt);
            scratch = malloc(ds_rollout_scratch(&n.vit) * sizeof *scratch);
            ds_vit_forward(&n.vit, &n.view, &n.work, n.images, BATCH, &taps);
            for (int i = 0; i < BATCH; i++) {
                ds_rollout_maps(map, scratch, &n.vit, &n.work, i);
                ds_rollout_patches(passing, t.rows + i * 3 * ds_tokens(&s), &s);
                assert_memory_equal(map, passing, sizeof map);
            }
            free(scratch);
            ds_arena_clear(&arena);
            net_close(&n);
        }
}

/* A product that begins later is that of the layers above, with I below. */
static void later_start(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct ds_rollout_opt opt = {{DS_FUSE_MAX, 0.5, DS_NORM_VIT_EXPLAIN}, 1, 2};
    const unsigned want = ds_rollout_want(&opt);
    const int n = ds_tokens(&s);
    float b[2 * 49], rows[2 * 7], work[4 * 7], order[49];
    struct ds_rollout_stream t;
    struct ds_vit_taps taps = {.attn = {.with = &t, .attention = ds_rollout_tap}};
    struct ds_arena arena;
    struct net net;

    (void)state;
    assert_int_equal(want, DS_WANT_FULL);
    net_open(&net, &s, want);
    take_stream(&t, &arena, &net, want, &opt);
    ds_vit_forward(&net.vit, &net.view, &net.work, net.images, BATCH, &taps);
    for (int i = 0; i < BATCH; i++) {
        for (int l = 1; l < 3; l++)
            ds_rollout_fuse_by(b + (l - 1) * 49, NULL, net.work.layer[l].attn + i * 2 * 49, 2,
                               n, n, &opt.rule, order);
        ds_rollout_row(rows, work, b, 2, n, 2);
        for (int k = 0; k < n; k++)
            assert_true(t.rows[i * 3 * n + k] == (float)(k == 2));
        assert_memory_equal(rows, t.rows + i * 3 * n + n, sizeof rows);
    }
    ds_arena_clear(&arena);
    net_close(&net);
}

struct gathered {
    struct ds_rollout_stream *stream; /* [threads] */
    float *rows;
    size_t each;
};

static void keep_rows(void *with, const struct ds_vit_work *work, const int *label, int first,
                      int worker)
{
    const struct gathered *g = with;

    (void)label;
    memcpy(g->rows + (size_t)first * g->each, g->stream[worker].rows,
           (size_t)work->images * g->each * sizeof(float));
}

/* Forty images through ds_infer, a stream per worker. */
static void infer_rows(struct net *n, struct toy_set *set, int threads, float *rows)
{
    const struct ds_rollout_opt opt = {.row = 0};
    const struct ds_vit_taps taps = {.attn = {.attention = ds_rollout_tap}};
    const struct ds_feed feed = toy_feed(set);
    struct ds_rollout_stream stream[3];
    struct gathered g = {stream, rows, (size_t)(3 * ds_tokens(&n->vit.shape))};
    void *with[3] = {&stream[0], &stream[1], &stream[2]};
    struct ds_arena arena = {0};
    struct ds_infer infer;
    struct ds_pool *pool;
    struct ds_err err;

    assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
    assert_int_equal(ds_infer_open(&infer, &n->vit, 0, pool, &err), 0);
    for (int pass = 0; pass < 2; pass++) {
        for (int t = 0; t < threads; t++)
            ds_rollout_stream_take(&stream[t], &n->vit, infer.room, 0, &opt, &arena);
        if (!pass)
            assert_int_equal(ds_arena_reserve(&arena, &err), 0);
    }
    infer.tap_with = with;
    assert_int_equal(
        ds_infer_run(&infer, &n->view, NULL, NULL, 0, &feed, keep_rows, &g, &taps, &err), 0);
    ds_infer_close(&infer);
    ds_pool_free(pool);
    ds_arena_clear(&arena);
}

static void streams_of_workers(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    float one[TOY_IMAGES * 3 * 7], three[TOY_IMAGES * 3 * 7];
    struct toy_set set;
    struct net n;

    (void)state;
    net_open(&n, &s, 0);
    toy_set(&set, &s, 0, 5);
    infer_rows(&n, &set, 1, one);
    infer_rows(&n, &set, 3, three);
    assert_memory_equal(one, three, sizeof one);
    for (int i = 0; i < TOY_IMAGES * 3; i++) {
        double sum = 0;

        for (int k = 0; k < 7; k++)
            sum += (double)one[i * 7 + k];
        assert_true(fabs(sum - 1) < 1e-5);
    }
    free(set.images);
    net_close(&n);
}

/* Fused with the mean kept, and without: the same bits, for all rows and for one. */
static void mean_beside(void **state)
{
    enum { H = 3, N = 7 };
    float attn[H * N * N], with[N * N], without[N * N], mean[N * N];

    (void)state;
    toy_fill(attn, H * N * N, 1, 0.2, "attention");
    for (int rows = 1; rows <= N; rows += N - 1) {
        ds_rollout_fuse(with, mean, attn, H, rows, N, DS_FUSE_MEAN, 0, NULL);
        ds_rollout_fuse(without, NULL, attn, H, rows, N, DS_FUSE_MEAN, 0, NULL);
        assert_memory_equal(with, without, (size_t)(rows * N) * sizeof *with);
        for (int i = 0; i < rows * N; i++) {
            double sum = 0;

            for (int h = 0; h < H; h++)
                sum += (double)attn[h * rows * N + i] / H;
            assert_true(fabs((double)mean[i] - sum) < 1e-6);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slip_by_hand), cmocka_unit_test(discarding),
        cmocka_unit_test(in_passing),   cmocka_unit_test(later_start),
        cmocka_unit_test(mean_beside),  cmocka_unit_test(streams_of_workers),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
