/* viz/page/theme.c -- venues, styles and the one theme. See the header.
 *
 * Widths and sizes: tueplots (MIT) for the conferences, IEEE and Nature from their guides to
 * authors (3.5 and 7.16 in; 89 and 183 mm). No text is set below 6 pt. */
#include "viz/page/theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viz/page/font.h"

const struct ds_venue ds_venues[] = {
    {"neurips", 5.5, 5.5, 9, 7, true},
    {"iclr", 5.5, 5.5, 9, 7, true},
    {"icml", 3.25, 6.75, 8, 6, true},
    {"cvpr", 3.25, 6.875, 8, 6, true},
    {"aaai", 3.3, 6.975, 9, 7, true},
    {"ieee", 3.5, 7.16, 8, 7, true},
    {"nature", 3.504, 7.205, 7, 6, false},
    {"screen", 6.4, 9.6, 11, 9, false},
    {0}
};

const struct ds_venue *ds_venue_lookup(const char *key)
{
    for (const struct ds_venue *v = ds_venues; v->key; v++)
        if (!strcmp(v->key, key))
            return v;
    return NULL;
}

/* The palette's yellow is left out: a 1 pt yellow line is not legible on paper. */
static const struct ds_style styles[DS_STYLES] = {
    {{0.000, 0.447, 0.698}, DS_CIRCLE, {0}},                  /* blue */
    {{0.835, 0.369, 0.000}, DS_SQUARE, {4, 1.5}},             /* vermillion */
    {{0.000, 0.620, 0.451}, DS_TRIANGLE, {1.2, 1.4}},         /* bluish green */
    {{0.800, 0.475, 0.655}, DS_DIAMOND, {5, 1.5, 1.2, 1.5}},  /* reddish purple */
    {{0.902, 0.624, 0.000}, DS_TRIANGLE_DOWN, {2.5, 1.2}},    /* orange */
    {{0.200, 0.200, 0.200}, DS_CROSS, {0}},                   /* black */
    {{0.337, 0.706, 0.914}, DS_CIRCLE, {7, 2}},               /* sky blue */
};

struct ds_style ds_style_at(int k)
{
    return styles[(k < 0 ? 0 : k) % DS_STYLES];
}

static const char *const serif[] = {"TeX Gyre Termes", "Nimbus Roman", "Liberation Serif",
                                    "Times New Roman", "DejaVu Serif", NULL};
static const char *const sans[] = {"TeX Gyre Heros", "Nimbus Sans", "Liberation Sans",
                                   "Arial", "DejaVu Sans", NULL};

int ds_theme_init(struct ds_theme *t, const struct ds_venue *venue, const char *font,
                  struct ds_err *err)
{
    const char *const *chain = venue->serif ? serif : sans;
    const char *family;
    int code;

    memset(t, 0, sizeof *t);
    if (*font) {
        if ((code = ds_font_need(font, err)))
            return code;
        family = font;
    } else if (!(family = ds_font_first(chain))) {
        return ds_fail(err, DS_UNAVAILABLE,
                       "none of the fonts %s .. %s is installed; apt install fonts-dejavu-core",
                       chain[0], venue->serif ? "DejaVu Serif" : "DejaVu Sans");
    }
    snprintf(t->family, sizeof t->family, "%s", family);
    snprintf(t->wanted, sizeof t->wanted, "%s", *font ? font : chain[0]);

    t->text = venue->text;
    t->tick = venue->tick;
    t->small = fmax(6, venue->tick - 1);
    t->letter = venue->text + 1;
    t->digit = ds_font_digit(t->family);
    t->axis = 0.6;
    t->hair = 0.4;
    t->data = 1.0;
    t->mark = 3.6;
    t->pad = venue->text / 3;
    t->margin = 1.5;

    t->paper = (struct ds_rgb){1, 1, 1};
    t->ink = (struct ds_rgb){0.10, 0.10, 0.10};
    t->soft = (struct ds_rgb){0.38, 0.38, 0.38};
    t->faint = (struct ds_rgb){0.88, 0.88, 0.88};
    t->rule = (struct ds_rgb){0.25, 0.25, 0.25};
    t->empty = (struct ds_rgb){0.955, 0.955, 0.955};
    return 0;
}

static double linear(double s)
{
    return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
}

struct ds_rgb ds_rgb_contrast(struct ds_rgb under)
{
    const double y =
        0.2126 * linear(under.r) + 0.7152 * linear(under.g) + 0.0722 * linear(under.b);

    /* (1.05)/(y + .05) against (y + .05)/.05: equal at y = 0.179. */
    return y > 0.179 ? (struct ds_rgb){0, 0, 0} : (struct ds_rgb){1, 1, 1};
}
