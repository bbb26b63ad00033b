/* viz/page/theme.h -- every colour, font and length of a page, once. Public header.
 *
 * Lengths are points (1/72 inch) at print size; colours are sRGB in 0..1. A theme is made for
 * a venue: its column widths, text sizes and the kind of type it is set in. Nothing that draws
 * names a colour or a size of its own. */
#ifndef DS_VIZ_PAGE_THEME_H
#define DS_VIZ_PAGE_THEME_H

#include <stdbool.h>
#include "core/base/err.h"

struct ds_rgb {
    double r, g, b;
};

struct ds_venue {
    const char *key;
    double column, full; /* width in inches of one column, and of the page's text */
    double text, tick;   /* points */
    bool serif;
};

/* Ends with a row whose key is NULL. */
extern const struct ds_venue ds_venues[];

const struct ds_venue *ds_venue_lookup(const char *key);

/* How the k-th run of a comparison looks: colour, marker and dash change together, so that
 * no line is told apart by colour alone (Okabe and Ito 2008, the dark ones first). */
enum ds_marker { DS_CIRCLE, DS_SQUARE, DS_TRIANGLE, DS_DIAMOND, DS_TRIANGLE_DOWN, DS_CROSS };

struct ds_style {
    struct ds_rgb color;
    enum ds_marker marker;
    double dash[4]; /* points on, off, ...; dash[0] == 0: solid */
};

enum { DS_STYLES = 7 };
struct ds_style ds_style_at(int k); /* any k >= 0, wraps */

struct ds_theme {
    char family[64];  /* the font in use ... */
    char wanted[64];  /* ... and the one it stands in for; equal when nothing was missing */
    double text, tick, small, letter; /* labels; ticks and legends; notes; the title */
    double digit;     /* width of a digit of the family, in sizes: for planning a page */
    double axis, hair, data, mark;    /* line widths; marker size across */
    double pad;                       /* the unit of every gap */
    double margin;                    /* kept blank around a page */
    struct ds_rgb paper, ink, soft, faint, rule, empty; /* soft: notes; faint: grid lines */
};

/* `font` "" takes the venue's first installed family. DS_USAGE: `font` is not installed. */
int ds_theme_init(struct ds_theme *t, const struct ds_venue *venue, const char *font,
                  struct ds_err *err);

/* Black or white, whichever reads better on `under` (WCAG relative luminance). */
struct ds_rgb ds_rgb_contrast(struct ds_rgb under);

#endif
