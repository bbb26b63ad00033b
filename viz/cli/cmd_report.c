/* viz/cli/cmd_report.c -- driftscope report: a study as one HTML page and one PDF. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/store/file.h"
#include "viz/cli/cmd.h"
#include "viz/page/report.h"
#include "viz/page/shelf.h"

struct report_opt {
    char output[1024], title[160], labels[512];
    char venue[24], font[64], metric[24], reference[16];
    int protocol, dpi;
    bool smooth, outline;
};

static const char *const protocol_word[] = {"class", "task", NULL};

#define AT(field) DS_OPT_AT(report_opt, field)
static const struct ds_opt table[] = {
    {"output", "", "DIR",
     "folder for report.html, report.pdf and report.json; made when it is missing", AT(output),
     .letter = 'o', .group = "where"},
    {"title", "Attention drift", "TEXT", "what stands on top", AT(title), .group = "page"},
    {"venue", "neurips", "NAME", "type and sizes of the figures: see figure --help", AT(venue)},
    {"font", "", "FAMILY", "an installed font instead of the venue's", AT(font)},
    {"dpi", "200", "N", "dots per inch of the pictures inside", AT(dpi), .lo = 18, .hi = 1200},
    {"metric", "relfro", "NAME", "how maps are compared; see driftscope drift --help",
     AT(metric), .group = "content"},
    {"reference", "own", "NAME", "own, previous, first (untrained), or a task's number",
     AT(reference)},
    {"protocol", "class", "HOW", "accuracy among all classes or within the task", AT(protocol),
     .choice = protocol_word},
    {"smooth", "yes", "", "bicubic maps; --no-smooth shows the patches", AT(smooth)},
    {"outline", "no", "", "outline the protected region on the maps", AT(outline)},
    {"labels", "", "A,B,..", "names of the runs, one each; equal names are seeds", AT(labels)},
    {0}};
#undef AT

#ifdef DRIFTSCOPE_FIGURES

static int figure_options(struct ds_figure_opt *to, const struct report_opt *o,
                          struct ds_err *err)
{
    memset(to, 0, sizeof *to);
    if (ds_opt_defaults(ds_figure_table, to, err))
        return err->code;
    memcpy(to->venue, o->venue, sizeof to->venue);
    memcpy(to->font, o->font, sizeof to->font);
    memcpy(to->metric, o->metric, sizeof to->metric);
    memcpy(to->reference, o->reference, sizeof to->reference);
    to->protocol = o->protocol;
    to->dpi = o->dpi;
    to->smooth = o->smooth;
    to->outline = o->outline;
    return 0;
}

static int make_folder(const char *path, struct ds_err *err)
{
    struct stat st;

    if (!mkdir(path, 0777) || (errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode)))
        return 0;
    return ds_fail(err, DS_CANTCREATE, "%s: the folder cannot be made: %s", path,
                   strerror(errno));
}

/* All are made before any is published: a failure leaves the old ones. */
static int publish(const struct ds_study_report *r, const char *folder, struct ds_err *err)
{
    unsigned char *html = NULL, *pdf = NULL;
    char *json = NULL, name[1100];
    size_t n = 0, m = 0, k = 0;
    int code;

    if ((code = ds_report_html(&html, &n, r, err)) ||
        (code = ds_report_pdf(&pdf, &m, r, err)) ||
        (code = ds_report_provenance(&json, &k, r, err)) || (code = make_folder(folder, err)))
        goto done;
    snprintf(name, sizeof name, "%s/report.html", folder);
    if ((code = ds_file_publish(name, html, n, err)))
        goto done;
    printf("%s  %d figures, %d tables\n", name, r->figures, r->tables);
    snprintf(name, sizeof name, "%s/report.pdf", folder);
    if ((code = ds_file_publish(name, pdf, m, err)))
        goto done;
    printf("%s\n", name);
    snprintf(name, sizeof name, "%s/report.json", folder);
    if (!(code = ds_file_publish(name, json, k, err)))
        printf("%s\n", name);

done:
    free(html);
    free(pdf);
    free(json);
    return code;
}

static int make(const struct report_opt *o, struct ds_study *study, const struct ds_tone *tone,
                struct ds_err *err)
{
    struct ds_figure_opt opt;
    struct ds_study_report r = {0};
    int code;

    if ((code = figure_options(&opt, o, err)))
        return code;
    if (!(code = ds_report_plan(&r, study, &opt, o->title, err))) {
        for (int i = 0; i < r.lefts; i++)
            ds_tty_note(tone, "left out %s", r.left[i]);
        code = publish(&r, o->output, err);
    }
    ds_report_clear(&r);
    return code;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct report_opt *o = opt;
    struct ds_study_run at[DS_RUNS];
    struct ds_study *study = NULL;
    struct ds_shelf *shelf = NULL;
    int code = 0;

    if (!*o->output)
        return ds_fail(err, DS_USAGE, "report wants -o DIR");
    if (n > DS_RUNS)
        return ds_fail(err, DS_USAGE, "a report takes 1 to %d runs, not %d", (int)DS_RUNS, n);
    if (!(shelf = ds_shelf_new(err)))
        return err->code;
    for (int i = 0; i < n && !code; i++)
        code = ds_shelf_run(&at[i], shelf, operand[i], err);
    if (!code && !(study = calloc(1, sizeof *study)))
        code = ds_fail(err, DS_NOMEM, "no memory for a report");
    if (!code && !(code = ds_study_init(study, at, n, o->labels, err)))
        code = make(o, study, tone, err);
    free(study);
    ds_shelf_free(shelf);
    return code;
}

#else

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    (void)opt;
    (void)n;
    (void)operand;
    (void)tone;
    return ds_fail(err, DS_UNAVAILABLE,
                   "this driftscope was built without figures; build it with "
                   "-DDRIFTSCOPE_FIGURES=ON (needs libcairo2-dev and libpango1.0-dev)");
}

#endif

const struct ds_cmd ds_cmd_report = {
    .name = "report",
    .operands = "RUN...",
    .about = "every figure and table of a study as one HTML page and one PDF",
    .examples = "driftscope report runs/finetune runs/arcl -o report\n"
                "driftscope report runs/* -o report --metric js --protocol task",
    .table = table,
    .size = sizeof(struct report_opt),
    .least = 1,
    .most = -1,
    .run = run,
};
