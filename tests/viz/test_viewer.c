/* tests/viz/test_viewer.c -- every command by what it changes in the trace; keys; numbers.
 *
 * The table below is compared with the command table: a command that is not tried here fails
 * the test. */
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
#include "viz/viewer/command.h"
#include "viz/viewer/trace.h"

/* From `at`, `command` with `arg` ("" none) makes `key` be `value`. */
struct effect {
    const char *at, *command, *arg, *key, *value;
};

static const struct effect effects[] = {
    {"", "image-next", "", "image", "2"},
    {"image=30", "image-next", "", "image", "30"},
    {"image=3", "image-prev", "", "image", "2"},
    {"image=1", "image-prev", "", "image", "1"},
    {"image=9", "image-first", "", "image", "1"},
    {"only-task=2", "image-first", "", "image", "7"},
    {"", "image-last", "", "image", "30"},
    {"", "image", "12", "image", "12"},
    {"", "image", "999", "image", "30"},
    {"", "grid", "", "grid", "yes"},
    {"search=ring", "search", "", "field", "ring"},
    {"", "search-for", "circle", "listed", "3"},
    {"", "task-next", "", "only-task", "1"},
    {"only-task=5", "task-next", "", "only-task", "0"},
    {"", "task-prev", "", "only-task", "5"},
    {"", "only-task", "2", "listed", "6"},
    {"", "only-class", "3", "listed", "3"},
    {"", "fate", "", "only-fate", "right"},
    {"", "least-drift", "99", "listed", "0"},
    {"", "most-drift", "1e-9", "listed", "0"},
    {"", "most-drift", "99", "listed", "30"},
    {"", "class-next", "", "only-class", "1"},
    {"", "class-next", "", "listed", "3"},
    {"only-class=10", "class-next", "", "only-class", "0"},
    {"only-task=2", "class-next", "", "only-class", "3"}, /* the first that task 2 has */
    {"only-task=2 only-class=4", "class-next", "", "only-class", "0"},
    {"", "class-prev", "", "only-class", "10"},
    {"only-task=2", "class-prev", "", "only-class", "4"},
    {"", "drift-filter", "", "listed", "16"}, /* the median itself is in both halves */
    {"least-drift=9", "drift-filter", "", "listed", "15"},
    {"most-drift=1e-9", "drift-filter", "", "listed", "30"},
    {"only-task=2 only-class=3 search=a least-drift=1", "filters-clear", "", "listed", "30"},
    {"most-drift=1e-9", "filters-clear", "", "listed", "30"},
    {"", "sort", "", "sort", "drift"},
    {"only-marked=yes", "mark", "", "listed", "1"},
    {"marks=2,5", "marked-only", "", "listed", "2"},
    {"marks=2,5 only-marked=yes", "unmark-all", "", "listed", "0"},
    {"b=3", "b-prev", "", "b", "2"},
    {"b=0", "b-prev", "", "b", "0"},
    {"b=3", "b-next", "", "b", "4"},
    {"b=5", "b-next", "", "b", "5"},
    {"a=2", "a-prev", "", "a", "1"},
    {"a=2", "a-next", "", "a", "3"},
    {"", "a", "4", "a", "4"},
    {"", "b", "2", "b", "2"},
    {"a=1 b=4", "swap", "", "a", "4"},
    {"", "run-a", "", "message", "one run is open; driftscope view RUN RUN2 compares two"},
    {"", "run-b", "", "run-b", "1"},
    {"", "play", "", "playing", "true"},
    {"", "slower", "", "fps", "1"},
    {"fps=8", "faster", "", "fps", "8"},
    {"", "loop", "", "loop", "no"},
    {"layer=1", "layer-next", "", "layer", "2"},
    {"layer=3", "layer-next", "", "layer", "3"},
    {"layer=2", "layer-prev", "", "layer", "1"},
    {"", "layer", "2", "layer", "2"},
    {"", "head-next", "", "head", "1"},
    {"head=1", "head-prev", "", "head", "0"},
    {"", "head", "3", "head", "3"},
    {"", "head-cell", "7", "head", "2"},
    {"", "head-cell", "7", "layer", "2"},
    {"", "mode-next", "", "mode", "swipe"},
    {"mode=heads", "mode-next", "", "mode", "single"},
    {"", "mode-prev", "", "mode", "single"},
    {"", "mode-single", "", "mode", "single"},
    {"mode=single", "mode-quad", "", "mode", "quad"},
    {"", "mode-swipe", "", "mode", "swipe"},
    {"", "mode-fade", "", "mode", "fade"},
    {"", "mode-blink", "", "mode", "blink"},
    {"", "mode-layers", "", "mode", "layers"},
    {"", "mode-film", "", "mode", "film"},
    {"", "mode-heads", "", "mode", "heads"},
    {"mode=blink", "blink", "", "flip", "yes"},
    {"", "blink-auto", "", "playing", "\"blink\""},
    {"mode=swipe", "left", "", "swipe", "0.45"},
    {"mode=fade", "right", "", "fade", "0.55"},
    {"", "swipe", "0.25", "swipe", "0.25"},
    {"", "fade", "2", "fade", "1"},
    {"", "diff", "", "diff", "yes"},
    {"", "source", "", "source", "raw"},
    {"", "smooth", "", "smooth", "no"},
    {"", "contour", "", "contour", "smooth"},
    {"", "opacity-more", "", "opacity", "0.9"},
    {"opacity=0", "opacity-less", "", "opacity", "0"},
    {"", "cmap-next", "", "cmap", "viridis"},
    {"", "cmap-prev", "", "cmap", "grey"},
    {"", "range", "", "range", "fixed"},
    {"", "range-lo", "0.01", "lo", "0.01"},
    {"range=fixed lo=0 hi=1", "range-lo", "2", "hi", "2"},
    {"", "range-hi", "0.5", "ends.4", "0.5"},
    {"", "clip", "", "clip", "1"},
    {"clip=5", "clip", "", "clip", "0"},
    {"", "zoom-in", "", "zoom", "1.25"},
    {"", "zoom-out", "", "zoom", "1"},
    {"zoom=4 pan-x=0.3", "fit", "", "pan-x", "0.5"},
    {"zoom=4", "actual", "", "zoom", "1"},
    {"zoom=4", "pan-left", "", "pan-x", "0.475"},
    {"zoom=4", "pan-right", "", "pan-x", "0.525"},
    {"zoom=4", "pan-up", "", "pan-y", "0.475"},
    {"", "pan-down", "", "pan-y", "0.5"},
    {"", "pick", "", "pick", "25"},
    {"pick=3", "pick", "", "pick", "0"},
    {"", "pick-patch", "9", "pick", "9"},
    {"pick=9", "pick-patch", "9", "pick", "0"},
    {"pick=8", "pick-left", "", "pick", "8"},
    {"pick=8", "pick-right", "", "pick", "9"},
    {"pick=8", "pick-up", "", "pick", "1"},
    {"pick=8", "pick-down", "", "pick", "15"},
    {"", "threshold-down", "", "manual", "yes"},
    {"", "threshold-up", "", "manual", "yes"},
    {"", "threshold", "0.02", "split.1", "0.02"},
    {"manual=yes threshold=9", "adaptive", "", "manual", "no"},
    {"", "tab-next", "", "tab", "drift"},
    {"", "tab-prev", "", "tab", "threshold"},
    {"", "tab", "3", "tab", "audit"},
    {"", "metric", "", "metric", "l1"},
    {"", "protocol", "", "protocol", "class"},
    {"", "unit", "", "unit", "class"},
    {"", "accuracy-cell", "16", "b", "4"},
    {"", "accuracy-cell", "16", "only-task", "2"},
    {"", "accuracy-cell", "16", "image", "7"},
    {"", "heat-cell", "8", "b", "2"},
    {"", "heat-cell", "8", "layer", "2"},
    {"", "undo", "", "message", "nothing left to undo"},
    {"", "redo", "", "message", "nothing left to redo"},
    {"", "jump-back", "", "message", "this is the first place"},
    {"", "jump-on", "", "message", "this is the last place"},
    {"", "bookmark", "c", "message", "kept under c; ' c comes back"},
    {"", "go", "c", "message", "nothing is kept under that letter; m and a letter keeps"},
    {"", "bookmarks", "", "overlay", "kept"},
    {"", "view", "image=4 mode=film", "image", "4"},
    {"", "view", "nonsense", "message", "view: expected key=value, found 'nonsense'"},
    {"", "copy-values", "", "message", "the numbers of this view are copied"},
    {"", "copy-command", "", "message", "the command line of this view is copied"},
    {"", "copy-latex", "", "message", "a LaTeX row is copied"},
    {"", "export", "", "overlay", "export"},
    {"", "export-again", "", "overlay", "export"},
    {"", "follow", "", "follow", "no"},
    {"b=2", "newest", "", "b", "5"},
    {"", "palette", "", "overlay", "palette"},
    {"", "help", "", "overlay", "help"},
    {"", "browser", "", "browser", "no"},
    {"", "inspector", "", "inspector", "no"},
    {"search=x", "escape", "", "search", ""},
    {"pick=4", "escape", "", "pick", "0"},
};

/* Tried in their own tests: they act on widgets, files or the window. */
static const char *const elsewhere[] = {
    "scroll",      "save",        "export-now", "export-set",   "export-name",
    "export-font", "reload",      "open",       "copy-picture", "focus-next",
    "focus-prev",  "activate",    "bigger",     "smaller",      "fullscreen",
    "quit",        NULL};

static void run_line(struct ds_viewer *v, const char *command, const char *arg)
{
    const struct ds_command *c = ds_command_lookup(command);
    struct ds_call call = {.count = 1, .text = arg, .letter = *arg};
    char *end;

    if (!c)
        fail_msg("no command %s", command);
    call.arg = strtod(arg, &end);
    call.has_arg = *arg && !*end;
    ds_command_run(v, c, &call);
    settle(v);
}

static char *text_of(const struct ds_viewer *v)
{
    char *text = ds_view_text(&v->view, " ");

    assert_non_null(text);
    return text;
}

static void try_effect(struct bench *b, const struct effect *e)
{
    char *before, *after, *now;
    const char *is;

    bench_open(b, 1, e->at);
    before = text_of(b->v);
    run_line(b->v, e->command, e->arg);
    is = field(b->v, e->key);
    if (strcmp(is, e->value) && fabs(strtod(is, NULL) - strtod(e->value, NULL)) > 1e-9)
        fail_msg("'%s' %s %s: %s is '%s', expected '%s'", e->at, e->command, e->arg, e->key, is,
                 e->value);
    after = text_of(b->v);
    if (strcmp(before, after) && ds_command_lookup(e->command)->flags & DS_CMD_VIEW) {
        ds_viewer_run(b->v, "undo", 0, false);
        now = text_of(b->v);
        assert_string_equal(now, before);
        free(now);
        ds_viewer_run(b->v, "redo", 0, false);
        now = text_of(b->v);
        assert_string_equal(now, after);
        free(now);
    }
    free(after);
    free(before);
    bench_close(b);
}

static void test_every_command(void **state)
{
    struct bench b;
    const size_t n = sizeof effects / sizeof *effects;

    (void)state;
    bench_make(&b, 5);
    for (size_t i = 0; i < n; i++)
        try_effect(&b, &effects[i]);
    bench_remove(&b);
    for (const struct ds_command *c = ds_commands; c->name; c++) {
        bool tried = false;

        for (size_t i = 0; i < n; i++)
            tried = tried || !strcmp(effects[i].command, c->name);
        for (int i = 0; elsewhere[i]; i++)
            tried = tried || !strcmp(elsewhere[i], c->name);
        if (!tried)
            fail_msg("nothing tries the command %s", c->name);
    }
}

static void test_keys_name_one_command_each(void **state)
{
    (void)state;
    for (const struct ds_command *c = ds_commands; c->name; c++) {
        char keys[64], *at = keys;

        snprintf(keys, sizeof keys, "%s", c->keys);
        while (*at) {
            const size_t n = strcspn(at, "|");
            const bool more = at[n] == '|';
            const bool two = n >= 3 && at[1] == ' ';

            at[n] = 0;
            assert_ptr_equal(ds_command_of_key(two ? (at[2] == '*' ? "z" : at + 2) : at,
                                               two ? at[0] : 0, c->flags & DS_CMD_PICK),
                             c);
            at += n + more;
        }
        assert_true(strlen(c->help) > 3 && strlen(c->help) < 80);
    }
}

static void keys(struct ds_viewer *v, const char *const *list)
{
    for (; *list; list++)
        ds_viewer_key(v, *list);
    settle(v);
}

static void test_counts_prefixes_and_jumps(void **state)
{
    struct bench b;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "");
    keys(b.v, (const char *const[]){"1", "2", "G", NULL});
    assert_string_equal(field(b.v, "image"), "12");
    keys(b.v, (const char *const[]){"3", "p", NULL});
    assert_string_equal(field(b.v, "image"), "9");
    keys(b.v, (const char *const[]){"g", "g", NULL});
    assert_string_equal(field(b.v, "image"), "1");
    keys(b.v, (const char *const[]){"Ctrl+o", NULL});
    assert_string_equal(field(b.v, "image"), "9");
    keys(b.v, (const char *const[]){"Ctrl+i", NULL});
    assert_string_equal(field(b.v, "image"), "1");
    keys(b.v, (const char *const[]){"m", "w", "n", "j", "'", "w", NULL});
    assert_string_equal(field(b.v, "image"), "1");
    keys(b.v, (const char *const[]){"i", "Shift+Right", NULL}); /* the pin, not A */
    assert_string_equal(field(b.v, "pick"), "26");
    assert_string_equal(field(b.v, "a"), "1");
    keys(b.v, (const char *const[]){"Esc", "Shift+Right", NULL});
    assert_string_equal(field(b.v, "a"), "2");
    bench_remove(&b);
}

/* Repeats of one step within half a second are one change. */
static void test_undo_melts_repeats(void **state)
{
    struct bench b;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "layer=1");
    for (int i = 0; i < 5; i++) {
        ds_viewer_tick(b.v, 10 + 0.1 * i);
        ds_viewer_key(b.v, "o");
    }
    assert_string_equal(field(b.v, "undo"), "1");
    ds_viewer_tick(b.v, 20);
    ds_viewer_key(b.v, "O");
    assert_string_equal(field(b.v, "undo"), "2");
    keys(b.v, (const char *const[]){"u", "u", NULL});
    assert_string_equal(field(b.v, "opacity"), "0.8");
    bench_remove(&b);
}

static void test_playback_and_blinking(void **state)
{
    struct bench b;
    int flips = 0;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "b=4 fps=2 loop=no");
    ds_viewer_tick(b.v, 1);
    ds_viewer_key(b.v, "Space");
    assert_true(ds_viewer_tick(b.v, 1.1) > 0);
    assert_string_equal(field(b.v, "b"), "4");
    ds_viewer_tick(b.v, 1.6);
    assert_string_equal(field(b.v, "b"), "5");
    ds_viewer_tick(b.v, 2.2);
    assert_string_equal(field(b.v, "b"), "5");
    assert_string_equal(field(b.v, "playing"), "false");
    ds_viewer_key(b.v, "B");
    for (int i = 0; i < 600; i++) { /* ten seconds */
        const bool flip = b.v->phase;

        ds_viewer_tick(b.v, 3 + i / 60.0);
        flips += flip != b.v->phase;
    }
    assert_true(flips >= 18 && flips <= 21); /* a full blink a second: below 3 Hz */
    bench_remove(&b);
}

/* The numbers are those of analysis/, image by image and in the mean. */
static void test_numbers(void **state)
{
    struct bench b;
    const struct ds_subject *s;
    struct ds_drift d;
    struct ds_err err = {0};
    struct ds_drift_want want = {.reference = DS_REF_GIVEN, .given = 2, .target = 5};
    double room[30];

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "image=8 a=2 b=5 layer=3 metric=js");
    s = b.v->run[0];
    want.metric = ds_metric_lookup("js");
    assert_int_equal(ds_drift_of(&d, &s->record, &s->record, &want, &err), 0);
    assert_int_equal(b.v->look.compared, d.compared);
    for (int l = 0; l < 3; l++) {
        const int n = ds_drift_values(room, &d, (struct ds_drift_part){l, -1, -1});

        assert_true(fabs(b.v->look.mean[l] - ds_mean(room, n)) < 1e-12);
        assert_true(b.v->look.drift[l] == d.value[7 * 3 + l]);
    }
    assert_true(b.v->look.over_time[5] == b.v->look.drift[2]);
    assert_true(b.v->look.over_time[2] == 0);
    ds_drift_clear(&d);
    assert_true(b.v->look.split[1] == ds_subject_split(s, 5, 7, 2));
    assert_memory_equal(b.v->look.map[1], ds_subject_map(s, 5, 7, 2), 49 * sizeof(float));
    /* own drift and forgetting, for image 8 of task 2 */
    assert_true(fabs(ds_image_forgetting(b.v, 7) - ((10.0 - 2) - (10.0 - 5))) < 1e-6);
    bench_remove(&b);
}

/* Attention is there for the first images only; a pinned patch asks its own row. */
static void test_sources(void **state)
{
    struct bench b;
    const float *a;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "image=2 layer=1 source=query pick=5");
    a = ds_subject_attention(b.v->run[0], 5, 1, 0);
    assert_memory_equal(b.v->look.map[1], a + 5 * 50 + 1, 49 * sizeof(float));
    run_line(b.v, "view", "source=raw");
    assert_memory_equal(b.v->look.map[1], a + 1, 49 * sizeof(float));
    run_line(b.v, "view", "source=query pick=0");
    assert_non_null(strstr(field(b.v, "why.1"), "no patch asks"));
    b.v->hover_patch = 6; /* the pointer asks until a patch is pinned */
    settle(b.v);
    assert_memory_equal(b.v->look.map[1], a + 7 * 50 + 1, 49 * sizeof(float));
    b.v->hover_patch = -1;
    run_line(b.v, "view", "source=mean image=20");
    assert_non_null(strstr(field(b.v, "why.2"), "first 4 images only"));
    run_line(b.v, "view", "source=rollout head=1");
    assert_non_null(strstr(field(b.v, "why.1"), "checkpoints")); /* no weights are there */
    bench_remove(&b);
}

static void test_two_runs(void **state)
{
    struct bench b;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 2, "");
    assert_string_equal(field(b.v, "run-b"), "2");
    assert_string_equal(field(b.v, "a"), "5");
    assert_string_equal(field(b.v, "compared"), "30");
    assert_true(b.v->look.drift[2] > 0);
    run_line(b.v, "run-b", "");
    assert_true(b.v->look.drift[2] == 0); /* a run against itself at one checkpoint */
    run_line(b.v, "b", "1003");
    assert_string_equal(field(b.v, "run-b"), "2");
    assert_string_equal(field(b.v, "b"), "3");
    bench_remove(&b);
}

/* A trace line is JSON in one line, whatever is shown. */
static void test_trace_line(void **state)
{
    struct bench b;
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "search=%22\\");
    ds_trace_line(out, b.v);
    fclose(out);
    assert_true(bytes[0] == '{' && bytes[n - 1] == '\n' && bytes[n - 2] == '}');
    assert_non_null(strstr(bytes, "\"search\":\"\\\"\\\\\""));
    assert_null(strstr(bytes, "nan"));
    free(bytes);
    bench_remove(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command),
        cmocka_unit_test(test_keys_name_one_command_each),
        cmocka_unit_test(test_counts_prefixes_and_jumps),
        cmocka_unit_test(test_undo_melts_repeats),
        cmocka_unit_test(test_playback_and_blinking),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_two_runs),
        cmocka_unit_test(test_trace_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
