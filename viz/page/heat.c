/* viz/page/heat.c -- matrices of numbers as colour, and colour bars. See the header. */
#include "viz/page/heat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double GAP = 0.7;    /* white between cells */
static const double LEAST = 4.5;  /* the smallest number worth printing in a cell */

static double label_width(struct ds_canvas *c, int last)
{
    char text[16];

    snprintf(text, sizeof text, "%d", last);
    return ds_text_width(c, text, c->theme->tick, false);
}

/* The size at which the widest number fits into a cell, or 0. */
static double number_size(struct ds_canvas *c, const struct ds_heat *h, double w, double height)
{
    double most = 0, size = c->theme->tick;
    char text[32];

    if (h->decimals < 0)
        return 0;
    for (int i = 0; i < h->rows * h->columns; i++)
        if (isfinite(h->value[i])) {
            ds_number(text, sizeof text, h->value[i], h->decimals);
            most = fmax(most, ds_text_width(c, text, size, false));
        }
    if (most > 0.86 * w)
        size *= 0.86 * w / most;
    if (size > 0.8 * height)
        size = 0.8 * height;
    return size >= LEAST ? size : 0;
}

static void draw_cell(struct ds_canvas *c, const struct ds_heat *h, struct ds_box cell,
                      double value, double size, bool hatched)
{
    const double v = h->hi > h->lo ? (value - h->lo) / (h->hi - h->lo) : 0;
    const struct ds_rgb color = ds_cmap_at(h->cmap, v);
    const struct ds_box inner = {cell.x + GAP / 2, cell.y + GAP / 2, cell.w - GAP,
                                 cell.h - GAP};
    char text[32];

    if (!isfinite(value))
        return;
    ds_canvas_fill(c, inner, color);
    if (hatched) /* under the number, in a colour that is seen on any other */
        ds_canvas_hatch(c, inner, 1, 3.4, 0.45,
                        ds_rgb_contrast(color).r > 0.5 ? (struct ds_rgb){0.78, 0.78, 0.78}
                                                       : (struct ds_rgb){0.32, 0.32, 0.32});
    if (hatched && size > 0) {
        const double w = ds_text_width(c, ds_number(text, sizeof text, value, h->decimals), size,
                                       false) + 2;

        ds_canvas_fill(c, (struct ds_box){cell.x + (cell.w - w) / 2,
                                          cell.y + cell.h / 2 - 0.5 * size, w, size}, color);
    }
    if (size > 0)
        ds_text(c, cell.x + cell.w / 2, cell.y + cell.h / 2,
                &(struct ds_lettering){
                    .size = size, .color = ds_rgb_contrast(color), .ax = 0.5, .ay = 0.5},
                ds_number(text, sizeof text, value, h->decimals));
}

/* Labels that would touch are thinned to every second, fifth ... */
static int stride_for(double room, double need)
{
    int stride = 1;

    while (stride < 1000 && stride * room < need)
        stride += stride == 1 ? 1 : stride == 2 ? 3 : stride;
    return stride;
}

static void draw_labels(struct ds_canvas *c, struct ds_box b, const struct ds_heat *h)
{
    const struct ds_theme *t = c->theme;
    const double w = b.w / h->columns, height = b.h / h->rows;
    const double tick = ds_text_cap(c, t->tick);
    const double wide = label_width(c, h->first_column + h->columns - 1);
    const double side = label_width(c, h->first_row + h->rows - 1);
    const int across = stride_for(w, wide + t->pad / 2), down = stride_for(height, 1.4 * tick);
    struct ds_lettering type = {.size = t->tick, .color = t->ink};
    char text[16];

    for (int i = 0; i < h->columns; i += across) {
        snprintf(text, sizeof text, "%d", h->first_column + i);
        type.ax = 0.5, type.ay = 0;
        ds_text(c, b.x + (i + 0.5) * w, b.y + b.h + 0.8 * t->pad, &type, text);
    }
    for (int i = 0; i < h->rows; i += down) {
        snprintf(text, sizeof text, "%d", h->first_row + i);
        type.ax = 1, type.ay = 0.5;
        ds_text(c, b.x - 0.8 * t->pad, b.y + (i + 0.5) * height, &type, text);
    }
    type = (struct ds_lettering){.size = t->text, .color = t->ink, .ax = 0.5};
    if (h->xlabel)
        ds_text(c, b.x + b.w / 2, b.y + b.h + 1.8 * t->pad + tick, &type, h->xlabel);
    type.ay = 1;
    type.turn = 1;
    if (h->ylabel)
        ds_text(c, b.x - 1.8 * t->pad - side - 0.1 * t->text, b.y + b.h / 2, &type, h->ylabel);
}

void ds_heat_draw(struct ds_canvas *c, struct ds_box b, const struct ds_heat *h)
{
    const double w = b.w / h->columns, height = b.h / h->rows;
    const double size = number_size(c, h, w - GAP, height - GAP);

    for (int r = 0; r < h->rows; r++)
        for (int k = 0; k < h->columns; k++)
            draw_cell(c, h, (struct ds_box){b.x + k * w, b.y + r * height, w, height},
                      h->value[r * h->columns + k], size,
                      h->hatch && h->hatch[r * h->columns + k]);
    draw_labels(c, b, h);
}

double ds_bar_digits(const struct ds_theme *t, double lo, double hi, int about)
{
    struct ds_scale s;
    size_t most = 0;

    ds_scale_inside(&s, lo, hi, about);
    for (int i = 0; i < s.ticks; i++) {
        const size_t n = strlen(s.text[i]) - (s.at[i] < 0 ? 2 : 0); /* a minus has 3 bytes */

        most = n > most ? n : most;
    }
    return 1.08 * t->digit * t->tick * (double)most; /* a minus is a little wider than a digit */
}

/* `most`: how many labels the bar's height has room for. */
static void bar_scale(const struct ds_bar *bar, double most, struct ds_scale *s)
{
    if (bar->about > 0) {
        ds_scale_inside(s, bar->lo, bar->hi, (int)fmin(bar->about, fmax(1, most)));
        return;
    }
    *s = (struct ds_scale){.lo = bar->lo, .hi = bar->hi, .ticks = 2};
    for (int i = 0; i < 2; i++) {
        s->at[i] = i ? bar->hi : bar->lo;
        ds_number(s->text[i], sizeof s->text[i], s->at[i], bar->decimals);
    }
}

static double widest(struct ds_canvas *c, const struct ds_scale *s)
{
    double most = 0;

    for (int i = 0; i < s->ticks; i++)
        most = fmax(most, ds_text_width(c, s->text[i], c->theme->tick, false));
    return most;
}

double ds_bar_room(struct ds_canvas *c, const struct ds_bar *bar)
{
    const struct ds_theme *t = c->theme;
    struct ds_scale s;

    bar_scale(bar, bar->about, &s);
    return 2 + t->pad / 2 + widest(c, &s) +
           (bar->label ? t->pad + ds_text_cap(c, t->text) + 0.25 * t->text : 0);
}

/* The gradient of a map as a pattern from (0, y1) up to (0, y0). 64 steps of a smooth table
 * differ from the 256 by less than one part in 255. */
static cairo_pattern_t *gradient(const struct ds_bar *bar, double y0, double y1)
{
    cairo_pattern_t *p = cairo_pattern_create_linear(0, y1, 0, y0);

    for (int i = 0; i <= 64; i++) {
        const double v = i / 64.0;
        const double alpha = bar->strength < 1 ? bar->strength * sqrt(v) : 1;
        const struct ds_rgb c = ds_cmap_at(bar->cmap, v);

        cairo_pattern_add_color_stop_rgb(p, v, alpha * c.r + (1 - alpha) * 0.5,
                                         alpha * c.g + (1 - alpha) * 0.5,
                                         alpha * c.b + (1 - alpha) * 0.5);
    }
    return p;
}

void ds_bar_draw(struct ds_canvas *c, struct ds_box box, const struct ds_bar *bar)
{
    const struct ds_theme *t = c->theme;
    cairo_pattern_t *colors = gradient(bar, box.y, box.y + box.h);
    struct ds_lettering type = {.size = t->tick, .color = t->ink};
    struct ds_scale s;

    bar_scale(bar, box.h / (2 * t->tick), &s);
    cairo_set_source(c->cr, colors);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, box.x, box.y, box.w, box.h);
    cairo_fill(c->cr);
    cairo_pattern_destroy(colors);
    for (int i = 0; i < s.ticks; i++) {
        const double v = bar->hi > bar->lo ? (s.at[i] - bar->lo) / (bar->hi - bar->lo) : i;
        const double y = box.y + (1 - v) * box.h;

        /* Numbers at the very ends stay within the bar's height. */
        type.ay = bar->about > 0 ? 0.5 : i ? 0 : 1;
        ds_canvas_segment(c, box.x + box.w, y, box.x + box.w + 2, y, t->axis, t->rule);
        ds_text(c, box.x + box.w + 2 + t->pad / 2, y, &type, s.text[i]);
    }
    if (bar->label) {
        type = (struct ds_lettering){
            .size = t->text, .color = t->ink, .ax = 0.5, .ay = 1, .turn = 1};
        if (ds_text_width(c, bar->label, t->text, false) > box.h)
            type.size = t->tick;
        ds_text(c, box.x + box.w + ds_bar_room(c, bar) - 0.25 * t->text, box.y + box.h / 2,
                &type, bar->label);
    }
}
