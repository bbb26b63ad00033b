/* viz/page/panels.c -- matrices of several methods side by side. See the header.
 *
 * Only the leftmost panels name their rows, only the lowest their columns: what all share is
 * said once. Cells are equally large everywhere. */
#include "viz/page/panels.h"

#include <math.h>
#include <string.h>

static const double BAR = 6;
enum { TICKS = 5 }; /* on the bar */

/* The same estimates serve height (no canvas yet) and draw, so both agree. */
struct frame {
    int columns, rows;
    double w, h;          /* of the cells of one panel */
    double gap, ticks_x, ticks_y, label, above, bar;
};

void ds_panels_of_job(struct ds_panels *p, const struct ds_job *job)
{
    p->heat.lo = isfinite(job->lo) ? job->lo : p->heat.lo;
    p->heat.hi = isfinite(job->hi) ? job->hi : p->heat.hi;
    p->nobar = !job->bar;
    p->plain = !job->letters;
}

static struct frame frame_of(const struct ds_panels *p, const struct ds_theme *t, double width)
{
    struct frame f = {.gap = 1.6 * t->text};
    /* The bar's label runs along the cells: they are no lower than it is long. */
    const double least = p->nobar ? 0 : 1.05 * t->digit * t->tick * (double)strlen(p->bar);
    double cell;

    f.ticks_y = (p->heat.first_row + p->heat.rows > 10 ? 2.1 : 1.1) * t->digit * t->tick +
                0.8 * t->pad;
    f.ticks_x = 0.75 * t->tick + 0.9 * t->pad;
    f.label = 0.95 * t->text + t->pad;
    f.above = p->panels > 1 ? 0.7 * t->text + 1.4 * t->pad : 0.3 * t->tick;
    f.bar = p->nobar ? t->pad
                     : 2.5 * t->pad + BAR + 2 +
                           ds_bar_digits(t, p->heat.lo, p->heat.hi, TICKS) + f.label +
                           0.2 * t->text;
    f.columns = ds_panel_columns(p->panels, width - f.bar - f.label + f.gap,
                                 f.ticks_y + p->heat.columns * p->cell + f.gap);
    if (p->per > 1 && f.columns > p->per)
        f.columns -= f.columns % p->per;
    else if (p->per > 1 && width - f.bar - f.label >
                               p->per * (f.ticks_y + p->heat.columns * 0.5 * t->tick + f.gap))
        f.columns = p->per; /* narrow cells without numbers, but what belongs together stays so */
    f.rows = (p->panels + f.columns - 1) / f.columns;
    f.w = (width - f.bar - f.label - (f.columns - 1) * f.gap) / f.columns - f.ticks_y;
    /* A small matrix on a wide page need not fill it. */
    cell = fmax((p->heat.fill ? 6 : 3.2) * t->text, least / p->heat.rows);
    cell = fmin(cell, f.w / p->heat.columns);
    f.w = cell * p->heat.columns;
    f.h = p->heat.rows * (p->heat.fill ? fmin(cell, 1.9 * t->tick) : cell);
    if (p->heat.fill && f.rows == 1)
        f.h = fmax(f.h, least);
    return f;
}

static double height_of(const struct frame *f)
{
    return f->rows * (f->above + f->h + f->ticks_x) + (f->rows - 1) * 0.6 * f->gap + f->label;
}

double ds_panels_height(const struct ds_panels *p, const struct ds_theme *t, double width)
{
    const struct frame f = frame_of(p, t, width);

    return height_of(&f);
}

static double title_room(const struct frame *f)
{
    return f->w + f->ticks_y + 0.6 * f->gap;
}

static void draw_panel(struct ds_canvas *c, const struct ds_panels *p, const struct frame *f,
                       struct ds_box cells, bool large, int i)
{
    struct ds_heat heat = p->heat;

    heat.value = p->value + (size_t)i * (size_t)heat.rows * (size_t)heat.columns;
    if (p->hatch)
        heat.hatch = p->hatch + (size_t)i * (size_t)heat.rows * (size_t)heat.columns;
    if (i % f->columns)
        heat.ylabel = NULL;
    if (i + f->columns < p->panels)
        heat.xlabel = NULL;
    ds_heat_draw(c, cells, &heat);
    if (p->panels > 1)
        ds_panel_letter(c, cells.x, cells.y - 1.1 * c->theme->pad,
                        title_room(f), large, p->plain ? -1 : i, p->title[i]);
}

int ds_panels_draw(struct ds_canvas *c, struct ds_box box, const struct ds_panels *p,
                   struct ds_err *err)
{
    struct frame f = frame_of(p, c->theme, box.w);
    const struct ds_bar bar = {p->heat.cmap, p->heat.lo, p->heat.hi, TICKS, 0, p->bar, 1};
    const double spare = box.h - height_of(&f);
    bool large = true; /* one title that has to be small makes all small */
    double x0, x1, stride_x, stride_y, w, top, bottom;

    /* A height of the user's own stretches or shrinks the cells. */
    if (p->heat.fill || spare < 0) {
        f.h += spare / f.rows;
        if (!p->heat.fill)
            f.w = f.h * p->heat.columns / p->heat.rows;
    }
    if (f.w < 1.5 * p->heat.columns || f.h < 1.5 * p->heat.rows)
        return ds_fail(err, DS_USAGE,
                       "%d matrices of %d x %d cells have no room in %.2f x %.2f inches; make "
                       "--width or --height larger",
                       p->panels, p->heat.rows, p->heat.columns, box.w / 72, box.h / 72);
    stride_x = f.ticks_y + f.w + f.gap;
    stride_y = f.above + f.h + f.ticks_x + 0.6 * f.gap;
    w = f.label + f.columns * stride_x - f.gap + f.bar;
    x0 = box.x + fmax(0, (box.w - w) / 2) + f.label + f.ticks_y;
    for (int i = 0; i < p->panels; i++)
        large = large &&
                ds_panel_letter_fits(c, title_room(&f), p->plain ? -1 : i, p->title[i]);
    for (int i = 0; i < p->panels; i++)
        draw_panel(c, p, &f,
                   (struct ds_box){x0 + i % f.columns * stride_x,
                                   box.y + f.above + i / f.columns * stride_y, f.w, f.h},
                   large, i);
    bottom = box.y + f.above + (f.rows - 1) * stride_y + f.h;
    x1 = x0 + (f.columns - 1) * stride_x + f.w + 2 * c->theme->pad;
    top = box.y + f.above;
    if (!p->nobar)
        ds_bar_draw(c, (struct ds_box){x1, top + 0.35, BAR, bottom - top - 0.7}, &bar);
    return 0;
}
