/* tests/viz/test_figure.c -- every figure of every shape of run: drawn, unclipped, repeated. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "synth.h"
#include "viz/page/figure.h"
#include "viz/page/page.h"

enum { RUNS = 6 };

/* A study built for one test. */
struct bench {
    struct ds_record record[RUNS];
    struct ds_study study;
};

static const struct synth usual = {.method = "arcl", .tasks = 5, .learned = 5, .per_task = 2,
                                   .grid_h = 7, .grid_w = 7, .patch = 4, .layers = 3,
                                   .per_class = 4, .mask = true, .drift = 0.1, .seed = 1};

static struct bench *build(const struct synth *want, int runs)
{
    struct bench *b = calloc(1, sizeof *b);
    struct ds_study_run run[RUNS];
    struct ds_err err;

    assert_non_null(b);
    for (int i = 0; i < runs; i++) {
        if (synth_fill(&b->record[i], &want[i], &err))
            fail_msg("%s", err.text);
        run[i] = (struct ds_study_run){&b->record[i], "runs/x/run.h5", 0x1234, 0};
    }
    if (ds_study_init(&b->study, run, runs, "", &err))
        fail_msg("%s", err.text);
    return b;
}

static void clear(struct bench *b)
{
    for (int i = 0; i < RUNS; i++)
        ds_record_clear(&b->record[i]);
    free(b);
}

/* Defaults, a small resolution, then "key=value" pairs. */
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

static unsigned char *render(size_t *n, const char *type, const struct bench *b,
                             const struct ds_figure_opt *o, struct ds_figure_report *report)
{
    unsigned char *bytes;
    struct ds_err err;

    if (ds_figure_render(&bytes, n, report, ds_figure_lookup(type), &b->study, o, &err))
        fail_msg("%s: %s", type, err.text);
    return bytes;
}

/* Ink there is, and none of it on the outermost pixels: nothing is cut off. */
static void check_ink(const char *what, const unsigned char *bytes, size_t n)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    unsigned char *p;
    int inked = 0, border = 0, w, h;

    assert_true(png_image_begin_read_from_memory(&image, bytes, n));
    image.format = PNG_FORMAT_RGB;
    p = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(p);
    assert_true(png_image_finish_read(&image, NULL, p, 0, NULL));
    w = (int)image.width;
    h = (int)image.height;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const unsigned char *at = p + ((size_t)y * (size_t)w + (size_t)x) * 3;
            const bool ink = at[0] < 250 || at[1] < 250 || at[2] < 250;

            inked += ink;
            border += ink && (x == 0 || y == 0 || x == w - 1 || y == h - 1);
        }
    free(p);
    if (border)
        fail_msg("%s: %d of the outermost pixels of %d x %d have ink", what, border, w, h);
    assert_true(inked > w * h / 200);
}

/* Of these runs alone: not of tables, specs or checkpoints, and with enough behind them. */
static bool drawable(const struct ds_figure *f, const struct ds_study *s)
{
    const char *key = ds_figure_key(f);
    const int learned = ds_study_learned(s);

    if (ds_figure_needs(f) & (DS_NEED_TABLE | DS_NEED_SPEC | DS_NEED_WEIGHTS))
        return false;
    if (s->runs > 1 && ds_figure_single(f))
        return false;
    if (s->runs > 2 && !strcmp(key, "ab-diff"))
        return false;
    for (int i = 0; i < s->runs; i++)
        if ((ds_figure_needs(f) & DS_NEED_AUDIT) && !s->run[i].record->audit)
            return false;
    return learned > 1 || (strcmp(key, "drift-scatter") && strcmp(key, "forgetting-bars"));
}

static void draw_all(const char *shape, const struct bench *b, const char *const *pairs)
{
    const struct ds_figure_opt o = options("x.png", pairs);
    const struct ds_figure *f;

    for (int i = 0; (f = ds_figure_at(i)); i++) {
        struct ds_figure_report report;
        unsigned char *bytes;
        char what[96];
        size_t n;

        if (!drawable(f, &b->study))
            continue;
        snprintf(what, sizeof what, "%s of %s", ds_figure_key(f), shape);
        bytes = render(&n, ds_figure_key(f), b, &o, &report);
        check_ink(what, bytes, n);
        assert_true(strlen(report.note) > 20);
        free(bytes);
    }
}

static void every_figure_draws_every_shape(void **state)
{
    static const char *const first[] = {"reference", "first", NULL};
    static const struct {
        const char *name;
        int tasks, learned, per_task, grid_h, grid_w, patch, layers, per_class;
        bool colour;
    } shape[] = {
        {"one task", 1, 1, 2, 7, 7, 4, 3, 2, false},
        {"one task of five", 5, 1, 2, 7, 7, 4, 3, 2, false},
        {"ten tasks", 10, 10, 2, 7, 7, 4, 6, 1, false},
        {"twenty-five tasks", 25, 25, 1, 4, 4, 4, 2, 1, false},
        {"196 patches in colour", 3, 3, 2, 14, 14, 8, 12, 2, true},
        {"a flat grid", 4, 3, 3, 3, 8, 5, 2, 2, true},
        {"one image", 2, 2, 1, 7, 7, 4, 1, 1, false},
        {"one patch", 2, 2, 1, 1, 1, 16, 2, 2, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        struct synth w = usual;
        struct bench *b;

        w.tasks = shape[i].tasks, w.learned = shape[i].learned, w.per_task = shape[i].per_task;
        w.grid_h = shape[i].grid_h, w.grid_w = shape[i].grid_w, w.patch = shape[i].patch;
        w.layers = shape[i].layers, w.per_class = shape[i].per_class;
        w.colour = shape[i].colour;
        b = build(&w, 1);
        draw_all(shape[i].name, b, first);
        clear(b);
    }
}

static struct bench *three_methods(void)
{
    static char *const config[] = {"retain-preset = adaptive\n", "retain-preset = paper\n"};
    struct synth w[RUNS];

    for (int i = 0; i < RUNS; i++) {
        w[i] = usual;
        w[i].method = i < 2 ? "finetune" : "arcl";
        w[i].config = config[i >= 4];
        w[i].drift = i < 2 ? 0.2 : i < 4 ? 0.03 : 0.08;
        w[i].seed = (uint64_t)i % 2 + 1;
    }
    return build(w, RUNS);
}

static void several_runs_of_several_methods(void **state)
{
    static const char *const variants[][7] = {
        {NULL},
        {"head", "both", "protocol", "task", NULL},
        {"venue", "screen", "metric", "entropy", "title", "A title", NULL},
        {"outline", "yes", "smooth", "no", "clip", "5", NULL},
        {"layer", "1", "reference", "1", "note", "no", NULL},
    };
    struct bench *b = three_methods();

    (void)state;
    assert_int_equal(b->study.groups, 3);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        draw_all("three methods", b, variants[i]);
    clear(b);
}

static void every_venue_at_its_widths(void **state)
{
    static const char *const venues[] = {"neurips", "iclr", "icml", "cvpr",
                                         "aaai",    "ieee", "nature", "screen"};
    static const double column[] = {5.5, 5.5, 3.25, 3.25, 3.3, 3.5, 3.504, 6.4};
    struct bench *b = build(&usual, 1);

    (void)state;
    for (size_t v = 0; v < sizeof venues / sizeof *venues; v++)
        for (int wide = 0; wide < 2; wide++) {
            const char *pairs[] = {"venue", venues[v], wide ? "full" : "column", "yes", NULL};
            const struct ds_figure_opt o = options("x.png", pairs);
            struct ds_figure_report report;
            size_t n;

            draw_all(venues[v], b, pairs);
            free(render(&n, "acc-curve", b, &o, &report));
            assert_true(wide || fabs(report.width - column[v]) < 1e-9);
        }
    clear(b);
}

static void the_same_run_gives_the_same_bytes(void **state)
{
    static const char *const name[] = {"x.png", "x.pdf", "x.svg"};
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", NULL};
    const struct ds_figure *f;

    (void)state;
    for (int i = 0; (f = ds_figure_at(i)); i++)
        for (int k = 0; k < 3; k++) {
            struct bench *one = build(&usual, 1), *two = build(&usual, 1);
            const struct ds_figure_opt o = options(name[k], NULL);
            struct ds_figure_report report;
            size_t n = 0, m = 0;
            unsigned char *a = NULL, *b = NULL;

            if (drawable(f, &one->study)) {
                a = render(&n, ds_figure_key(f), one, &o, &report);
                for (int l = 0; comma[l] && !setlocale(LC_ALL, comma[l]); l++)
                    ;
                b = render(&m, ds_figure_key(f), two, &o, &report);
                setlocale(LC_ALL, "C");
            }
            assert_int_equal(n, m);
            assert_memory_equal(a, b, n);
            free(a);
            free(b);
            clear(one);
            clear(two);
        }
}

/* Shows what was before any drift: the masks, or every image after its own task. */
static bool before_drift(const char *key)
{
    static const char *const keys[] = {"mask-steps", "mask-evolution", "layer-strip",
                                       "audit", NULL};

    for (int i = 0; keys[i]; i++)
        if (!strcmp(keys[i], key))
            return true;
    return false;
}

static void the_data_changes_the_picture(void **state)
{
    const struct ds_figure_opt o = options("x.png", NULL);
    struct synth other = usual;
    struct bench *one = build(&usual, 1), *two;
    const struct ds_figure *f;

    (void)state;
    other.drift = 0.3;
    two = build(&other, 1);
    for (int i = 0; (f = ds_figure_at(i)); i++) {
        struct ds_figure_report report;
        size_t n = 0, m = 0;
        unsigned char *a = NULL, *b = NULL;

        if (drawable(f, &one->study) && !before_drift(ds_figure_key(f))) {
            a = render(&n, ds_figure_key(f), one, &o, &report);
            b = render(&m, ds_figure_key(f), two, &o, &report);
            assert_true(n != m || memcmp(a, b, n));
        }
        free(a);
        free(b);
    }
    clear(one);
    clear(two);
}

/* What a poppler tool prints about a PDF, or NULL when the tool is not installed. */
static char *ask(const char *tool, const unsigned char *pdf, size_t n)
{
    char path[] = "/tmp/ds_figure_XXXXXX", command[128];
    char *text = calloc(1, 8192);
    const int fd = mkstemp(path);
    FILE *out;
    size_t got;

    assert_true(fd >= 0 && write(fd, pdf, n) == (ssize_t)n);
    close(fd);
    snprintf(command, sizeof command, "%s %s%s 2>/dev/null", tool, path,
             !strcmp(tool, "pdftotext") ? " -" : "");
    out = popen(command, "r");
    assert_non_null(out);
    got = fread(text, 1, 8191, out);
    text[got] = '\0';
    if (WEXITSTATUS(pclose(out)) == 127) {
        free(text);
        text = NULL;
    }
    unlink(path);
    return text;
}

static void check_fonts(const char *fonts)
{
    const char *line = strchr(fonts, '\n');
    int rows = 0;

    assert_null(strstr(fonts, "Type 3"));
    line = line ? strchr(line + 1, '\n') : NULL; /* below the heading's rule */
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        rows++;
        assert_non_null(strstr(line, "yes yes")); /* embedded, a subset */
    }
    assert_true(rows > 0);
}

/* Every venue's widths, read back from the PDF itself, to a hundredth of an inch. */
static void pages_have_the_venues_width(void **state)
{
    static const struct {
        const char *venue;
        double column, full;
    } row[] = {{"neurips", 5.5, 5.5},   {"iclr", 5.5, 5.5},      {"icml", 3.25, 6.75},
               {"cvpr", 3.25, 6.875},   {"aaai", 3.3, 6.975},    {"ieee", 3.5, 7.16},
               {"nature", 3.504, 7.205}, {"screen", 6.4, 9.6}};
    struct bench *b = build(&usual, 1);

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int full = 0; full < 2; full++) {
            const char *pairs[] = {"venue", row[i].venue, full ? "full" : "column", "yes", NULL};
            const struct ds_figure_opt o = options("x.pdf", pairs);
            struct ds_figure_report report;
            double w = 0, h = 0;
            size_t n;
            unsigned char *pdf = render(&n, "acc-curve", b, &o, &report);
            char *info = ask("pdfinfo", pdf, n);
            const char *size = info ? strstr(info, "Page size:") : NULL;

            if (size) {
                assert_int_equal(sscanf(size, "Page size: %lf x %lf", &w, &h), 2);
                assert_true(fabs(w / 72 - (full ? row[i].full : row[i].column)) < 0.01);
            }
            free(info);
            free(pdf);
        }
    clear(b);
}

static void pdfs_are_fit_for_a_publisher(void **state)
{
    static const char *const pairs[] = {"venue", "cvpr", "column", "yes", NULL};
    const struct ds_figure_opt o = options("x.pdf", pairs);
    struct bench *b = build(&usual, 1);
    const struct ds_figure *f;

    (void)state;
    for (int i = 0; (f = ds_figure_at(i)); i++) {
        struct ds_figure_report report;
        size_t n;
        unsigned char *pdf;
        char *fonts, *info, *text;
        double w = 0, h = 0;
        struct ds_err err;

        if (!drawable(f, &b->study))
            continue;
        pdf = render(&n, ds_figure_key(f), b, &o, &report);
        fonts = ask("pdffonts", pdf, n);
        info = ask("pdfinfo", pdf, n);
        text = ask("pdftotext", pdf, n);

        assert_int_equal(ds_pdf_check(pdf, n, &err), 0);
        if (fonts && info && text) {
            const char *size = strstr(info, "Page size:");

            check_fonts(fonts);
            assert_non_null(size);
            assert_int_equal(sscanf(size, "Page size: %lf x %lf", &w, &h), 2);
            assert_true(fabs(w / 72 - 3.25) < 0.01);
            assert_true(fabs(h / 72 - report.height) < 0.01);
            if (!strstr(text, "task") && !strstr(text, "layer"))
                fail_msg("%s: pdftotext finds no label", ds_figure_key(f));
        } else if (i == 0) {
            print_message("skipped: poppler-utils not found\n");
        }
        free(fonts);
        free(info);
        free(text);
        free(pdf);
    }
    clear(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_draws_every_shape),
        cmocka_unit_test(several_runs_of_several_methods),
        cmocka_unit_test(every_venue_at_its_widths),
        cmocka_unit_test(the_same_run_gives_the_same_bytes),
        cmocka_unit_test(the_data_changes_the_picture),
        cmocka_unit_test(pages_have_the_venues_width),
        cmocka_unit_test(pdfs_are_fit_for_a_publisher),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
