/* viz/viewer/panel_top.c -- the line above: what is shown, in words. */
#include "viz/viewer/command.h"
#include "viz/viewer/scene.h"

#include <stdio.h>
#include <string.h>

enum { SMALL = 1000 }; /* narrower lines say less */

uint64_t ds_top_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->image, w->a,      w->b,      w->run_a,  w->run_b, w->layer,
                     w->head,  w->origin, w->follow, w->newest, v->busy,  (int)v->age[0] / 5,
                     v->runs};
    const bool live[2] = {v->run[0] && v->run[0]->live, v->run[1] && v->run[1]->live};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, live, sizeof live);
    return ds_mix(h, v->run, sizeof v->run);
}

/* LIVE while somebody writes; amber words when the last record is old. */
static double live_badge(struct ds_scene *s, double right, double y)
{
    struct ds_viewer *v = s->v;
    const bool live = v->run[0]->live || (v->runs == 2 && v->run[1]->live);
    const double age = v->age[0];
    char text[64];
    struct ds_rgb color = ds_skin.soft;
    double w;

    if (live && age >= 0) {
        snprintf(text, sizeof text, v->view.follow ? "LIVE %.0f s" : "LIVE, not followed",
                 age - (double)((int)age % 5));
        color = age > 120 ? ds_skin.b : ds_skin.live;
    } else if (live) {
        snprintf(text, sizeof text, "LIVE");
        color = ds_skin.live;
    } else {
        snprintf(text, sizeof text, "not being written");
    }
    w = ds_text_width(s->c, text, DS_SIZE_SMALL, live) + 14;
    if (live) {
        cairo_new_path(s->c->cr);
        cairo_arc(s->c->cr, right - w + 2, y, 4, 0, DS_TURN);
        ds_canvas_color(s->c, color, 1);
        cairo_fill(s->c->cr);
    }
    ds_put(s, right - w + 12, y, 0, DS_SIZE_SMALL, live, color, 0, "%s", text);
    return right - w - 12;
}

static double word(struct ds_scene *s, double x, double y, double right, bool bold,
                   struct ds_rgb color, const char *text)
{
    if (x > right - 30)
        return x;
    return x + ds_put(s, x, y, 0, DS_SIZE_TEXT, bold, color, right - x, "%s", text) + 10;
}

static double divide(struct ds_scene *s, double x, double y, double right)
{
    if (x > right - 40)
        return x;
    ds_canvas_segment(s->c, x, y - 8, x, y + 8, 1, ds_skin.line);
    return x + 10;
}

static void source_text(const struct ds_viewer *v, bool small, char *to, size_t size)
{
    static const char *const from[] = {"rollout", "raw CLS row", "mean of rows", "pinned patch",
                                       "second maps"};
    const struct ds_view *w = &v->view;
    const char *a = ds_viewer_side(v, 0)->attended.source;
    const char *b = ds_viewer_side(v, 1)->attended.source;

    if (w->origin == DS_FROM_SECOND && !w->head && (*a || *b)) {
        if (small)
            snprintf(to, size, "layer %d %.*s", w->layer, (int)strcspn(b, " ,"), b);
        else
            snprintf(to, size, strcmp(a, b) ? "layer %d, A: %s, B: %s" : "layer %d, %s",
                     w->layer, *a ? a : "none", *b ? b : "none");
        return;
    }

    if (w->head)
        snprintf(to, size, "layer %d, head %d, %s", w->layer, w->head,
                 w->origin == DS_FROM_ROLLOUT || w->origin == DS_FROM_SECOND ? from[1]
                                                                             : from[w->origin]);
    else
        snprintf(to, size, "layer %d, %s of the mean head", w->layer, from[w->origin]);
    if (small)
        snprintf(to, size, "layer %d %s", w->layer, from[w->origin]);
    else if (!w->head && w->origin == DS_FROM_ROLLOUT)
        snprintf(to, size, "layer %d, rollout (CLS, mean heads, residual 0.5)", w->layer);
}

static double sides(struct ds_scene *s, double x, double y, double right)
{
    const struct ds_viewer *v = s->v;
    char text[200], when[40];

    for (int side = 0; side < 2; side++) {
        if (x > right - 60)
            return x;
        ds_badge(s, x + 7, y, 7, side);
        ds_checkpoint_text(when, sizeof when, ds_viewer_side(v, side),
                           ds_viewer_checkpoint(v, side));
        if (ds_viewer_is_maps(v))
            snprintf(text, sizeof text, "%.24s", ds_viewer_side(v, side)->name);
        else if (s->box.w < SMALL)
            snprintf(text, sizeof text, "%d", ds_viewer_checkpoint(v, side));
        else if (v->runs == 2)
            snprintf(text, sizeof text, "%s %s", ds_viewer_side(v, side)->name, when);
        else
            snprintf(text, sizeof text, "%s", when);
        x = word(s, x + 19, y, right, false, ds_skin.ink, text);
    }
    return x;
}

void ds_top_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const double y = s->box.y + s->box.h / 2;
    const bool small = s->box.w < SMALL;
    double x = 12, right = s->box.w - 10;
    char text[300], label[120], class[80] = "", task[64];
    bool maps;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, 0, s->box.h - 0.5, s->box.w, s->box.h - 0.5, 1, ds_skin.line);
    right -= 58;
    ds_button(s, right, y - 10, 58,
              &(struct ds_widget){
                  .id = "help", .role = DS_ROLE_BUTTON, .label = "? keys", .command = "help"});
    right -= 72;
    ds_button(s, right, y - 10, 66,
              &(struct ds_widget){.id = "export",
                                  .role = DS_ROLE_BUTTON,
                                  .label = "e export",
                                  .command = "export",
                                  .missing = !ds_viewer_ready(v)});
    right -= 10;
    x = word(s, x, y, right, true, ds_skin.ink, "driftscope");
    if (!ds_viewer_ready(v))
        return;
    maps = v->run[0]->attended.path != NULL;
    if (maps)
        ds_attended_class(&ds_viewer_side(v, 1)->attended, v->view.image - 1, 0, class,
                          sizeof class);
    if ((!small && !maps) || v->run[0]->live)
        right = live_badge(s, right, y);
    if (!small)
        x = word(s, x, y, right, false, ds_skin.soft,
                 v->runs < 2 ? v->run[0]->name
                 : maps      ? "two files"
                             : "two runs");
    x = divide(s, x, y, right);
    ds_viewer_label(v, v->view.image - 1, label, sizeof label);
    ds_record_task(&v->run[0]->record, v->run[0]->record.task[v->view.image - 1], task,
                   sizeof task);
    snprintf(text, sizeof text, "image %d/%d \xe2\x80\x9c%s\xe2\x80\x9d %s", v->view.image,
             v->run[0]->record.images, label, task);
    if (small)
        snprintf(text, sizeof text, "%d/%d %s", v->view.image, v->run[0]->record.images, label);
    if (maps && *class)
        snprintf(text, sizeof text, "%d/%d %s: %s", v->view.image, v->run[0]->record.images,
                 label, class);
    else if (maps)
        snprintf(text, sizeof text, "%d/%d %s", v->view.image, v->run[0]->record.images, label);
    x = word(s, x, y, right, false, ds_skin.ink, text);
    x = divide(s, x, y, right);
    if (!maps || v->runs == 2) {
        x = sides(s, x, y, right);
        x = divide(s, x, y, right);
    }
    source_text(v, small, text, sizeof text);
    word(s, x, y, right, false, ds_skin.ink, text);
}

uint64_t ds_status_key(const struct ds_viewer *v)
{
    const int n[] = {v->hover_patch, v->view.pick,         v->count,      v->prefix,
                     v->busy,        (int)v->message_tone, v->view.image, (int)v->typing};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, v->message, strlen(v->message));
    h = ds_mix(h, v->hover, strlen(v->hover));
    return ds_mix(h, &v->look.key, sizeof v->look.key);
}

/* How many values of B's map are larger than that of a patch, plus one. */
static int rank_of(const struct ds_sight *k, int n, int patch)
{
    int rank = 1;

    for (int p = 0; p < n; p++)
        rank += k->map[1][p] > k->map[1][patch];
    return rank;
}

static void patch_line(struct ds_scene *s, double x, double y, int patch, const char *what)
{
    const struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record;
    const struct ds_sight *k = &v->look;
    char a[32], b[32], d[32];

    ds_shown_text(a, sizeof a, k->ok[0] ? (double)k->map[0][patch] : 0.0 / 0.0);
    ds_shown_text(b, sizeof b, k->ok[1] ? (double)k->map[1][patch] : 0.0 / 0.0);
    ds_shown_text(d, sizeof d, k->ok[0] && k->ok[1] ? (double)k->diff[patch] : 0.0 / 0.0);
    if (!k->ok[1]) {
        ds_put(s, x, y, 0, DS_SIZE_TEXT, false, ds_skin.soft, s->box.w - 2 * x,
               "%s row %d col %d", what, patch / r->grid_w + 1, patch % r->grid_w + 1);
        return;
    }
    ds_put(s, x, y, 0, DS_SIZE_TEXT, false, ds_skin.ink, s->box.w - 2 * x,
           "%s  row %d col %d    A %s    B %s    B \xe2\x88\x92 A %s    rank %d of %d at B",
           what, patch / r->grid_w + 1, patch % r->grid_w + 1, a, b, d,
           rank_of(k, r->patches, patch), r->patches);
}

/* What is under the pointer, and the key that does the same. */
static void widget_line(struct ds_scene *s, double x, double y, const struct ds_widget *w)
{
    const struct ds_command *c = w->command ? ds_command_lookup(w->command) : NULL;
    char key[64] = "";

    if (c)
        ds_command_key(c, key, sizeof key);
    ds_put(s, x, y, 0, DS_SIZE_TEXT, false, ds_skin.soft, s->box.w - 2 * x, "%s  %s%s%s%s%s",
           w->label, w->value, c ? "    " : "", c ? c->help : "", *key ? "    key " : "", key);
}

static void idle_line(struct ds_scene *s, double x, double y)
{
    const struct ds_viewer *v = s->v;
    const struct ds_widget *w = ds_widgets_find(&v->widgets, v->hover);

    if (v->count || v->prefix)
        ds_put(s, x, y, 0, DS_SIZE_TEXT, true, ds_skin.b, 0, "%.0d%s", v->count,
               v->prefix == 'm'    ? "m: a letter keeps this view"
               : v->prefix == '\'' ? "': the letter of a kept view"
               : v->prefix         ? "g: g goes to the first image"
                                   : "  then a command");
    else if (w && *w->label)
        widget_line(s, x, y, w);
    else if (v->busy)
        ds_put(s, x, y, 0, DS_SIZE_TEXT, false, ds_skin.soft, 0, "computing");
    else
        ds_put(s, x, y, 0, DS_SIZE_TEXT, false, ds_skin.soft, s->box.w - 2 * x,
               "[ ] move B   { } move A   j k layer   n p image   v compare   Space play   : "
               "commands   ? keys");
}

void ds_status_draw(struct ds_scene *s)
{
    const struct ds_viewer *v = s->v;
    const double y = s->box.y + s->box.h / 2, x = 12;
    const bool ready = ds_viewer_ready(v) && v->look.key;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, 0, s->box.y + 0.5, s->box.w, s->box.y + 0.5, 1, ds_skin.line);
    if (*v->message)
        ds_put(s, x, y, 0, DS_SIZE_TEXT, v->message_tone == DS_SAY_BAD,
               v->message_tone == DS_SAY_BAD    ? ds_skin.bad
               : v->message_tone == DS_SAY_GOOD ? ds_skin.good
                                                : ds_skin.ink,
               s->box.w - 2 * x, "%s%s", v->message_tone == DS_SAY_BAD ? "! " : "", v->message);
    else if (ready && v->hover_patch >= 0)
        patch_line(s, x, y, v->hover_patch, "patch");
    else if (ready && v->view.pick)
        patch_line(s, x, y, v->view.pick - 1, "pinned");
    else
        idle_line(s, x, y);
}
