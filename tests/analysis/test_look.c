/* tests/analysis/test_look.c -- looking: maps by every rule, answers, threads, broken files. */
#define _GNU_SOURCE
#include "tests/analysis/look_help.h"

#include "core/retain/relevance.h"

/* Seven for looking closely; so many that they fill several pieces and more than one step. */
enum { IMAGES = 7, MANY = 2100 };

static struct ds_gathered seven, many;

static int set_up(void **state)
{
    if (make_base(state))
        return -1;
    look_pictures(&seven, "seven", IMAGES);
    look_pictures(&many, "many", MANY);
    return 0;
}

static int tear_down(void **state)
{
    ds_gather_clear(&seven);
    ds_gather_clear(&many);
    return remove_base(state);
}

/* The number of a picture is in its name. */
static int number_of(const char *path)
{
    return (int)strtol(strrchr(path, '/') + 1, NULL, 10);
}

static void looked_at(struct ds_look *l, const struct ds_model *m,
                      const struct ds_gathered *pictures, const struct ds_look_want *w)
{
    struct ds_err err = {0};

    if (ds_look(l, m, pictures, w, &err))
        fail_msg("%s", err.text);
    assert_int_equal(l->record.images, pictures->count);
    assert_int_equal(l->broken, 0);
}

static void looked(struct ds_look *l, const struct ds_model *m, const struct ds_look_want *w)
{
    looked_at(l, m, &seven, w);
}

static void refused(const struct ds_model *m, const struct ds_look_want *w, enum ds_code code,
                    const char *words)
{
    struct ds_look l;
    struct ds_err err = {0};

    assert_int_equal(ds_look(&l, m, &seven, w, &err), code);
    assert_says(err, code, words);
    ds_look_clear(&l);
}

/* Families of networks: CLS alone; no CLS, mean of the patches; CLS with registers. */
static struct ds_vit_shape family(int which)
{
    struct ds_vit_shape s = look_shape();

    if (which == 1) {
        s.cls = false;
        s.pool_mean = true;
    } else if (which == 2) {
        s.registers = 2;
        s.embed_prefix = false;
    }
    return s;
}

static void the_record_holds_rollouts_and_answers(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        const struct ds_vit_shape s = family(which);
        struct ds_look_want w = ds_look_default();
        struct ds_model m;
        struct ds_look l;
        struct plain_pass p;

        w.logits = w.pixels = true;
        look_model(&m, &s);
        looked(&l, &m, &w);
        assert_null(l.map);
        plain_open(&p, &m);
        for (int i = 0; i < IMAGES; i++) {
            const int patches = ds_patches(&s), at = i * s.depth;
            double map[3 * 16], sum = 0, logit[5];

            plain_run(&p, &m, number_of(l.path[i]));
            expected_rollout(map, &p, &s, &w);
            assert_near(l.record.rollout + at * patches, map, s.depth * patches, "rollout");
            assert_splits(l.record.split + at, l.record.rollout + at * patches, s.depth,
                          patches);
            for (int k = 0; k < 5; k++)
                sum += exp(logit[k] = (double)p.work.logits[k]);
            assert_near(l.logits + i * 5, logit, 5, "logits");
            for (int t = 0; t < 5; t++) {
                const int best = l.best[i * 5 + t];
                const double share = exp(logit[best]) / sum;

                assert_near(l.share + i * 5 + t, &share, 1, "probability");
                assert_true(t == 0 || l.share[i * 5 + t] <= l.share[i * 5 + t - 1]);
            }
            for (int k = 0; k < 16 * 12 * 3; k++)
                assert_int_equal(l.record.pixels[i * 16 * 12 * 3 + k],
                                 pixel(number_of(l.path[i]), k % 3, k / 36, k / 3 % 12));
        }
        plain_close(&p);
        ds_look_clear(&l);
        ds_model_close(&m);
    }
}

/* Fusion, discard, norm, start and row, one and all at once. */
static void a_second_rollout_follows_its_rule(void **state)
{
    static const struct {
        struct ds_rollout_rule rule;
        int start, row;
        bool by_largest;
    } ways[] = {
        {{DS_FUSE_MAX, 0, DS_NORM_ROWS}, 0, DS_LOOK_OWN_ROW, false},
        {{DS_FUSE_MIN, 0, DS_NORM_ROWS}, 0, DS_LOOK_OWN_ROW, false},
        {{DS_FUSE_MEAN, 0.4, DS_NORM_ROWS}, 0, DS_LOOK_OWN_ROW, false},
        {{DS_FUSE_MEAN, 0, DS_NORM_ROWS}, 1, DS_LOOK_OWN_ROW, false},
        {{DS_FUSE_MEAN, 0, DS_NORM_ROWS}, 0, 5, false},
        {{DS_FUSE_MEAN, 0, DS_NORM_ROWS}, 2, DS_ALL_ROWS, false},
        {{DS_FUSE_MAX, 0.5, DS_NORM_VIT_EXPLAIN}, 0, DS_LOOK_OWN_ROW, true},
        {{DS_FUSE_MIN, 0.3, DS_NORM_VIT_EXPLAIN}, 1, 3, true},
    };

    (void)state;
    for (int which = 0; which < 3; which++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            const struct ds_vit_shape s = family(which);
            struct ds_look_want w = ds_look_default();
            struct ds_model m;
            struct ds_look l;
            struct plain_pass p;

            w.rule = ways[k].rule;
            w.start = ways[k].start;
            w.row = ways[k].row;
            w.by_largest = ways[k].by_largest;
            look_model(&m, &s);
            looked(&l, &m, &w);
            assert_non_null(l.map);
            plain_open(&p, &m);
            for (int i = 0; i < IMAGES; i++) {
                const int patches = ds_patches(&s), at = i * s.depth;
                double map[3 * 16];

                plain_run(&p, &m, number_of(l.path[i]));
                expected_rollout(map, &p, &s, &w);
                assert_near(l.map + at * patches, map, s.depth * patches, "second map");
                assert_splits(l.split + at, l.map + at * patches, s.depth, patches);
            }
            plain_close(&p);
            ds_look_clear(&l);
            ds_model_close(&m);
        }
}

static void raw_attention_by_head_and_fused(void **state)
{
    const struct ds_vit_shape s = family(2);
    const int patches = ds_patches(&s), n = ds_tokens(&s), prefix = ds_prefix(&s);

    (void)state;
    for (int row = DS_ALL_ROWS; row < 5; row += 2)
        for (int fusion = 0; fusion < 3; fusion++) {
            struct ds_look_want w = ds_look_default();
            struct ds_model m;
            struct ds_look l;
            struct plain_pass p;

            w.source = DS_LOOK_RAW;
            w.by_head = true;
            w.row = row;
            w.rule.fusion = (enum ds_fusion)fusion;
            look_model(&m, &s);
            looked(&l, &m, &w);
            plain_open(&p, &m);
            for (int i = 0; i < IMAGES; i++) {
                plain_run(&p, &m, number_of(l.path[i]));
                for (int at = 0; at < s.depth * patches; at++) {
                    const int layer = at / patches, j = prefix + at % patches;
                    double head[2] = {0, 0}, all;

                    for (int h = 0; h < 2; h++)
                        for (int r = 0; r < n; r++)
                            if (row < 0 || r == row)
                                head[h] +=
                                    (double)p.work.layer[layer].attn[(h * n + r) * n + j] /
                                    (row < 0 ? n : 1);
                    all = fusion == DS_FUSE_MEAN  ? (head[0] + head[1]) / 2
                          : fusion == DS_FUSE_MAX ? fmax(head[0], head[1])
                                                  : fmin(head[0], head[1]);
                    assert_near(l.map + i * s.depth * patches + at, &all, 1, "raw");
                    for (int h = 0; h < 2; h++)
                        assert_near(l.head + ((i * s.depth + layer) * 2 + h) * patches +
                                        at % patches,
                                    &head[h], 1, "head");
                }
            }
            plain_close(&p);
            ds_look_clear(&l);
            ds_model_close(&m);
        }
}

/* The relevance itself is held against autograd in tests/core/check_networks.py; here: that a
 * look hands over the right pictures, classes and rows. */
static void relevance_is_that_of_each_picture(void **state)
{
    const struct ds_vit_shape s = family(0);

    (void)state;
    for (int source = DS_LOOK_GRADIENT; source <= DS_LOOK_CHEFER; source++)
        for (int target = -1; target < 3; target += 3) {
            const struct ds_relevance_opt opt = {
                source == DS_LOOK_CHEFER ? DS_RELEVANCE_CHEFER : DS_RELEVANCE_ROLLOUT, 0,
                DS_NORM_ROWS, 1, 0};
            struct ds_look_want w = ds_look_default();
            struct ds_relevance r = {0};
            struct ds_arena arena = {0};
            struct ds_model m;
            struct ds_look l;
            struct plain_pass p;
            struct ds_err err = {0};

            w.source = (enum ds_look_source)source;
            w.target = target;
            w.start = 1;
            look_model(&m, &s);
            looked(&l, &m, &w);
            plain_open(&p, &m);
            for (int pass = 0; pass < 2; pass++) {
                ds_relevance_take(&r, &m.vit, 1, &opt, &arena);
                if (!pass && ds_arena_reserve(&arena, &err))
                    fail_msg("%s", err.text);
            }
            for (int i = 0; i < IMAGES; i++) {
                float rows[3 * 13];

                plain_run(&p, &m, number_of(l.path[i]));
                ds_relevance_run(&r, &m.view, p.image, 1, &target, rows, NULL);
                for (int at = 0; at < 3 * 12; at++) {
                    const double want = (double)rows[at / 12 * 13 + 1 + at % 12];

                    assert_near(l.map + i * 36 + at, &want, 1, "relevance");
                }
            }
            ds_arena_clear(&arena);
            plain_close(&p);
            ds_look_clear(&l);
            ds_model_close(&m);
        }
}

static bool alike(const void *a, const void *b, size_t n)
{
    return (!a && !b) || (a && b && !memcmp(a, b, n));
}

static void threads_change_no_byte(void **state)
{
    const struct ds_vit_shape s = family(0);
    const size_t cells = MANY * 3 * 12;

    (void)state;
    for (int source = DS_LOOK_ROLLOUT; source <= DS_LOOK_CHEFER; source++) {
        struct ds_look_want w = ds_look_default();
        struct ds_look look[3];
        struct ds_model m;

        look_model(&m, &s);
        w.source = (enum ds_look_source)source;
        w.rule.fusion = source < DS_LOOK_GRADIENT ? DS_FUSE_MAX : DS_FUSE_MEAN;
        w.by_head = source == DS_LOOK_RAW;
        w.logits = w.pixels = true;
        w.probe = 3;
        for (int t = 0; t < 3; t++) {
            w.threads = 1 << t;
            looked_at(&look[t], &m, &many, &w);
            assert_true(alike(look[t].map, look->map, cells * 4));
            assert_true(alike(look[t].head, look->head, 2 * cells * 4));
            assert_true(alike(look[t].split, look->split, MANY * 3 * 4));
            assert_true(alike(look[t].logits, look->logits, MANY * 5 * 4));
            assert_true(alike(look[t].share, look->share, MANY * 5 * 4));
            assert_true(alike(look[t].best, look->best, MANY * 5 * 4));
            assert_true(alike(look[t].record.rollout, look->record.rollout, cells * 4));
            assert_true(alike(look[t].record.pixels, look->record.pixels, MANY * 576));
            assert_true(
                alike(look[t].record.attention, look->record.attention, 3 * 3 * 169 * 4));
        }
        for (int t = 0; t < 3; t++)
            ds_look_clear(&look[t]);
        ds_model_close(&m);
    }
}

/* The last pieces and steps hold the pictures that belong there. */
static void many_pictures_are_each_their_own(void **state)
{
    static const int some[] = {0, 31, 32, 1049, 1050, 2047, 2048, 2099};
    const struct ds_vit_shape s = family(0);
    struct ds_look_want w = ds_look_default();
    struct ds_model m;
    struct ds_look l;
    struct plain_pass p;

    (void)state;
    w.threads = 1;
    look_model(&m, &s);
    looked_at(&l, &m, &many, &w);
    plain_open(&p, &m);
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        double map[3 * 16];

        plain_run(&p, &m, number_of(l.path[some[k]]));
        expected_rollout(map, &p, &s, &w);
        assert_near(l.record.rollout + some[k] * 36, map, 36, "rollout");
    }
    plain_close(&p);
    ds_look_clear(&l);
    ds_model_close(&m);
}

static void probe_images_keep_their_attention(void **state)
{
    const struct ds_vit_shape s = family(1);
    const int n = ds_tokens(&s);
    struct ds_look_want w = ds_look_default();
    struct ds_model m;
    struct ds_look l;
    struct plain_pass p;

    (void)state;
    w.probe = 2;
    look_model(&m, &s);
    looked(&l, &m, &w);
    assert_int_equal(l.record.probe, 2);
    plain_open(&p, &m);
    for (int i = 0; i < 2; i++) {
        plain_run(&p, &m, number_of(l.path[i]));
        for (int layer = 0; layer < s.depth; layer++)
            for (int at = 0; at < n * n; at++) {
                const double want = fused(&p, &s, layer, at, DS_FUSE_MEAN);

                assert_near(l.record.attention + (i * s.depth + layer) * n * n + at, &want, 1,
                            "attention");
            }
    }
    plain_close(&p);
    ds_look_clear(&l);
    ds_model_close(&m);
}

static void networks_without_a_head_have_maps_only(void **state)
{
    struct ds_vit_shape s = family(0);
    struct ds_look_want w = ds_look_default();
    struct ds_model m;
    struct ds_look l;

    (void)state;
    s.classes = 0;
    w.logits = true;
    look_model(&m, &s);
    looked(&l, &m, &w);
    assert_int_equal(l.top, 0);
    assert_int_equal(l.classes, 0);
    assert_null(l.logits);
    assert_true(l.record.rollout[0] > 0);
    ds_look_clear(&l);
    w.source = DS_LOOK_CHEFER;
    refused(&m, &w, DS_USAGE, "class");
    ds_model_close(&m);
}

static void wishes_that_do_not_fit(void **state)
{
    const struct ds_vit_shape s = family(0);
    struct ds_look_want w = ds_look_default();
    struct ds_model m;

    (void)state;
    look_model(&m, &s);
    w.start = 3;
    w.rule.fusion = DS_FUSE_MAX;
    refused(&m, &w, DS_USAGE, "start layer is 3, expected 0 to 2");
    w = ds_look_default();
    w.row = 13;
    refused(&m, &w, DS_USAGE, "token is 13, expected 0 to 12");
    w = ds_look_default();
    w.rule.discard = 1;
    refused(&m, &w, DS_USAGE, "discard is 1");
    w = ds_look_default();
    w.by_head = true;
    refused(&m, &w, DS_USAGE, "raw attention only");
    w = ds_look_default();
    w.source = DS_LOOK_GRADIENT;
    w.target = 5;
    refused(&m, &w, DS_USAGE, "class 5 is not among the 5");
    w = ds_look_default();
    snprintf(m.recipe, sizeof m.recipe, "resize 24 bicubic, crop 20");
    refused(&m, &w, DS_USAGE, "makes 20 x 20 pixels, the network reads 12 x 16");
    snprintf(m.recipe, sizeof m.recipe, "sharpen");
    refused(&m, &w, DS_USAGE, "no step 'sharpen'");
    ds_model_close(&m);
}

static void networks_that_read_no_pictures(void **state)
{
    struct ds_vit_shape s = family(0);
    const struct ds_look_want w = ds_look_default();
    struct ds_model m;

    (void)state;
    s.channels = 2;
    look_model(&m, &s);
    refused(&m, &w, DS_DATA, "reads 2 channels, pictures have 1 or 3");
    ds_model_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_holds_rollouts_and_answers),
        cmocka_unit_test(a_second_rollout_follows_its_rule),
        cmocka_unit_test(raw_attention_by_head_and_fused),
        cmocka_unit_test(relevance_is_that_of_each_picture),
        cmocka_unit_test(threads_change_no_byte),
        cmocka_unit_test(many_pictures_are_each_their_own),
        cmocka_unit_test(probe_images_keep_their_attention),
        cmocka_unit_test(networks_without_a_head_have_maps_only),
        cmocka_unit_test(wishes_that_do_not_fit),
        cmocka_unit_test(networks_that_read_no_pictures),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
