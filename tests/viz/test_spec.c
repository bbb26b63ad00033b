/* tests/viz/test_spec.c -- panels from a file, bars from a table, films: drawn and refused. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/file.h"
#include "synth.h"
#include "viz/page/figure_int.h"
#include "viz/page/pdf_check.h"
#include "viz/page/spec.h"

static char folder[] = "/tmp/ds_spec_XXXXXX";

static char *path(const char *name)
{
    static char to[64];

    snprintf(to, sizeof to, "%s/%s", folder, name);
    return to;
}

static void write_file(const char *name, const char *text)
{
    struct ds_err err;

    if (ds_file_publish(path(name), text, strlen(text), &err))
        fail_msg("%s", err.text);
}

/* Two runs on disk: a is arcl, b finetune and further away. */
static int set_up(void **state)
{
    struct synth want = {.method = "arcl",
                         .tasks = 3,
                         .learned = 3,
                         .per_task = 2,
                         .grid_h = 4,
                         .grid_w = 4,
                         .patch = 4,
                         .layers = 3,
                         .per_class = 3,
                         .mask = true,
                         .drift = 0.05,
                         .seed = 1};
    struct ds_record r;
    struct ds_err err;

    (void)state;
    if (!mkdtemp(folder) || chdir(folder))
        return -1;
    for (int i = 0; i < 2; i++) {
        if (synth_fill(&r, &want, &err) || ds_record_save(&r, i ? "b.h5" : "a.h5", &err)) {
            print_error("%s\n", err.text);
            return -1;
        }
        ds_record_clear(&r);
        want.method = "finetune";
        want.drift = 0.2;
    }
    return 0;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
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

static const char good[] = "[page]\n"
                           "venue = cvpr   # a comment\n"
                           "columns = 2, 1\n"
                           "; a comment\n"
                           "[heat]\n"
                           "type = drift-heatmap\n"
                           "source = a.h5\n"
                           "share = d\n"
                           "title = retention\n"
                           "[heat2]\n"
                           "type = drift-heatmap\n"
                           "source = b.h5\n"
                           "share = d\n"
                           "[curve]\n"
                           "type = drift-curve\n"
                           "source = a.h5\n"
                           "    b.h5\n"
                           "cell = 2, 1, 1, 2\n";

/* Renders the spec of that name; code and sentence of whatever fails first. */
static int render(unsigned char **bytes, size_t *n, struct ds_figure_report *report,
                  const char *name, const char *output, struct ds_err *err)
{
    struct ds_figure_opt o = options(output, NULL);
    struct ds_spec *spec = calloc(1, sizeof *spec);
    int code;

    *bytes = NULL;
    assert_non_null(spec);
    code = ds_spec_page(&o, name, err) || ds_spec_load(spec, name, &o, err);
    if (!code) {
        struct ds_study study = spec->all;

        study.spec = spec;
        code =
            ds_figure_render(bytes, n, report, ds_figure_lookup("composite"), &study, &o, err);
    }
    ds_spec_clear(spec);
    free(spec);
    return code ? (int)err->code : 0;
}

static void a_composite_is_drawn_the_same_twice(void **state)
{
    static const char *const output[] = {"x.png", "x.pdf", "x.svg"};

    (void)state;
    write_file("good.ini", good);
    for (int i = 0; i < 3; i++) {
        struct ds_figure_report report;
        unsigned char *a = NULL, *b = NULL;
        size_t n = 0, m = 0;
        struct ds_err err = {0};

        if (render(&a, &n, &report, "good.ini", output[i], &err) ||
            render(&b, &m, &report, "good.ini", output[i], &err))
            fail_msg("%s", err.text);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
        assert_true(fabs(report.width - 6.875) < 1e-9);
        /* Both heat maps have one convention, said once behind both letters. */
        assert_non_null(strstr(report.note, "(a)(b) CLS row"));
        assert_non_null(strstr(report.note, "(c) CLS row"));
        if (i == 1)
            assert_int_equal(ds_pdf_check(a, n, &err), 0);
        free(a);
        free(b);
    }
}

static void shared_panels_have_one_range(void **state)
{
    struct ds_figure_opt o = options("x.pdf", NULL);
    struct ds_spec *spec = calloc(1, sizeof *spec);
    struct ds_job job = {0};
    struct ds_study study;
    double width, lo[2], hi[2];
    struct ds_err err;

    (void)state;
    assert_non_null(spec);
    write_file("good.ini", good);
    if (ds_spec_page(&o, "good.ini", &err) || ds_spec_load(spec, "good.ini", &o, &err))
        fail_msg("%s", err.text);
    assert_int_equal(spec->panels, 3);
    assert_int_equal(spec->rows, 2);
    assert_int_equal(spec->columns, 2);
    assert_true(fabs(spec->weight[0] - 2.0 / 3) < 1e-12);
    assert_int_equal(spec->panel[1]->column, 1);
    assert_int_equal(spec->all.runs, 2); /* each once, though two panels draw it */
    study = spec->all;
    study.spec = spec;
    if (ds_job_open(&job, &width, &ds_fig_composite, &study, &o, &err) ||
        ds_fig_composite.prepare(&job, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < 2; i++) {
        struct ds_job one;

        if (ds_job_open(&one, &width, &ds_fig_drift_heatmap, &spec->panel[i]->study, &o,
                        &err) ||
            ds_fig_drift_heatmap.prepare(&one, &err))
            fail_msg("%s", err.text);
        ds_fig_drift_heatmap.range(&one, &lo[i], &hi[i]);
        ds_fig_drift_heatmap.clear(&one);
    }
    assert_true(hi[0] < hi[1]); /* the panels differ, so sharing changes one of them */
    ds_fig_composite.clear(&job);
    ds_spec_clear(spec);
    free(spec);
}

/* Every beginning of a good file is read or refused; ASan looks on. */
static void truncated_specs_do_not_crash(void **state)
{
    char part[sizeof good];

    (void)state;
    for (size_t n = 0; n < sizeof good; n += 3) {
        struct ds_figure_opt o = options("x.pdf", NULL);
        struct ds_spec *spec = calloc(1, sizeof *spec);
        struct ds_err err;

        assert_non_null(spec);
        memcpy(part, good, n);
        part[n] = '\0';
        write_file("part.ini", part);
        if (!ds_spec_page(&o, "part.ini", &err))
            ds_spec_load(spec, "part.ini", &o, &err);
        ds_spec_clear(spec);
        free(spec);
    }
}

static void wrong_specs_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
        int code;
    } wrong[] = {
        {"", "w.ini: no panel", DS_USAGE},
        {"type = x\n", "w.ini:1: not a line of the form 'key = value' in a section", DS_USAGE},
        {"[a]\nwhat\n", "w.ini:2: not a line of the form 'key = value'", DS_USAGE},
        {"[a\n", "w.ini:1: not a section [name]", DS_USAGE},
        {"[page]\nvenue = x\n[a]\ntype = acc-curve\nsource = a.h5\n", "there is no venue 'x'",
         DS_USAGE},
        {"[page]\ncolumns = 2, x\n[a]\n", "w.ini:2: columns wants", DS_USAGE},
        {"[page]\noutput = x\n", "w.ini:2: output belongs on the command line", DS_USAGE},
        {"[a]\ntype = composite\n", "w.ini:2: there is no figure 'composite' to put", DS_USAGE},
        {"[a]\ntype = acc-curve\ncell = 0,1\n", "w.ini:3: cell wants a row", DS_USAGE},
        {"[a]\nsource = a.h5\n", "w.ini:2: panel [a] wants type = NAME", DS_USAGE},
        {"[a]\ntype = acc-curve\nsource = no.h5\n", "no.h5", DS_NOINPUT},
        {"[a]\ntype = acc-curve\nsource = a.h5\nmetrik = js\n", "did you mean", DS_USAGE},
        {"[a]\ntype = acc-curve\nsource = a.h5\n[b]\ntype = acc-curve\nsource = a.h5\n"
         "cell = 1,1\n",
         "panels [a] and [b] overlap", DS_USAGE},
        {"[page]\ncolumns = 1\n[a]\ntype = acc-curve\nsource = a.h5\ncell = 1,2\n",
         "reaches column 2 of 1", DS_USAGE},
        {"[a]\ntype = layer-strip\nsource = a.h5\nshare = x\n", "layer-strip has no range",
         DS_USAGE},
        {"[a]\ntype = mask-steps\nsource = a.h5 b.h5\n", "panel [a]: mask-steps draws one run",
         DS_USAGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct ds_figure_report report;
        unsigned char *bytes;
        size_t n;
        struct ds_err err = {0};

        write_file("w.ini", wrong[i].text);
        if (render(&bytes, &n, &report, "w.ini", "x.pdf", &err) != wrong[i].code ||
            !strstr(err.text, wrong[i].says))
            fail_msg("%zu: wanted '%s', found '%s'", i, wrong[i].says, err.text);
        assert_null(bytes);
    }
}

/* `before`, a letter n times, `after`: more than there is room for. */
static void too_much_is_refused(void **state)
{
    static const struct {
        const char *before, *after, *says;
        int n;
    } wrong[] = {
        {"[a]\ntitle = ", "", "w.ini:2: title is longer than 159 bytes", 160},
        {"[a]\nshare = ", "", "w.ini:2: share is longer than 31 bytes", 32},
        {"[a]\n", " = 1", "w.ini:2: the line is too long", 32},
        {"[a]\nsource = ", "", "w.ini:2: the line is too long", 4096},
        {"[a]\nsource = ", "", "w.ini:2: not a line of text", 4400},
        {"[a]\nsource = x\n ", "", "w.ini:3: the value is too long", 4094},
        {"[", "]\n", "w.ini:1: not a section [name]", 32},
        {"[]", "", "w.ini:1: not a section [name]", 0},
        {"[a]\ntype = acc-curve\nsource = ", "", "w.ini:2: source names too much", 1024},
        {"[page]\ncolumns = 1, 1000", "", "w.ini:2: columns wants 1 to 12", 0},
        {"[page]\ncolumns = 0", "", "w.ini:2: columns wants 1 to 12", 0},
        {"[page]\ncolumns = 1,2,3,4,5,6,7,8,9,10,11,12,13", "", "columns wants 1 to 12", 0},
        {"[page]\ncolumns = 1nan", "", "w.ini:2: columns wants 1 to 12", 0},
        {"[a]\ncell = 1", "", "w.ini:2: cell wants a row and a column", 0},
        {"[a]\ncell = 1, 2, 3", "", "w.ini:2: cell wants a row and a column", 0},
        {"[a]\ncell = 1, 27", "", "w.ini:2: cell wants a row and a column", 0},
        {"[a]\ncell = 1, 1.5", "", "w.ini:2: cell wants a row and a column", 0},
        {"[a]\ncell = nan, 1", "", "w.ini:2: cell wants a row and a column", 0},
    };
    char text[5000];
    size_t n;

    (void)state;
    for (size_t i = 0; i <= sizeof wrong / sizeof *wrong; i++) {
        const char *says = "w.ini:54: more than 26 panels";
        struct ds_figure_report report;
        unsigned char *bytes;
        struct ds_err err = {0};

        if (i < sizeof wrong / sizeof *wrong) {
            n = strlen(wrong[i].before);
            memcpy(text, wrong[i].before, n);
            memset(text + n, 'x', (size_t)wrong[i].n);
            strcpy(text + n + wrong[i].n, wrong[i].after);
            says = wrong[i].says;
        } else {
            n = 0;
            for (int p = 0; p <= DS_SPEC_PANELS; p++)
                n += (size_t)snprintf(text + n, sizeof text - n, "[p%d]\nsource = a.h5\n", p);
        }
        write_file("w.ini", text);
        if (render(&bytes, &n, &report, "w.ini", "x.pdf", &err) != DS_USAGE ||
            !strstr(err.text, says))
            fail_msg("%zu: wanted '%s', found '%s'", i, says, err.text);
        assert_null(bytes);
    }
}

/* One table through all three kinds of bars. */
static int bars(const char *type, const char *table, const char *const *pairs,
                struct ds_figure_report *report, struct ds_err *err)
{
    const struct ds_figure_opt o = options("x.pdf", pairs);
    struct ds_study study;
    struct ds_grid g;
    unsigned char *bytes = NULL;
    size_t n;
    int code;

    memset(&study, 0, sizeof study);
    if (ds_grid_parse(&g, "t.csv", table, strlen(table), err))
        return (int)err->code;
    study.table = &g;
    code = ds_figure_render(&bytes, &n, report, ds_figure_lookup(type), &study, &o, err);
    if (!code)
        assert_int_equal(ds_pdf_check(bytes, n, err), 0);
    free(bytes);
    ds_grid_clear(&g);
    return code;
}

static void tables_become_bars(void **state)
{
    static const char *const types[] = {"bars", "transplant-bars", "decomposition-bars"};
    static const char *const series[] = {"series", "who", "x", "layer", "y", "v", NULL};
    struct ds_figure_report report;
    struct ds_err err = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        if (bars(types[i],
                 "label,value,lo,hi,group,kind\na,1,0.5,1.5,x,bar\na,-2,-3,,y,bar\n"
                 "b,,,,x,bar\nold,3,,,,line\n",
                 NULL, &report, &err) ||
            bars(types[i], "layer,head,value\n1,1,2\n1,2,3\n2,1,4\n", NULL, &report, &err) ||
            bars(types[i], "layer,who,v\n1,p,2\n1,q,3\n2,p,4\n", series, &report, &err))
            fail_msg("%s: %s", types[i], err.text);
    assert_non_null(strstr(report.note, "v of t.csv; parts stacked"));
}

static void wrong_bars_are_refused(void **state)
{
    static const struct {
        const char *table, *pairs[5], *says;
    } wrong[] = {
        {"label,value\na,1\na,2\n", {0}, "row 2 is a second 'a'"},
        {"label,value,lo,hi\na,1,2,1\n", {0}, "row 1: lo 2 is above hi 1"},
        {"label,value\na,x\n", {0}, "column 'value' holds no number"},
        {"label,what\na,x\n", {0}, "no column of numbers"},
        {"1,2\n3,4\n", {0}, "nothing names the bars"},
        {"label,value\na,1\n", {"y", "valu"}, "did you mean 'value'"},
        {"label,value\na,1\n", {"where", "label"}, "--where wants COLUMN=VALUE"},
        {"label,value\na,1\n",
         {"where", "label=b"},
         "no row is left to draw by --where label=b"},
        {"label,value\na,1\n", {"lo", "2", "hi", "1"}, "--lo 2 is not below --hi 1"},
        {"label,value\na,1\n", {"lo", "low"}, "--lo wants a number, not 'low'"},
        {"label,value\na long name that stands upright,1\na second long name like that,2\n"
         "and a third one of the same length,3\n",
         {"width", "1.3", "height", "1.2"},
         "leave no room for bars"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct ds_figure_report report;
        struct ds_err err = {0};

        if (!bars("bars", wrong[i].table, wrong[i].pairs, &report, &err) ||
            !strstr(err.text, wrong[i].says))
            fail_msg("%zu: wanted '%s', found '%s'", i, wrong[i].says, err.text);
    }
}

static void frames_keep_their_size_and_end_in_the_whole(void **state)
{
    const struct ds_figure_opt o = options("x.png", NULL);
    struct ds_study_run run;
    struct ds_study study;
    struct ds_record r = {0};
    const struct ds_figure *f;
    struct ds_err err;

    (void)state;
    if (ds_record_load(&r, "b.h5", &err))
        fail_msg("%s", err.text);
    run = (struct ds_study_run){&r, "b.h5", 1, 0};
    assert_int_equal(ds_study_init(&study, &run, 1, "", &err), 0);
    for (int i = 0; (f = ds_figure_at(i)); i++) {
        struct ds_figure_report first, report;
        unsigned char *bytes, *before = NULL;
        size_t n, m = 0;

        if (!ds_figure_moves(f) || ds_figure_needs(f) & (DS_NEED_SPEC | DS_NEED_WEIGHTS))
            continue;
        for (int t = 1; t <= 3; t++) {
            if (ds_figure_frame(&bytes, &n, &report, f, &study, &o, t, &err))
                fail_msg("%s, frame %d: %s", ds_figure_key(f), t, err.text);
            first = t == 1 ? report : first;
            assert_true(fabs(first.width - report.width) < 1e-9);
            if (fabs(first.height - report.height) > 1e-9)
                fail_msg("%s: %s / %s", ds_figure_key(f), first.note, report.note);
            if (before)
                assert_true(n != m || memcmp(bytes, before, n));
            free(before);
            before = bytes;
            m = n;
        }
        free(before);
    }
    ds_record_clear(&r);
}

/* With a floor above everything all is hatched; the note states the rule. */
static void hatching_follows_its_rule(void **state)
{
    static const char *const high[] = {"floor", "100", NULL};
    static const char *const off[] = {"floor", "100", "hatch", "no", NULL};
    const struct ds_figure *f = ds_figure_lookup("drift-heatmap");
    const struct ds_figure_opt o[] = {options("x.png", NULL), options("x.png", high),
                                      options("x.png", off)};
    struct ds_figure_report report[3];
    unsigned char *bytes[3];
    struct ds_study_run run;
    struct ds_study study;
    struct ds_record r = {0};
    size_t n[3];
    struct ds_err err;

    (void)state;
    if (ds_record_load(&r, "b.h5", &err))
        fail_msg("%s", err.text);
    run = (struct ds_study_run){&r, "b.h5", 1, 0};
    assert_int_equal(ds_study_init(&study, &run, 1, "", &err), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ds_figure_render(&bytes[i], &n[i], &report[i], f, &study, &o[i], &err),
                         0);
    assert_null(strstr(report[0].note, "hatched"));
    assert_non_null(strstr(report[1].note, "(bootstrap over images) reaches 0 within the noise "
                                           "floor 100"));
    assert_null(strstr(report[2].note, "hatched"));
    assert_true(n[0] != n[1] || memcmp(bytes[0], bytes[1], n[0]));
    for (int i = 0; i < 3; i++)
        free(bytes[i]);
    ds_record_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_composite_is_drawn_the_same_twice),
        cmocka_unit_test(shared_panels_have_one_range),
        cmocka_unit_test(truncated_specs_do_not_crash),
        cmocka_unit_test(wrong_specs_are_refused),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(tables_become_bars),
        cmocka_unit_test(wrong_bars_are_refused),
        cmocka_unit_test(frames_keep_their_size_and_end_in_the_whole),
        cmocka_unit_test(hatching_follows_its_rule),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
