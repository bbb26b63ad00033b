/* tests/analysis/test_look_pair.c -- looks made by hand: on one grid, of the same pictures. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include "analysis/look/look_pair.h"

/* N pictures whose ids are given, 2 layers, 2 heads, h x w patches, maps of random numbers. */
static void hand_look(struct ds_look *l, const int *id, int n, int h, int w)
{
    const uint64_t stream = ds_rng_stream(7, "hand look");
    struct ds_record *r = &l->record;
    struct ds_err err = {0};
    char name[32];

    *l = (struct ds_look){0};
    *r = (struct ds_record){.tasks = 1, .classes = 1, .layers = 2, .heads = 2,
                            .tokens = h * w + 1, .prefix = 1, .patches = h * w, .grid_h = h,
                            .grid_w = w, .patch = 4, .images = n, .channels = 3, .height = 1,
                            .width = 1};
    assert_int_equal(ds_record_alloc(r, &err), 0);
    l->path = calloc((size_t)n, sizeof *l->path);
    l->head = malloc((size_t)(n * 4 * h * w) * sizeof *l->head);
    l->head_split = calloc((size_t)n * 4, sizeof *l->head_split);
    for (int i = 0; i < n; i++) {
        r->id[i] = id[i];
        snprintf(name, sizeof name, "%d.png", id[i]);
        l->path[i] = strdup(name);
        for (int k = 0; k < 2 * h * w; k++)
            r->rollout[i * 2 * h * w + k] =
                (float)ds_rng_unit(stream, (uint64_t)(id[i] * 1000 + k));
        for (int k = 0; k < 4 * h * w; k++)
            l->head[i * 4 * h * w + k] = (float)(id[i] + k);
    }
}

static double sum(const float *map, int n)
{
    double all = 0;

    for (int i = 0; i < n; i++)
        all += (double)map[i];
    return all;
}

/* Mass stays; patches add up where one grid divides the other; the way there and back through
 * a finer grid that is a multiple is the identity. */
static void grids(void **state)
{
    static const int size[][2] = {{2, 3}, {8, 12}, {5, 7}, {1, 1}, {3, 2}};
    static const int id[] = {0, 1, 2};
    struct ds_err err = {0};
    struct ds_look l, original;

    (void)state;
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        const int h = size[k][0], w = size[k][1];

        hand_look(&original, id, 3, 4, 6);
        hand_look(&l, id, 3, 4, 6);
        assert_int_equal(ds_look_resample(&l, h, w, &err), 0);
        assert_true(l.record.grid_h == h && l.record.grid_w == w && l.record.patches == h * w);
        for (int i = 0; i < 6; i++)
            NEAR(sum(l.record.rollout + i * h * w, h * w),
                 sum(original.record.rollout + i * 24, 24), 1e-5);
        for (int i = 0; i < 12; i++)
            NEAR(sum(l.head + i * h * w, h * w) / sum(original.head + i * 24, 24), 1, 1e-5);
        if (k == 0) { /* 2 x 2 patches each */
            const float *from = original.record.rollout;

            NEAR(l.record.rollout[1],
                 (double)from[2] + (double)from[3] + (double)from[8] + (double)from[9], 1e-6);
        }
        if (k == 1) {
            assert_int_equal(ds_look_resample(&l, 4, 6, &err), 0);
            for (int i = 0; i < 6 * 24; i++)
                NEAR(l.record.rollout[i], original.record.rollout[i], 1e-6);
        }
        ds_look_clear(&l);
        ds_look_clear(&original);
    }
    hand_look(&l, id, 3, 4, 6);
    assert_int_equal(ds_look_resample(&l, 0, 6, &err), DS_USAGE);
    assert_string_equal(err.text, "a grid of 0 x 6 patches cannot be");
    ds_look_clear(&l);
}

static void matches(void **state)
{
    static const int left[] = {0, 2, 3, 5, 9}, right[] = {1, 2, 5, 6, 9, 10}, none[] = {4, 7};
    static const int both[] = {2, 5, 9};
    struct ds_err err = {0};
    struct ds_look a, b;
    struct ds_record heads;

    (void)state;
    hand_look(&a, left, 5, 2, 2);
    hand_look(&b, right, 6, 2, 2);
    assert_int_equal(ds_look_match(&a, &b, &err), 0);
    assert_int_equal(a.record.images, 3);
    assert_int_equal(b.record.images, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(a.record.id[i], both[i]);
        assert_string_equal(a.path[i], b.path[i]);
        for (int k = 0; k < 8; k++)
            assert_true(a.record.rollout[i * 8 + k] == b.record.rollout[i * 8 + k]);
        NEAR(a.head[i * 16], both[i], 0);
    }
    heads = ds_look_shown(&a, true);
    assert_true(heads.layers == 4 && heads.rollout == a.head && heads.split == a.head_split);
    ds_look_clear(&b);
    hand_look(&b, none, 2, 2, 2);
    assert_int_equal(ds_look_match(&a, &b, &err), DS_DATA);
    assert_string_equal(err.text, "no picture can be read for both networks");
    ds_look_clear(&a);
    ds_look_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids),
        cmocka_unit_test(matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
