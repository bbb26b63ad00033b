/* viz/viewer/scene.c -- the little things every panel is made of. See the header. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct ds_skin ds_skin = {
    .back = {0.071, 0.078, 0.094},
    .panel = {0.106, 0.118, 0.141},
    .raised = {0.169, 0.188, 0.227},
    .line = {0.224, 0.247, 0.294},
    .ink = {0.925, 0.933, 0.949},
    .soft = {0.651, 0.682, 0.737},
    .a = {1, 1, 1},
    .b = {1.000, 0.690, 0.125},
    .bar = {0.337, 0.706, 0.914},
    .good = {0.459, 0.843, 0.620},
    .bad = {1.000, 0.541, 0.502},
    .live = {0.459, 0.843, 0.620},
};

const struct ds_panel ds_panels_of[DS_PANELS] = {
    {"top", ds_top_draw, ds_top_key},
    {"browser", ds_browser_draw, ds_browser_key},
    {"canvas", ds_canvas_panel_draw, ds_canvas_panel_key},
    {"bar", ds_bar_panel_draw, ds_bar_panel_key},
    {"timeline", ds_timeline_draw, ds_timeline_key},
    {"layers", ds_layers_draw, ds_layers_key},
    {"heads", ds_heads_draw, ds_heads_key},
    {"threshold", ds_threshold_draw, ds_threshold_key},
    {"study", ds_study_draw, ds_study_key},
    {"status", ds_status_draw, ds_status_key},
};

double ds_put(struct ds_scene *s, double x, double y, double ax, double size, bool bold,
              struct ds_rgb color, double width, const char *format, ...)
{
    const struct ds_lettering type = {
        .size = size, .color = color, .ax = ax, .ay = 0.5, .bold = bold, .width = width};
    char text[512];
    double used;
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (!*text || width < 0)
        return 0;
    used = ds_text_width(s->c, text, size, bold);
    if (width > 0 && ax > 0 && used <= width) { /* a set width would begin at its left end */
        ds_text(s->c, x, y,
                &(struct ds_lettering){
                    .size = size, .color = color, .ax = ax, .ay = 0.5, .bold = bold},
                text);
        return used;
    }
    if (width > 0 && used <= width) {
        struct ds_lettering plain = type;

        plain.width = 0;
        ds_text(s->c, x, y, &plain, text);
        return used;
    }
    ds_text(s->c, x, y, &type, text);
    return width > 0 ? fmin(used, width) : used;
}

const char *ds_fitting(struct ds_scene *s, double size, bool bold, double width,
                       const char *const *text)
{
    while (text[1] && ds_text_width(s->c, *text, size, bold) > width)
        text++;
    return *text;
}

void ds_ground(struct ds_scene *s, struct ds_rgb color)
{
    ds_canvas_fill(s->c, s->box, color);
}

double ds_caption(struct ds_scene *s, double x, double y, double width, const char *title,
                  const char *note)
{
    const double used =
        ds_put(s, x, y + 8, 0, DS_SIZE_SMALL, true, ds_skin.soft, width, "%s", title);

    if (note && *note)
        ds_put(s, x + used + 8, y + 8, 0, DS_SIZE_SMALL, false, ds_skin.soft, width - used - 8,
               "%s", note);
    return y + 22;
}

void ds_rounded(struct ds_scene *s, struct ds_box b, double radius)
{
    cairo_t *cr = s->c->cr;
    const double r = fmin(radius, fmin(b.w, b.h) / 2);

    cairo_new_path(cr);
    cairo_arc(cr, b.x + b.w - r, b.y + r, r, -0.25 * DS_TURN, 0);
    cairo_arc(cr, b.x + b.w - r, b.y + b.h - r, r, 0, 0.25 * DS_TURN);
    cairo_arc(cr, b.x + r, b.y + b.h - r, r, 0.25 * DS_TURN, 0.5 * DS_TURN);
    cairo_arc(cr, b.x + r, b.y + r, r, 0.5 * DS_TURN, 0.75 * DS_TURN);
    cairo_close_path(cr);
}

/* What reaches beyond its panel is cut, so that nothing can be pressed that is not seen. */
struct ds_widget *ds_part(struct ds_scene *s, const struct ds_widget *w)
{
    struct ds_widget own = *w;
    const double x1 = fmin(own.box.x + own.box.w, s->box.x + s->box.w);
    const double y1 = fmin(own.box.y + own.box.h, s->box.y + s->box.h);

    own.box.x = fmax(own.box.x, s->box.x);
    own.box.y = fmax(own.box.y, s->box.y);
    own.box.w = x1 - own.box.x;
    own.box.h = y1 - own.box.y;
    own.panel = s->panel;
    return ds_widgets_add(&s->v->widgets, &own);
}

double ds_button(struct ds_scene *s, double x, double y, double width,
                 const struct ds_widget *w)
{
    struct ds_widget own = *w;
    char text[170];

    snprintf(text, sizeof text, "%s%s%s", w->label, *w->value ? " " : "", w->value);
    own.box = (struct ds_box){
        x, y, width > 0 ? width : ds_text_width(s->c, text, DS_SIZE_SMALL, false) + 14, 20};
    ds_rounded(s, own.box, 4);
    ds_canvas_color(s->c, own.chosen ? ds_skin.bar : ds_skin.raised, 1);
    cairo_fill(s->c->cr);
    ds_put(s, x + own.box.w / 2, y + 10, 0.5, DS_SIZE_SMALL, own.chosen,
           own.missing  ? (struct ds_rgb){0.42, 0.45, 0.51}
           : own.chosen ? ds_skin.back
                        : ds_skin.ink,
           own.box.w - 8, "%s", text);
    ds_part(s, &own);
    return own.box.w;
}

void ds_badge(struct ds_scene *s, double x, double y, double r, bool b)
{
    cairo_t *cr = s->c->cr;

    cairo_new_path(cr);
    if (b)
        cairo_arc(cr, x, y, r, 0, DS_TURN);
    else
        cairo_rectangle(cr, x - r * 0.92, y - r * 0.92, 1.84 * r, 1.84 * r);
    ds_canvas_color(s->c, b ? ds_skin.b : ds_skin.a, 1);
    cairo_fill_preserve(cr);
    ds_canvas_color(s->c, ds_skin.back, 1);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
    ds_put(s, x, y, 0.5, 1.25 * r, true, ds_skin.back, 0, b ? "B" : "A");
}

void ds_chosen(struct ds_scene *s, struct ds_box box)
{
    ds_canvas_frame(s->c, box, 4, ds_skin.back);
    ds_canvas_frame(s->c, box, 2, ds_skin.b);
}

void ds_missing(struct ds_scene *s, struct ds_box box, const char *title, const char *text)
{
    const struct ds_lettering type = {.size = DS_SIZE_TEXT, .color = ds_skin.soft};
    const double w = fmin(box.w - 24, 460), x = box.x + (box.w - w) / 2;
    double y = box.y + box.h / 2 - 26;

    if (w < 20 || box.h < 30)
        return;
    y = fmax(y, box.y + 8);
    ds_put(s, x, y + 8, 0, DS_SIZE_HEAD, true, ds_skin.ink, w, "%s", title);
    cairo_save(s->c->cr);
    cairo_rectangle(s->c->cr, box.x, box.y, box.w, box.h);
    cairo_clip(s->c->cr);
    ds_text_block(s->c, x, y + 24, w, &type, text, true);
    cairo_restore(s->c->cr);
}

struct ds_cmap ds_viewer_cmap(const struct ds_viewer *v)
{
    static const char *const names[] = {"magma", "viridis", "cividis", "inferno", "grey"};
    struct ds_err err = {0};
    struct ds_cmap m = {0};

    ds_cmap_find(&m, names[v->view.cmap], &err);
    return m;
}

struct ds_cmap ds_diverging(void)
{
    struct ds_err err = {0};
    struct ds_cmap m = {0};

    ds_cmap_find(&m, "vlag", &err);
    return m;
}

const char *ds_checkpoint_text(char *to, size_t size, const struct ds_subject *s,
                               int checkpoint)
{
    if (ds_subject_is_maps(s))
        snprintf(to, size, "maps");
    else if (checkpoint)
        snprintf(to, size, "after task %d", checkpoint);
    else
        snprintf(to, size, "initial model");
    return to;
}

const char *ds_shown_text(char *to, size_t size, double value)
{
    if (!isfinite(value))
        snprintf(to, size, "n/a");
    else if (value != 0 && fabs(value) < 0.0095)
        ds_number(to, size, value, 5);
    else
        ds_number(to, size, value, fabs(value) < 10 ? 3 : 1);
    return to;
}
