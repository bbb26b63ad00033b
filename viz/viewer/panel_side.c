/* viz/viewer/panel_side.c -- timeline, layer bars and threshold: where in the run, how far it
 * moved, and where the mask begins. See scene.h. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/retain/split.h"

uint64_t ds_timeline_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->a, w->b, w->run_a, w->run_b, v->playing, w->loop, w->newest, w->layer};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, &w->fps, sizeof w->fps);
    h = ds_mix(h, &v->look.key, sizeof v->look.key);
    return ds_mix(h, v->run, sizeof v->run);
}

static double time_buttons(struct ds_scene *s, double x, double y)
{
    struct ds_viewer *v = s->v;
    struct ds_widget w = {.id = "play",
                          .role = DS_ROLE_TOGGLE,
                          .command = "play",
                          .chosen = v->playing,
                          .label = "play"};
    const double right = x;

    snprintf(w.label, sizeof w.label, v->playing ? "stop" : "play");
    w.missing = ds_viewer_side(v, 1)->record.done < 2;
    x -= 44;
    ds_button(s, x, y, 44, &w);
    w = (struct ds_widget){.id = "fps", .command = "faster", .shifted = "slower"};
    snprintf(w.label, sizeof w.label, "%g / s", v->view.fps);
    x -= 56;
    ds_button(s, x, y, 52, &w);
    w = (struct ds_widget){.id = "loop",
                           .role = DS_ROLE_TOGGLE,
                           .command = "loop",
                           .label = "loop",
                           .chosen = v->view.loop};
    x -= 46;
    ds_button(s, x, y, 42, &w);
    w = (struct ds_widget){.id = "newest",
                           .role = DS_ROLE_TOGGLE,
                           .command = "newest",
                           .label = "B newest",
                           .chosen = v->view.newest};
    x -= 76;
    if (s->box.w > 520)
        ds_button(s, x, y, 72, &w);
    return right - x;
}

static int ticks_apart(double room, double need)
{
    int every = 1;

    while (every * room < need)
        every += every < 5 ? (every == 1 ? 1 : 3) : every;
    return every;
}

/* One run: a track with a node for every checkpoint, and the room below it to press. */
static void track(struct ds_scene *s, int run, struct ds_box b, double below)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[run]->record;
    const int n = r->tasks + 1;
    const double step = n > 1 ? b.w / (n - 1) : 0, half = fmin(16, fmax(5, step / 2)), y = b.y;
    const bool of_b = run == (v->runs == 2 ? v->view.run_b - 1 : 0);
    char value[32];

    ds_canvas_segment(s->c, b.x, y, b.x + b.w, y, 2, ds_skin.line);
    if (r->done > 1)
        ds_canvas_segment(s->c, b.x, y, b.x + (r->done - 1) * step, y, 2, ds_skin.soft);
    for (int m = 0; m < n; m++) {
        const double x = b.x + m * step;
        struct ds_widget w = {.box = {x - half, y - 14, 2 * half, 28 + below},
                              .role = DS_ROLE_ITEM,
                              .command = "b",
                              .shifted = "a",
                              .arg = m + 1000 * run,
                              .missing = m >= r->done,
                              .wheel = "b"};

        cairo_new_path(s->c->cr);
        cairo_arc(s->c->cr, x, y, m < r->done ? 4 : 3, 0, DS_TURN);
        ds_canvas_color(s->c, m < r->done ? ds_skin.soft : ds_skin.line, 1);
        cairo_fill(s->c->cr);
        snprintf(w.id, sizeof w.id, run ? "step2-%d" : "step-%d", m);
        snprintf(w.label, sizeof w.label, m ? "after task %d; Shift moves A" : "initial model",
                 m);
        if (of_b && m < r->done)
            snprintf(w.value, sizeof w.value, "drift from A %s",
                     ds_shown_text(value, sizeof value, v->look.over_time[m]));
        ds_part(s, &w);
    }
}

/* Below the tracks: numbers of the tasks, and how far B's run has drifted from A. */
static void drift_bars(struct ds_scene *s, struct ds_box b)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &ds_viewer_side(v, 1)->record;
    const int n = r->tasks + 1, every = ticks_apart(b.w / fmax(1, n - 1), 20);
    const double step = n > 1 ? b.w / (n - 1) : 0, room = b.h - 16;
    double most = 0;

    for (int m = 0; m < r->done; m++)
        most = isfinite(v->look.over_time[m]) ? fmax(most, fabs(v->look.over_time[m])) : most;
    for (int m = 0; m < n; m++) {
        const double x = b.x + m * step;

        if (m % every == 0 || m == n - 1)
            ds_put(s, x, b.y + 6, 0.5, DS_SIZE_SMALL, m == v->view.b,
                   m < r->done ? ds_skin.ink : ds_skin.soft, 0, m ? "%d" : "init", m);
        if (m < r->done && most > 0 && room > 8 && isfinite(v->look.over_time[m])) {
            const double h = room * fabs(v->look.over_time[m]) / most;

            ds_canvas_fill(s->c, (struct ds_box){x - 5, b.y + b.h - h, 10, h},
                           m == v->view.b ? ds_skin.b : ds_skin.bar);
        }
    }
}

/* The handles lie over both tracks; A ducks when it stands where B does. */
static void handles(struct ds_scene *s, double x0, double width, double y0, double row)
{
    struct ds_viewer *v = s->v;

    for (int side = 0; side < 2; side++) {
        const int run = v->runs == 2 ? (side ? v->view.run_b : v->view.run_a) - 1 : 0;
        const int n = v->run[run]->record.tasks;
        const bool same = v->view.a == v->view.b && v->view.run_a == v->view.run_b;
        const double x = x0 + (n > 0 ? width * ds_viewer_checkpoint(v, side) / n : 0);

        ds_badge(s, x + (same ? side ? 7 : -7 : 0), y0 + run * row, 9, side);
    }
}

void ds_timeline_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const double x = s->box.x + 40, row = 30, w = s->box.w - 80;
    const double shift = v->runs == 2 ? 90 : 0;
    static const char *const bars[] = {"bars: drift of this image and layer from A",
                                       "bars: drift of this image", "bars: drift", "", NULL};
    double y = s->box.y + 46, room, used, last, words;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, s->box.x, s->box.y + 0.5, s->box.x + s->box.w, s->box.y + 0.5, 1,
                      ds_skin.line);
    if (!v->look.key)
        return;
    used = time_buttons(s, s->box.x + s->box.w - 12, s->box.y + 7);
    words = s->box.w - used - 48 - ds_text_width(s->c, "CHECKPOINTS", DS_SIZE_SMALL, true);
    ds_caption(s, s->box.x + 14, s->box.y + 9, s->box.w - used - 40, "CHECKPOINTS",
               v->run[0]->record.done < 2 ? "one only: drift needs two"
                                          : ds_fitting(s, DS_SIZE_SMALL, false, words, bars));
    last = y + (v->runs - 1) * row;
    room = s->box.y + s->box.h - last - 20;
    if (v->runs == 2)
        for (int run = 0; run < 2; run++)
            ds_put(s, s->box.x + 14, y + run * row, 0, DS_SIZE_SMALL, true, ds_skin.soft, 100,
                   "%s", v->run[run]->name);
    for (int run = 0; run < v->runs; run++)
        track(s, run, (struct ds_box){x + shift, y + run * row, w - shift, 20},
              run == v->runs - 1 ? room - 14 : 0);
    drift_bars(s, (struct ds_box){x + shift, last + 13, w - shift, room});
    handles(s, x + shift, w - shift, y, row);
}

uint64_t ds_layers_key(const struct ds_viewer *v)
{
    const int n[] = {v->view.layer, v->view.head};
    uint64_t h = ds_mix(ds_mix(0, n, sizeof n), &v->look.key, sizeof v->look.key);

    return ds_mix(h, v->view.metric, strlen(v->view.metric));
}

/* Of one file of maps: how much of the picture the rollout's mask holds in a layer. */
static double mask_share(const struct ds_viewer *v, int l)
{
    const struct ds_subject *s = ds_viewer_side(v, 1);
    const float *map = ds_subject_map(s, 0, v->view.image - 1, l);
    const double split = ds_subject_split(s, 0, v->view.image - 1, l);
    int held = 0;

    for (int p = 0; p < s->record.patches; p++)
        held += (double)map[p] > split;
    return (double)held / s->record.patches;
}

/* A bar for this image, a tick for the mean of the images compared, the number beside it. */
static void layer_row(struct ds_scene *s, struct ds_box b, int l, double most)
{
    struct ds_viewer *v = s->v;
    const bool chosen = l == v->view.layer - 1;
    const bool alone = ds_viewer_is_alone(v);
    const double d = alone ? mask_share(v, l) : v->look.drift[l];
    const double mean = alone ? NAN : v->look.mean[l], x = b.x + 24, w = b.w - 24 - 54;
    struct ds_widget part = {.box = b,
                             .role = DS_ROLE_ITEM,
                             .command = "layer",
                             .arg = l + 1,
                             .wheel = "layer",
                             .chosen = chosen};
    char value[32], of_all[32];

    ds_put(s, b.x + 14, b.y + b.h / 2, 1, DS_SIZE_SMALL, chosen,
           chosen ? ds_skin.ink : ds_skin.soft, 0, "%d", l + 1);
    if (chosen)
        ds_put(s, b.x + 17, b.y + b.h / 2, 0, DS_SIZE_SMALL, true, ds_skin.b, 0,
               "\xe2\x80\xba");
    ds_canvas_fill(s->c, (struct ds_box){x, b.y + 3, w, b.h - 6}, ds_skin.raised);
    if (isfinite(d) && most > 0)
        ds_canvas_fill(s->c, (struct ds_box){x, b.y + 3, w * fmin(1, fabs(d) / most), b.h - 6},
                       chosen ? ds_skin.b : ds_skin.bar);
    if (isfinite(mean) && most > 0) {
        const double at = x + w * fmin(1, fabs(mean) / most);

        ds_canvas_segment(s->c, at, b.y + 1, at, b.y + b.h - 1, 3.5, ds_skin.back);
        ds_canvas_segment(s->c, at, b.y + 1, at, b.y + b.h - 1, 1.5, ds_skin.ink);
    }
    ds_put(s, b.x + b.w, b.y + b.h / 2, 1, DS_SIZE_SMALL, chosen,
           chosen ? ds_skin.ink : ds_skin.soft, 0, "%s", ds_shown_text(value, sizeof value, d));
    snprintf(part.id, sizeof part.id, "layer-%d", l + 1);
    snprintf(part.label, sizeof part.label, "layer %d", l + 1);
    if (alone)
        snprintf(part.value, sizeof part.value, "share in the mask %s", value);
    else
        snprintf(part.value, sizeof part.value, "drift %s, mean %s", value,
                 ds_shown_text(of_all, sizeof of_all, mean));
    ds_part(s, &part);
}

void ds_layers_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const struct ds_sight *k = &v->look;
    const double x = s->box.x + 14, w = s->box.w - 28;
    const bool alone = ds_viewer_is_alone(v);
    double y = s->box.y + 8, most = alone ? 1 : 0, row;
    char note[160];
    int first = 0, shown;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, s->box.x + 0.5, s->box.y, s->box.x + 0.5, s->box.y + s->box.h, 1,
                      ds_skin.line);
    if (!k->key)
        return;
    if (alone)
        snprintf(note, sizeof note, "share in the mask; drift needs a second file");
    else
        snprintf(note, sizeof note, "%s, A to B; tick: mean of %d", v->view.metric,
                 k->compared);
    y = ds_caption(s, x, y, w, alone ? "LAYERS" : "DRIFT BY LAYER", note);
    if (!alone)
        ds_part(s, &(struct ds_widget){.id = "metric",
                                       .box = {x, y - 22, w, 18},
                                       .role = DS_ROLE_BUTTON,
                                       .label = "drift metric",
                                       .command = "metric"});
    for (int l = 0; l < k->layers && !alone; l++) {
        most = isfinite(k->drift[l]) ? fmax(most, fabs(k->drift[l])) : most;
        most = isfinite(k->mean[l]) ? fmax(most, fabs(k->mean[l])) : most;
    }
    row = fmax(14, fmin(18, (s->box.y + s->box.h - y - 8) / k->layers));
    shown = (int)fmin(k->layers, floor((s->box.y + s->box.h - y - 2) / row));
    if (v->view.layer > shown)
        first = v->view.layer - shown;
    for (int l = first; l < first + shown; l++)
        layer_row(s, (struct ds_box){x, y + (l - first) * row, w, row}, l, most);
}

uint64_t ds_threshold_key(const struct ds_viewer *v)
{
    const int n[] = {v->view.manual};
    uint64_t h = ds_mix(0, n, sizeof n);

    return ds_mix(h, &v->look.key, sizeof v->look.key);
}

static void curve(struct ds_scene *s, struct ds_box b, const double *y, double lo, double hi,
                  struct ds_rgb color, double width)
{
    cairo_t *cr = s->c->cr;
    const int n = (int)b.w;

    cairo_new_path(cr);
    for (int i = 0; i < n; i++) {
        const double v = y[(size_t)((i + 0.5) * DS_SPLIT_BINS / n)];
        const double t = hi > lo ? (v - lo) / (hi - lo) : 0;

        cairo_line_to(cr, b.x + i + 0.5, b.y + b.h * (1 - t));
    }
    ds_canvas_color(s->c, color, 1);
    cairo_set_line_width(cr, width);
    cairo_stroke(cr);
}

static void histogram(struct ds_scene *s, struct ds_box b, const float *map, int n)
{
    enum { BINS = 40 };
    float lo = map[0], hi = map[0];
    int count[BINS] = {0}, most = 1;

    for (int i = 1; i < n; i++) {
        lo = fminf(lo, map[i]);
        hi = fmaxf(hi, map[i]);
    }
    for (int i = 0; i < n && hi > lo; i++) {
        const int at = (int)((map[i] - lo) / (hi - lo) * BINS);

        count[at < BINS ? at : BINS - 1]++;
    }
    for (int i = 0; i < BINS; i++)
        most = count[i] > most ? count[i] : most;
    for (int i = 0; i < BINS; i++) {
        const double h = 0.45 * b.h * count[i] / most;

        ds_canvas_fill(
            s->c, (struct ds_box){b.x + i * b.w / BINS + 0.5, b.y + b.h - h, b.w / BINS - 1, h},
            ds_skin.raised);
    }
}

/* Rank of the sorted values of B's map, its smoothed second derivative, the split. The rank is
 * not smoothed: 20 bins of 10000 are less than a pixel. */
static void plot(struct ds_scene *s, struct ds_box b, double *x, double *rank, double *second,
                 double *scratch)
{
    struct ds_viewer *v = s->v;
    const struct ds_sight *k = &v->look;
    const int n = v->run[0]->record.patches;
    double lo = INFINITY, hi = -INFINITY, from, to, at;
    struct ds_widget w = {.id = "threshold",
                          .box = b,
                          .role = DS_ROLE_SLIDER,
                          .grip = DS_GRIP_X,
                          .command = "threshold",
                          .label = "threshold",
                          .arg = k->split[1]};

    ds_split_curve(x, rank, NULL, second, k->map[1], n, scratch);
    from = x[0];
    to = x[DS_SPLIT_BINS - 1];
    for (int i = 0; i < DS_SPLIT_BINS; i++) {
        lo = fmin(lo, second[i]);
        hi = fmax(hi, second[i]);
    }
    histogram(s, b, k->map[1], n);
    curve(s, b, second, lo, hi, ds_skin.line, 1);
    curve(s, b, rank, rank[0], rank[DS_SPLIT_BINS - 1], ds_skin.bar, 1.6);
    at = to > from ? b.x + fmin(1, fmax(0, (k->split[1] - from) / (to - from))) * b.w : b.x;
    ds_canvas_segment(s->c, at, b.y - 4, at, b.y + b.h, 2, ds_skin.b);
    cairo_new_path(s->c->cr);
    cairo_move_to(s->c->cr, at - 5, b.y - 6);
    cairo_line_to(s->c->cr, at + 5, b.y - 6);
    cairo_line_to(s->c->cr, at, b.y + 1);
    cairo_close_path(s->c->cr);
    ds_canvas_color(s->c, ds_skin.b, 1);
    cairo_fill(s->c->cr);
    w.from = from;
    w.to = to;
    ds_shown_text(w.value, sizeof w.value, k->split[1]);
    ds_part(s, &w);
}

static void mask_words(struct ds_scene *s, double x, double y, double w)
{
    struct ds_viewer *v = s->v;
    const struct ds_sight *k = &v->look;
    const int n = v->run[0]->record.patches;
    const bool apart = w < 300; /* two lines where one is too short */
    char a[32], b[32], iou[32];

    ds_shown_text(a, sizeof a, k->split[0]);
    ds_shown_text(b, sizeof b, k->split[1]);
    ds_put(s, x, y, 0, DS_SIZE_SMALL, false, ds_skin.ink, w, "A > %s: %d of %d", a,
           k->protect[0], n);
    ds_put(s, apart ? x : x + w / 2, apart ? y + 17 : y, 0, DS_SIZE_SMALL, false, ds_skin.ink,
           apart ? w : w / 2, "B > %s: %d of %d", b, k->protect[1], n);
    ds_put(s, x, y + (apart ? 34 : 17), 0, DS_SIZE_SMALL, false, ds_skin.soft, w,
           "IoU of the masks %s   both %d   either %d", ds_shown_text(iou, sizeof iou, k->iou),
           k->both, k->either);
}

void ds_threshold_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const struct ds_sight *k = &v->look;
    const double x = s->box.x + 14, w = s->box.w - 28;
    const double y = s->box.y + 8;
    const struct ds_box b = {x, y + 32, w, fmax(24, fmin(140, s->box.h - 90))};
    double *room;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, s->box.x + 0.5, s->box.y, s->box.x + 0.5, s->box.y + s->box.h, 1,
                      ds_skin.line);
    ds_caption(s, x, y, w - 80, "THRESHOLD AT B",
               v->view.manual ? "set by hand" : "adaptive split point");
    ds_button(s, x + w - 66, y - 2, 66,
              &(struct ds_widget){.id = "adaptive",
                                  .role = DS_ROLE_BUTTON,
                                  .label = "adaptive",
                                  .command = "adaptive",
                                  .chosen = !v->view.manual});
    ds_canvas_fill(s->c, b, ds_skin.back);
    if (!k->key || !k->ok[1] || k->bad[1]) {
        ds_missing(s, b, "No curve",
                   k->bad[1] ? "this map has values that are not finite" : k->why[1]);
        return;
    }
    room = malloc((3 * (size_t)DS_SPLIT_BINS + ds_split_scratch(v->run[0]->record.patches)) *
                  sizeof *room);
    if (room)
        plot(s, b, room, room + DS_SPLIT_BINS, room + 2 * DS_SPLIT_BINS,
             room + 3 * DS_SPLIT_BINS);
    free(room);
    mask_words(s, x, b.y + b.h + 14, w);
}
