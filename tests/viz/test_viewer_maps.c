/* tests/viz/test_viewer_maps.c -- files of maps in the viewer, heads of a layer, large arrays
 * on the disk. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "viewer_help.h"

static const struct ds_widget *there(const struct ds_viewer *v, const char *id)
{
    return ds_widgets_find(&v->widgets, id);
}

/* Names instead of classes, answers instead of a study, no timeline. */
static void test_what_a_file_of_maps_shows(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);
    char text[64];

    (void)state;
    bench_make(&b, 2);
    bench_maps(&b, 0, true);
    bench_open(&b, 1, "image=4");
    draw(s, b.v);
    assert_string_equal(field(b.v, "label"), "p27.png");
    assert_string_equal(field(b.v, "tab"), "answers");
    assert_string_equal(field(b.v, "mode"), "single");
    assert_null(there(b.v, "step-0"));
    assert_null(there(b.v, "tab-accuracy"));
    assert_null(there(b.v, "filter-task"));
    assert_non_null(there(b.v, "tab-answers"));
    assert_string_equal(there(b.v, "answers-b")->value, "kind d");
    assert_string_equal(field(b.v, "answer.2"), "kind d");
    assert_true(fabs(strtod(field(b.v, "share.2"), NULL) - 0.005 * (1 + 6 * 37 % 101)) < 1e-6);
    assert_string_equal(field(b.v, "second.2"), "raw, heads by mean");
    assert_string_equal(ds_attended_class(&b.v->run[0]->attended, 3, 1, text, sizeof text),
                        "kind i");
    assert_string_equal(ds_attended_class(&b.v->run[0]->attended, 3, 2, text, sizeof text), "");
    ds_viewer_line(b.v, "search-for p0");
    assert_string_equal(field(b.v, "listed"), "9");
    ds_viewer_line(b.v, "search-for kind l"); /* the likeliest class is searched, too */
    assert_string_equal(field(b.v, "listed"), "2");
    ds_viewer_line(b.v, "filters-clear");
    ds_viewer_line(b.v, "view sort=label");
    settle(b.v);
    assert_int_equal(b.v->order.at[0], 29);         /* by name */
    for (int tab = 0; tab <= DS_TAB_AUDIT; tab++) { /* asked for by name: one line, no plot */
        ds_viewer_run(b.v, "tab", tab, true);
        draw(s, b.v);
        assert_null(there(b.v, "accuracy"));
        assert_null(there(b.v, "heat"));
        assert_null(there(b.v, "scatter"));
        assert_null(there(b.v, "audit"));
        assert_null(there(b.v, "answers-b"));
    }
    ds_viewer_key(b.v, "`");
    assert_string_equal(field(b.v, "tab"), "layers");
    ds_screen_free(s);
    bench_remove(&b);
}

/* s goes through what the file has; values are the file's own. */
static void test_second_maps_and_heads(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);
    float row[49];
    double mean = 0;

    (void)state;
    bench_make(&b, 2);
    bench_maps(&b, 0, true);
    bench_open(&b, 1, "image=2 layer=3 pick=1");
    ds_viewer_key(b.v, "s");
    assert_string_equal(field(b.v, "source"), "second");
    settle(b.v);
    /* row 1 * 3 + 2 of [90][49], its first value */
    assert_true(fabs(strtod(field(b.v, "pinned.2"), NULL) - 0.001 * (1 + 245 * 37 % 101)) <
                1e-6);
    assert_true(fabs(strtod(field(b.v, "split.2"), NULL) - 0.001 * (1 + 5 * 37 % 101)) < 1e-6);
    assert_string_equal(b.v->run[0]->attended.source, "raw, heads by mean");
    ds_viewer_key(b.v, "s");
    assert_string_equal(field(b.v, "source"), "rollout");
    ds_viewer_line(b.v, "head 2");
    settle(b.v);
    assert_true(fabs(strtod(field(b.v, "pinned.2"), NULL) -
                     0.002 * (1 + (5 * b.v->run[0]->record.heads + 1) * 49 * 37 % 101)) < 1e-6);
    for (int k = 1; k <= b.v->run[0]->record.heads; k++) {
        assert_true(ds_viewer_head_row(b.v, 1, 2, k, row));
        mean += (double)row[7] / b.v->run[0]->record.heads;
    }
    assert_true(ds_viewer_head_row(b.v, 1, 2, 0, row));
    assert_true(fabs((double)row[7] - mean) < 1e-6);
    draw(s, b.v);
    assert_non_null(there(b.v, "strip-0"));
    assert_true(there(b.v, "strip-2")->chosen);
    ds_viewer_line(b.v, "view mode=heads");
    draw(s, b.v);
    assert_non_null(there(b.v, "head-3-1"));
    bench_close(&b);
    bench_maps(&b, 0, false);
    bench_open(&b, 1, "source=second");
    assert_non_null(strstr(field(b.v, "why.2"), "no second maps are kept here"));
    ds_viewer_key(b.v, "s");
    assert_string_equal(field(b.v, "source"), "rollout");
    ds_viewer_key(b.v, "s");
    assert_string_equal(field(b.v, "source"), "rollout");
    assert_non_null(strstr(field(b.v, "message"), "the rollout only"));
    ds_screen_free(s);
    bench_remove(&b);
}

static void test_two_files_of_maps(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(640, 480);

    (void)state;
    bench_make(&b, 2);
    bench_maps(&b, 0, true);
    bench_maps(&b, 1, false);
    bench_open(&b, 2, "inspector=no");
    draw(s, b.v);
    assert_non_null(there(b.v, "answers-a"));
    assert_non_null(there(b.v, "answers-b"));
    assert_string_equal(field(b.v, "mode"), "quad");
    assert_false(b.v->strip); /* B keeps no heads: nothing takes their room */
    ds_viewer_line(b.v, "view source=second");
    assert_string_equal(field(b.v, "why.1"), "");
    assert_non_null(strstr(field(b.v, "why.2"), "no second maps"));
    ds_screen_free(s);
    bench_remove(&b);
}

/* The same bundle with one array replaced. */
static void spoiled(struct bench *b, const char *name, enum ds_type type, int rank,
                    const int64_t *dims, const void *data, const char *said)
{
    struct ds_bundle all, less = {0};
    struct ds_attended a;
    struct ds_record r = {0};
    struct ds_err err = {0};

    bench_maps_pack(&all, b, true);
    assert_int_equal(ds_record_unpack(&r, &all, "m.h5", &err), 0);
    for (int i = 0; i < all.count; i++) {
        const struct ds_array *x = &all.array[i];

        if (strcmp(x->name, name) && !strncmp(x->name, "attend/", 7))
            assert_non_null(
                ds_bundle_add(&less, x->name, x->type, x->rank, x->dims, x->data, &err));
    }
    if (rank)
        assert_non_null(ds_bundle_add(&less, name, type, rank, dims, data, &err));
    assert_int_equal(ds_attended_read(&a, &less, &r, "m.h5", &err), DS_DATA);
    if (!strstr(err.text, said))
        fail_msg("'%s' does not say '%s'", err.text, said);
    ds_attended_clear(&a);
    ds_record_clear(&r);
    ds_bundle_clear(&less);
    ds_bundle_clear(&all);
}

static void test_maps_that_do_not_fit(void **state)
{
    static const char *const two[] = {"a", "b"};
    int best[60] = {0};
    struct bench b = {0};

    (void)state;
    spoiled(&b, "attend/path", DS_STRING, 1, (const int64_t[]){2}, two, "attend/path");
    spoiled(&b, "attend/top_class", DS_I32, 2, (const int64_t[]){2, 2}, best,
            "attend/top_class");
    best[7] = 12;
    spoiled(&b, "attend/top_class", DS_I32, 2, (const int64_t[]){30, 2}, best,
            "names class 12; there are 12");
    best[7] = -1;
    spoiled(&b, "attend/top_class", DS_I32, 2, (const int64_t[]){30, 2}, best,
            "names class -1");
    spoiled(&b, "attend/top_share", DS_F32, 0, NULL, NULL, "attend/top_share");
    spoiled(&b, "attend/map_split", DS_F32, 0, NULL, NULL, "attend/map_split");
    spoiled(&b, "attend/head_split", DS_F32, 0, NULL, NULL, "attend/head_split");
    spoiled(&b, "attend/map", DS_I32, 2, (const int64_t[]){30, 2}, best, "attend/map");
}

/* A run whose weights are not there says so where its heads would be, and asks once. */
static void test_heads_of_a_run_without_weights(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);
    struct ds_task t;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "");
    assert_false(ds_viewer_next(b.v, &t)); /* no strip on the screen: nobody wants heads */
    ds_screen_frame(s, b.v);
    assert_true(b.v->strip);
    assert_true(ds_viewer_next(b.v, &t));
    assert_int_equal(t.kind, DS_TASK_HEADS);
    assert_int_equal(t.slot, 1);
    ds_task_run(&t);
    ds_viewer_take(b.v, &t);
    assert_int_equal(ds_viewer_heads(b.v, 1), DS_HEADS_NONE);
    assert_false(ds_viewer_next(b.v, &t));
    draw(s, b.v);
    assert_null(there(b.v, "strip-0"));
    ds_viewer_line(b.v, "view image=5");
    assert_int_equal(ds_viewer_heads(b.v, 1), DS_HEADS_COMING);
    b.v->playing = true; /* nor while the checkpoints play */
    assert_true(ds_viewer_heads(b.v, 1) == DS_HEADS_COMING && !ds_viewer_next(b.v, &t));
    ds_screen_free(s);
    bench_remove(&b);
}

static void test_large_arrays_lie_on_the_disk(void **state)
{
    const size_t n = 3 << 20;
    unsigned char *memory = malloc(n), *at;
    struct ds_spill s;

    (void)state;
    assert_non_null(memory);
    for (size_t i = 0; i < n; i++)
        memory[i] = (unsigned char)(i * 31 >> 3);
    at = ds_spill(&s, memory, n, n + 1); /* small: stays */
    assert_ptr_equal(at, memory);
    assert_null(s.at);
    setenv("TMPDIR", "/nowhere", 1); /* no room: stays */
    assert_ptr_equal(ds_spill(&s, memory, n, n), memory);
    unsetenv("TMPDIR");
    at = ds_spill(&s, memory, n, n);
    assert_ptr_equal(at, s.at);
    for (size_t i = 0; i < n; i++)
        if (at[i] != (unsigned char)(i * 31 >> 3))
            fail_msg("byte %zu came back as %d", i, at[i]);
    ds_spill_clear(&s);
    assert_null(s.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_file_of_maps_shows),
        cmocka_unit_test(test_second_maps_and_heads),
        cmocka_unit_test(test_two_files_of_maps),
        cmocka_unit_test(test_maps_that_do_not_fit),
        cmocka_unit_test(test_heads_of_a_run_without_weights),
        cmocka_unit_test(test_large_arrays_lie_on_the_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
