/* viz/page/figure.c -- the table of figures, and how one becomes a page. See the header. */
#include "viz/page/figure.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "viz/page/figure_int.h"
#include "viz/page/page.h"

static const struct ds_figure *const figures[] = {
    &ds_fig_overlay_grid,    &ds_fig_attention,          &ds_fig_ab_diff,
    &ds_fig_layer_strip,     &ds_fig_head_matrix,        &ds_fig_mask_steps,
    &ds_fig_mask_evolution,  &ds_fig_split_hist,         &ds_fig_audit,
    &ds_fig_drift_curve,     &ds_fig_drift_heatmap,      &ds_fig_drift_scatter,
    &ds_fig_acc_matrix,      &ds_fig_acc_curve,          &ds_fig_forgetting_bars,
    &ds_fig_transplant_bars, &ds_fig_decomposition_bars, &ds_fig_bars,
    &ds_fig_composite,
};

enum { FIGURES = sizeof figures / sizeof *figures };

const struct ds_figure *ds_figure_at(int i)
{
    return i >= 0 && i < FIGURES ? figures[i] : NULL;
}

const struct ds_figure *ds_figure_lookup(const char *key)
{
    for (int i = 0; i < FIGURES; i++)
        if (!strcmp(figures[i]->key, key))
            return figures[i];
    return NULL;
}

const char *ds_figure_key(const struct ds_figure *f)
{
    return f->key;
}

const char *ds_figure_about(const struct ds_figure *f)
{
    return f->about;
}

unsigned ds_figure_needs(const struct ds_figure *f)
{
    return f->needs;
}

bool ds_figure_single(const struct ds_figure *f)
{
    return f->single;
}

bool ds_figure_moves(const struct ds_figure *f)
{
    return f->moves;
}

const char *ds_figure_nearest(const char *key)
{
    const char *names[FIGURES + 1] = {NULL};

    for (int i = 0; i < FIGURES; i++)
        names[i] = figures[i]->key;
    return ds_opt_nearest(key, names);
}

/* What a run lacks for this figure, with the command that adds it; NULL when nothing. */
static const char *lacking(const struct ds_record *r, unsigned needs)
{
    if ((needs & (DS_NEED_MAPS | DS_NEED_ACCURACY)) && r->done < 2)
        return "no task learned yet; driftscope train --resume goes on";
    if ((needs & (DS_NEED_MAPS | DS_NEED_LOOK)) && (!r->rollout || !r->split || r->images < 1))
        return "no attention maps; train with --eval-limit above 0 to keep them";
    if ((needs & DS_NEED_IMAGES) && (!r->pixels || r->images < 1))
        return "no evaluation images; train with --eval-limit above 0 to keep them";
    if ((needs & DS_NEED_IMAGES) && (r->height < r->grid_h || r->width < r->grid_w))
        return "no pictures; driftscope attend keeps them without --no-pixels";
    if ((needs & DS_NEED_GRID) &&
        (r->grid_h < 1 || r->grid_w < 1 || (long long)r->grid_h * r->grid_w != r->patches))
        return "patches that form no grid; only curves and matrices can be drawn of it";
    if ((needs & DS_NEED_ACCURACY) && (!r->total || !r->correct_class || !r->correct_task))
        return "no accuracy; driftscope eval measures it";
    if ((needs & DS_NEED_MASK) && !r->mask)
        return "no soft mask, because its method retains nothing; driftscope train --method "
               "arcl makes one";
    if ((needs & DS_NEED_AUDIT) && !r->audit)
        return "no audit of the gradients, because its method retains nothing; driftscope "
               "train --method arcl keeps one";
    if ((needs & DS_NEED_ANSWERS) && (!r->predicted || !r->margin || r->images < 1))
        return "no answers of evaluation images; train with --eval-limit above 0 to keep them";
    return NULL;
}

static int check_needs(const struct ds_figure *f, const struct ds_study *s, struct ds_err *err)
{
    if ((f->needs & DS_NEED_TABLE) && !s->table)
        return ds_fail(err, DS_USAGE,
                       "%s draws a table, not runs; driftscope export writes one", f->key);
    if ((f->needs & DS_NEED_SPEC) && !s->spec)
        return ds_fail(err, DS_USAGE, "%s wants --spec FILE", f->key);
    if (!(f->needs & (DS_NEED_TABLE | DS_NEED_SPEC)) && s->runs < 1)
        return ds_fail(err, DS_USAGE, "%s wants one run or more to draw", f->key);
    if (f->single && s->runs > 1)
        return ds_fail(err, DS_USAGE, "%s draws one run, not %d", f->key, s->runs);
    for (int i = 0; i < s->runs; i++) {
        const char *what = lacking(s->run[i].record, f->needs);

        if (what)
            return ds_fail(err, DS_DATA, "%s: %s needs more than this run has: %s",
                           s->run[i].path, f->key, what);
    }
    return 0;
}

static int check_venue(const struct ds_venue **venue, const struct ds_figure_opt *opt,
                       struct ds_err *err)
{
    const char *names[32] = {NULL}, *near;
    int n = 0;

    *venue = ds_venue_lookup(opt->venue);
    if (*venue)
        return 0;
    for (const struct ds_venue *v = ds_venues; v->key && n < 31; v++)
        names[n++] = v->key;
    near = ds_opt_nearest(opt->venue, names);
    return ds_fail(err, DS_USAGE, "there is no venue '%s'; %s%s%s", opt->venue,
                   near ? "did you mean '" : "neurips iclr icml cvpr aaai ieee nature screen",
                   near ? near : "", near ? "'" : "");
}

/* Page width in points. */
static int width_of(double *width, const struct ds_figure *f, const struct ds_venue *venue,
                    const struct ds_figure_opt *opt, struct ds_err *err)
{
    if (opt->column && opt->full)
        return ds_fail(err, DS_USAGE, "--column and --full exclude each other");
    *width = 72 * (opt->width > 0 ? opt->width
                   : opt->column  ? venue->column
                   : opt->full    ? venue->full
                   : f->wide      ? venue->full
                                  : venue->column);
    /* Ten characters and their margins: below that no figure of ours has a readable label. */
    if (*width < 10 * venue->text)
        return ds_fail(err, DS_USAGE,
                       "no text fits into a width of %.2f inches; make --width at least %.2f",
                       *width / 72, 10 * venue->text / 72);
    return 0;
}

/* "" leaves *to as it is. */
static int read_end(double *to, const char *text, const char *flag, struct ds_err *err)
{
    char *end;

    if (!*text)
        return 0;
    *to = strtod(text, &end);
    return *end || !isfinite(*to)
               ? ds_fail(err, DS_USAGE, "--%s wants a number, not '%s'", flag, text)
               : 0;
}

static int read_range(struct ds_job *job, struct ds_err *err)
{
    int code;

    job->lo = job->hi = NAN;
    if ((code = read_end(&job->lo, job->opt->lo, "lo", err)) ||
        (code = read_end(&job->hi, job->opt->hi, "hi", err)))
        return code;
    if (job->lo >= job->hi) /* false where one of them is not given */
        return ds_fail(err, DS_USAGE, "--lo %s is not below --hi %s", job->opt->lo,
                       job->opt->hi);
    return 0;
}

int ds_job_open(struct ds_job *job, double *width, const struct ds_figure *f,
                const struct ds_study *study, const struct ds_figure_opt *opt,
                struct ds_err *err)
{
    const struct ds_venue *venue;
    int code;

    *job = (struct ds_job){
        .study = study, .opt = opt, .bar = opt->bar, .letters = true, .until = INT_MAX};
    if ((code = check_venue(&venue, opt, err)) ||
        (code = width_of(width, f, venue, opt, err)) ||
        (code = ds_theme_init(&job->theme, venue, opt->font, err)) ||
        (code = ds_cmap_find(&job->cmap, *opt->cmap ? opt->cmap : f->cmap, err)) ||
        (code = read_range(job, err)) || (code = check_needs(f, study, err)))
        return code;
    return 0;
}

/* What a page is made of, from the top: title, figure, convention line. */
struct sheet {
    const struct ds_figure *figure;
    const struct ds_job *job;
    double width, height, title, note;
};

static struct ds_lettering note_type(const struct ds_theme *t)
{
    return (struct ds_lettering){.size = t->small, .color = t->soft};
}

static int draw_sheet(struct ds_canvas *c, void *what, struct ds_err *err)
{
    const struct sheet *s = what;
    const struct ds_theme *t = c->theme;
    const double m = t->margin, inner = s->width - 2 * m;
    const struct ds_lettering note = note_type(t);
    int code;

    if (s->title > 0)
        ds_text(
            c, s->width / 2, m + t->pad / 2, /* accents rise above capitals */
            &(struct ds_lettering){
                .size = t->letter, .color = t->ink, .ax = 0.5, .bold = true, .width = inner},
            s->job->opt->title);
    code = s->figure->draw(
        c, (struct ds_box){m, m + s->title, inner, s->height - 2 * m - s->title - s->note},
        s->job, err);
    if (!code && s->note > 0)
        ds_text_block(c, m, s->height - m - s->note + t->pad, inner, &note, s->job->note, true);
    return code;
}

/* Heights of title and note, measured with the fonts that will set them. */
static void measure(struct sheet *s)
{
    const struct ds_theme *t = &s->job->theme;
    const struct ds_lettering note = note_type(t);
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cr = cairo_create(none);
    struct ds_canvas c;

    ds_canvas_init(&c, cr, t);
    s->title = *s->job->opt->title ? ds_text_cap(&c, t->letter) + 3 * t->pad : 0;
    s->note = s->job->opt->note && *s->job->note
                  ? t->pad + ds_text_block(&c, 0, 0, s->width - 2 * t->margin, &note,
                                           s->job->note, false)
                  : 0;
    s->height = s->job->opt->height > 0
                    ? 72 * s->job->opt->height
                    : ceil(s->figure->height(s->job, s->width - 2 * t->margin) + 2 * t->margin +
                           s->title + s->note);
    ds_canvas_clear(&c);
    cairo_destroy(cr);
    cairo_surface_destroy(none);
}

/* Runs by their uuid: a path may hold a person's name, and pages go into blind review. */
static void name_source(char *to, size_t size, const struct ds_figure *f,
                        const struct ds_study *study)
{
    int n = snprintf(to, size, "driftscope figure %s of %s", f->key,
                     study->runs ? "run" : "a table");

    for (int i = 0; i < study->runs && n > 0 && (size_t)n < size; i++)
        n += snprintf(to + n, size - (size_t)n, " %s", study->run[i].record->uuid);
}

static void fill_report(struct ds_figure_report *r, const struct sheet *s)
{
    const struct ds_job *job = s->job;

    *r = (struct ds_figure_report){.width = s->width / 72, .height = s->height / 72};
    memcpy(r->font, job->theme.family, sizeof r->font);
    memcpy(r->wanted, job->theme.wanted, sizeof r->wanted);
    memcpy(r->note, job->note, sizeof r->note);
    if (job->cmap.note)
        snprintf(r->cmap_note, sizeof r->cmap_note, "%s", job->cmap.note);
}

int ds_figure_frame(unsigned char **bytes, size_t *n, struct ds_figure_report *report,
                    const struct ds_figure *f, const struct ds_study *study,
                    const struct ds_figure_opt *opt, int until, struct ds_err *err)
{
    struct ds_job job;
    struct sheet sheet = {.figure = f, .job = &job};
    enum ds_format format;
    char title[200], source[1024];
    struct ds_page page = {.dpi = opt->dpi,
                           .creator = "driftscope " DS_VERSION,
                           .jpeg = opt->image_format ? DS_JPEG_QUALITY : 0};
    int code;

    *bytes = NULL;
    *n = 0;
    if ((code = ds_page_format(&format, opt->output, err)) ||
        (code = ds_job_open(&job, &sheet.width, f, study, opt, err)))
        return code;
    job.until = until;
    if ((code = f->prepare(&job, err)))
        goto done;
    measure(&sheet);
    snprintf(title, sizeof title, "%.160s", *opt->title ? opt->title : f->key);
    name_source(source, sizeof source, f, study);
    page.width = sheet.width;
    page.height = sheet.height;
    page.theme = &job.theme;
    page.title = title;
    page.created = study->runs ? study->run[0].record->created : NULL;
    page.source = source;
    code = ds_page_render(bytes, n, format, &page, draw_sheet, &sheet, err);
    fill_report(report, &sheet);

done:
    f->clear(&job);
    return code;
}

int ds_figure_render(unsigned char **bytes, size_t *n, struct ds_figure_report *report,
                     const struct ds_figure *f, const struct ds_study *study,
                     const struct ds_figure_opt *opt, struct ds_err *err)
{
    return ds_figure_frame(bytes, n, report, f, study, opt, INT_MAX, err);
}
