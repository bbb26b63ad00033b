/* viz/page/panels.c -- matrices of several methods side by side. See the header. */
#include "viz/page/panels.h"

#include <math.h>

#include "viz/page/figure_int.h"

static const double BAR = 6;

/* The same estimates serve height (no canvas yet) and draw, so both agree. */
struct frame {
    int columns, rows;
    double w, h;        /* of one panel with its labels */
    double gap, left, below, above, bar;
};

static struct frame frame_of(const struct ds_panels *p, const struct ds_theme *t, double width)
{
    struct frame f = {.gap = 1.5 * t->text};
    double least, cell;

    f.left = 1.1 * t->tick + 0.8 * t->pad + (p->heat.ylabel ? t->pad + t->text : 0);
    f.below = 0.75 * t->tick + 0.9 * t->pad + (p->heat.xlabel ? t->pad + t->text : 0);
    f.above = p->panels > 1 ? 0.7 * t->text + 1.5 * t->pad : 0.2 * t->text;
    f.bar = BAR + 2 * t->pad + 2.4 * t->tick + t->text + t->pad;
    least = f.left + p->heat.columns * p->cell;
    f.columns = ds_panel_columns(p->panels, width - f.bar + f.gap, least + f.gap);
    f.rows = (p->panels + f.columns - 1) / f.columns;
    f.w = (width - f.bar - (f.columns - 1) * f.gap) / f.columns;
    cell = (f.w - f.left) / p->heat.columns;
    /* One small matrix on a wide page need not fill it. */
    cell = fmin(cell, 4.2 * t->text);
    if (!p->heat.fill)
        f.w = f.left + cell * p->heat.columns;
    f.h = f.above + f.below +
          p->heat.rows * (p->heat.fill ? fmin(cell, 1.9 * t->tick) : cell);
    return f;
}

double ds_panels_height(const struct ds_panels *p, const struct ds_theme *t, double width)
{
    const struct frame f = frame_of(p, t, width);

    return f.rows * f.h + (f.rows - 1) * f.gap;
}

static struct ds_box union_of(struct ds_box a, struct ds_box b)
{
    const double x = fmin(a.x, b.x), y = fmin(a.y, b.y);

    return (struct ds_box){x, y, fmax(a.x + a.w, b.x + b.w) - x, fmax(a.y + a.h, b.y + b.h) - y};
}

static int draw_panel(struct ds_canvas *c, const struct ds_panels *p, const struct frame *f,
                      struct ds_box box, int i, struct ds_box *cells, struct ds_err *err)
{
    struct ds_heat heat = p->heat;
    const struct ds_box inner = {box.x, box.y + f->above, box.w, box.h - f->above};
    int code;

    heat.value = p->value + (size_t)i * (size_t)heat.rows * (size_t)heat.columns;
    if ((code = ds_heat_fit(c, inner, &heat, cells, err)))
        return code;
    ds_heat_draw(c, *cells, &heat);
    if (p->panels > 1)
        ds_panel_letter(c, cells->x, cells->y - 1.2 * c->theme->pad, i, p->title[i]);
    return 0;
}

int ds_panels_draw(struct ds_canvas *c, struct ds_box box, const struct ds_panels *p,
                   struct ds_err *err)
{
    const struct frame f = frame_of(p, c->theme, box.w);
    const double h = (box.h - (f.rows - 1) * f.gap) / f.rows;
    const double whole = f.columns * f.w + (f.columns - 1) * f.gap + f.bar;
    const double x0 = box.x + fmax(0, (box.w - whole) / 2);
    const struct ds_bar bar = {&p->heat.cmap[0], p->heat.lo, p->heat.hi, 5, 0, p->bar, 1};
    struct ds_box all = {0}, cells = {0};
    int code;

    for (int i = 0; i < p->panels; i++) {
        const struct ds_box at = {x0 + i % f.columns * (f.w + f.gap),
                                  box.y + i / f.columns * (h + f.gap), f.w, h};

        if ((code = draw_panel(c, p, &f, at, i, &cells, err)))
            return code;
        all = i ? union_of(all, cells) : cells;
    }
    ds_bar_draw(c, (struct ds_box){all.x + all.w + 2 * c->theme->pad, all.y + 0.35, BAR,
                                   all.h - 0.7}, &bar);
    return 0;
}
