/* viz/page/canvas.c -- boxes, lines and text on a Cairo context. See the header. */
#include "viz/page/canvas.h"

#include <locale.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

void ds_canvas_init(struct ds_canvas *c, cairo_t *cr, const struct ds_theme *theme)
{
    cairo_font_options_t *options = cairo_font_options_create();
    PangoContext *pango = pango_cairo_create_context(cr);

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(pango, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(pango, FALSE);
    /* The language picks fallback fonts; the environment's would change the picture. */
    pango_context_set_language(pango, pango_language_from_string("en"));
    *c = (struct ds_canvas){.cr = cr, .theme = theme, .pango = pango};
}

void ds_canvas_clear(struct ds_canvas *c)
{
    if (c->pango)
        g_object_unref(c->pango);
    c->pango = NULL;
}

void ds_canvas_screen(struct ds_canvas *c, struct ds_letters *letters)
{
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(c->pango, options);
    cairo_font_options_destroy(options);
    pango_cairo_update_context(c->cr, c->pango);
    c->letters = letters;
}

void ds_canvas_color(struct ds_canvas *c, struct ds_rgb color, double alpha)
{
    if (alpha < 1)
        cairo_set_source_rgba(c->cr, color.r, color.g, color.b, alpha);
    else
        cairo_set_source_rgb(c->cr, color.r, color.g, color.b);
}

void ds_canvas_fill(struct ds_canvas *c, struct ds_box box, struct ds_rgb color)
{
    ds_canvas_color(c, color, 1);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, box.x, box.y, box.w, box.h);
    cairo_fill(c->cr);
}

void ds_canvas_frame(struct ds_canvas *c, struct ds_box box, double width, struct ds_rgb color)
{
    ds_canvas_color(c, color, 1);
    cairo_set_dash(c->cr, NULL, 0, 0);
    cairo_set_line_width(c->cr, width);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_MITER);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, box.x, box.y, box.w, box.h);
    cairo_stroke(c->cr);
}

void ds_canvas_segment(struct ds_canvas *c, double x0, double y0, double x1, double y1,
                       double width, struct ds_rgb color)
{
    ds_canvas_color(c, color, 1);
    cairo_set_line_width(c->cr, width);
    cairo_new_path(c->cr);
    cairo_move_to(c->cr, x0, y0);
    cairo_line_to(c->cr, x1, y1);
    cairo_stroke(c->cr);
}

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

static void set_features(PangoLayout *layout)
{
    PangoAttrList *list = pango_attr_list_new();

    pango_attr_list_insert(list, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}

/* A layout the caller gives back with g_object_unref. */
static PangoLayout *layout_of(struct ds_canvas *c, const char *text,
                              const struct ds_lettering *type)
{
    PangoLayout *layout = c->letters ? ds_letters_find(c->letters, text, type) : NULL;
    PangoFontDescription *font;
    char *valid;
    int unknown;

    if (layout)
        return g_object_ref(layout);
    layout = pango_layout_new(c->pango);
    font = pango_font_description_new();
    valid = g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
    pango_font_description_set_family(font, c->theme->family);
    pango_font_description_set_absolute_size(font, type->size * PANGO_SCALE);
    pango_font_description_set_weight(font,
                                      type->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(font,
                                     type->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    /* set_text, never markup, and valid UTF-8: labels come out of files. */
    pango_layout_set_text(layout, valid ? valid : text, -1);
    g_free(valid);
    if (type->width > 0) {
        pango_layout_set_width(layout, (int)(type->width * PANGO_SCALE));
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    if ((unknown = pango_layout_get_unknown_glyphs_count(layout)) > 0) {
        if (!c->missing)
            snprintf(c->lacks, sizeof c->lacks, "%s", text);
        c->missing += unknown;
    }
    if (c->letters) {
        set_features(layout);
        ds_letters_keep(c->letters, text, type, layout);
    }
    return layout;
}

static double logical_width(PangoLayout *layout)
{
    PangoRectangle logical;

    pango_layout_get_extents(layout, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

double ds_text_cap(struct ds_canvas *c, double size)
{
    const double known = c->letters ? ds_letters_cap(c->letters, size) : -1;
    PangoLayout *layout;
    PangoRectangle ink;

    if (known >= 0)
        return known;
    layout = layout_of(c, "H", &(struct ds_lettering){.size = size});
    pango_layout_get_extents(layout, &ink, NULL);
    g_object_unref(layout);
    if (c->letters)
        ds_letters_keep_cap(c->letters, size, (double)ink.height / PANGO_SCALE);
    return (double)ink.height / PANGO_SCALE;
}

double ds_text_width(struct ds_canvas *c, const char *text, double size, bool bold)
{
    const struct ds_lettering type = {.size = size, .bold = bold};
    PangoLayout *layout = layout_of(c, text, &type);
    const double width = logical_width(layout);

    g_object_unref(layout);
    return width;
}

void ds_text(struct ds_canvas *c, double x, double y, const struct ds_lettering *type,
             const char *text)
{
    PangoLayout *layout = layout_of(c, text, type);
    const double cap = ds_text_cap(c, type->size);
    const double baseline = (double)pango_layout_get_baseline(layout) / PANGO_SCALE;

    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -type->turn * G_PI / 2);
    cairo_move_to(c->cr, -type->ax * logical_width(layout),
                  -baseline + (1 - type->ay) * cap);
    ds_canvas_color(c, type->color, 1);
    pango_cairo_show_layout(c->cr, layout);
    cairo_restore(c->cr);
    cairo_new_path(c->cr); /* showing a layout leaves a current point behind */
    g_object_unref(layout);
}

double ds_text_block(struct ds_canvas *c, double x, double y, double width,
                     const struct ds_lettering *type, const char *text, bool draw)
{
    PangoLayout *shaped = layout_of(c, text, type), *layout = pango_layout_copy(shaped);
    PangoRectangle logical;

    g_object_unref(shaped); /* a kept one must stay as it is */
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    if (draw) {
        cairo_move_to(c->cr, x, y);
        ds_canvas_color(c, type->color, 1);
        pango_cairo_show_layout(c->cr, layout);
        cairo_new_path(c->cr);
    }
    pango_layout_get_extents(layout, NULL, &logical);
    g_object_unref(layout);
    return (double)logical.height / PANGO_SCALE;
}

const char *ds_number(char *to, size_t size, double value, int decimals)
{
    char plain[64];
    const char *point = localeconv()->decimal_point, *at;
    const char *sign = "";
    const char *digits = plain;

    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    if (*digits == '-') {
        digits++;
        /* No "minus zero": a rounded -0.0004 is 0.00. */
        if (strspn(digits, "0.,") != strlen(digits))
            sign = "\xe2\x88\x92";
    }
    at = *point && strcmp(point, ".") ? strstr(digits, point) : NULL;
    if (at)
        snprintf(to, size, "%s%.*s.%s", sign, (int)(at - digits), digits, at + strlen(point));
    else
        snprintf(to, size, "%s%s", sign, digits);
    return to;
}
