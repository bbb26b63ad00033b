/* viz/page/plot.c -- axes and lines with bands. See the header. */
#include "viz/page/plot.h"

#include <math.h>

static const double TICK = 2.5; /* length of a tick mark */

double ds_axes_x(const struct ds_axes *a, double x)
{
    return a->frame.x + (x - a->x.lo) / (a->x.hi - a->x.lo) * a->frame.w;
}

double ds_axes_y(const struct ds_axes *a, double y)
{
    return a->frame.y + (a->y.hi - y) / (a->y.hi - a->y.lo) * a->frame.h;
}

static double widest(struct ds_canvas *c, const struct ds_scale *s)
{
    double most = 0;

    for (int i = 0; i < s->ticks; i++)
        most = fmax(most, ds_text_width(c, s->text[i], c->theme->tick, false));
    return most;
}

int ds_axes_fit(struct ds_canvas *c, struct ds_box box, struct ds_axes *a, struct ds_err *err)
{
    const struct ds_theme *t = c->theme;
    const double tick = ds_text_cap(c, t->tick), text = ds_text_cap(c, t->text);
    const double descent = 0.25 * t->text;
    double left = TICK + t->pad / 2 + widest(c, &a->y);
    double below = TICK + t->pad * 0.7 + tick;
    double above = tick / 2, right = t->pad;

    if (a->ylabel)
        left += t->pad + text + descent;
    if (a->xlabel)
        below += t->pad + text + descent;
    if (a->title)
        above += t->pad + text;
    /* The last label on x is centred under its tick and may stick out. */
    if (a->x.ticks > 0) {
        const double at = (a->x.hi - a->x.at[a->x.ticks - 1]) / (a->x.hi - a->x.lo);
        const double half = ds_text_width(c, a->x.text[a->x.ticks - 1], t->tick, false) / 2;

        right = fmax(right, half - at * (box.w - left));
    }
    a->frame = (struct ds_box){box.x + left, box.y + above, box.w - left - right,
                               box.h - above - below};
    if (a->frame.w < 4 * t->text || a->frame.h < 3 * t->text)
        return ds_fail(err, DS_USAGE,
                       "a plot of %.0f x %.0f points has no room for its labels; make --width "
                       "larger",
                       box.w, box.h);
    return 0;
}

static void draw_labels(struct ds_canvas *c, const struct ds_axes *a)
{
    const struct ds_theme *t = c->theme;
    const struct ds_box f = a->frame;
    const double gap = TICK + t->pad / 2;
    struct ds_lettering type = {.size = t->text, .color = t->ink};

    if (a->xlabel) {
        type.ax = 0.5;
        ds_text(c, f.x + f.w / 2, f.y + f.h + TICK + 1.7 * t->pad + ds_text_cap(c, t->tick),
                &type, a->xlabel);
    }
    if (a->ylabel) {
        type = (struct ds_lettering){
            .size = t->text, .color = t->ink, .ax = 0.5, .ay = 1, .turn = 1};
        if (ds_text_width(c, a->ylabel, t->text, false) > 1.1 * f.h)
            type.size = t->tick;
        ds_text(c, f.x - gap - widest(c, &a->y) - t->pad - 0.1 * t->text, f.y + f.h / 2, &type,
                a->ylabel);
    }
    if (a->title) {
        type = (struct ds_lettering){.size = t->text, .color = t->ink, .ax = 0.5, .ay = 1};
        ds_text(c, f.x + f.w / 2, f.y - t->pad, &type, a->title);
    }
}

void ds_axes_draw(struct ds_canvas *c, const struct ds_axes *a)
{
    const struct ds_theme *t = c->theme;
    const struct ds_box f = a->frame;
    const double bottom = f.y + f.h;
    struct ds_lettering type = {.size = t->tick, .color = t->ink};

    cairo_set_dash(c->cr, NULL, 0, 0);
    cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_BUTT);
    for (int i = 0; i < a->y.ticks; i++) {
        const double y = ds_axes_y(a, a->y.at[i]);

        ds_canvas_segment(c, f.x, y, f.x + f.w, y, t->hair, t->faint);
        ds_canvas_segment(c, f.x - TICK, y, f.x, y, t->axis, t->rule);
        type.ax = 1, type.ay = 0.5;
        ds_text(c, f.x - TICK - t->pad / 2, y, &type, a->y.text[i]);
    }
    for (int i = 0; i < a->x.ticks; i++) {
        const double x = ds_axes_x(a, a->x.at[i]);

        ds_canvas_segment(c, x, bottom, x, bottom + TICK, t->axis, t->rule);
        type.ax = 0.5, type.ay = 0;
        ds_text(c, x, bottom + TICK + 0.7 * t->pad, &type, a->x.text[i]);
    }
    cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_SQUARE);
    ds_canvas_segment(c, f.x, f.y, f.x, bottom, t->axis, t->rule);
    ds_canvas_segment(c, f.x, bottom, f.x + f.w, bottom, t->axis, t->rule);
    cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_BUTT);
    draw_labels(c, a);
}

/* Corners of the marker polygons, in units of half the size. */
static const double corners[][4][2] = {
    [DS_SQUARE] = {{-0.87, -0.87}, {0.87, -0.87}, {0.87, 0.87}, {-0.87, 0.87}},
    [DS_TRIANGLE] = {{0, -1.1}, {1.05, 0.8}, {-1.05, 0.8}, {0, -1.1}},
    [DS_DIAMOND] = {{0, -1.2}, {1.2, 0}, {0, 1.2}, {-1.2, 0}},
    [DS_TRIANGLE_DOWN] = {{0, 1.1}, {1.05, -0.8}, {-1.05, -0.8}, {0, 1.1}},
};

void ds_marker_draw(struct ds_canvas *c, enum ds_marker m, double x, double y, double size,
                    struct ds_rgb color)
{
    const double r = size / 2;

    ds_canvas_color(c, color, 1);
    cairo_set_dash(c->cr, NULL, 0, 0);
    cairo_new_path(c->cr);
    if (m == DS_CIRCLE) {
        cairo_arc(c->cr, x, y, r, 0, 2 * 3.14159265358979323846);
        cairo_fill(c->cr);
    } else if (m == DS_CROSS) {
        cairo_set_line_width(c->cr, c->theme->data);
        cairo_move_to(c->cr, x - r, y - r);
        cairo_line_to(c->cr, x + r, y + r);
        cairo_move_to(c->cr, x - r, y + r);
        cairo_line_to(c->cr, x + r, y - r);
        cairo_stroke(c->cr);
    } else {
        for (int i = 0; i < 4; i++)
            cairo_line_to(c->cr, x + r * corners[m][i][0], y + r * corners[m][i][1]);
        cairo_close_path(c->cr);
        cairo_fill(c->cr);
    }
}

/* Cut at the frame: a mean less a standard deviation may leave the range of the metric. */
static void draw_band(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s)
{
    cairo_save(c->cr);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, a->frame.x, a->frame.y, a->frame.w, a->frame.h);
    cairo_clip(c->cr);
    for (int i = 0; i < s->n; i++) {
        int end = i;

        while (end < s->n && isfinite(s->lo[end]) && isfinite(s->hi[end]))
            end++;
        if (end == i)
            continue;
        cairo_new_path(c->cr);
        for (int k = i; k < end; k++)
            cairo_line_to(c->cr, ds_axes_x(a, s->x[k]), ds_axes_y(a, s->hi[k]));
        for (int k = end - 1; k >= i; k--)
            cairo_line_to(c->cr, ds_axes_x(a, s->x[k]), ds_axes_y(a, s->lo[k]));
        cairo_close_path(c->cr);
        ds_canvas_color(c, s->style.color, 0.18);
        cairo_fill(c->cr);
        i = end;
    }
    cairo_restore(c->cr);
}

static void draw_line(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s)
{
    int dashes = 0;

    while (dashes < 4 && s->style.dash[dashes] > 0)
        dashes++;
    cairo_save(c->cr); /* a range of the user's own may cut a line */
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, a->frame.x - 1, a->frame.y - 1, a->frame.w + 2, a->frame.h + 2);
    cairo_clip(c->cr);
    ds_canvas_color(c, s->style.color, 1);
    cairo_set_line_width(c->cr, s->thin ? c->theme->axis : c->theme->data);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(c->cr, s->style.dash, dashes, 0);
    cairo_new_path(c->cr);
    for (int i = 0; i < s->n; i++) {
        if (!isfinite(s->y[i]))
            cairo_new_sub_path(c->cr);
        else
            cairo_line_to(c->cr, ds_axes_x(a, s->x[i]), ds_axes_y(a, s->y[i]));
    }
    cairo_stroke(c->cr);
    cairo_restore(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
}

/* Within the frame, give or take a point? */
static bool shown(const struct ds_axes *a, double x, double y)
{
    const double px = ds_axes_x(a, x), py = ds_axes_y(a, y);

    return isfinite(y) && px >= a->frame.x - 1 && px <= a->frame.x + a->frame.w + 1 &&
           py >= a->frame.y - 1 && py <= a->frame.y + a->frame.h + 1;
}

void ds_series_draw(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s)
{
    if (!s->points)
        draw_line(c, a, s);
    for (int i = 0; i < s->n && !s->bare; i++)
        if (shown(a, s->x[i], s->y[i]))
            ds_marker_draw(c, s->style.marker, ds_axes_x(a, s->x[i]), ds_axes_y(a, s->y[i]),
                           c->theme->mark, s->style.color);
}

void ds_error_draw(struct ds_canvas *c, const struct ds_axes *a, double x, double lo, double hi,
                   double ends, struct ds_rgb color)
{
    const double top = fmax(a->frame.y, ds_axes_y(a, hi));
    const double bottom = fmin(a->frame.y + a->frame.h, ds_axes_y(a, lo));

    if (!isfinite(lo) || !isfinite(hi) || bottom < top)
        return;
    ds_canvas_segment(c, x, top, x, bottom, c->theme->axis, color);
    ds_canvas_segment(c, x - ends, top, x + ends, top, c->theme->axis, color);
    ds_canvas_segment(c, x - ends, bottom, x + ends, bottom, c->theme->axis, color);
}

double ds_curve_height(const struct ds_theme *t, double width, int lines)
{
    const double legend = lines > 2 ? (lines + 1) / 2 * 1.35 * t->tick : 0;

    return fmin(fmax(0.5 * width, 13 * t->text), 18 * t->text) + legend;
}

int ds_plot_lines(struct ds_canvas *c, struct ds_box box, struct ds_axes *a,
                  const struct ds_series *s, int count, bool legend, struct ds_err *err)
{
    struct ds_box inside = {0}, above = {0};
    int columns = 1, code;

    if ((code = ds_axes_fit(c, box, a, err)))
        return code;
    if (legend && !ds_legend_place(c, a, s, count, &inside)) {
        columns = ds_legend_columns(c, s, count, a->frame.w);
        above = ds_legend_size(c, s, count, columns);
        box.y += above.h + c->theme->pad;
        box.h -= above.h + c->theme->pad;
        if ((code = ds_axes_fit(c, box, a, err)))
            return code;
        inside = (struct ds_box){a->frame.x, box.y - above.h - c->theme->pad, above.w, above.h};
    }
    ds_axes_draw(c, a);
    for (int i = 0; i < count; i++)
        if (s[i].lo && s[i].hi && !s[i].points)
            draw_band(c, a, &s[i]);
    for (int i = 0; i < count; i++)
        ds_series_draw(c, a, &s[i]);
    if (legend)
        ds_legend_draw(c, inside.x, inside.y, s, count, columns);
    return 0;
}
