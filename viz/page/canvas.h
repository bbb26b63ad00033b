/* viz/page/canvas.h -- a place to draw: a Cairo context, a theme, and text. Public header.
 *
 * A page, a viewer's panel and a test all hand the same thing to the drawing functions: a
 * canvas and a box. One unit is one point; y grows downwards. Text goes through Pango with
 * hinting off, so that it has the same shape on screen, in PDF and in SVG.
 *
 * A character no installed font has is counted, not drawn over: pages refuse it. */
#ifndef DS_VIZ_PAGE_CANVAS_H
#define DS_VIZ_PAGE_CANVAS_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include "viz/page/letters.h"
#include "viz/page/theme.h"

struct ds_box {
    double x, y, w, h;
};

struct ds_canvas {
    cairo_t *cr;
    const struct ds_theme *theme;
    void *pango;      /* PangoContext, owned */
    int jpeg;         /* quality of pictures on vector pages; 0: lossless */
    int missing;      /* characters without a glyph */
    char lacks[64];   /* the first text that had one */
    struct ds_letters *letters; /* shaped before, borrowed; NULL: nothing is kept */
};

/* The canvas borrows `cr` and the theme. */
void ds_canvas_init(struct ds_canvas *c, cairo_t *cr, const struct ds_theme *theme);
void ds_canvas_clear(struct ds_canvas *c);
/* For a window: letters stand on whole pixel rows, digits all have one width, and layouts are
 * kept. Call it again when the scale of `cr` changed. */
void ds_canvas_screen(struct ds_canvas *c, struct ds_letters *letters);

void ds_canvas_color(struct ds_canvas *c, struct ds_rgb color, double alpha);
void ds_canvas_fill(struct ds_canvas *c, struct ds_box box, struct ds_rgb color);
void ds_canvas_frame(struct ds_canvas *c, struct ds_box box, double width, struct ds_rgb color);
void ds_canvas_segment(struct ds_canvas *c, double x0, double y0, double x1, double y1,
                       double width, struct ds_rgb color);

/* Thin lines over the box, for what must not be told by colour alone: kind 1 rises, 2 falls,
 * 3 both, 4 lies; 0 draws nothing. */
void ds_canvas_hatch(struct ds_canvas *c, struct ds_box box, int kind, double step,
                     double width, struct ds_rgb color);

/* How a piece of text is set. ax: 0 starts at x, 0.5 is centred, 1 ends there. ay: 0 puts the
 * top of the capitals at y, 0.5 their middle, 1 the baseline. turn: quarter turns leftwards. */
struct ds_lettering {
    double size;
    struct ds_rgb color;
    double ax, ay;
    bool bold, italic;
    int turn;
    double width; /* > 0: cut with an ellipsis to this width */
};

void ds_text(struct ds_canvas *c, double x, double y, const struct ds_lettering *type,
             const char *text);
double ds_text_width(struct ds_canvas *c, const char *text, double size, bool bold);
double ds_text_cap(struct ds_canvas *c, double size); /* height of capitals */

/* A paragraph filling `width` from (x, y) down; returns its height. `draw` false measures. */
double ds_text_block(struct ds_canvas *c, double x, double y, double width,
                     const struct ds_lettering *type, const char *text, bool draw);

/* Numbers with a point whatever the locale, and a true minus sign. Returns `to`. */
const char *ds_number(char *to, size_t size, double value, int decimals);

#endif
