/* tests/core/test_relevance.c -- relevance of a class: laws, threads and pieces, memory, and
 * what is refused. Numbers from elsewhere: check_networks.py. */
#include "tests/core/net.h"
#include "core/retain/relevance.h"
#include "core/retain/stream.h"
#include "core/vit/infer.h"
#include "tests/kernels.h"

static void take_relevance(struct ds_relevance *r, struct ds_arena *arena, const struct net *n,
                           const struct ds_relevance_opt *opt)
{
    struct ds_err err;

    *arena = (struct ds_arena){0};
    ds_relevance_take(r, &n->vit, BATCH, opt, arena);
    assert_int_equal(ds_arena_reserve(arena, &err), 0);
    ds_relevance_take(r, &n->vit, BATCH, opt, arena);
}

/* Rows on their way down are rows of the matrices multiplied up; predicted classes are those of
 * the largest logit; one image at a time gives what three give. */
static void relevance_laws(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const int n = ds_tokens(&s), labels[BATCH] = {-1, 3, -1};
    float rows[BATCH * 21], again[BATCH * 21], full[BATCH * 3 * 49];

    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int row = -1; row < 3; row += 2) {
            const struct ds_relevance_opt opt = {(enum ds_relevance_kind)kind, 0.3, 0, kind,
                                                 row};
            struct ds_relevance r;
            struct ds_arena arena;
            struct net net;

            net_open(&net, &s, 0);
            take_relevance(&r, &arena, &net, &opt);
            ds_relevance_run(&r, &net.view, net.images, BATCH, labels, rows, full);
            assert_int_equal(r.target[1], 3);
            for (int c = 0; c < s.classes; c++)
                assert_true(r.work.logits[r.target[0]] >= r.work.logits[c]);
            for (int i = 0; i < BATCH * 3 * n; i++) {
                const float *square = full + i / n * n * n;
                double sum = 0;

                for (int k = 0; k < n && row < 0; k++)
                    sum += (double)square[k * n + i % n] / n;
                assert_true(fabs((double)rows[i] -
                                 (row < 0 ? sum : (double)square[row * n + i % n])) < 1e-5);
            }
            for (int i = 0; i < BATCH; i++)
                ds_relevance_run(&r, &net.view, net.images + i * 108, 1, labels + i,
                                 again + i * 21, NULL);
            for (int i = 0; i < BATCH * 21; i++)
                assert_true(fabs((double)rows[i] - (double)again[i]) < 1e-5);
            ds_arena_clear(&arena);
            net_close(&net);
        }
}

/* What reaches the last block's other rows is nothing, so that its CLS row is enough. */
static void narrow_is_enough(void **state)
{
    const struct ds_relevance_opt opt = {.kind = DS_RELEVANCE_CHEFER, .row = 4};
    struct ds_vit_shape s = toy_shape();
    float rows[BATCH * 21];
    struct ds_relevance r;
    struct ds_arena arena;
    struct net net;

    (void)state;
    net_open(&net, &s, 0);
    take_relevance(&r, &arena, &net, &opt);
    ds_relevance_run(&r, &net.view, net.images, BATCH, net.label, rows, NULL);
    assert_true(r.work.narrow);
    for (int i = 0; i < BATCH;
         i++) /* token 4's row of the last layer is that of the one below */
        assert_memory_equal(rows + i * 21 + 14, rows + i * 21 + 7, 7 * sizeof *rows);
    ds_arena_clear(&arena);
    net_close(&net);
}

struct sharing {
    struct net *net;
    struct ds_relevance *r; /* [threads] */
    const float *images;
    float *rows;
};

static void relevance_piece(void *with, int piece, int worker)
{
    const struct sharing *s = with;

    ds_relevance_run(&s->r[worker], &s->net->view, s->images + piece * 2 * 108, 2, NULL,
                     s->rows + piece * 2 * 21, NULL);
}

static void relevance_of_workers(void **state)
{
    const struct ds_relevance_opt opt = {
        .kind = DS_RELEVANCE_ROLLOUT, .discard = 0.5, .row = 0};
    const struct ds_vit_shape s = toy_shape();
    float rows[2][TOY_IMAGES * 21];
    struct toy_set set;
    struct net net;

    (void)state;
    net_open(&net, &s, 0);
    toy_set(&set, &s, 0, 5);
    for (int k = 0; k < 2; k++) {
        struct ds_relevance r[3];
        struct sharing with = {&net, r, set.images, rows[k]};
        struct ds_arena arena[3];
        struct ds_pool *pool;
        struct ds_err err;

        assert_int_equal(ds_pool_new(&pool, k ? 3 : 1, &err), 0);
        for (int t = 0; t < 3; t++)
            take_relevance(&r[t], &arena[t], &net, &opt);
        ds_pool_run(pool, &(struct ds_work){relevance_piece, &with, TOY_IMAGES / 2}, 1);
        for (int t = 0; t < 3; t++)
            ds_arena_clear(&arena[t]);
        ds_pool_free(pool);
    }
    assert_memory_equal(rows[0], rows[1], sizeof rows[0]);
    free(set.images);
    net_close(&net);
}

/* ViT-B/16 at 224 pixels, and what is seen of it at 518 with patches of 14. */
static void sizes(void **state)
{
    struct ds_vit_shape s = {.height = 224,
                             .width = 224,
                             .channels = 3,
                             .patch = 16,
                             .dim = 768,
                             .depth = 12,
                             .heads = 12,
                             .hidden = 3072,
                             .classes = 10,
                             .cls = true,
                             .qkv_bias = true,
                             .embed_prefix = true,
                             .eps = 1e-6};
    const struct ds_relevance_opt opt = {.row = 0};
    const struct ds_rollout_opt passing = {.row = 0};
    struct ds_rollout_stream t;
    struct ds_arena arena = {0};
    struct ds_infer infer;
    struct ds_vit vit;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_vit_open(&vit, &s, &err), 0);
    assert_int_equal(ds_infer_open(&infer, &vit, DS_WANT_ATTENTION | DS_WANT_FULL, NULL, &err),
                     0);
    assert_int_equal(infer.room, 5);
    ds_infer_close(&infer);
    assert_int_equal(ds_relevance_room(&vit, &opt), 2);
    ds_rollout_stream_take(&t, &vit, 1, 0, &passing, &arena);
    assert_true(arena.peak < 2000000);
    ds_vit_close(&vit);
    s.height = s.width = 518;
    s.patch = 14;
    assert_int_equal(ds_vit_open(&vit, &s, &err), 0);
    assert_int_equal(ds_relevance_room(&vit, &opt), 1);
    ds_vit_close(&vit);
}

static void refused(void **state)
{
    struct ds_rollout_opt roll = {.row = 0};
    struct ds_relevance_opt opt = {.row = 0};
    struct ds_vit_shape s = toy_shape();
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(ds_rollout_opt_check(&roll, &s, &err), 0);
    assert_int_equal(ds_relevance_check(&opt, &s, &err), 0);
    roll.start = 3;
    assert_int_equal(ds_rollout_opt_check(&roll, &s, &err), DS_USAGE);
    assert_string_equal(err.text, "start layer is 3, expected 0 to 2");
    roll = (struct ds_rollout_opt){.row = 7};
    assert_int_equal(ds_rollout_opt_check(&roll, &s, &err), DS_USAGE);
    assert_string_equal(err.text, "token is 7, expected 0 to 6");
    roll = (struct ds_rollout_opt){.rule = {.discard = 1}};
    assert_int_equal(ds_rollout_opt_check(&roll, &s, &err), DS_USAGE);
    assert_string_equal(err.text, "discard is 1, expected 0 to below 1");
    opt.start = -1;
    assert_int_equal(ds_relevance_check(&opt, &s, &err), DS_USAGE);
    assert_string_equal(err.text, "start layer is -1, expected 0 to 2");
    s.classes = 0;
    assert_int_equal(ds_relevance_check(&opt, &s, &err), DS_USAGE);
    assert_string_equal(err.text,
                        "the network has no head: there is no class to ask the relevance for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relevance_laws),
        cmocka_unit_test(narrow_is_enough),
        cmocka_unit_test(relevance_of_workers),
        cmocka_unit_test(sizes),
        cmocka_unit_test(refused),
    };

    begin_with_kernels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
