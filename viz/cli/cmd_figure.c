/* viz/cli/cmd_figure.c -- driftscope figure: runs become a picture for a paper. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/store/file.h"
#include "viz/cli/cmd.h"
#include "viz/page/figure.h"

#ifdef DRIFTSCOPE_FIGURES

enum { FILE_MOST = 1 << 30 };

/* One operand: the record, and what the provenance says about its file. */
struct source {
    struct ds_record record;
    char path[1100];
    uint32_t crc;
};

static int list_types(void)
{
    const struct ds_figure *f;

    for (int i = 0; (f = ds_figure_at(i)); i++)
        printf("%-14s %s\n", ds_figure_key(f), ds_figure_about(f));
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

/* RUN is a run directory or its run.h5. */
static int load(struct source *s, const char *operand, struct ds_err *err)
{
    struct stat st;
    const bool folder = !stat(operand, &st) && S_ISDIR(st.st_mode);
    unsigned char *bytes = NULL;
    size_t n = 0, length = strlen(operand);
    int code;

    while (length > 1 && operand[length - 1] == '/')
        length--;
    if (length + sizeof "/run.h5" > sizeof s->path)
        return ds_fail(err, DS_USAGE, "a path of %zu bytes is too long", length);
    snprintf(s->path, sizeof s->path, "%.*s%s", (int)length, operand, folder ? "/run.h5" : "");
    if ((code = ds_file_read(&bytes, &n, s->path, FILE_MOST, err)))
        return code;
    s->crc = ds_crc32c(bytes, n);
    free(bytes);
    return ds_record_load(&s->record, s->path, err);
}

/* NAME.pdf -> NAME.json */
static void beside(char *to, size_t size, const char *path)
{
    snprintf(to, size, "%.*s.json", (int)(strrchr(path, '.') - path), path);
}

static int publish(const struct ds_figure *f, const struct ds_study *study,
                   const struct ds_figure_opt *opt, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct ds_figure_report report;
    unsigned char *page = NULL;
    char *json = NULL, name[1100];
    size_t n = 0, length = 0;
    int code;

    if ((code = ds_figure_render(&page, &n, &report, f, study, opt, err)) ||
        (code = ds_figure_provenance(&json, &length, &report, f, study, opt, err)))
        goto done;
    beside(name, sizeof name, opt->output);
    if ((code = ds_file_publish(opt->output, page, n, err)) ||
        (code = ds_file_publish(name, json, length, err)))
        goto done;
    if (strcmp(report.font, report.wanted))
        ds_tty_note(tone, "set in %s: %s is not installed (apt install fonts-texgyre)",
                    report.font, report.wanted);
    if (*report.cmap_note)
        ds_tty_note(tone, "%s", report.cmap_note);
    ds_tty_detail(tone, "%s", report.note);
    printf("%s  %.2f x %.2f in\n%s\n", opt->output, report.width, report.height, name);

done:
    free(json);
    free(page);
    return code;
}

static int draw(const struct ds_figure *f, int n, char **operand,
                const struct ds_figure_opt *opt, const struct ds_tone *tone, struct ds_err *err)
{
    struct source *source = calloc((size_t)n, sizeof *source);
    struct ds_study_run *run = calloc((size_t)n, sizeof *run);
    struct ds_study *study = calloc(1, sizeof *study);
    int code = 0;

    if (!source || !run || !study) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d runs", n);
        goto done;
    }
    for (int i = 0; i < n; i++) {
        if ((code = load(&source[i], operand[i], err)))
            goto done;
        run[i] = (struct ds_study_run){&source[i].record, source[i].path, source[i].crc, 0};
    }
    if ((code = ds_study_init(study, run, n, opt->labels, err)))
        goto done;
    code = publish(f, study, opt, tone, err);

done:
    for (int i = 0; source && i < n; i++)
        ds_record_clear(&source[i].record);
    free(study);
    free(run);
    free(source);
    return code;
}

static int run_figure(void *o, int n, char **operand, const struct ds_tone *tone,
                      struct ds_err *err)
{
    struct ds_figure_opt *opt = o;
    const struct ds_figure *f;
    int code;

    if (opt->list)
        return list_types();
    if (n < 1)
        return ds_fail(err, DS_USAGE, "figure wants TYPE RUN...; --list shows the types");
    if ((code = find_type(&f, operand[0], err)))
        return code;
    if (n < 2)
        return ds_fail(err, DS_USAGE, "figure %s wants one run or more to draw", operand[0]);
    if (!*opt->output)
        return ds_fail(err, DS_USAGE, "figure wants -o FILE.pdf, FILE.png or FILE.svg");
    return draw(f, n - 1, operand + 1, opt, tone, err);
}

#else

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
    .operands = "TYPE RUN...",
    .about = "draw a publication figure as PDF, PNG or SVG",
    .examples =
        "driftscope figure overlay-grid runs/arcl -o grid.pdf --venue cvpr\n"
        "driftscope figure drift-curve runs/finetune runs/arcl -o drift.pdf --column\n"
        "driftscope figure acc-matrix runs/* -o accuracy.png --protocol task\n"
        "driftscope figure --list",
    .table = ds_figure_table,
    .size = sizeof(struct ds_figure_opt),
    .least = 0,
    .most = -1,
    .run = run_figure,
};
