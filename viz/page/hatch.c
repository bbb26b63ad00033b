/* viz/page/hatch.c -- thin lines over a box. See canvas.h. */
#include <math.h>

#include "viz/page/canvas.h"

void ds_canvas_hatch(struct ds_canvas *c, struct ds_box box, int kind, double step,
                     double width, struct ds_rgb color)
{
    const double right = box.x + box.w, bottom = box.y + box.h;

    if (kind == 0 || step <= 0)
        return;
    cairo_save(c->cr);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, box.x, box.y, box.w, box.h);
    cairo_clip(c->cr);
    /* The lines are fixed to the page, so that neighbouring boxes join. */
    for (double s = floor((box.x + box.y) / step) * step; kind & 1 && s < right + bottom;
         s += step) {
        cairo_move_to(c->cr, s - box.y, box.y);
        cairo_line_to(c->cr, s - bottom, bottom);
    }
    for (double s = floor((box.x - bottom) / step) * step; kind & 2 && s < right - box.y;
         s += step) {
        cairo_move_to(c->cr, s + box.y, box.y);
        cairo_line_to(c->cr, s + bottom, bottom);
    }
    for (double y = ceil(box.y / step) * step; kind & 4 && y < bottom; y += step) {
        cairo_move_to(c->cr, box.x, y);
        cairo_line_to(c->cr, right, y);
    }
    ds_canvas_color(c, color, 1);
    cairo_set_dash(c->cr, NULL, 0, 0);
    cairo_set_line_width(c->cr, width);
    cairo_stroke(c->cr);
    cairo_restore(c->cr);
}
