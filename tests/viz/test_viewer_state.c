/* tests/viz/test_viewer_state.c -- the view as text and back; scripts; sessions. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "viewer_help.h"
#include "viz/viewer/script.h"
#include "viz/viewer/session.h"

static void test_defaults_are_what_the_table_says(void **state)
{
    struct ds_view v;
    char text[300];

    (void)state;
    ds_view_defaults(&v);
    for (const struct ds_opt *row = ds_view_table; row->key; row++) {
        assert_string_equal(ds_opt_print(row, &v, text, sizeof text), row->fallback);
        for (const struct ds_opt *other = row + 1; other->key; other++)
            assert_string_not_equal(row->key, other->key);
    }
}

static void test_text_comes_back_to_the_same_view(void **state)
{
    struct ds_view v, back;
    struct ds_err err = {0};
    char *text;

    (void)state;
    ds_view_defaults(&v);
    text = ds_view_text(&v, " ");
    assert_string_equal(text, "");
    free(text);
    v.image = 12;
    v.b = 3;
    v.mode = DS_MODE_SWIPE;
    v.swipe = 0.375;
    v.lo = -0.1;
    v.smooth = false;
    strcpy(v.search, "50% off 'a' #1");
    ds_view_mark(&v, 1, true);
    for (int i = 3; i < 9; i++)
        ds_view_mark(&v, i, true);
    ds_view_mark(&v, DS_MARKS, true);
    text = ds_view_text(&v, " ");
    ds_view_defaults(&back);
    assert_int_equal(ds_view_read(&back, text, "test", &err), 0);
    assert_memory_equal(&v, &back, sizeof v);
    assert_non_null(strstr(text, "marks=1,3-8,8192"));
    free(text);
}

static void test_words_that_are_none(void **state)
{
    struct ds_view v, before;
    struct ds_err err = {0};

    (void)state;
    ds_view_defaults(&v);
    before = v;
    assert_int_equal(ds_view_read(&v, "image=2 leyer=3", "--at", &err), DS_USAGE);
    assert_non_null(strstr(err.text, "did you mean 'layer'"));
    assert_memory_equal(&v, &before, sizeof v); /* all of it or nothing */
    assert_int_equal(ds_view_read(&v, "image", "--at", &err), DS_USAGE);
    assert_string_equal(err.text, "--at: expected key=value, found 'image'");
    assert_int_equal(ds_view_read(&v, "image=0", "--at", &err), DS_USAGE);
    assert_int_equal(ds_view_read(&v, "marks=3-1", "--at", &err), DS_USAGE);
    assert_int_equal(ds_view_read(&v, "marks=9000", "--at", &err), DS_USAGE);
    assert_int_equal(ds_view_read(&v, "mode=quat", "--at", &err), DS_USAGE);
    assert_int_equal(ds_view_read(&v, "# a remark\n\nimage=2\n", "--at", &err), 0);
    assert_int_equal(v.image, 2);
}

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void script_fails(const char *text, const char *said)
{
    struct ds_script s;
    struct ds_err err = {0};
    char path[] = "/tmp/driftscope-script-XXXXXX";

    close(mkstemp(path));
    write_file(path, text);
    assert_int_equal(ds_script_load(&s, path, &err), DS_USAGE);
    if (!strstr(err.text, said))
        fail_msg("'%s' does not say '%s'", err.text, said);
    unlink(path);
}

static void test_scripts_are_read(void **state)
{
    struct ds_script s;
    struct ds_err err = {0};
    char path[] = "/tmp/driftscope-script-XXXXXX";

    (void)state;
    close(mkstemp(path));
    write_file(path, "# remark\r\n\nkey Ctrl+o\n  click @layer-3 shift\nwait idle\nwait 250\n"
                     "drag 1 2 3.5 4\nexpect a=1\nquit");
    assert_int_equal(ds_script_load(&s, path, &err), 0);
    assert_int_equal(s.n, 7);
    assert_string_equal(s.step[0].text, "Ctrl+o");
    assert_string_equal(s.step[1].text, "layer-3");
    assert_true(s.step[1].shift);
    assert_int_equal(s.step[1].line, 4);
    assert_true(s.step[2].idle);
    assert_true(s.step[3].at[0] == 250);
    assert_true(s.step[4].at[2] == 3.5);
    ds_script_clear(&s);
    unlink(path);
    assert_int_equal(ds_script_load(&s, "/nowhere/x", &err), DS_NOINPUT);
    script_fails("clik 1 2", "did you mean 'click'");
    script_fails("\nclick 1", ":2: 'click' wants numbers");
    script_fails("click 1 2 3", "nothing behind its numbers");
    script_fails("wait long", "idle or milliseconds");
    script_fails("memory", "'memory' wants a word");
    script_fails("key", "'key' wants a word");
    script_fails("expect a", "'expect' wants key=value");
}

static void test_a_session_comes_back(void **state)
{
    struct bench b;
    struct ds_session_file s;
    struct ds_err err = {0};
    struct ds_view view;
    char path[96];

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 2, "image=7 layer=2");
    ds_viewer_key(b.v, "m");
    ds_viewer_key(b.v, "q");
    ds_viewer_run(b.v, "layer", 3, true);
    snprintf(path, sizeof path, "%s/x.view", b.folder);
    snprintf(b.v->session, sizeof b.v->session, "%s", path);
    assert_true(ds_viewer_run(b.v, "save", 0, false));
    assert_non_null(strstr(field(b.v, "message"), "saved"));
    assert_true(ds_session_is_one(path));
    assert_false(ds_session_is_one(b.folder));
    assert_int_equal(ds_session_load(&s, path, &err), 0);
    assert_int_equal(s.runs, 2);
    assert_string_equal(s.run[0], b.run[0]);
    assert_string_equal(s.run[1], b.run[1]);
    ds_view_defaults(&view);
    assert_int_equal(ds_view_read(&view, s.view, "session", &err), 0);
    assert_int_equal(view.image, 7);
    assert_int_equal(view.layer, 3);
    ds_view_defaults(&view);
    assert_int_equal(ds_view_read(&view, s.letter['q' - 'a'], "letter", &err), 0);
    assert_int_equal(view.layer, 2);
    ds_session_clear(&s);
    write_file(path, "# driftscope session\nimage=2\n");
    assert_int_equal(ds_session_load(&s, path, &err), DS_DATA);
    assert_non_null(strstr(err.text, "names no run"));
    unlink(path);
    snprintf(b.v->session, sizeof b.v->session, "/nowhere/x.view");
    ds_viewer_run(b.v, "save", 0, false);
    assert_int_equal(b.v->message_tone, DS_SAY_BAD);
    bench_remove(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_what_the_table_says),
        cmocka_unit_test(test_text_comes_back_to_the_same_view),
        cmocka_unit_test(test_words_that_are_none),
        cmocka_unit_test(test_scripts_are_read),
        cmocka_unit_test(test_a_session_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
