/* viz/viewer/panel_canvas.c -- the pictures in the middle, by mode; and what stands there when
 * there is no run yet. See scene.h. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint64_t ds_canvas_panel_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->image,
                     w->mode,
                     w->pick,
                     w->contour,
                     w->diff,
                     w->smooth,
                     w->flip,
                     w->cmap,
                     w->layer,
                     w->head,
                     w->origin,
                     v->runs,
                     v->trouble_code[0],
                     v->trouble_code[1],
                     v->phase};
    const double x[] = {w->opacity, w->swipe, w->fade, w->zoom, w->pan_x, w->pan_y};
    const uint64_t held[] = {v->look.key, v->heads[0].key, v->heads[1].key, v->heads[0].failed,
                             v->heads[1].failed};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, x, sizeof x);
    h = ds_mix(h, held, sizeof held);
    return ds_mix(h, v->run, sizeof v->run);
}

/* A side as a pane; B's place shows the difference when that is on. */
static struct ds_pane side_pane(const struct ds_viewer *v, int side, const char *id)
{
    const struct ds_sight *k = &v->look;
    struct ds_pane p = {.id = id,
                        .side = side,
                        .map = k->ok[side] ? k->map[side] : NULL,
                        .lo = k->lo[side],
                        .hi = k->hi[side],
                        .split = k->split[side],
                        .dashed = side == 0,
                        .outline = v->view.contour != DS_CONTOUR_OFF};

    return p;
}

static struct ds_pane diff_pane(const struct ds_viewer *v, const char *id)
{
    const struct ds_sight *k = &v->look;
    const double most = v->look.most > 0 ? v->look.most : 1;

    return (struct ds_pane){.id = id,
                            .side = 1,
                            .map = k->ok[0] && k->ok[1] ? k->diff : NULL,
                            .lo = -most,
                            .hi = most,
                            .signed_ = true};
}

static void side_title(struct ds_scene *s, struct ds_box b, int side)
{
    const struct ds_viewer *v = s->v;
    const struct ds_sight *k = &v->look;
    const int patches = v->run[0]->record.patches, m = ds_viewer_checkpoint(v, side);
    const int answer = ds_subject_answer(ds_viewer_side(v, side), m, v->view.image - 1);
    const double sign = answer >= 0 ? 22 : 0; /* room for a tick or cross */
    char when[40], brief[24], least[12], text[160];
    double x = b.x;

    ds_badge(s, x + 7, b.y - 12, 7, side);
    ds_checkpoint_text(when, sizeof when, ds_viewer_side(v, side), m);
    snprintf(text, sizeof text, "%s%s%s", v->runs == 2 ? ds_viewer_side(v, side)->name : "",
             v->runs == 2 ? " " : "", when);
    snprintf(brief, sizeof brief, m ? "task %d" : "initial", m);
    snprintf(least, sizeof least, m ? "%d" : "init", m);
    x += 20 +
         ds_put(s, x + 20, b.y - 12, 0, DS_SIZE_TEXT, true, ds_skin.ink, b.w - 20, "%s",
                ds_subject_is_maps(ds_viewer_side(v, side))
                    ? text
                    : ds_fitting(s, DS_SIZE_TEXT, true, b.w - 20 - sign,
                                 (const char *const[]){text, when, brief, least, NULL})) +
         10;
    if (answer >= 0) {
        const bool words = b.x + b.w - x > 60; /* else the sign alone */

        x += ds_put(s, x, b.y - 12, 0, DS_SIZE_SMALL, true, answer ? ds_skin.good : ds_skin.bad,
                    b.x + b.w - x, "%s%s", answer ? "\xe2\x9c\x93" : "\xc3\x97",
                    !words   ? ""
                    : answer ? " right"
                             : " wrong") +
             10;
    }
    if (k->ok[side] && b.x + b.w - x > 90)
        ds_put(s, b.x + b.w, b.y - 12, 1, DS_SIZE_SMALL, false, ds_skin.soft, b.x + b.w - x,
               "mask %d of %d", k->protect[side], patches);
}

static void missing_side(struct ds_scene *s, struct ds_box b, int side)
{
    if (s->v->look.ok[side])
        return;
    cairo_new_path(s->c->cr);
    cairo_rectangle(s->c->cr, b.x, b.y, b.w, b.h);
    ds_canvas_color(s->c, ds_skin.back, 0.72);
    cairo_fill(s->c->cr);
    ds_missing(s, b, "No map here", s->v->look.why[side]);
}

static void bad_note(struct ds_scene *s, struct ds_box b, int side)
{
    if (!s->v->look.bad[side])
        return;
    ds_canvas_fill(s->c, (struct ds_box){b.x, b.y + b.h - 22, b.w, 22}, ds_skin.back);
    ds_put(s, b.x + 6, b.y + b.h - 11, 0, DS_SIZE_SMALL, true, ds_skin.bad, b.w - 12,
           "hatched: %d patches are not finite", s->v->look.bad[side]);
}

static void draw_single(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const bool flip = v->view.mode == DS_MODE_BLINK && v->view.flip != v->phase;
    const struct ds_box b =
        ds_pane_fit(v, (struct ds_box){room.x + 14, room.y + 28, room.w - 28, room.h - 36});
    struct ds_pane p = v->view.diff ? diff_pane(v, "pane-0") : side_pane(v, !flip, "pane-0");

    ds_pane_draw(s, b, &p);
    if (v->view.diff && v->view.mode == DS_MODE_SINGLE)
        ds_put(s, b.x, b.y - 12, 0, DS_SIZE_TEXT, true, ds_skin.ink, b.w,
               "B \xe2\x88\x92 A   more at B is red, less is blue");
    else
        side_title(s, b, !flip);
    missing_side(s, b, !flip);
    bad_note(s, b, !flip);
}

static void draw_quad(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_box square =
        ds_pane_fit(v, (struct ds_box){0, 0, (room.w - 42) / 2, (room.h - 72) / 2});
    const struct ds_box row =
        ds_pane_fit(v, (struct ds_box){0, 0, (room.w - 70) / 4, room.h - 40});
    const int columns = row.w > square.w ? 4 : 2, rows = 4 / columns;
    const struct ds_box one = columns == 4 ? row : square;
    const double x = room.x + (room.w - columns * (one.w + 14) + 14) / 2;
    const double y =
        room.y + 30 + fmax(0, (room.h - 40 - rows * (one.h + 32) + 32) / (rows + 1));
    struct ds_box b[4];
    struct ds_pane p[4] = {side_pane(v, 0, "pane-0"),
                           side_pane(v, 1, "pane-1"),
                           diff_pane(v, "pane-2"),
                           {.id = "pane-3", .side = 1}};
    char most[32], full[80], brief[64];

    for (int i = 0; i < 4; i++) {
        b[i] = (struct ds_box){floor(x + i % columns * (one.w + 14)),
                               floor(y + i / columns * (one.h + 32)), one.w, one.h};
        ds_pane_draw(s, b[i], &p[i]);
    }
    side_title(s, b[0], 0);
    side_title(s, b[1], 1);
    missing_side(s, b[0], 0);
    missing_side(s, b[1], 1);
    bad_note(s, b[0], 0);
    bad_note(s, b[1], 1);
    ds_shown_text(most, sizeof most, v->look.most);
    snprintf(full, sizeof full,
             p[2].map ? "B \xe2\x88\x92 A   within \xc2\xb1%s" : "B \xe2\x88\x92 A   no map",
             most);
    snprintf(brief, sizeof brief, "B \xe2\x88\x92 A  \xc2\xb1%s", most);
    ds_put(s, b[2].x, b[2].y - 12, 0, DS_SIZE_TEXT, true, ds_skin.ink, b[2].w, "%s",
           ds_fitting(s, DS_SIZE_TEXT, true, b[2].w,
                      (const char *const[]){full, p[2].map ? brief : "B \xe2\x88\x92 A",
                                            "B \xe2\x88\x92 A", NULL}));
    ds_put(s, b[3].x, b[3].y - 12, 0, DS_SIZE_TEXT, true, ds_skin.ink, b[3].w, "image");
}

static void draw_swipe(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_box b =
        ds_pane_fit(v, (struct ds_box){room.x + 14, room.y + 28, room.w - 28, room.h - 36});
    const double x = b.x + v->view.swipe * b.w;
    struct ds_pane left = side_pane(v, 0, "pane-0");
    struct ds_pane right = v->view.diff ? diff_pane(v, "pane-0") : side_pane(v, 1, "pane-0");

    left.part1 = fmax(1e-9, v->view.swipe);
    right.part0 = v->view.swipe;
    ds_pane_draw(s, b, &left);
    ds_pane_draw(s, b, &right);
    ds_canvas_segment(s->c, x, b.y, x, b.y + b.h, 4, ds_skin.back);
    ds_canvas_segment(s->c, x, b.y, x, b.y + b.h, 2, ds_skin.b);
    ds_badge(s, fmax(b.x + 8, x - 14), b.y + b.h - 14, 8, false);
    ds_badge(s, fmin(b.x + b.w - 8, x + 14), b.y + b.h - 14, 8, true);
    side_title(s, (struct ds_box){b.x, b.y, b.w / 2 - 8, b.h}, 0);
    side_title(s, (struct ds_box){b.x + b.w / 2 + 8, b.y, b.w / 2 - 8, b.h}, 1);
    missing_side(s, b, 1);
    ds_part(s, &(struct ds_widget){.id = "swipe",
                                   .box = {x - 5, b.y, 10, b.h},
                                   .role = DS_ROLE_SLIDER,
                                   .command = "swipe",
                                   .label = "divider",
                                   .arg = v->view.swipe,
                                   .from = 0,
                                   .to = 1});
}

static void slider(struct ds_scene *s, struct ds_box b, const char *id, double value)
{
    ds_canvas_fill(s->c, (struct ds_box){b.x, b.y + b.h / 2 - 2, b.w, 4}, ds_skin.raised);
    ds_badge(s, b.x - 12, b.y + b.h / 2, 7, false);
    ds_badge(s, b.x + b.w + 12, b.y + b.h / 2, 7, true);
    cairo_new_path(s->c->cr);
    cairo_arc(s->c->cr, b.x + value * b.w, b.y + b.h / 2, 7, 0, DS_TURN);
    ds_canvas_color(s->c, ds_skin.ink, 1);
    cairo_fill(s->c->cr);
    {
        struct ds_widget w = {.box = b,
                              .role = DS_ROLE_SLIDER,
                              .command = id,
                              .arg = value,
                              .grip = DS_GRIP_X,
                              .from = 0,
                              .to = 1};

        snprintf(w.id, sizeof w.id, "%s", id);
        snprintf(w.label, sizeof w.label, "%s", id);
        snprintf(w.value, sizeof w.value, "%.2f", value);
        ds_part(s, &w);
    }
}

static void draw_fade(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_box b =
        ds_pane_fit(v, (struct ds_box){room.x + 14, room.y + 28, room.w - 28, room.h - 66});
    struct ds_pane p = side_pane(v, 0, "pane-0"), q = side_pane(v, 1, "pane-0");
    const double w = fmin(320, room.w - 80);

    ds_pane_other(s, b, &p, &q, v->view.fade);
    side_title(s, (struct ds_box){b.x, b.y, b.w / 2 - 8, b.h}, 0);
    side_title(s, (struct ds_box){b.x + b.w / 2 + 8, b.y, b.w / 2 - 8, b.h}, 1);
    missing_side(s, b, 1);
    slider(s, (struct ds_box){room.x + (room.w - w) / 2, b.y + b.h + 8, w, 18}, "fade",
           v->view.fade);
}

/* What can be opened from here: runs near by, one press each. */
static void draw_start(struct ds_scene *s, struct ds_box room)
{
    const struct ds_viewer *v = s->v;
    const double w = fmin(460, room.w - 24), x = room.x + (room.w - w) / 2;
    double y;

    ds_missing(
        s, (struct ds_box){room.x, room.y, room.w, fmin(room.h, fmax(160, room.h * 0.7))},
        "No run is open",
        "driftscope view RUN opens one, driftscope view RUN RUN2 compares two, or drop a "
        "folder here. A run comes from training: driftscope train --preset fashion5 --out "
        "runs/a, or from share/demo.sh.");
    y = room.y + fmax(160, room.h * 0.7) / 2 + 62;
    for (int i = 0; i < v->founds && y < room.y + room.h - 26; i++, y += 26) {
        struct ds_widget part = {.role = DS_ROLE_BUTTON, .command = "open", .arg = i};

        snprintf(part.id, sizeof part.id, "open-%d", i + 1);
        snprintf(part.label, sizeof part.label, "%.90s", v->found[i]);
        ds_button(s, x, y, w, &part);
    }
}

/* No run yet, or none that opens. */
static void draw_empty(struct ds_scene *s, struct ds_box room)
{
    const struct ds_viewer *v = s->v;
    char text[2400];

    for (int i = 0; i < v->runs; i++)
        if (*v->trouble[i]) {
            snprintf(text, sizeof text,
                     "%s.\n\nR tries again, q quits. `driftscope info FILE` "
                     "says what a file is.",
                     v->trouble[i]);
            ds_missing(s, room, "This run cannot be shown", text);
            return;
        }
    if (v->runs == 0) {
        draw_start(s, room);
        return;
    }
    snprintf(text, sizeof text, "%s%s%s", v->address[0], v->runs > 1 ? "\n" : "",
             v->runs > 1 ? v->address[1] : "");
    ds_missing(s, room, "Reading", text);
}

void ds_canvas_panel_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const struct ds_box room = s->box;

    ds_ground(s, ds_skin.back);
    if (!ds_viewer_ready(v) || !v->look.key) {
        draw_empty(s, room);
        return;
    }
    switch ((enum ds_mode)v->view.mode) {
    case DS_MODE_QUAD:
        draw_quad(s, room);
        break;
    case DS_MODE_SWIPE:
        draw_swipe(s, room);
        break;
    case DS_MODE_FADE:
        draw_fade(s, room);
        break;
    case DS_MODE_LAYERS:
        ds_canvas_layers(s, room);
        break;
    case DS_MODE_FILM:
        ds_canvas_film(s, room);
        break;
    case DS_MODE_HEADS:
        ds_canvas_heads(s, room);
        break;
    default:
        draw_single(s, room);
    }
}
