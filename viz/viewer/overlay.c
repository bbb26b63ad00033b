/* viz/viewer/overlay.c -- help, palette, export dialog, kept views: above everything else.
 *
 * Help and palette are printed from the command table; nothing about a key is written here. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viz/viewer/command.h"
#include "viz/viewer/export.h"
#include "viz/viewer/scene.h"

struct ds_box ds_overlay_box(const struct ds_viewer *v, double w, double h)
{
    const double wide[] = {0, 880, 560, 460, 560}, tall[] = {0, 760, 420, 388, 420};
    const double a = fmin(wide[v->overlay], w - 20), b = fmin(tall[v->overlay], h - 20);

    if (v->overlay == DS_OVER_NONE || a < 40 || b < 40)
        return (struct ds_box){0};
    return (struct ds_box){
        floor((w - a) / 2),
        floor(v->overlay == DS_OVER_PALETTE ? fmin(80, (h - b) / 2) : (h - b) / 2), a, b};
}

static void key_chip(struct ds_scene *s, double x, double y, const char *keys)
{
    char text[64];
    size_t n = 0;

    for (const char *c = keys; *c && n + 4 < sizeof text; c++)
        if (*c == '|') {
            memcpy(text + n, "   ", 3);
            n += 3;
        } else {
            text[n++] = *c;
        }
    text[n] = 0;
    ds_put(s, x, y, 0, DS_SIZE_SMALL, true, ds_skin.b, 0, "%s", text);
}

/* Rows of keyed commands with their group's name above, in as many columns as fit. */
static void draw_help(struct ds_scene *s, struct ds_box b)
{
    struct ds_viewer *v = s->v;
    const int columns = b.w > 700 ? 2 : 1;
    const double row = 17, w = (b.w - 16 * (columns - 1)) / columns;
    const int visible = (int)((b.h - 30) / row);
    const char *group = "";
    int lines = 0, total = 0, most;

    for (const struct ds_command *c = ds_commands; c->name; c++) {
        total += *c->keys != 0;
        total += strcmp(group, c->group) != 0 ? 2 : 0;
        group = c->group;
    }
    most = total - columns * visible;
    v->help_scroll = v->help_scroll > most ? most : v->help_scroll;
    v->help_scroll = v->help_scroll < 0 ? 0 : v->help_scroll;
    ds_put(s, b.x, b.y + 8, 0, DS_SIZE_HEAD, true, ds_skin.ink, b.w,
           "Keys    (a number before a step repeats it; : finds commands without a key)");
    group = "";
    for (const struct ds_command *c = ds_commands; c->name; c++) {
        const bool begins = strcmp(group, c->group) != 0;

        for (int part = begins ? 0 : 2; part < 3; part++) {
            const int at = lines - v->help_scroll;
            const double x = b.x + (at >= visible ? w + 16 : 0);
            const double y = b.y + 36 + (at >= visible ? at - visible : at) * row;

            if (part == 2 && !*c->keys)
                continue;
            lines++;
            if (at < 0 || at >= columns * visible || part == 0)
                continue;
            if (part == 1) {
                ds_put(s, x, y, 0, DS_SIZE_SMALL, true, ds_skin.bar, w, "%s", c->group);
            } else {
                key_chip(s, x, y, c->keys);
                ds_put(s, x + 120, y, 0, DS_SIZE_SMALL, false, ds_skin.ink, w - 120, "%s",
                       c->help);
            }
        }
        group = c->group;
    }
    if (most > 0)
        ds_put(s, b.x + b.w, b.y + b.h - 6, 1, DS_SIZE_SMALL, false, ds_skin.soft, 0,
               "j k or the wheel scrolls");
}

static void field(struct ds_scene *s, struct ds_box b, const char *before, const char *text,
                  bool typing)
{
    ds_rounded(s, b, 4);
    ds_canvas_color(s->c, ds_skin.back, 1);
    cairo_fill_preserve(s->c->cr);
    ds_canvas_color(s->c, typing ? ds_skin.b : ds_skin.line, 1);
    cairo_set_line_width(s->c->cr, typing ? 1.5 : 1);
    cairo_stroke(s->c->cr);
    ds_put(s, b.x + 9, b.y + b.h / 2, 0, DS_SIZE_TEXT, false, ds_skin.ink, b.w - 18, "%s%s%s",
           before, text, typing ? "|" : "");
}

static void draw_palette(struct ds_scene *s, struct ds_box b)
{
    struct ds_viewer *v = s->v;
    const struct ds_command *list[64];
    const int n = ds_command_match(list, 64, v->field);
    const double row = 22;
    const int visible = (int)((b.h - 34) / row);
    const int first = v->palette_at >= visible ? v->palette_at - visible + 1 : 0;

    field(s, (struct ds_box){b.x, b.y, b.w, 26}, ":", v->field, true);
    for (int i = first; i < n && i < first + visible; i++) {
        const struct ds_box r = {b.x, b.y + 34 + (i - first) * row, b.w, row};
        char keys[64];

        if (i == v->palette_at)
            ds_canvas_fill(s->c, r, ds_skin.raised);
        ds_put(s, r.x + 9, r.y + row / 2, 0, DS_SIZE_TEXT, i == v->palette_at, ds_skin.ink, 130,
               "%s", list[i]->name);
        ds_put(s, r.x + 146, r.y + row / 2, 0, DS_SIZE_SMALL, false, ds_skin.soft, b.w - 230,
               "%s", list[i]->help);
        ds_command_key(list[i], keys, sizeof keys);
        ds_put(s, r.x + r.w - 9, r.y + row / 2, 1, DS_SIZE_SMALL, true, ds_skin.b, 0, "%s",
               keys);
        {
            struct ds_widget w = {.box = r,
                                  .arg = NAN,
                                  .role = DS_ROLE_ITEM,
                                  .skip = true,
                                  .command =
                                      list[i]->flags & DS_CMD_ARG ? NULL : list[i]->name};

            snprintf(w.id, sizeof w.id, "command-%s", list[i]->name);
            snprintf(w.label, sizeof w.label, "%.90s", list[i]->help);
            ds_part(s, &w);
        }
    }
    if (!n)
        ds_put(s, b.x + 9, b.y + 46, 0, DS_SIZE_TEXT, false, ds_skin.soft, b.w - 18,
               "no command has these letters");
}

static double choice(struct ds_scene *s, double x, double y, const char *id, const char *label,
                     const char *value, bool chosen, double arg)
{
    struct ds_widget w = {
        .role = DS_ROLE_BUTTON, .command = "export-set", .arg = arg, .chosen = chosen};

    snprintf(w.id, sizeof w.id, "%s", id);
    snprintf(w.label, sizeof w.label, "%s", label);
    snprintf(w.value, sizeof w.value, "%s", value);
    return x + ds_button(s, x, y, 0, &w) + 6;
}

static void name_field(struct ds_scene *s, struct ds_box b, double y)
{
    const struct ds_viewer *v = s->v;
    const bool typing = v->typing == DS_TYPE_FILE;
    const struct ds_box at = {b.x + 84, y, b.w - 84, 24};

    ds_put(s, b.x, y + 11, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "file");
    field(s, at, "", typing ? v->field : v->page.name, typing);
    ds_part(s, &(struct ds_widget){.id = "export-name",
                                   .box = at,
                                   .role = DS_ROLE_TEXT,
                                   .label = "file name",
                                   .command = "export-name"});
}

/* The font by name; empty is the venue's own. */
static void font_field(struct ds_scene *s, struct ds_box b, double y)
{
    const struct ds_viewer *v = s->v;
    const bool typing = v->typing == DS_TYPE_FONT;
    const struct ds_box at = {b.x + 84, y, b.w - 84, 24};

    ds_put(s, b.x, y + 11, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "font");
    field(s, at, "",
          typing          ? v->field
          : *v->page.font ? v->page.font
                          : "the venue's own",
          typing);
    ds_part(s, &(struct ds_widget){.id = "export-font",
                                   .box = at,
                                   .role = DS_ROLE_TEXT,
                                   .label = "font",
                                   .arg = NAN,
                                   .command = "export-font"});
}

/* What it will be set in, and why not in what was asked for. */
static void font_words(struct ds_scene *s, struct ds_box b, double y)
{
    struct ds_theme theme;
    struct ds_err err = {0};
    char why[300];

    if (ds_export_theme(s->v, &theme, why, sizeof why, &err))
        ds_put(s, b.x, y, 0, DS_SIZE_SMALL, false, ds_skin.bad, b.w, "%s", err.text);
    else if (*why)
        ds_put(s, b.x, y, 0, DS_SIZE_SMALL, false, ds_skin.b, b.w, "in %s: %s", theme.family,
               why);
    else
        ds_put(s, b.x, y, 0, DS_SIZE_SMALL, false, ds_skin.soft, b.w,
               strcmp(theme.family, theme.wanted) ? "in %s, in place of %s" : "in %s",
               theme.family, theme.wanted);
}

static void draw_export(struct ds_scene *s, struct ds_box b)
{
    struct ds_viewer *v = s->v;
    struct ds_export *e = &v->page;
    const struct ds_venue *venue = &ds_venues[e->venue];
    double x = b.x + 84, y = b.y, w, h;
    char text[64];

    ds_put(s, b.x, y + 8, 0, DS_SIZE_HEAD, true, ds_skin.ink, b.w, "Export this view");
    y += 34;
    ds_put(s, b.x, y + 10, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "venue");
    choice(s, x, y, "export-venue", venue->key, "", false, DS_EXPORT_VENUE);
    y += 30;
    ds_put(s, b.x, y + 10, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "width");
    x = choice(s, x, y, "export-column", "column", "", !e->width, DS_EXPORT_COLUMN);
    choice(s, x, y, "export-full", "full", "", e->width, DS_EXPORT_FULL);
    y += 30;
    x = b.x + 84;
    ds_put(s, b.x, y + 10, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "formats");
    x = choice(s, x, y, "export-png", "PNG", "", e->format & 1, DS_EXPORT_PNG);
    x = choice(s, x, y, "export-pdf", "PDF", "", e->format & 2, DS_EXPORT_PDF);
    choice(s, x, y, "export-svg", "SVG", "", e->format & 4, DS_EXPORT_SVG);
    y += 30;
    x = b.x + 84;
    ds_put(s, b.x, y + 10, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "pixels");
    snprintf(text, sizeof text, "%.0f dpi", e->dpi);
    x = choice(s, x, y, "export-dpi", text, "", false, DS_EXPORT_DPI);
    choice(s, x, y, "export-labels", "labels", e->labels ? "on" : "off", e->labels,
           DS_EXPORT_LABELS);
    y += 34;
    name_field(s, b, y);
    y += 34;
    font_field(s, b, y);
    y += 40;
    ds_export_size(v, &w, &h);
    ds_put(s, b.x, y, 0, DS_SIZE_TEXT, false, ds_skin.ink, b.w,
           "%.2f x %.2f inches, text %g pt", w / 72, h / 72, venue->text);
    y += 20;
    font_words(s, b, y);
    y += 18;
    ds_put(s, b.x, y, 0, DS_SIZE_SMALL, false, ds_skin.soft, b.w,
           "and a .json beside it that says how to draw it again");
    ds_button(s, b.x + b.w - 170, b.y + b.h - 24, 80,
              &(struct ds_widget){.id = "export-write",
                                  .role = DS_ROLE_BUTTON,
                                  .label = "Write",
                                  .command = "export-now",
                                  .chosen = true});
    ds_button(s, b.x + b.w - 80, b.y + b.h - 24, 80,
              &(struct ds_widget){.id = "export-cancel",
                                  .role = DS_ROLE_BUTTON,
                                  .label = "Cancel",
                                  .command = "escape"});
}

static void draw_marks(struct ds_scene *s, struct ds_box b)
{
    struct ds_viewer *v = s->v;
    double y = b.y + 34;
    char label[80], id[40];
    int n = 0;

    ds_put(s, b.x, b.y + 8, 0, DS_SIZE_HEAD, true, ds_skin.ink, b.w, "Kept views");
    for (int i = 0; i < DS_LETTERS && y < b.y + b.h - 20; i++) {
        const struct ds_view *w = &v->letter[i];
        struct ds_widget part = {
            .role = DS_ROLE_ITEM, .command = "go", .arg = i, .box = {b.x, y - 2, b.w, 22}};

        if (!v->lettered[i])
            continue;
        ds_viewer_label(v, w->image - 1, label, sizeof label);
        ds_put(s, b.x + 4, y + 9, 0, DS_SIZE_TEXT, true, ds_skin.b, 0, "%c", 'a' + i);
        ds_put(s, b.x + 28, y + 9, 0, DS_SIZE_TEXT, false, ds_skin.ink, b.w - 30,
               "image %d \xe2\x80\x9c%s\xe2\x80\x9d, A %d, B %d, layer %d", w->image, label,
               w->a, w->b, w->layer);
        snprintf(id, sizeof id, "kept-%c", 'a' + i);
        memcpy(part.id, id, sizeof part.id);
        ds_part(s, &part);
        y += 24;
        n++;
    }
    if (!n)
        ds_missing(s, b, "Nothing is kept yet",
                   "m and a letter keeps the view; ' and the letter "
                   "comes back to it.");
}

void ds_overlay_draw(struct ds_scene *s)
{
    const struct ds_box b = s->box;
    const struct ds_box in = {b.x + 18, b.y + 16, b.w - 36, b.h - 32};

    ds_canvas_fill(s->c, b, ds_skin.panel);
    ds_canvas_frame(s->c, (struct ds_box){b.x + 1, b.y + 1, b.w - 2, b.h - 2}, 2, ds_skin.bar);
    ds_part(s, &(struct ds_widget){.id = "overlay", .box = b, .role = DS_ROLE_TEXT});
    switch (s->v->overlay) {
    case DS_OVER_HELP:
        draw_help(s, in);
        break;
    case DS_OVER_PALETTE:
        draw_palette(s, in);
        break;
    case DS_OVER_EXPORT:
        draw_export(s, in);
        break;
    case DS_OVER_MARKS:
        draw_marks(s, in);
        break;
    case DS_OVER_NONE:
        break;
    }
}
