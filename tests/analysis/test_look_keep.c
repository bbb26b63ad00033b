/* tests/analysis/test_look_keep.c -- a look without its broken pictures, and as a file. */
#define _GNU_SOURCE
#include "tests/analysis/look_help.h"

#include "data/store/h5.h"

enum { GOOD = 5, ALL = 8 };

/* Eight pictures of which 0, 3 and 4 (in the order of gathering) are no pictures. */
static const int broken_at[] = {0, 3, 4};

static void gather_some(struct ds_gathered *g, const char *dir, bool break_them)
{
    struct ds_err err = {0};
    char *operand;

    look_pictures(g, dir, ALL);
    for (int i = 0; break_them && i < 3; i++)
        put_text(g->path[broken_at[i]] + strlen(base) + 1, "spoilt");
    ds_gather_clear(g);
    operand = (char *)(uintptr_t)in_base(dir);
    if (ds_gather(g, &operand, 1, &err))
        fail_msg("%s", err.text);
    assert_int_equal(g->count, ALL);
    assert_int_equal(g->classes, 2);
}

static struct ds_look_want everything(void)
{
    struct ds_look_want w = ds_look_default();

    w.source = DS_LOOK_RAW;
    w.by_head = w.logits = w.pixels = true;
    w.probe = 6;
    return w;
}

/* Every array of what is left equals the same pictures of a look without broken ones. */
static void broken_pictures_leave_no_hole(void **state)
{
    static const int left[GOOD] = {1, 2, 5, 6, 7};
    const struct ds_vit_shape s = look_shape();
    struct ds_look_want w = everything();
    struct ds_gathered with, without;
    struct ds_look some, all;
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    look_model(&m, &s);
    gather_some(&with, "with", true);
    gather_some(&without, "without", false);
    w.skip_broken = true;
    assert_int_equal(ds_look(&some, &m, &with, &w, &err), 0);
    w.skip_broken = false;
    assert_int_equal(ds_look(&all, &m, &without, &w, &err), 0);
    assert_int_equal(some.record.images, GOOD);
    assert_int_equal(some.record.total[0], GOOD);
    assert_int_equal(some.record.probe, 3); /* 1, 2 and 5 of the first six */
    assert_int_equal(some.broken, 3);
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(some.broken_why[i], with.path[broken_at[i]]));
    for (int i = 0; i < GOOD; i++) {
        const size_t to = (size_t)i, from = (size_t)left[i];

        assert_string_equal(some.path[i], with.path[from]);
        assert_int_equal(some.record.label[i], with.class_of[from]);
#define SAME(array, row)                                                                       \
    assert_memory_equal(some.array + to * (size_t)(row), all.array + from * (size_t)(row),     \
                        (size_t)(row) * sizeof *some.array)
        SAME(record.pixels, 16 * 12 * 3);
        SAME(record.rollout, 3 * 12);
        SAME(record.split, 3);
        SAME(best, 5);
        SAME(share, 5);
        SAME(logits, 5);
        SAME(map, 3 * 12);
        SAME(split, 3);
        SAME(head, 3 * 2 * 12);
        if (i < 3)
            SAME(record.attention, 3 * 13 * 13);
#undef SAME
    }
    ds_look_clear(&some);
    ds_look_clear(&all);
    ds_gather_clear(&with);
    ds_gather_clear(&without);
    ds_model_close(&m);
}

static void broken_pictures_stop_unless_asked(void **state)
{
    const struct ds_vit_shape s = look_shape();
    struct ds_look_want w = everything();
    struct ds_gathered g;
    struct ds_look l;
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    look_model(&m, &s);
    gather_some(&g, "stop", true);
    assert_int_equal(ds_look(&l, &m, &g, &w, &err), DS_DATA);
    assert_says(err, DS_DATA, "not a PNG or JPEG picture");
    ds_look_clear(&l);
    for (int i = 0; i < ALL; i++)
        put_text(g.path[i] + strlen(base) + 1, "");
    w.skip_broken = true;
    assert_int_equal(ds_look(&l, &m, &g, &w, &err), DS_DATA);
    assert_says(err, DS_DATA, "none of 8 pictures can be read; the first: ");
    assert_int_equal(l.broken, ALL);
    ds_look_clear(&l);
    put_png("stop/a/wide.png", 1, 3, 16, 20);
    ds_gather_clear(&g);
    assert_int_equal(
        ds_gather(&g, &(char *){(char *)(uintptr_t)in_base("stop/a/wide.png")}, 1, &err), 0);
    w.skip_broken = false;
    assert_int_equal(ds_look(&l, &m, &g, &w, &err), DS_DATA);
    assert_says(err, DS_DATA, "20 x 16 pixels after 'none', the network reads 12 x 16");
    ds_look_clear(&l);
    ds_gather_clear(&g);
    ds_model_close(&m);
}

static void same_array(const struct ds_bundle *b, const char *name, const void *want,
                       int64_t count, size_t size)
{
    const struct ds_array *a = ds_bundle_lookup(b, name);

    if (!a)
        fail_msg("no %s", name);
    assert_int_equal(ds_array_count(a), count);
    assert_memory_equal(a->data, want, (size_t)count * size);
}

/* What was saved is a record that loads, with everything else beside it. */
static void a_saved_look_comes_back(void **state)
{
    const struct ds_vit_shape s = look_shape();
    const struct ds_look_want w = everything();
    char *name[5] = {"zero", "one", "two", "three", "four"};
    struct ds_gathered g;
    struct ds_look l;
    struct ds_record r = {0};
    struct ds_bundle b = {0};
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    look_model(&m, &s);
    m.class_name = name;
    gather_some(&g, "saved", false);
    assert_int_equal(ds_look(&l, &m, &g, &w, &err), 0);
    if (ds_look_save(&l, &m, in_base("maps.h5"), &err) ||
        ds_record_load(&r, in_base("maps.h5"), &err) ||
        ds_bundle_load(&b, in_base("maps.h5"), &err))
        fail_msg("%s", err.text);
    assert_int_equal(r.images, ALL);
    assert_int_equal(r.done, 1);
    assert_string_equal(r.method, "attend");
    assert_memory_equal(r.rollout, l.record.rollout, ALL * 36 * sizeof(float));
    assert_memory_equal(r.split, l.record.split, ALL * 3 * sizeof(float));
    assert_memory_equal(r.pixels, l.record.pixels, ALL * 576);
    assert_memory_equal(r.label, l.record.label, ALL * sizeof(int));
    assert_string_equal(r.class_name[0], "a");
    same_array(&b, "attend/top_class", l.best, ALL * 5, 4);
    same_array(&b, "attend/top_share", l.share, ALL * 5, 4);
    same_array(&b, "attend/logits", l.logits, ALL * 5, 4);
    same_array(&b, "attend/map", l.map, ALL * 36, 4);
    same_array(&b, "attend/map_split", l.split, ALL * 3, 4);
    same_array(&b, "attend/head", l.head, ALL * 72, 4);
    for (int i = 0; i < ALL; i++)
        assert_string_equal(((char **)ds_bundle_lookup(&b, "attend/path")->data)[i], l.path[i]);
    for (int k = 0; k < 5; k++)
        assert_string_equal(((char **)ds_bundle_lookup(&b, "attend/class_name")->data)[k],
                            name[k]);
    assert_int_equal(ds_look_save(&l, &m, in_base("no/such/maps.h5"), &err), DS_CANTCREATE);
    ds_bundle_clear(&b);
    ds_record_clear(&r);
    ds_look_clear(&l);
    ds_gather_clear(&g);
    m.class_name = NULL;
    ds_model_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_pictures_leave_no_hole),
        cmocka_unit_test(broken_pictures_stop_unless_asked),
        cmocka_unit_test(a_saved_look_comes_back),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
