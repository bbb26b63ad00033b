/* viz/page/fig_composite.c -- composite: panels (a)(b)(c) of other figures on one page.
 *
 * Every panel is a job of its own with the page's theme; the spec says where it stands. A row
 * is as tall as its tallest panel. Panels of one share name have one range; of those side by
 * side only the last keeps its colour bar. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/figure_int.h"
#include "viz/page/spec.h"

struct state {
    struct ds_job job[DS_SPEC_PANELS];
    bool prepared[DS_SPEC_PANELS];
    double x[DS_SPEC_COLUMNS + 1];       /* left edges of the columns, for a width */
    double y[DS_SPEC_PANELS + DS_SPEC_PANELS + 1]; /* upper edges of the rows */
};

static int share_range(struct state *s, const struct ds_spec *spec, int first,
                       struct ds_err *err)
{
    const char *name = spec->panel[first]->share;
    double lo = INFINITY, hi = -INFINITY, one[2];

    for (int i = first; i < spec->panels; i++) {
        const struct ds_spec_panel *p = spec->panel[i];

        if (strcmp(p->share, name))
            continue;
        if (!p->figure->range)
            return ds_fail(err, DS_USAGE, "%s:%d: %s has no range that panels could share",
                           spec->path, p->line, p->figure->key);
        p->figure->range(&s->job[i], &one[0], &one[1]);
        lo = fmin(lo, one[0]);
        hi = fmax(hi, one[1]);
    }
    for (int i = first; i < spec->panels; i++) {
        if (strcmp(spec->panel[i]->share, name))
            continue;
        s->job[i].lo = isfinite(s->job[i].lo) ? s->job[i].lo : lo;
        s->job[i].hi = isfinite(s->job[i].hi) ? s->job[i].hi : hi;
        for (int k = 0; k < spec->panels; k++)
            if (!strcmp(spec->panel[k]->share, name) &&
                spec->panel[k]->row == spec->panel[i]->row &&
                spec->panel[k]->column > spec->panel[i]->column)
                s->job[i].bar = false;
    }
    return 0;
}

static int share_ranges(struct state *s, const struct ds_spec *spec, struct ds_err *err)
{
    for (int i = 0; i < spec->panels; i++) {
        bool first = *spec->panel[i]->share;

        for (int k = 0; k < i; k++)
            first = first && strcmp(spec->panel[k]->share, spec->panel[i]->share);
        if (first && share_range(s, spec, i, err))
            return err->code;
    }
    return 0;
}

/* All conventions, each behind its letter; the same sentence only once. */
static void join_notes(struct ds_job *job, const struct state *s, const struct ds_spec *spec)
{
    size_t n = 0;

    for (int i = 0; i < spec->panels; i++) {
        char letters[4 * DS_SPEC_PANELS + 1] = "";
        bool said = false;

        for (int k = 0; k < i; k++)
            said = said || !strcmp(s->job[k].note, s->job[i].note);
        for (int k = i; k < spec->panels; k++)
            if (!strcmp(s->job[k].note, s->job[i].note))
                snprintf(letters + strlen(letters), sizeof letters - strlen(letters), "(%c)",
                         'a' + k);
        if (!said && n < sizeof job->note)
            n += (size_t)snprintf(job->note + n, sizeof job->note - n, "%s%s %s", n ? " " : "",
                                  letters, s->job[i].note);
    }
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_spec *spec = job->study->spec;
    struct state *s = calloc(1, sizeof *s);

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    for (int i = 0; i < spec->panels; i++) {
        const struct ds_spec_panel *p = spec->panel[i];
        double width;

        if (ds_job_open(&s->job[i], &width, p->figure, &p->study, &p->opt, err))
            return ds_while(err, "panel [%s]", p->name);
        s->job[i].letters = false;
        s->job[i].until = job->until;
        s->job[i].theme = job->theme;
        s->prepared[i] = true;
        if (p->figure->prepare(&s->job[i], err))
            return ds_while(err, "panel [%s]", p->name);
    }
    if (share_ranges(s, spec, err))
        return err->code;
    join_notes(job, s, spec);
    return 0;
}

static double letter_height(const struct ds_theme *t)
{
    return 0.75 * t->text + 1.2 * t->pad;
}

static double panel_width(const struct state *s, const struct ds_spec_panel *p, double gap)
{
    return s->x[p->column + p->across] - s->x[p->column] - gap;
}

/* Edges of columns and rows; returns the height. */
static double lay_out(struct state *s, const struct ds_spec *spec, const struct ds_theme *t,
                      double width)
{
    const double gap = 1.8 * t->text, across = width + gap;

    s->x[0] = s->y[0] = 0;
    for (int k = 0; k < spec->columns; k++)
        s->x[k + 1] = s->x[k] + spec->weight[k] * across;
    for (int row = 0; row < spec->rows; row++) {
        double tall = 0;

        for (int i = 0; i < spec->panels; i++) {
            const struct ds_spec_panel *p = spec->panel[i];
            double h;

            if (p->row + p->down - 1 != row)
                continue;
            h = letter_height(t) + p->figure->height(&s->job[i], panel_width(s, p, gap)) -
                (s->y[row] - s->y[p->row]);
            tall = fmax(tall, h);
        }
        s->y[row + 1] = s->y[row] + tall + 1.2 * t->text;
    }
    return s->y[spec->rows] - 1.2 * t->text;
}

static double height(const struct ds_job *job, double width)
{
    return lay_out(job->state, job->study->spec, &job->theme, width);
}

static int draw_panel(struct ds_canvas *c, struct ds_box box, const struct state *s,
                      const struct ds_spec_panel *p, int i, struct ds_err *err)
{
    const double head = letter_height(c->theme);

    ds_panel_letter(c, box.x, box.y + head - 1.1 * c->theme->pad, box.w, true, i, p->title);
    box.y += head;
    box.h -= head;
    if (p->figure->draw(c, box, &s->job[i], err))
        return ds_while(err, "panel [%s]", p->name);
    return 0;
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct state *s = job->state;
    const struct ds_spec *spec = job->study->spec;
    const double tall = lay_out(s, spec, &job->theme, box.w);
    const double stretch = tall > 0 ? box.h / tall : 1, gap = 1.8 * job->theme.text;

    for (int i = 0; i < spec->panels; i++) {
        const struct ds_spec_panel *p = spec->panel[i];
        const double y = s->y[p->row] * stretch;
        const double end = s->y[p->row + p->down] * stretch - 1.2 * job->theme.text;
        double h = fmax(1, end - y), own;

        /* Curves and bars fill their row; a matrix keeps its shape and stands on top. */
        own =
            letter_height(&job->theme) + p->figure->height(&s->job[i], panel_width(s, p, gap));
        if (p->figure->wide)
            h = fmin(h, own);
        if (draw_panel(
                c,
                (struct ds_box){box.x + s->x[p->column], box.y + y, panel_width(s, p, gap), h},
                s, p, i, err))
            return err->code;
    }
    return 0;
}

static void clear(struct ds_job *job)
{
    const struct ds_spec *spec = job->study->spec;
    struct state *s = job->state;

    for (int i = 0; s && i < spec->panels; i++)
        if (s->prepared[i])
            spec->panel[i]->figure->clear(&s->job[i]);
    free(s);
}

const struct ds_figure ds_fig_composite = {
    .key = "composite",
    .about = "panels (a)(b)(c) of other figures, from --spec FILE",
    .needs = DS_NEED_SPEC,
    .wide = true,
    .moves = true,
    .cmap = "viridis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
