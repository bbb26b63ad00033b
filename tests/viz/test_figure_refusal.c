/* tests/viz/test_figure_refusal.c -- what a figure refuses, and what it says about itself. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth.h"
#include "viz/page/figure.h"

struct bench {
    struct ds_record record[2];
    struct ds_study study;
};

static int set_up(void **state)
{
    const struct synth want = {.method = "arcl", .tasks = 3, .learned = 3, .per_task = 2,
                               .grid_h = 7, .grid_w = 7, .patch = 4, .layers = 3,
                               .per_class = 4, .mask = true, .drift = 0.1, .seed = 1};
    struct synth other = want;
    struct bench *b = calloc(1, sizeof *b);
    struct ds_study_run run[2];
    struct ds_err err;

    other.method = "finetune";
    if (!b || synth_fill(&b->record[0], &want, &err) || synth_fill(&b->record[1], &other, &err))
        return -1;
    run[0] = (struct ds_study_run){&b->record[0], "runs/arcl/run.h5", 0xabcd, 0};
    run[1] = (struct ds_study_run){&b->record[1], "runs/plain run/run.h5", 0, 0};
    *state = b;
    return ds_study_init(&b->study, run, 2, "", &err);
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    ds_record_clear(&b->record[0]);
    ds_record_clear(&b->record[1]);
    free(b);
    return 0;
}

static struct ds_figure_opt options(const char *output, const char *const *pairs)
{
    struct ds_figure_opt o;
    struct ds_err err;

    memset(&o, 0, sizeof o);
    if (ds_opt_defaults(ds_figure_table, &o, &err))
        fail_msg("%s", err.text);
    o.dpi = 72;
    snprintf(o.output, sizeof o.output, "%s", output);
    for (; pairs && *pairs; pairs += 2)
        if (ds_opt_set(ds_figure_table, &o, pairs[0], pairs[1], pairs[0], &err))
            fail_msg("%s", err.text);
    return o;
}

/* Draws the first `runs` runs; the code, with the sentence in err. */
static int attempt(struct bench *b, int runs, const char *type, const struct ds_figure_opt *o,
                   struct ds_err *err)
{
    struct ds_figure_report report;
    unsigned char *bytes;
    struct ds_study_run run[2];
    size_t n;
    int code;

    memcpy(run, b->study.run, sizeof run);
    if ((code = ds_study_init(&b->study, run, runs, "", err)))
        return code;
    code = ds_figure_render(&bytes, &n, &report, ds_figure_lookup(type), &b->study, o, err);
    assert_true(code ? !bytes : bytes != NULL);
    free(bytes);
    return code;
}

static void wrong_options_are_refused(void **state)
{
    static const struct {
        const char *type, *output, *pairs[5];
        int code;
        const char *says;
    } wrong[] = {
        {"acc-curve", "x.gif", {0}, DS_USAGE, "ends in .png, .pdf or .svg"},
        {"acc-curve", "x.pdf", {"venue", "neurip"}, DS_USAGE,
         "there is no venue 'neurip'; did you mean 'neurips'"},
        {"acc-curve", "x.pdf", {"width", "0.4"}, DS_USAGE, "no text fits into a width of 0.40"},
        {"acc-curve", "x.pdf", {"height", "0.3"}, DS_USAGE, "has no room for its labels"},
        {"acc-curve", "x.pdf", {"column", "yes", "full", "yes"}, DS_USAGE,
         "--column and --full exclude each other"},
        {"acc-curve", "x.pdf", {"font", "Nonesuch Sans Serif"}, DS_USAGE, "is not installed"},
        {"acc-curve", "x.pdf", {"cmap", "virdis"}, DS_USAGE, "did you mean 'viridis'"},
        {"drift-curve", "x.pdf", {"metric", "relfrob"}, DS_USAGE, "relfro"},
        {"drift-curve", "x.pdf", {"metric", "js,l1"}, DS_USAGE,
         "a figure shows one metric, --metric names 2"},
        {"drift-curve", "x.pdf", {"layer", "4"}, DS_USAGE,
         "--layer wants 1 to 3, last or mean, not '4'"},
        {"drift-curve", "x.pdf", {"reference", "onw"}, DS_USAGE, "did you mean 'own'"},
        {"drift-curve", "x.pdf", {"reference", "9"}, DS_USAGE, "a task up to 3, not '9'"},
        {"drift-heatmap", "x.pdf", {"height", "0.5"}, DS_USAGE, "--height larger"},
        {"overlay-grid", "x.pdf", {"layer", "mean"}, DS_USAGE, "--layer mean has no map"},
        {"overlay-grid", "x.pdf", {"width", "1.4"}, DS_USAGE, "make --width larger"},
        {"overlay-grid", "x.pdf", {"images", "1,"}, DS_USAGE, "image 1 is not one of the 24"},
        {"overlay-grid", "x.pdf", {"images", "many"}, DS_USAGE, "a count up to 24 or ids"},
        {"overlay-grid", "x.pdf", {"images", "100,two"}, DS_USAGE, "not 'two'"},
        {"overlay-grid", "x.pdf", {"after", "4"}, DS_USAGE, "only 3 tasks are learned"},
        {"mask-steps", "x.pdf", {"after", "4"}, DS_USAGE, "task 4 is not learned yet, 3 are"},
        {"mask-steps", "x.pdf", {"width", "2"}, DS_USAGE, "make --width larger"},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct ds_figure_opt o = options(wrong[i].output, wrong[i].pairs);
        struct ds_err err = {0};

        if (attempt(b, 1, wrong[i].type, &o, &err) != wrong[i].code ||
            !strstr(err.text, wrong[i].says))
            fail_msg("%s: wanted '%s', found '%s'", wrong[i].type, wrong[i].says, err.text);
    }
}

static void a_run_that_lacks_something_says_how_to_add_it(void **state)
{
    const struct ds_figure_opt o = options("x.png", NULL);
    struct bench *b = *state;
    struct ds_record *r = &b->record[0], keep = *r;
    struct ds_err err;

    r->mask = NULL;
    assert_int_equal(attempt(b, 1, "mask-steps", &o, &err), DS_DATA);
    assert_non_null(strstr(err.text, "runs/arcl/run.h5: mask-steps needs more"));
    assert_non_null(strstr(err.text, "driftscope train --method arcl"));
    *r = keep;
    r->done = 1;
    assert_int_equal(attempt(b, 1, "acc-curve", &o, &err), DS_DATA);
    assert_non_null(strstr(err.text, "driftscope train --resume"));
    r->done = 2;
    assert_int_equal(attempt(b, 1, "drift-curve", &o, &err), DS_DATA);
    assert_non_null(strstr(err.text, "--reference first"));
    assert_int_equal(attempt(b, 1, "drift-heatmap", &o, &err), DS_DATA);
    *r = keep;
    r->rollout = NULL;
    assert_int_equal(attempt(b, 1, "overlay-grid", &o, &err), DS_DATA);
    *r = keep;
    r->pixels = NULL;
    assert_int_equal(attempt(b, 1, "overlay-grid", &o, &err), DS_DATA);
    *r = keep;
    r->grid_w = 3;
    assert_int_equal(attempt(b, 1, "overlay-grid", &o, &err), DS_DATA);
    *r = keep;
    r->total = NULL;
    assert_int_equal(attempt(b, 1, "acc-matrix", &o, &err), DS_DATA);
    assert_non_null(strstr(err.text, "driftscope eval"));
    *r = keep;
    assert_int_equal(attempt(b, 1, "acc-matrix", &o, &err), 0);
}

static void runs_that_do_not_match_are_refused(void **state)
{
    const struct ds_figure_opt o = options("x.png", NULL);
    struct bench *b = *state;
    struct ds_err err;

    assert_int_equal(attempt(b, 2, "mask-steps", &o, &err), DS_USAGE);
    assert_string_equal(err.text, "mask-steps draws one run, not 2");
    b->record[1].id[0] = 7;
    b->record[1].pixels[0] ^= 0xff;
    assert_int_equal(attempt(b, 2, "overlay-grid", &o, &err), DS_DATA);
    b->record[1].layers = 2;
    assert_int_equal(attempt(b, 2, "drift-curve", &o, &err), DS_DATA);
    b->record[1].layers = 3;
}

static void maps_that_are_not_numbers_do_not_crash(void **state)
{
    static const char *const types[] = {"overlay-grid", "drift-curve", "drift-heatmap"};
    const struct ds_figure_opt o = options("x.png", NULL);
    struct bench *b = *state;
    struct ds_record *r = &b->record[0];
    const size_t maps = (size_t)r->done * (size_t)r->images * (size_t)r->layers;
    const size_t n = maps * (size_t)r->patches;
    struct ds_err err;

    for (size_t i = 0; i < n; i++)
        r->rollout[i] = i % 3 ? NAN : INFINITY;
    for (int i = 0; i < 3; i++)
        attempt(b, 1, types[i], &o, &err);
    assert_int_equal(attempt(b, 1, "mask-steps", &o, &err), DS_DATA);
    assert_non_null(strstr(err.text, "is not finite"));
}

static void names_are_found_and_guessed(void **state)
{
    (void)state;
    assert_null(ds_figure_lookup("overlay"));
    assert_string_equal(ds_figure_nearest("acc-matrx"), "acc-matrix");
    assert_null(ds_figure_nearest("completely-else"));
    for (int i = 0; ds_figure_at(i); i++) {
        assert_ptr_equal(ds_figure_lookup(ds_figure_key(ds_figure_at(i))), ds_figure_at(i));
        assert_true(strlen(ds_figure_about(ds_figure_at(i))) < 80);
    }
    assert_null(ds_figure_at(-1));
}

static void provenance_says_how_to_draw_it_again(void **state)
{
    static const char *const pairs[] = {"venue", "icml", "note", "no", "title", "it's", NULL};
    const struct ds_figure_opt o = options("out/x.pdf", pairs);
    const struct ds_figure *f = ds_figure_lookup("acc-matrix");
    struct bench *b = *state;
    struct ds_figure_report report;
    unsigned char *bytes;
    char *json, *again, command[2048];
    size_t n, m;
    struct ds_err err;

    ds_figure_command(command, sizeof command, f, &b->study, &o);
    assert_string_equal(command, "driftscope figure acc-matrix runs/arcl/run.h5 "
                                 "'runs/plain run/run.h5' -o out/x.pdf --venue icml "
                                 "--dpi 72 --title 'it'\\''s' --no-note");
    assert_int_equal(ds_figure_render(&bytes, &n, &report, f, &b->study, &o, &err), 0);
    free(bytes);
    assert_int_equal(ds_figure_provenance(&json, &n, &report, f, &b->study, &o, &err), 0);
    assert_int_equal(ds_figure_provenance(&again, &m, &report, f, &b->study, &o, &err), 0);
    assert_string_equal(json, again);
    assert_int_equal(strlen(json), n);
    assert_non_null(strstr(json, "\"crc32c\": \"0000abcd\""));
    assert_non_null(strstr(json, "\"crc32c\": null"));
    assert_non_null(strstr(json, "\"uuid\": \"00000000-0000-4000-8000-000000000001\""));
    assert_non_null(strstr(json, "\"protocol\": \"class\""));
    assert_non_null(strstr(json, "class-incremental"));
    free(json);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_options_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_lacks_something_says_how_to_add_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(runs_that_do_not_match_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(maps_that_are_not_numbers_do_not_crash, set_up,
                                        tear_down),
        cmocka_unit_test(names_are_found_and_guessed),
        cmocka_unit_test_setup_teardown(provenance_says_how_to_draw_it_again, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
