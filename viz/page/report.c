/* viz/page/report.c -- what a report of these runs holds. See the header.
 *
 * Every figure of the table is tried on the runs that have what it needs: all of them, or, for
 * figures of one run, the first of every method. Trying means drawing onto nothing, so that
 * whatever a figure refuses is known before a page is begun. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sheet/tables.h"
#include "viz/page/report_int.h"

enum { ITEMS = 128, LEFTS = 128 };

void ds_report_number(char *to, size_t size, const struct ds_report_item *item)
{
    snprintf(to, size, "%s %d. ", item->figure ? "Figure" : "Table", item->number);
}

char *ds_report_caption(const struct ds_report_item *item)
{
    size_t size = 0;
    char *text = NULL;
    FILE *out;

    if (item->figure)
        return strdup(item->job.note);
    if (!(out = open_memstream(&text, &size)))
        return NULL;
    /* Which runs these are says the table of runs. */
    for (int i = 0, n = 0; i < item->sheet.notes; i++)
        if (!strstr(item->sheet.note[i], ", uuid "))
            fprintf(out, "%s%s", n++ ? "; " : "", item->sheet.note[i]);
    fputc('.', out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

char *ds_report_about(const struct ds_study_report *r)
{
    const struct ds_record *one = r->study->run[0].record;
    char seeds[64];
    size_t size = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    ds_seeds_text(seeds, sizeof seeds, r->study);
    fprintf(
        out,
        "%d run%s of %d method%s%s. Tasks learned by all: %d of %d; %d classes. The network of "
        "the first run has %d layers of %d heads over %d x %d patches. Its %d evaluation "
        "images are test images. ",
        r->study->runs, r->study->runs == 1 ? "" : "s", r->study->groups,
        r->study->groups == 1 ? "" : "s", seeds, ds_study_learned(r->study), one->tasks,
        one->classes, one->layers, one->heads, one->grid_h, one->grid_w, one->images);
    fprintf(
        out,
        "Drift compares the CLS row of the layer-wise attention rollout of every image with "
        "itself: metric %s, reference %s. Accuracies are shares of whole test sets. Every "
        "caption states its normalisation, its n and what its intervals mean.",
        r->opt->metric, r->opt->reference);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

int ds_report_draw(struct ds_canvas *c, void *with, struct ds_err *err)
{
    const struct ds_report_item *item = with;
    const double m = item->job.theme.margin;

    return item->figure->draw(
        c, (struct ds_box){m, m, item->width - 2 * m, item->height - 2 * m}, &item->job, err);
}

/* Onto a surface of one pixel. */
static int try_drawing(struct ds_report_item *item, struct ds_err *err)
{
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cr = cairo_create(none);
    struct ds_canvas c;
    int code;

    ds_canvas_init(&c, cr, &item->job.theme);
    code = ds_report_draw(&c, item, err);
    if (!code && c.missing)
        code = ds_fail(err, DS_DATA, "no installed font has some characters of '%s'", c.lacks);
    ds_canvas_clear(&c);
    cairo_destroy(cr);
    cairo_surface_destroy(none);
    return code;
}

static int leave_out(struct ds_study_report *r, const char *what, const struct ds_err *why)
{
    if (r->lefts < LEFTS)
        snprintf(r->left[r->lefts++], sizeof r->left[0], "%s: %.900s", what, why->text);
    return 0;
}

static void set_lead(struct ds_report_item *item, const char *a, const char *b, const char *c)
{
    snprintf(item->lead, sizeof item->lead, "%s%s%s.", a, b, c);
    item->lead[0] = (char)toupper((unsigned char)item->lead[0]);
}

/* Prepares a figure into the next item; what it refuses is left out with its sentence. */
static int add_figure(struct ds_study_report *r, const struct ds_figure *f,
                      const struct ds_study *study, const char *of, struct ds_err *err)
{
    struct ds_report_item *item = &r->item[r->items];
    double width;
    int code;

    if (r->items == ITEMS)
        return ds_fail(err, DS_USAGE, "a report of more than %d figures and tables",
                       (int)ITEMS);
    memset(item, 0, sizeof *item);
    item->study = *study;
    item->opt = *r->opt;
    item->opt.title[0] = item->opt.show[0] = '\0';
    code = ds_job_open(&item->job, &width, f, &item->study, &item->opt, err);
    if (!code) {
        item->width = fmin(DS_REPORT_WIDTH, f->wide ? width : fmin(width, 340));
        item->figure = f;
        if (!(code = f->prepare(&item->job, err))) {
            const double m = 2 * item->job.theme.margin;

            item->height = ceil(f->height(&item->job, item->width - m) + m);
            code = try_drawing(item, err);
        }
        if (code)
            f->clear(&item->job);
    }
    if (code == DS_NOMEM || code == DS_INTERNAL || code == DS_IO)
        return code; /* what the machine lacks is not left out in silence */
    if (code) {
        item->figure = NULL;
        return leave_out(r, f->key, err);
    }
    item->number = ++r->figures;
    set_lead(item, f->about, *of ? ", " : "", of);
    r->items++;
    return 0;
}

/* The runs of the study that have what the figure needs. */
static void choose_runs(bool *keep, const struct ds_study_report *r, const struct ds_figure *f)
{
    for (int i = 0; i < r->study->runs; i++) {
        bool one[DS_RUNS] = {false};
        struct ds_study alone;
        struct ds_job job;
        struct ds_err ignored;
        double width;

        one[i] = true;
        ds_study_subset(&alone, r->study, one);
        keep[i] = !ds_job_open(&job, &width, f, &alone, r->opt, &ignored);
    }
}

static int add_for_each_method(struct ds_study_report *r, const struct ds_figure *f,
                               const bool *keep, struct ds_err *err)
{
    int code = 0;

    for (int g = 0; g < r->study->groups && !code; g++) {
        bool one[DS_RUNS] = {false};
        struct ds_study alone;
        int first = 0;

        while (first < r->study->runs && (r->study->run[first].group != g || !keep[first]))
            first++;
        if (first == r->study->runs)
            continue;
        one[first] = true;
        ds_study_subset(&alone, r->study, one);
        code = add_figure(r, f, &alone, r->study->label[g], err);
    }
    return code;
}

/* ab-diff: the first method against every other, first runs. */
static int add_pairs(struct ds_study_report *r, const struct ds_figure *f, struct ds_err *err)
{
    int code = 0;

    for (int g = 1; g < r->study->groups && !code; g++) {
        bool two[DS_RUNS] = {false};
        struct ds_study pair;
        char of[200];

        two[r->study->first[0]] = two[r->study->first[g]] = true;
        ds_study_subset(&pair, r->study, two);
        snprintf(of, sizeof of, "%s and %s", r->study->label[0], r->study->label[g]);
        code = add_figure(r, f, &pair, of, err);
    }
    return code;
}

static int add_kind(struct ds_study_report *r, const struct ds_figure *f, struct ds_err *err)
{
    bool keep[DS_RUNS] = {false};
    struct ds_study some;
    int n = 0;

    if (f->needs & (DS_NEED_TABLE | DS_NEED_SPEC))
        return 0;
    choose_runs(keep, r, f);
    for (int i = 0; i < r->study->runs; i++)
        n += keep[i];
    if (n == 0) /* the sentence of the first run stands for all */
        return add_figure(r, f, r->study, "", err);
    if (f->single)
        return add_for_each_method(r, f, keep, err);
    if (f == &ds_fig_ab_diff)
        return r->study->groups > 1 ? add_pairs(r, f, err)
                                    : add_for_each_method(r, f, keep, err);
    ds_study_subset(&some, r->study, keep);
    return add_figure(r, f, &some, "", err);
}

/* Which runs a table is made of: audit has only something to say of methods that retain. */
static int runs_of_table(struct ds_table_run *run, char (*name)[128],
                         const struct ds_study_report *r, const char *table)
{
    int n = 0;

    for (int i = 0; i < r->study->runs; i++) {
        const struct ds_study_run *one = &r->study->run[i];

        if (!strcmp(table, "audit") && !one->record->audit)
            continue;
        snprintf(name[n], sizeof name[n], "%s, seed %lld", r->study->label[one->group],
                 (long long)one->record->seed);
        run[n] = (struct ds_table_run){one->record, name[n], -1};
        n++;
    }
    return n;
}

static int add_table(struct ds_study_report *r, const struct ds_table *t, struct ds_err *err)
{
    struct ds_report_item *item = &r->item[r->items];
    struct ds_table_run run[DS_RUNS];
    char name[DS_RUNS][128];
    struct ds_table_want want = {.run = run,
                                 .stat = {.kind = DS_BCA, .resamples = 1000, .level = 0.95}};
    struct ds_err why = {0};
    int code;

    if (r->items == ITEMS)
        return ds_fail(err, DS_USAGE, "a report of more than %d figures and tables",
                       (int)ITEMS);
    memset(item, 0, sizeof *item);
    want.runs = runs_of_table(run, name, r, t->name);
    if (want.runs == 0)
        return 0;
    if (ds_metric_list(want.metric, &want.metrics, r->opt->metric, err))
        return err->code;
    code = ds_table_fill(&item->sheet, t->name, &want, &why);
    if (code == DS_NOMEM || code == DS_IO)
        return ds_fail(err, (enum ds_code)code, "%s", why.text);
    if (code) {
        ds_sheet_clear(&item->sheet);
        return leave_out(r, t->name, &why);
    }
    item->number = ++r->tables;
    set_lead(item, t->name, ": ", t->about);
    r->items++;
    return 0;
}

/* Table 1: what all others are made of. */
static void add_runs(struct ds_study_report *r)
{
    struct ds_report_item *item = &r->item[r->items++];
    struct ds_sheet *s = &item->sheet;

    memset(item, 0, sizeof *item);
    ds_sheet_begin(s, "runs", "the runs of the study");
    ds_sheet_add(s, "method", DS_CELL_TEXT);
    ds_sheet_add(s, "seed", DS_CELL_INT);
    ds_sheet_add(s, "tasks", DS_CELL_INT);
    ds_sheet_add(s, "of", DS_CELL_INT);
    ds_sheet_add(s, "uuid", DS_CELL_TEXT);
    ds_sheet_add(s, "crc32c", DS_CELL_TEXT);
    ds_sheet_add(s, "version", DS_CELL_TEXT);
    for (int i = 0; i < r->study->runs; i++) {
        const struct ds_study_run *run = &r->study->run[i];
        char crc[16];

        snprintf(crc, sizeof crc, "%08x", (unsigned)run->crc);
        ds_sheet_text(s, r->study->label[run->group]);
        ds_sheet_int(s, run->record->seed);
        ds_sheet_int(s, run->record->done - 1);
        ds_sheet_int(s, run->record->tasks);
        ds_sheet_text(s, run->record->uuid);
        ds_sheet_text(s, crc);
        ds_sheet_text(s, run->record->version);
    }
    ds_sheet_note(s, "tasks: learned; crc32c: of run.h5");
    item->number = ++r->tables;
    set_lead(item, "runs", ": ", "what the study is made of");
}

/* Tables that say one thing in a page first, long ones behind. A row for every step is for
 * machines: driftscope export --table loss. */
static int add_tables(struct ds_study_report *r, struct ds_err *err)
{
    static const char *const order[] = {"compare", "forgetting", "accuracy", "audit", NULL};
    int code = 0;

    for (int i = 0; order[i] && !code; i++)
        code = add_table(r, ds_table_lookup(order[i]), err);
    for (const struct ds_table *t = ds_tables; t->name && !code; t++) {
        bool done = !strcmp(t->name, "loss");

        for (int i = 0; order[i]; i++)
            done = done || !strcmp(t->name, order[i]);
        if (!done)
            code = add_table(r, t, err);
    }
    return code;
}

int ds_report_plan(struct ds_study_report *r, const struct ds_study *study,
                   const struct ds_figure_opt *opt, const char *title, struct ds_err *err)
{
    const struct ds_figure *f;
    struct ds_job job;
    double width;
    int code = 0;

    memset(r, 0, sizeof *r);
    r->study = study;
    r->opt = opt;
    snprintf(r->title, sizeof r->title, "%s", title);
    /* What no figure could take (a venue that is none) is refused here, not left out. */
    if ((code = ds_job_open(&job, &width, &ds_fig_acc_curve, study, opt, err)) == DS_USAGE)
        return code;
    r->item = calloc(ITEMS, sizeof *r->item);
    r->left = calloc(LEFTS, sizeof *r->left);
    if (!r->item || !r->left)
        return ds_fail(err, DS_NOMEM, "no memory for a report");
    code = 0;
    add_runs(r);
    for (int i = 0; (f = ds_figure_at(i)) && !code; i++)
        code = add_kind(r, f, err);
    if (!code)
        code = add_tables(r, err);
    for (int i = 0; i < r->items && !code; i++)
        if (r->item[i].sheet.failed)
            code = ds_fail(err, DS_NOMEM, "no memory for the tables of a report");
    return code;
}

void ds_report_clear(struct ds_study_report *r)
{
    for (int i = 0; r->item && i < r->items; i++) {
        if (r->item[i].figure)
            r->item[i].figure->clear(&r->item[i].job);
        ds_sheet_clear(&r->item[i].sheet);
    }
    free(r->item);
    free(r->left);
    memset(r, 0, sizeof *r);
}
