/* tests/viz/test_viewer_input.c -- pointer, focus, palette, files, random keys. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "viewer_help.h"
#include "viz/viewer/command.h"
#include "viz/viewer/screen.h"

static void test_clicks(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "");
    draw(s, b.v);
    click(s, b.v, "layer-2", false);
    assert_string_equal(field(b.v, "layer"), "2");
    click(s, b.v, "step-3", false);
    assert_string_equal(field(b.v, "b"), "3");
    click(s, b.v, "step-0", true);
    assert_string_equal(field(b.v, "a"), "0");
    click(s, b.v, "image-4", false);
    assert_string_equal(field(b.v, "image"), "4");
    click(s, b.v, "image-5", true);
    assert_true(ds_view_marked(&b.v->view, 5));
    click(s, b.v, "pane-1", false);
    assert_string_equal(field(b.v, "pick"), "25");
    click(s, b.v, "tab-scatter", false);
    assert_string_equal(field(b.v, "tab"), "scatter");
    click(s, b.v, "tab-accuracy", false);
    click(s, b.v, "accuracy", false);
    assert_string_equal(field(b.v, "only-task"), "3");
    assert_string_equal(field(b.v, "b"), "3");
    click(s, b.v, "search", false);
    ds_viewer_text(b.v, "r");
    ds_viewer_text(b.v, "i");
    assert_string_equal(field(b.v, "search"), "ri");
    ds_viewer_key(b.v, "Backspace");
    ds_viewer_key(b.v, "Return");
    assert_string_equal(field(b.v, "search"), "r");
    ds_screen_free(s);
    bench_remove(&b);
}

static void drag(struct ds_screen *s, struct ds_viewer *v, double x0, double y0, double x1,
                 double y1)
{
    ds_viewer_press(v, x0, y0, false, 1);
    for (int i = 1; i <= 5; i++) {
        ds_viewer_move(v, x0 + (x1 - x0) * i / 5, y0 + (y1 - y0) * i / 5);
        draw(s, v);
    }
    ds_viewer_release(v, x1, y1);
    draw(s, v);
}

static void test_drags_and_wheel(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);
    struct ds_box box;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "mode=swipe");
    draw(s, b.v);
    box = part(b.v, "pane-0")->box;
    drag(s, b.v, box.x + box.w / 2, box.y + 50, box.x + box.w / 4, box.y + 60);
    assert_true(fabs(b.v->view.swipe - 0.25) < 0.01);
    ds_viewer_wheel(b.v, box.x + 10, box.y + 10, 1);
    assert_string_equal(field(b.v, "zoom"), "1.25");
    assert_true(b.v->view.pan_x < 0.5); /* towards the pointer */
    ds_viewer_run(b.v, "view", 0, false);
    ds_viewer_run(b.v, "fit", 0, false);
    ds_viewer_run(b.v, "mode-quad", 0, false);
    ds_viewer_run(b.v, "zoom-in", 0, false);
    ds_viewer_run(b.v, "zoom-in", 0, false);
    draw(s, b.v);
    box = part(b.v, "pane-0")->box;
    drag(s, b.v, box.x + 50, box.y + 50, box.x + 90, box.y + 50);
    assert_true(b.v->view.pan_x < 0.5);
    assert_string_equal(field(b.v, "pick"), "0"); /* dragging pins nothing */
    box = part(b.v, "threshold")->box;
    drag(s, b.v, box.x + 10, box.y + 10, box.x + box.w / 2, box.y + 10);
    assert_string_equal(field(b.v, "manual"), "yes");
    assert_true(fabs(b.v->view.threshold - (b.v->look.least + b.v->look.largest) / 2) < 0.02);
    box = part(b.v, "range-hi")->box;
    drag(s, b.v, box.x + box.w - 6, box.y + 8, box.x + box.w / 2, box.y + 8);
    assert_string_equal(field(b.v, "range"), "fixed");
    assert_true(b.v->view.hi < b.v->look.largest);
    box = part(b.v, "step-3")->box;
    ds_viewer_wheel(b.v, box.x + 3, box.y + 3, 1);
    assert_string_equal(field(b.v, "b"), "4");
    ds_viewer_wheel(b.v, part(b.v, "layer-1")->box.x + 3, part(b.v, "layer-1")->box.y + 3, 1);
    assert_string_equal(field(b.v, "layer"), "2");
    ds_screen_free(s);
    bench_remove(&b);
}

static void test_scatter(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);
    struct ds_box box;
    int marked = 0;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "tab=scatter");
    draw(s, b.v);
    assert_int_equal(b.v->dots.n, 24); /* those of tasks 1 to 4 */
    ds_viewer_press(b.v, b.v->dots.x[3], b.v->dots.y[3], false, 1);
    ds_viewer_release(b.v, b.v->dots.x[3], b.v->dots.y[3]);
    settle(b.v);
    box = part(b.v, "scatter")->box;
    drag(s, b.v, box.x, box.y, box.x + box.w + 2, box.y + box.h + 2);
    for (int i = 1; i <= 30; i++)
        marked += ds_view_marked(&b.v->view, i);
    assert_int_equal(marked, 24);
    ds_viewer_run(b.v, "unit", 0, false);
    draw(s, b.v);
    assert_int_equal(b.v->dots.n, 8);
    ds_viewer_run(b.v, "unit", 0, false);
    draw(s, b.v);
    assert_int_equal(b.v->dots.n, 4);
    ds_screen_free(s);
    bench_remove(&b);
}

/* Tab reaches every control there is, and comes back to the first. */
static void test_keyboard_reaches_everything(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1600, 1000);
    char first[40];
    int controls = 0, reached = 0;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "");
    draw(s, b.v);
    for (int i = 0; i < b.v->widgets.n; i++) {
        const struct ds_widget *w = &b.v->widgets.at[i];

        controls += w->command && !w->skip && !w->missing;
    }
    ds_viewer_key(b.v, "Tab");
    strcpy(first, b.v->focus);
    do {
        reached++;
        ds_viewer_key(b.v, "Tab");
        draw(s, b.v);
    } while (strcmp(first, b.v->focus) && reached < 500);
    assert_int_equal(reached, controls);
    ds_viewer_key(b.v, "Shift+Tab");
    assert_string_not_equal(first, b.v->focus);
    strcpy(b.v->focus, "layer-2");
    ds_viewer_key(b.v, "Return");
    assert_string_equal(field(b.v, "layer"), "2");
    ds_viewer_key(b.v, "Esc");
    assert_string_equal(field(b.v, "focus"), "");
    ds_screen_free(s);
    bench_remove(&b);
}

static void test_palette(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(800, 600);

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "");
    ds_viewer_key(b.v, ":");
    for (const char *c = "layer 2"; *c; c++)
        ds_viewer_text(b.v, (char[]){*c, 0});
    draw(s, b.v);
    ds_viewer_key(b.v, "Return");
    assert_string_equal(field(b.v, "layer"), "2");
    assert_string_equal(field(b.v, "overlay"), "none");
    ds_viewer_key(b.v, ":");
    for (const char *c = "mdswi"; *c; c++) /* letters in order are enough */
        ds_viewer_text(b.v, (char[]){*c, 0});
    ds_viewer_key(b.v, "Return");
    assert_string_equal(field(b.v, "mode"), "swipe");
    ds_viewer_key(b.v, ":");
    for (const char *c = "layer"; *c; c++)
        ds_viewer_text(b.v, (char[]){*c, 0});
    ds_viewer_key(b.v, "Return"); /* it wants a number first */
    assert_string_equal(field(b.v, "field"), "layer ");
    ds_viewer_text(b.v, "3");
    ds_viewer_key(b.v, "Return");
    assert_string_equal(field(b.v, "layer"), "3");
    ds_viewer_key(b.v, ":");
    ds_viewer_key(b.v, "Down");
    assert_int_equal(b.v->palette_at, 1);
    ds_viewer_key(b.v, "Esc");
    assert_string_equal(field(b.v, "overlay"), "none");
    ds_screen_free(s);
    bench_remove(&b);
}

/* A press on a line of the palette runs it as its key would: without a number. */
static void test_palette_by_pointer(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(800, 600);

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "image=4");
    ds_viewer_key(b.v, ":");
    for (const char *c = "mark"; *c; c++)
        ds_viewer_text(b.v, (char[]){*c, 0});
    draw(s, b.v);
    click(s, b.v, "command-mark", false);
    assert_true(ds_view_marked(&b.v->view, 4));
    ds_screen_free(s);
    bench_remove(&b);
}

static void own_keys(struct bench *b, const char *text, const char *said)
{
    struct ds_err err = {0};
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/keys.ini", b->folder);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    if (!said) {
        assert_int_equal(ds_own_keys_load(&b->v->keys, path, &err), 0);
    } else {
        assert_int_equal(ds_own_keys_load(&b->v->keys, path, &err), DS_USAGE);
        if (!strstr(err.text, said))
            fail_msg("'%s' does not say '%s'", err.text, said);
    }
    unlink(path);
}

static void test_own_keys(void **state)
{
    struct bench b;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "");
    own_keys(&b,
             "# mine\n[keys]\nF5 = reload\nn = layer 2\r\n  Ctrl+e=mode-film\n= = image 9\n",
             NULL);
    assert_int_equal(b.v->keys.n, 4);
    ds_viewer_key(b.v, "n"); /* no longer the next image */
    assert_string_equal(field(b.v, "layer"), "2");
    assert_string_equal(field(b.v, "image"), "1");
    ds_viewer_key(b.v, "Ctrl+e");
    assert_string_equal(field(b.v, "mode"), "film");
    ds_viewer_key(b.v, "=");
    assert_string_equal(field(b.v, "image"), "9");
    own_keys(&b, "x\n", "keys.ini:1: expected KEY = command");
    own_keys(&b, "\nx = layr 3\n",
             "keys.ini:2: there is no command 'layr'; did you mean 'layer'");
    assert_int_equal(ds_own_keys_load(&b.v->keys, "/nowhere/keys.ini", &(struct ds_err){0}), 0);
    bench_remove(&b);
}

static void no_run(struct bench *b, const char *said, int code)
{
    struct ds_screen *s = screen_of(640, 480);

    bench_open(b, 1, "");
    draw(s, b->v);
    if (!strstr(field(b->v, "trouble.1"), said))
        fail_msg("'%s' does not say '%s'", field(b->v, "trouble.1"), said);
    assert_int_equal(b->v->trouble_code[0], code);
    for (const struct ds_command *c = ds_commands; c->name; c++)
        ds_viewer_run(b->v, c->name, 1, true); /* nothing to work on: nothing happens */
    draw(s, b->v);
    bench_close(b);
    ds_screen_free(s);
}

static void test_bad_files(void **state)
{
    struct bench b;
    char path[128];
    FILE *f;

    (void)state;
    bench_make(&b, 5);
    snprintf(path, sizeof path, "%s/run.h5", b.run[0]);
    assert_int_equal(truncate(path, 5000), 0);
    no_run(&b, "run.h5", DS_DATA);
    f = fopen(path, "w");
    fputs("junk", f);
    fclose(f);
    no_run(&b, "run.h5", DS_DATA);
    assert_int_equal(unlink(path), 0);
    no_run(&b, "run.h5", DS_NOINPUT);
    bench_write(&b, 0, 5, 0);
    bench_open(&b, 1, "nonsense"); /* of --at: said, and the run is shown */
    assert_non_null(strstr(field(b.v, "message"), "--at"));
    assert_string_equal(field(b.v, "ready"), "true");
    bench_remove(&b);
}

/* One checkpoint; values that are no numbers; any size of window. */
static void test_odd_runs(void **state)
{
    static const int sizes[][2] = {{1, 1}, {3, 900}, {200, 40}, {640, 480}, {1100, 700}};
    struct bench b;

    (void)state;
    bench_make(&b, 0);
    for (int kind = 0; kind < 2; kind++) {
        if (kind)
            bench_write(&b, 0, 3, 5);
        bench_open(&b, 1, "image=1 layer=3");
        if (kind) {
            assert_true(b.v->look.bad[1] == 5 || b.v->run[0]->bad == 5);
        } else {
            char text[40];

            assert_string_equal(field(b.v, "mode"), "single"); /* nothing to compare with */
            ds_checkpoint_text(text, sizeof text, b.v->run[0], 0);
            assert_string_equal(text, "initial model");
            strcpy(b.v->run[0]->record.method, "attend"); /* as a file of maps says */
            ds_checkpoint_text(text, sizeof text, b.v->run[0], 0);
            assert_string_equal(text, "maps");
        }
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct ds_screen *s = screen_of(sizes[i][0], sizes[i][1]);

            for (int mode = 0; mode < DS_MODES; mode++)
                for (int tab = 0; tab < DS_TABS; tab++) {
                    b.v->view.mode = mode;
                    b.v->view.tab = tab;
                    draw(s, b.v);
                }
            for (int over = 0; over <= DS_OVER_MARKS; over++) {
                b.v->overlay = (enum ds_overlay)over;
                draw(s, b.v);
            }
            b.v->overlay = DS_OVER_NONE;
            ds_screen_free(s);
        }
        bench_close(&b);
    }
    bench_remove(&b);
}

/* run.h5 is replaced by a longer one, by junk, and goes away. */
static void test_live(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(900, 600);
    char path[128];
    FILE *f;

    (void)state;
    bench_make(&b, 2);
    bench_open(&b, 1, "newest=yes");
    draw(s, b.v);
    assert_string_equal(field(b.v, "checkpoints"), "3");
    bench_write(&b, 0, 4, 0);
    b.v->stale[0] = true;
    settle(b.v);
    ds_screen_forget(s);
    draw(s, b.v);
    assert_string_equal(field(b.v, "checkpoints"), "5");
    assert_string_equal(field(b.v, "b"), "4");
    assert_non_null(strstr(field(b.v, "message"), "checkpoint 4 is new"));
    snprintf(path, sizeof path, "%s/run.h5", b.run[0]);
    f = fopen(path, "w");
    fputs("junk", f);
    fclose(f);
    ds_viewer_key(b.v, "R");
    draw(s, b.v);
    assert_string_equal(field(b.v, "checkpoints"), "5"); /* what was read stays */
    assert_int_equal(b.v->message_tone, DS_SAY_BAD);
    ds_screen_free(s);
    bench_remove(&b);
}

static const char *const keyboard[] = {
    "n",        "p",         "g",          "G",           "j",        "k",          "J",
    "K",        "[",         "]",          "{",           "}",        "Left",       "Right",
    "Up",       "Down",      "Shift+Left", "Shift+Right", "Shift+Up", "Shift+Down", "x",
    "Space",    "v",         "V",          "b",           "B",        "h",          "l",
    "d",        "s",         "S",          "c",           "o",        "O",          "C",
    "Alt+c",    "r",         "w",          "+",           "-",        "0",          "Z",
    "Alt+Left", "Alt+Up",    "i",          "<",           ">",        "a",          "`",
    "~",        "D",         "P",          "U",           "Ctrl+o",   "Ctrl+i",     "m",
    "'",        "M",         "y",          "Y",           "L",        "N",          ":",
    "?",        "Tab",       "Shift+Tab",  "F9",          "F10",      "Return",     "Esc",
    "Esc",      "Backspace", "/",          "t",           "T",        "f",          "F",
    "z",        "*",         "&",          "e",           "1",        "2",          "3",
    "Alt+1",    "Alt+4",     "Alt+6",      "Alt+7",       "Alt+8",    ",",          ".",
    "PageDown", "PageUp",    "q"};
enum { KEYS = sizeof keyboard / sizeof *keyboard };

static void check_ranges(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const struct ds_record *r = &v->run[0]->record;

    assert_in_range(w->image, 1, r->images);
    assert_in_range(w->a, 0, r->done - 1);
    assert_in_range(w->b, 0, r->done - 1);
    assert_in_range(w->layer, 1, r->layers);
    assert_in_range(w->head, 0, r->heads);
    assert_in_range(w->pick, 0, r->patches);
    assert_true(w->zoom >= 1 && w->zoom <= 64 && w->pan_x >= 0 && w->pan_x <= 1);
    assert_true(v->undo.now <= v->undo.n && v->undo.n <= DS_UNDO);
}

/* Ten thousand keys and clicks: everything stays in range, and undoing all there is to undo
 * goes back, step by step, to a view that was. */
static void test_random_keys(void **state)
{
    const uint64_t stream = ds_rng_stream(11, "keys");
    struct bench b;
    struct ds_screen *s = screen_of(700, 500);
    char *start, *now;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 2, "");
    snprintf(b.v->page.name, sizeof b.v->page.name, "/nowhere/x.pdf"); /* keys may export */
    for (uint64_t round = 0; round < 50; round++) {
        b.v->undo.n = b.v->undo.now = 0;
        start = ds_view_text(&b.v->view, " ");
        for (uint64_t i = 0; i < 200; i++) {
            const uint64_t at = round * 1000 + i;
            const char *key = keyboard[(int)(KEYS * ds_rng_unit(stream, at))];

            ds_viewer_tick(b.v, (double)(round * 200 + i) * 0.2);
            if (key[1] || (unsigned char)key[0] < 33)
                ds_viewer_key(b.v, key);
            else
                ds_viewer_text(b.v, key);
            if (i % 10 == 0) {
                ds_viewer_press(b.v, 700 * ds_rng_unit(stream, at + 500),
                                500 * ds_rng_unit(stream, at + 600), i % 20 == 0, 1);
                ds_viewer_move(b.v, 700 * ds_rng_unit(stream, at + 700), 250);
                ds_viewer_release(b.v, 700 * ds_rng_unit(stream, at + 700), 250);
            }
            settle(b.v);
            check_ranges(b.v);
            if (i % 25 == 0)
                ds_screen_frame(s, b.v);
        }
        b.v->overlay = DS_OVER_NONE;
        b.v->typing = DS_TYPE_NONE;
        b.v->playing = b.v->blinking = false;
        if (b.v->undo.n < DS_UNDO) {
            while (b.v->undo.now)
                ds_viewer_run(b.v, "undo", 0, false);
            now = ds_view_text(&b.v->view, " ");
            assert_string_equal(now, start);
            free(now);
        }
        free(start);
    }
    ds_screen_free(s);
    bench_remove(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clicks),      cmocka_unit_test(test_drags_and_wheel),
        cmocka_unit_test(test_scatter),     cmocka_unit_test(test_keyboard_reaches_everything),
        cmocka_unit_test(test_palette),     cmocka_unit_test(test_palette_by_pointer),
        cmocka_unit_test(test_own_keys),    cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_odd_runs),    cmocka_unit_test(test_live),
        cmocka_unit_test(test_random_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
