/* viz/cli/cmd_figure.c -- driftscope figure: runs become a picture for a paper. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data/store/file.h"
#include "viz/cli/cmd.h"
#include "viz/page/figure.h"
#include "viz/page/pdf_check.h"
#include "viz/page/shelf.h"
#include "viz/page/spec.h"

#ifdef DRIFTSCOPE_FIGURES

enum { FILE_MOST = 1 << 30 };

static const double PAGE_INCHES = 9.5; /* the text of a page, of the tallest venue */

/* What is drawn, and what owns it. */
struct subject {
    const struct ds_figure *figure;
    struct ds_study study;
    struct ds_shelf *shelf;
    struct ds_grid table;
    struct ds_spec spec;
};

static int list_types(void)
{
    const struct ds_figure *f;

    for (int i = 0; (f = ds_figure_at(i)); i++)
        printf("%-18s %s\n", ds_figure_key(f), ds_figure_about(f));
    return 0;
}

static int find_type(const struct ds_figure **f, const char *key, struct ds_err *err)
{
    const char *near = ds_figure_nearest(key);

    *f = ds_figure_lookup(key);
    if (*f)
        return 0;
    return ds_fail(err, DS_USAGE, "there is no figure '%s'; %s%s%s", key,
                   near ? "did you mean '" : "driftscope figure --list shows them all",
                   near ? near : "", near ? "'" : "");
}

/* NAME.pdf -> NAME.json */
static void beside(char *to, size_t size, const char *path)
{
    snprintf(to, size, "%.*s.json", (int)(strrchr(path, '.') - path), path);
}

static void report_notes(const struct ds_figure_report *report, const struct ds_tone *tone)
{
    if (strcmp(report->font, report->wanted))
        ds_tty_note(tone, "set in %s: %s is not installed (apt install fonts-texgyre)",
                    report->font, report->wanted);
    if (report->height > PAGE_INCHES)
        ds_tty_note(tone, "%.1f inches tall: more than a page; --full, fewer runs or --height",
                    report->height);
    if (*report->cmap_note)
        ds_tty_note(tone, "%s", report->cmap_note);
    ds_tty_detail(tone, "%s", report->note);
}

static int publish(const struct subject *what, const struct ds_figure_opt *opt,
                   const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_figure_report report = {0};
    unsigned char *page = NULL;
    char *json = NULL, name[1100];
    size_t n = 0, length = 0;
    int code;

    if ((code = ds_figure_render(&page, &n, &report, what->figure, &what->study, opt, err)) ||
        (code = ds_figure_provenance(&json, &length, &report, what->figure, &what->study, opt,
                                     err)))
        goto done;
    beside(name, sizeof name, opt->output);
    if ((code = ds_file_publish(opt->output, page, n, err)) ||
        (code = ds_file_publish(name, json, length, err)))
        goto done;
    report_notes(&report, tone);
    printf("%s  %.2f x %.2f in\n%s\n", opt->output, report.width, report.height, name);

done:
    free(json);
    free(page);
    return code;
}

/* NAME.png -> NAME_003.png */
static void number_name(char *to, size_t size, const char *path, int number)
{
    snprintf(to, size, "%.*s_%03d.png", (int)(strrchr(path, '.') - path), path, number);
}

/* What ffmpeg makes of the frames: two a second, sides even as H.264 wants them. */
static void print_ffmpeg(const char *path)
{
    const int stem = (int)(strrchr(path, '.') - path);

    printf("ffmpeg -framerate 2 -i '%.*s_%%03d.png' -vf "
           "'pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white' -c:v libx264 -pix_fmt yuv420p "
           "'%.*s.mp4'\n",
           stem, path, stem, path);
}

static int last_frame(const struct subject *what)
{
    return ds_study_learned(what->study.spec ? &what->spec.all : &what->study);
}

static int publish_frames(const struct subject *what, const struct ds_figure_opt *opt,
                          const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_figure_report report = {0};
    const char *dot = strrchr(opt->output, '.');
    int code = 0;

    if (!ds_figure_moves(what->figure))
        return ds_fail(err, DS_USAGE, "%s does not change from task to task: it has no frames",
                       ds_figure_key(what->figure));
    if (!dot || strcasecmp(dot, ".png"))
        return ds_fail(err, DS_USAGE, "%s: frames are PNGs; name them NAME.png", opt->output);
    for (int t = 1; t <= last_frame(what) && !code; t++) {
        unsigned char *page = NULL;
        char name[1100];
        size_t n = 0;

        number_name(name, sizeof name, opt->output, t);
        if (!(code = ds_figure_frame(&page, &n, &report, what->figure, &what->study, opt, t,
                                     err)) &&
            !(code = ds_file_publish(name, page, n, err)))
            printf("%s  %.2f x %.2f in\n", name, report.width, report.height);
        free(page);
    }
    if (code)
        return code;
    report_notes(&report, tone);
    print_ffmpeg(opt->output);
    return 0;
}

static int load_runs(struct subject *what, int n, char **operand,
                     const struct ds_figure_opt *opt, struct ds_err *err)
{
    struct ds_study_run run[DS_RUNS];
    int code;

    if (n > DS_RUNS)
        return ds_fail(err, DS_USAGE, "a figure takes 1 to %d runs, not %d", (int)DS_RUNS, n);
    if (!(what->shelf = ds_shelf_new(err)))
        return err->code;
    for (int i = 0; i < n; i++)
        if ((code = ds_shelf_run(&run[i], what->shelf, operand[i], err)))
            return code;
    return ds_study_init(&what->study, run, n, opt->labels, err);
}

static int load(struct subject *what, int n, char **operand, const struct ds_figure_opt *opt,
                struct ds_err *err)
{
    const char *key = ds_figure_key(what->figure);
    int code;

    if (ds_figure_needs(what->figure) & DS_NEED_SPEC) {
        if (n || !*opt->spec)
            return ds_fail(err, DS_USAGE, "composite takes --spec FILE and no runs");
        if ((code = ds_spec_load(&what->spec, opt->spec, opt, err)))
            return code;
        what->study = what->spec.all;
        what->study.spec = &what->spec;
        return 0;
    }
    if (ds_figure_needs(what->figure) & DS_NEED_TABLE) {
        if (n != 1)
            return ds_fail(err, DS_USAGE, "figure %s wants one table, CSV or JSON", key);
        what->study.table = &what->table;
        return ds_grid_load(&what->table, operand[0], err);
    }
    if (n < 1)
        return ds_fail(err, DS_USAGE, "figure %s wants one run or more to draw", key);
    return load_runs(what, n, operand, opt, err);
}

static int draw(const struct ds_figure *f, int n, char **operand,
                const struct ds_figure_opt *opt, const struct ds_tone *tone, struct ds_err *err)
{
    struct subject *what = calloc(1, sizeof *what);
    int code;

    if (!what)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    what->figure = f;
    if (!(code = load(what, n, operand, opt, err)))
        code =
            opt->frames ? publish_frames(what, opt, tone, err) : publish(what, opt, tone, err);
    ds_spec_clear(&what->spec);
    ds_grid_clear(&what->table);
    ds_shelf_free(what->shelf);
    free(what);
    return code;
}

static int check_one(const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int code;

    if ((code = ds_file_read(&bytes, &n, path, FILE_MOST, err)))
        return code;
    if ((code = ds_pdf_check(bytes, n, err)))
        ds_while(err, "%s", path);
    else
        printf("%s: every font is embedded, none is Type 3\n", path);
    free(bytes);
    return code;
}

static int check_files(int n, char **path, struct ds_err *err)
{
    int code = n ? 0 : ds_fail(err, DS_USAGE, "figure --check wants FILE.pdf...");

    for (int i = 0; i < n && !code; i++)
        code = check_one(path[i], err);
    return code;
}

/* --spec brings options of its [page]; flags win over them. */
static int before(void *opt, int argc, char **argv, struct ds_err *err)
{
    const char *spec = ds_opt_peek(ds_figure_table, argc, argv, "spec");

    return spec && *spec ? ds_spec_page(opt, spec, err) : 0;
}

static int run_figure(void *o, int n, char **operand, const struct ds_tone *tone,
                      struct ds_err *err)
{
    const struct ds_figure *f = ds_figure_lookup("composite");
    struct ds_figure_opt *opt = o;
    int code;

    if (opt->list)
        return list_types();
    if (opt->check)
        return check_files(n, operand, err);
    if (n < 1 && !*opt->spec)
        return ds_fail(err, DS_USAGE, "figure wants TYPE RUN...; --list shows the types");
    if (n > 0 && (code = find_type(&f, operand[0], err)))
        return code;
    if (*opt->spec && !(ds_figure_needs(f) & DS_NEED_SPEC))
        return ds_fail(err, DS_USAGE, "--spec draws a composite, not %s", ds_figure_key(f));
    if (n < 2 && !(ds_figure_needs(f) & DS_NEED_SPEC))
        return ds_fail(err, DS_USAGE, "figure %s wants %s to draw", operand[0],
                       ds_figure_needs(f) & DS_NEED_TABLE ? "one table" : "one run or more");
    if (!*opt->output)
        return ds_fail(err, DS_USAGE, "figure wants -o FILE.pdf, FILE.png or FILE.svg");
    return draw(f, n > 0 ? n - 1 : 0, operand + (n > 0), opt, tone, err);
}

#else

static int before(void *opt, int argc, char **argv, struct ds_err *err)
{
    (void)opt;
    (void)argc;
    (void)argv;
    (void)err;
    return 0;
}

static int run_figure(void *o, int n, char **operand, const struct ds_tone *tone,
                      struct ds_err *err)
{
    (void)o;
    (void)n;
    (void)operand;
    (void)tone;
    return ds_fail(err, DS_UNAVAILABLE,
                   "this driftscope was built without figures; build it with "
                   "-DDRIFTSCOPE_FIGURES=ON (needs libcairo2-dev and libpango1.0-dev)");
}

#endif

const struct ds_cmd ds_cmd_figure = {
    .name = "figure",
    .operands = "TYPE RUN... | TYPE TABLE",
    .about = "draw a publication figure as PDF, PNG or SVG",
    .examples =
        "driftscope figure overlay-grid runs/arcl -o grid.pdf --venue cvpr\n"
        "driftscope figure drift-curve runs/finetune runs/arcl -o drift.pdf --column\n"
        "driftscope figure acc-matrix runs/* -o accuracy.png --protocol task\n"
        "driftscope figure ab-diff runs/finetune runs/arcl -o difference.pdf --images 3\n"
        "driftscope figure bars table.csv -o bars.pdf --column --x method --y accuracy\n"
        "driftscope figure --spec panels.ini -o page.pdf\n"
        "driftscope figure overlay-grid runs/arcl -o film.png --frames\n"
        "driftscope figure --check page.pdf\n"
        "driftscope figure --list",
    .table = ds_figure_table,
    .size = sizeof(struct ds_figure_opt),
    .least = 0,
    .most = -1,
    .before = before,
    .run = run_figure,
};
