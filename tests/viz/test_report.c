/* tests/viz/test_report.c -- a report is whole, refers to nothing outside, and says what it
 * lacks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth.h"
#include "viz/page/pdf_check.h"
#include "viz/page/report.h"

enum { RUNS = 4 };

struct bench {
    struct ds_record record[RUNS];
    struct ds_study study;
    struct ds_figure_opt opt;
};

/* Two methods of two seeds; only the second retains. */
static int set_up(void **state)
{
    struct synth want = {.method = "finetune",
                         .tasks = 3,
                         .learned = 3,
                         .per_task = 2,
                         .grid_h = 4,
                         .grid_w = 4,
                         .patch = 4,
                         .layers = 3,
                         .per_class = 3,
                         .drift = 0.2,
                         .seed = 1};
    struct bench *b = calloc(1, sizeof *b);
    struct ds_study_run run[RUNS];
    struct ds_err err;

    if (!b || ds_opt_defaults(ds_figure_table, &b->opt, &err))
        return -1;
    b->opt.dpi = 72;
    for (int i = 0; i < RUNS; i++) {
        want.seed = (uint64_t)(i % 2 + 1);
        want.method = i < 2 ? "finetune" : "arcl";
        want.mask = i >= 2;
        if (synth_fill(&b->record[i], &want, &err))
            return -1;
        run[i] = (struct ds_study_run){&b->record[i], "nowhere/run.h5", 7, 0};
    }
    *state = b;
    return ds_study_init(&b->study, run, RUNS, "", &err);
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < RUNS; i++)
        ds_record_clear(&b->record[i]);
    free(b);
    return 0;
}

/* The HTML as a string. */
static char *html_of(const struct ds_study_report *r)
{
    unsigned char *bytes;
    char *text;
    size_t n;
    struct ds_err err;

    if (ds_report_html(&bytes, &n, r, &err))
        fail_msg("%s", err.text);
    text = malloc(n + 1);
    assert_non_null(text);
    memcpy(text, bytes, n);
    text[n] = '\0';
    assert_int_equal(strlen(text), n);
    free(bytes);
    return text;
}

static bool has_id(const char *html, const char *id, size_t n)
{
    char want[80];
    const char *hit;

    snprintf(want, sizeof want, " id=\"%.*s\"", (int)n, id);
    hit = strstr(html, want);
    return hit && !strstr(hit + 1, want); /* once */
}

/* Every reference of a form leads to an element of the page, and to one only. */
static int check_references(const char *html, const char *form, const char *ends)
{
    int n = 0;

    for (const char *at = html; (at = strstr(at, form)); n++) {
        at += strlen(form);
        if (!has_id(html, at, strcspn(at, ends)))
            fail_msg("%s%.20s leads nowhere, or to two", form, at);
    }
    return n;
}

static void the_page_is_whole(void **state)
{
    static const char *const outside[] = {"<script", "src=",        "@import",  "<link",
                                          "<iframe", "href=\"http", "url(http", NULL};
    struct bench *b = *state;
    struct ds_study_report r, again;
    char *html, *second;
    struct ds_err err;

    if (ds_report_plan(&r, &b->study, &b->opt, "A <title> & more", &err) ||
        ds_report_plan(&again, &b->study, &b->opt, "A <title> & more", &err))
        fail_msg("%s", err.text);
    html = html_of(&r);
    second = html_of(&again);
    assert_string_equal(html, second);
    for (int i = 0; outside[i]; i++)
        if (strstr(html, outside[i]))
            fail_msg("the page has '%s'", outside[i]);
    assert_true(check_references(html, "href=\"#", "\"") > r.items);
    assert_true(check_references(html, "url(#", ")") > 0);
    assert_non_null(strstr(html, "<h1>A &lt;title&gt; &amp; more</h1>"));
    assert_non_null(strstr(html, "mean over 2 seeds"));
    assert_non_null(strstr(html, "95% t interval over seeds"));
    /* No path of this machine, but in sentences about what is missing. */
    assert_non_null(strstr(html, "<h2>Left out</h2>"));
    *strstr(html, "<h2>Left out</h2>") = '\0';
    assert_null(strstr(html, "nowhere"));
    free(html);
    free(second);
    ds_report_clear(&r);
    ds_report_clear(&again);
}

static void what_is_missing_is_named(void **state)
{
    struct bench *b = *state;
    struct ds_study_report r;
    bool heads = false;
    char *html;
    struct ds_err err;

    assert_int_equal(ds_report_plan(&r, &b->study, &b->opt, "x", &err), 0);
    for (int i = 0; i < r.lefts; i++)
        heads = heads || strstr(r.left[i], "head-matrix needs the checkpoint");
    assert_true(heads); /* there are no checkpoints beside records in memory */
    html = html_of(&r);
    assert_non_null(strstr(html, "<h2>Left out</h2>"));
    /* What only one method has is drawn of that one. */
    assert_non_null(strstr(html, "Gradient removed by retention"));
    assert_non_null(strstr(html, "The soft masks of all layers, task after task, arcl."));
    assert_null(strstr(html, "task after task, finetune"));
    free(html);
    ds_report_clear(&r);
}

static void the_pdf_is_fit_to_print(void **state)
{
    struct bench *b = *state;
    struct ds_study_report r;
    unsigned char *one, *two;
    size_t n, m;
    struct ds_err err;

    assert_int_equal(ds_report_plan(&r, &b->study, &b->opt, "x", &err), 0);
    assert_int_equal(ds_report_pdf(&one, &n, &r, &err), 0);
    assert_int_equal(ds_report_pdf(&two, &m, &r, &err), 0);
    assert_int_equal(n, m);
    assert_memory_equal(one, two, n);
    assert_int_equal(ds_pdf_check(one, n, &err), 0);
    free(one);
    free(two);
    ds_report_clear(&r);
}

static void options_no_figure_takes_are_refused(void **state)
{
    struct bench *b = *state;
    struct ds_study_report r;
    struct ds_err err;

    snprintf(b->opt.venue, sizeof b->opt.venue, "neurip");
    assert_int_equal(ds_report_plan(&r, &b->study, &b->opt, "x", &err), DS_USAGE);
    assert_string_equal(err.text, "there is no venue 'neurip'; did you mean 'neurips'");
    ds_report_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_page_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_pdf_is_fit_to_print, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_no_figure_takes_are_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
