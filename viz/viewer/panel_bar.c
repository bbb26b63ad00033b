/* viz/viewer/panel_bar.c -- the colour bar: which value is which colour, and for whom. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint64_t ds_bar_panel_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->cmap, w->span, w->mode, w->diff, w->smooth, w->contour, w->origin};
    const double x[] = {w->clip,       w->opacity,    v->look.lo[0], v->look.lo[1],
                        v->look.hi[0], v->look.hi[1], v->look.most,  w->zoom};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, &v->look.key, sizeof v->look.key);
    return ds_mix(h, x, sizeof x);
}

/* Colours of lo..hi as an overlay shows them, over mid grey; the bar spans from..to. */
static void gradient(struct ds_scene *s, struct ds_box b, const struct ds_cmap *m, double from,
                     double to, double lo, double hi)
{
    for (int i = 0; i < (int)b.w; i++) {
        const double x = from + (i + 0.5) / b.w * (to - from);
        const double least = m->diverging ? 0.5 : 0;
        const double v = hi > lo ? fmin(1, fmax(0, (x - lo) / (hi - lo))) : least;
        const double grow = m->diverging ? fabs(2 * v - 1) : v;
        const double alpha = s->v->view.opacity * (m->diverging ? grow : sqrt(grow));
        const struct ds_rgb c = ds_cmap_at(m, v);

        ds_canvas_fill(s->c, (struct ds_box){b.x + i, b.y, 1.2, b.h},
                       (struct ds_rgb){alpha * c.r + (1 - alpha) * 0.4,
                                       alpha * c.g + (1 - alpha) * 0.4,
                                       alpha * c.b + (1 - alpha) * 0.4});
    }
    ds_canvas_frame(s->c, b, 1, ds_skin.line);
}

/* An end of the range as a handle: its half of the bar drags it. */
static void handle(struct ds_scene *s, struct ds_box b, double from, double to, bool high)
{
    const struct ds_sight *k = &s->v->look;
    const double lo = k->lo[1], hi = k->hi[1], at = high ? hi : lo;
    const double unit = to > from ? b.w / (to - from) : 0, x = b.x + (at - from) * unit;
    const double half = b.x + ((lo + hi) / 2 - from) * unit;
    struct ds_widget w = {.role = DS_ROLE_SLIDER,
                          .command = high ? "range-hi" : "range-lo",
                          .arg = at,
                          .grip = DS_GRIP_X,
                          .from = from,
                          .to = (lo + hi) / 2};

    w.box = (struct ds_box){b.x - 4, b.y - 6, half - b.x + 4, b.h + 12};
    w.from = from - (unit > 0 ? 4 / unit : 0);
    if (high) {
        w.box = (struct ds_box){half, b.y - 6, b.x + b.w - half + 4, b.h + 12};
        w.from = (lo + hi) / 2;
        w.to = to + (unit > 0 ? 4 / unit : 0);
    }
    snprintf(w.id, sizeof w.id, high ? "range-hi" : "range-lo");
    snprintf(w.label, sizeof w.label,
             high ? "upper end of the colours" : "lower end of the colours");
    ds_shown_text(w.value, sizeof w.value, at);
    ds_canvas_fill(s->c, (struct ds_box){x - 3, b.y - 4, 6, b.h + 8}, ds_skin.back);
    ds_canvas_fill(s->c, (struct ds_box){x - 1.5, b.y - 3, 3, b.h + 6}, ds_skin.ink);
    ds_part(s, &w);
}

static double buttons(struct ds_scene *s, double right, double y)
{
    static const char *const modes[] = {"single", "quad",   "swipe", "fade",
                                        "blink",  "layers", "film",  "heads"};
    static const char *const spans[] = {"each its own", "A and B share", "fixed"};
    static const char *const cmaps[] = {"magma", "viridis", "cividis", "inferno", "grey"};
    struct ds_viewer *v = s->v;
    struct ds_widget w = {
        .id = "mode", .label = "view", .command = "mode-next", .wheel = "mode"};
    char text[96];

    snprintf(w.value, sizeof w.value, "%s", modes[v->view.mode]);
    snprintf(text, sizeof text, "%s %s", w.label, w.value);
    right -= ds_text_width(s->c, text, DS_SIZE_SMALL, false) + 14;
    ds_button(s, right, y, 0, &w);
    w = (struct ds_widget){.id = "cmap", .command = "cmap-next", .wheel = "cmap"};
    snprintf(w.value, sizeof w.value, "%s", cmaps[v->view.cmap]);
    snprintf(w.label, sizeof w.label, "colours");
    snprintf(text, sizeof text, "%s %s", w.label, w.value);
    right -= ds_text_width(s->c, text, DS_SIZE_SMALL, false) + 19;
    ds_button(s, right, y, 0, &w);
    w = (struct ds_widget){.id = "range", .command = "range", .label = "range"};
    snprintf(w.value, sizeof w.value, "%s", spans[v->view.span]);
    snprintf(text, sizeof text, "%s %s", w.label, w.value);
    right -= ds_text_width(s->c, text, DS_SIZE_SMALL, false) + 19;
    if (right > s->box.x + 150)
        ds_button(s, right, y, 0, &w);
    return right - 12;
}

/* What a bar needs beside its gradient. */
static double words_of(struct ds_scene *s, const char *name, double lo, double hi)
{
    char a[32], b[32];

    ds_shown_text(a, sizeof a, lo);
    ds_shown_text(b, sizeof b, hi);
    return ds_text_width(s->c, name, DS_SIZE_SMALL, true) +
           ds_text_width(s->c, a, DS_SIZE_SMALL, false) +
           ds_text_width(s->c, b, DS_SIZE_SMALL, false) + 24;
}

/* Name, low end, gradient, high end; returns where it ended. */
static double bar(struct ds_scene *s, double x, double y, double w, const char *name, double lo,
                  double hi, const struct ds_cmap *m, bool handles)
{
    const struct ds_sight *k = &s->v->look;
    const double from = handles ? fmin(lo, k->least) : lo,
                 to = handles ? fmax(hi, k->largest) : hi;
    char a[32], b[32];
    double at = x;
    struct ds_box box;

    ds_shown_text(a, sizeof a, lo);
    ds_shown_text(b, sizeof b, hi);
    at += ds_put(s, at, y, 0, DS_SIZE_SMALL, true, ds_skin.soft, 0, "%s", name) + 8;
    at += ds_put(s, at, y, 0, DS_SIZE_SMALL, false, ds_skin.ink, 0, "%s", a) + 8;
    box = (struct ds_box){floor(at), y - 6, w, 12};
    gradient(s, box, m, from, to, lo, hi);
    if (handles && to > from) {
        handle(s, box, from, to, false);
        handle(s, box, from, to, true);
    }
    at += w + 8;
    at += ds_put(s, at, y, 0, DS_SIZE_SMALL, false, ds_skin.ink, 0, "%s", b);
    return at + 16;
}

void ds_bar_panel_draw(struct ds_scene *s)
{
    static const char *const of_layers[] = {"each layer has a range of its own, for A and B",
                                            "range of each layer", "by layer", "", NULL};
    static const char *const of_heads[] = {"each picture has a range of its own",
                                           "range of each picture", "by picture", "", NULL};
    struct ds_viewer *v = s->v;
    const struct ds_sight *k = &v->look;
    const double y = s->box.y + s->box.h / 2;
    const struct ds_cmap map = ds_viewer_cmap(v), diff = ds_diverging();
    const bool differs = v->view.mode == DS_MODE_QUAD || v->view.diff;
    const bool apart = v->view.span == DS_SPAN_AUTO, film = v->view.mode == DS_MODE_FILM;
    const char *const name = film ? "all checkpoints" : ds_viewer_is_alone(v) ? "map" : "A, B";
    double x = s->box.x + 14, right, words, more, w;

    ds_ground(s, ds_skin.back);
    if (!k->key)
        return;
    right = buttons(s, s->box.x + s->box.w - 12, y - 10);
    if (!k->ok[0] && !k->ok[1])
        return;
    words = film    ? words_of(s, name, k->film_lo, k->film_hi)
            : apart ? words_of(s, "A", k->lo[0], k->hi[0])
                    : words_of(s, name, k->lo[1], k->hi[1]);
    more = (apart ? words_of(s, "B", k->lo[1], k->hi[1]) + 16 : 0) +
           (differs ? words_of(s, "B \xe2\x88\x92 A", -k->most, k->most) + 16 : 0);
    w = floor(
        fmin(120, (right - x - words - more) / (1 + (differs ? 1 : 0) + (apart ? 1 : 0))));
    if (w < 24)
        w = floor(fmin(80, right - x - words));
    if (w < 24)
        return;
    if (film) {
        bar(s, x, y, w, name, k->film_lo, k->film_hi, &map, false);
        return;
    }
    if (v->view.mode == DS_MODE_LAYERS || v->view.mode == DS_MODE_HEADS) {
        x += ds_put(s, x, y, 0, DS_SIZE_SMALL, true, ds_skin.soft, 0, "low") + 8;
        gradient(s, (struct ds_box){floor(x), y - 6, w, 12}, &map, 0, 1, 0, 1);
        x += w + 8;
        x += ds_put(s, x, y, 0, DS_SIZE_SMALL, true, ds_skin.soft, 0, "high") + 12;
        ds_put(s, x, y, 0, DS_SIZE_SMALL, false, ds_skin.soft, 0, "%s",
               ds_fitting(s, DS_SIZE_SMALL, false, right - x,
                          v->view.mode == DS_MODE_LAYERS ? of_layers : of_heads));
        return;
    }
    if (apart) {
        x = bar(s, x, y, w, "A", k->lo[0], k->hi[0], &map, false);
        if (right - x >= w + words_of(s, "B", k->lo[1], k->hi[1]))
            x = bar(s, x, y, w, "B", k->lo[1], k->hi[1], &map, false);
    } else {
        x = bar(s, x, y, w, name, k->lo[1], k->hi[1], &map, true);
    }
    if (differs && right - x >= w + words_of(s, "B \xe2\x88\x92 A", -k->most, k->most))
        x = bar(s, x, y, w, "B \xe2\x88\x92 A", -k->most, k->most, &diff, false);
    if (v->view.clip > 0 && right - x > 60)
        ds_put(s, x, y, 0, DS_SIZE_SMALL, false, ds_skin.soft, right - x, "clip %g %%",
               v->view.clip);
}
