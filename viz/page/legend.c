/* viz/page/legend.c -- a legend without a frame that stays off the data. See plot.h. */
#include <math.h>

#include "viz/page/plot.h"

static const double SAMPLE = 16; /* length of the line beside a label */

static double row_height(const struct ds_theme *t)
{
    return 1.35 * t->tick;
}

static double column_width(struct ds_canvas *c, const struct ds_series *s, int count)
{
    double most = 0;

    for (int i = 0; i < count; i++)
        if (s[i].label)
            most = fmax(most, ds_text_width(c, s[i].label, c->theme->tick, false));
    return SAMPLE + c->theme->pad + most;
}

static int labelled(const struct ds_series *s, int count)
{
    int n = 0;

    for (int i = 0; i < count; i++)
        n += s[i].label != NULL;
    return n;
}

struct ds_box ds_legend_size(struct ds_canvas *c, const struct ds_series *s, int count,
                             int columns)
{
    const int n = labelled(s, count);
    const int wide = columns < n ? columns : n;
    const int rows = wide > 0 ? (n + wide - 1) / wide : 0;

    return (struct ds_box){0, 0,
                           wide * column_width(c, s, count) + (wide - 1) * 3 * c->theme->pad,
                           rows * row_height(c->theme)};
}

int ds_legend_columns(struct ds_canvas *c, const struct ds_series *s, int count, double width)
{
    const int n = labelled(s, count);
    int columns = n > 1 ? n : 1, rows;

    while (columns > 1 && ds_legend_size(c, s, count, columns).w > width)
        columns--;
    rows = (n + columns - 1) / columns;
    return rows > 0 ? (n + rows - 1) / rows : 1;
}

static void draw_swatch(struct ds_canvas *c, struct ds_box row, const struct ds_series *s)
{
    const double h = 0.8 * c->theme->tick;
    const struct ds_box box = {row.x + 2, row.y + (row.h - h) / 2, SAMPLE - 4, h};

    ds_canvas_fill(c, box, s->style.color);
    ds_canvas_hatch(c, box, s->hatch, 3, 0.5, c->theme->paper);
}

void ds_legend_draw(struct ds_canvas *c, double x, double y, const struct ds_series *s,
                    int count, int columns)
{
    const struct ds_theme *t = c->theme;
    const double step = column_width(c, s, count) + 3 * t->pad;
    const struct ds_lettering type = {.size = t->tick, .color = t->ink, .ay = 0.5};
    int k = 0;

    for (int i = 0; i < count; i++) {
        struct ds_axes a = {.x = {.lo = 0, .hi = 1}, .y = {.lo = 0, .hi = 1}};
        struct ds_series sample = s[i];
        const double ends[] = {0, 1}, mid[] = {0.5, 0.5};

        if (!s[i].label)
            continue;
        a.frame = (struct ds_box){x + k % columns * step,
                                  y + k / columns * row_height(t), SAMPLE, row_height(t)};
        sample.x = ends;
        sample.y = mid;
        sample.n = 2;
        sample.bare = true;
        if (s[i].swatch)
            draw_swatch(c, a.frame, &s[i]);
        else
            ds_series_draw(c, &a, &sample);
        if (!s[i].bare && !s[i].swatch)
            ds_marker_draw(c, s[i].style.marker, a.frame.x + SAMPLE / 2,
                           a.frame.y + a.frame.h / 2, t->mark, s[i].style.color);
        ds_text(c, a.frame.x + SAMPLE + t->pad, a.frame.y + a.frame.h / 2, &type, s[i].label);
        k++;
    }
}

/* Does the stretch between two points of a series, band included, enter the box? */
static bool crosses(const struct ds_axes *a, const struct ds_series *s, int i, struct ds_box b)
{
    const int next = i + 1 < s->n ? i + 1 : i;

    for (int k = 0; k <= 32; k++) {
        const double u = k / 32.0;
        const double x = ds_axes_x(a, s->x[i] + u * (s->x[next] - s->x[i]));
        const double *lo = s->lo ? s->lo : s->y, *hi = s->hi ? s->hi : s->y;
        const double low = fmin(s->y[i] + u * (s->y[next] - s->y[i]),
                                lo[i] + u * (lo[next] - lo[i]));
        const double high = fmax(s->y[i] + u * (s->y[next] - s->y[i]),
                                 hi[i] + u * (hi[next] - hi[i]));

        if (x >= b.x && x <= b.x + b.w && ds_axes_y(a, low) >= b.y &&
            ds_axes_y(a, high) <= b.y + b.h)
            return true;
    }
    return false;
}

static bool is_free(const struct ds_axes *a, const struct ds_series *s, int count,
                    struct ds_box b)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < s[i].n; k++)
            if (crosses(a, &s[i], k, b))
                return false;
    return true;
}

bool ds_legend_place(struct ds_canvas *c, const struct ds_axes *a, const struct ds_series *s,
                     int count, struct ds_box *box)
{
    /* Top right, top left, bottom right, bottom left, then the middles. */
    static const double at[][2] = {{1, 0}, {0, 0}, {1, 1}, {0, 1},
                                   {1, 0.5}, {0.5, 0}, {0.5, 1}, {0, 0.5}};
    const double gap = c->theme->mark, in = c->theme->pad;
    const struct ds_box size = ds_legend_size(c, s, count, 1);
    const double w = a->frame.w - size.w - 2 * in, h = a->frame.h - size.h - 2 * in;

    if (w < 0 || h < 0)
        return false;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const struct ds_box b = {a->frame.x + in + at[i][0] * w, a->frame.y + in + at[i][1] * h,
                                 size.w, size.h};
        const struct ds_box wide = {b.x - gap, b.y - gap, b.w + 2 * gap, b.h + 2 * gap};

        if (is_free(a, s, count, wide)) {
            *box = b;
            return true;
        }
    }
    return false;
}
