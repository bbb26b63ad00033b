/* viz/page/bars.c -- bars side by side or stacked, with error bars. See the header.
 *
 * Series differ in colour and in hatching. Group names stand upright where they do not fit
 * side by side. */
#include "viz/page/bars.h"

#include <math.h>
#include <stdlib.h>

enum { GROUPS_MOST = 400 };

static double value_at(const struct ds_bars *b, int g, int s)
{
    return b->value[g * b->series + s];
}

/* Sum of the positive (sign 1) or negative (-1) parts of a stacked group. */
static double pile(const struct ds_bars *b, int g, int upto, double sign)
{
    double sum = 0;

    for (int s = 0; s < upto; s++)
        if (value_at(b, g, s) * sign > 0)
            sum += value_at(b, g, s);
    return sum;
}

void ds_bars_range(const struct ds_bars *b, double *lo, double *hi)
{
    *lo = *hi = 0;
    for (int g = 0; g < b->groups; g++) {
        for (int s = 0; s < b->series && !b->stacked; s++) {
            const int i = g * b->series + s;

            /* fmin and fmax pass NAN by */
            *lo = fmin(*lo, fmin(b->value[i], b->lo ? b->lo[i] : NAN));
            *hi = fmax(*hi, fmax(b->value[i], b->hi ? b->hi[i] : NAN));
        }
        if (b->stacked) {
            *lo = fmin(*lo, pile(b, g, b->series, -1));
            *hi = fmax(*hi, pile(b, g, b->series, 1));
        }
    }
    for (int i = 0; i < b->lines; i++) {
        *lo = fmin(*lo, b->line[i]);
        *hi = fmax(*hi, b->line[i]);
    }
}

static int named(const struct ds_bars *b)
{
    int n = 0;

    for (int s = 0; s < b->series; s++)
        n += b->name[s] != NULL;
    return n;
}

double ds_bars_height(const struct ds_bars *b, const struct ds_theme *t, double width)
{
    return ds_curve_height(t, width, named(b));
}

static double widest_group(struct ds_canvas *c, const struct ds_bars *b)
{
    double most = 0;

    for (int g = 0; g < b->groups; g++)
        most = fmax(most, ds_text_width(c, b->group[g], c->theme->tick, false));
    return most;
}

static double right_room(struct ds_canvas *c, const struct ds_bars *b)
{
    double most = 0;

    for (int i = 0; i < b->lines; i++)
        if (b->line_name[i])
            most = fmax(most, ds_text_width(c, b->line_name[i], c->theme->tick, false));
    return most > 0 ? most + c->theme->pad : 0;
}

static void draw_bar(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s,
                     double x, double w, double from, double to)
{
    const double top = ds_axes_y(a, fmin(a->y.hi, fmax(from, to)));
    const double bottom = ds_axes_y(a, fmax(a->y.lo, fmin(from, to)));
    const struct ds_box box = {x, top, w, bottom - top};

    if (!(bottom > top))
        return;
    ds_canvas_fill(c, box, s->style.color);
    ds_canvas_hatch(c, box, s->hatch, 3, 0.5, c->theme->paper);
}

static void draw_group(struct ds_canvas *c, const struct ds_axes *a, const struct ds_bars *b,
                       const struct ds_series *series, int g)
{
    const double unit = a->frame.w / b->groups, left = a->frame.x + g * unit;
    const double all = fmin(0.8 * unit, 16.0 * (b->stacked ? 1.6 : b->series));
    const double w = b->stacked ? all : all / b->series;
    const double x0 = left + (unit - all) / 2;
    double sum = 0;

    for (int s = 0; s < b->series; s++) {
        const int i = g * b->series + s;
        const double v = b->value[i],
                     base = b->stacked && isfinite(v) ? pile(b, g, s, v < 0 ? -1 : 1) : 0;
        const double x = b->stacked ? x0 : x0 + s * w;

        if (!isfinite(v))
            continue;
        draw_bar(c, a, &series[s], x + 0.4, w - 0.8, base, base + v);
        sum += v;
        if (!b->stacked && b->lo && b->hi)
            ds_error_draw(c, a, x + w / 2, b->lo[i], b->hi[i], fmin(2, 0.3 * w), c->theme->ink);
    }
    if (b->stacked) { /* where the parts add up to */
        const double y = ds_axes_y(a, fmax(a->y.lo, fmin(a->y.hi, sum)));

        ds_canvas_segment(c, x0 - 2, y, x0 + w + 2, y, 1.2, c->theme->ink);
    }
}

static void draw_names(struct ds_canvas *c, const struct ds_axes *a, const struct ds_bars *b,
                       bool upright)
{
    const double unit = a->frame.w / b->groups;
    struct ds_lettering type = {.size = c->theme->tick, .color = c->theme->ink, .ax = 0.5};

    if (upright)
        type = (struct ds_lettering){
            .size = c->theme->tick, .color = c->theme->ink, .ax = 1, .ay = 0.5, .turn = 1};
    for (int g = 0; g < b->groups; g++)
        ds_text(c, a->frame.x + (g + 0.5) * unit, a->frame.y + a->frame.h + c->theme->pad,
                &type, b->group[g]);
}

/* Where the lines' names stand: at their lines, pushed apart where they would touch. Above
 * stays above. */
static void place_names(double *at, const struct ds_axes *a, const struct ds_bars *b,
                        double step)
{
    const double bottom = a->frame.y + a->frame.h;
    int order[DS_BAR_LINES] = {0};
    double push;

    for (int i = 0; i < b->lines; i++) {
        int k = i;

        at[i] = ds_axes_y(a, b->line[i]);
        for (; k > 0 && at[order[k - 1]] > at[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    for (int k = 1; k < b->lines; k++)
        at[order[k]] = fmax(at[order[k]], at[order[k - 1]] + step);
    push = b->lines > 0 ? at[order[b->lines - 1]] - bottom : 0;
    for (int k = b->lines - 1; k >= 0 && push > 0; k--) {
        at[order[k]] -= push; /* back up, as far as the gap above lets it */
        push = k > 0 ? at[order[k - 1]] + step - at[order[k]] : 0;
    }
}

static void draw_lines(struct ds_canvas *c, const struct ds_axes *a, const struct ds_bars *b)
{
    const struct ds_theme *t = c->theme;
    const struct ds_lettering type = {.size = t->tick, .color = t->ink, .ay = 0.5};
    const double right = a->frame.x + a->frame.w;
    double name[DS_BAR_LINES] = {0};

    place_names(name, a, b, 1.2 * t->tick);
    for (int i = 0; i < b->lines; i++) {
        const double y = ds_axes_y(a, b->line[i]);

        cairo_set_dash(c->cr, (const double[]){3, 2}, 2, 0);
        ds_canvas_segment(c, a->frame.x, y, right, y, t->axis, t->ink);
        cairo_set_dash(c->cr, NULL, 0, 0);
        if (b->line_name[i])
            ds_text(c, right + t->pad, name[i], &type, b->line_name[i]);
    }
}

/* What the legend has to stay off: every series as a line along its tops. */
static void fill_obstacles(struct ds_series *series, double *block, const struct ds_bars *b)
{
    const size_t n = (size_t)b->groups;

    for (int s = 0; s < b->series; s++) {
        double *x = block + (size_t)s * 4 * n, *y = x + n, *lo = x + 2 * n, *hi = x + 3 * n;

        series[s] = (struct ds_series){.label = b->name[s],
                                       .style = ds_style_at(s),
                                       .n = b->groups,
                                       .x = x,
                                       .y = y,
                                       .lo = lo,
                                       .hi = hi,
                                       .swatch = true,
                                       .hatch = s % 5};
        for (int g = 0; g < b->groups; g++) {
            const int i = g * b->series + s;
            const double v = isfinite(b->value[i]) ? b->value[i] : 0;

            x[g] = g + 1;
            y[g] = b->stacked ? pile(b, g, b->series, 1) : v;
            lo[g] = fmin(0, fmin(v, b->lo ? b->lo[i] : NAN));
            hi[g] = fmax(y[g], b->hi ? b->hi[i] : NAN);
        }
    }
}

static void draw_all(struct ds_canvas *c, const struct ds_axes *a, const struct ds_bars *b,
                     const struct ds_series *series, bool upright)
{
    const double zero = ds_axes_y(a, 0);

    ds_axes_draw(c, a);
    for (int g = 0; g < b->groups; g++)
        draw_group(c, a, b, series, g);
    if (a->y.lo < 0 && a->y.hi > 0)
        ds_canvas_segment(c, a->frame.x, zero, a->frame.x + a->frame.w, zero, c->theme->axis,
                          c->theme->rule);
    draw_lines(c, a, b);
    draw_names(c, a, b, upright);
}

/* The frame, with room below for the names and, when asked, above for the legend. */
static int fit(struct ds_canvas *c, struct ds_box box, struct ds_axes *a,
               const struct ds_bars *b, bool *upright, struct ds_err *err)
{
    const struct ds_theme *t = c->theme;
    const double names = widest_group(c, b);
    double below;
    int code;

    box.w -= right_room(c, b);
    if ((code = ds_axes_fit(c, box, a, err)))
        return code;
    *upright = names > 0.96 * a->frame.w / b->groups;
    below = *upright ? names - ds_text_cap(c, t->tick) : 0;
    if (below > 0.6 * box.h)
        return ds_fail(err, DS_USAGE,
                       "names of %.2f inches leave no room for bars; make "
                       "--height or --width larger",
                       names / 72);
    box.h -= below;
    code = ds_axes_fit(c, box, a, err);
    return code;
}

/* Whether a reference line, which crosses the whole frame, would run through the legend. */
static bool lined(const struct ds_axes *a, const struct ds_bars *b, struct ds_box box)
{
    for (int i = 0; i < b->lines; i++) {
        const double y = ds_axes_y(a, b->line[i]);

        if (y > box.y - 2 && y < box.y + box.h + 2)
            return true;
    }
    return false;
}

int ds_bars_draw(struct ds_canvas *c, struct ds_box box, const struct ds_bars *b,
                 struct ds_err *err)
{
    struct ds_axes a = {.ylabel = b->ylabel};
    struct ds_series series[DS_BAR_SERIES];
    double *block, lo, hi;
    struct ds_box at = {0};
    int columns = 1, code;
    bool upright;

    if (b->groups < 1 || b->groups > GROUPS_MOST || b->series < 1 || b->series > DS_BAR_SERIES)
        return ds_fail(err, DS_USAGE, "%d groups of %d bars cannot be drawn; at most %d of %d",
                       b->groups, b->series, (int)GROUPS_MOST, (int)DS_BAR_SERIES);
    if (!(block = calloc((size_t)b->groups * 4 * (size_t)b->series, sizeof *block)))
        return ds_fail(err, DS_NOMEM, "no memory for %d bars", b->groups * b->series);
    fill_obstacles(series, block, b);
    ds_bars_range(b, &lo, &hi);
    ds_scale_nice(&a.y, isfinite(b->bottom) ? b->bottom : lo, isfinite(b->top) ? b->top : hi,
                  5);
    a.x = (struct ds_scale){.lo = 0.5, .hi = b->groups + 0.5};
    /* The group's names take the place of the axis' numbers, its own name the one below. */
    a.xlabel = b->xlabel;
    if ((code = fit(c, box, &a, b, &upright, err)))
        goto done;
    if (named(b) > 1 &&
        (!ds_legend_place(c, &a, series, b->series, &at) || lined(&a, b, at))) {
        columns = ds_legend_columns(c, series, b->series, a.frame.w);
        at = ds_legend_size(c, series, b->series, columns);
        box.y += at.h + c->theme->pad;
        box.h -= at.h + c->theme->pad;
        if ((code = fit(c, box, &a, b, &upright, err)))
            goto done;
        at = (struct ds_box){a.frame.x, box.y - at.h - c->theme->pad, at.w, at.h};
    }
    if (upright)
        a.xlabel = NULL;
    draw_all(c, &a, b, series, upright);
    if (upright && b->xlabel)
        ds_text(c, a.frame.x + a.frame.w / 2, box.y + box.h,
                &(struct ds_lettering){
                    .size = c->theme->text, .color = c->theme->ink, .ax = 0.5, .ay = 1.3},
                b->xlabel);
    if (named(b) > 1)
        ds_legend_draw(c, at.x, at.y, series, b->series, columns);

done:
    free(block);
    return code;
}
