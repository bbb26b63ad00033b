/* viz/viewer/canvas_many.c -- many small pictures: all layers, all checkpoints, all heads.
 *
 * Each picture is a rollout map of the image shown (heads: their CLS rows), all with one range
 * of colours per row of pictures, so that they compare. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void widen(const float *map, int n, double *lo, double *hi)
{
    for (int i = 0; i < n; i++)
        if (isfinite(map[i])) {
            *lo = fmin(*lo, (double)map[i]);
            *hi = fmax(*hi, (double)map[i]);
        }
}

/* The largest picture such that `n` of them fit in rows of `columns`. */
static double fitting(const struct ds_viewer *v, struct ds_box room, int n, double above,
                      double gap, int *columns)
{
    const struct ds_record *r = &v->run[0]->record;
    const double tall = (double)r->height / r->width;
    double best = 0;

    for (int c = 1; c <= n; c++) {
        const int rows = (n + c - 1) / c;
        const double w =
            fmin((room.w - (c - 1) * gap) / c, ((room.h - rows * above) / rows) / tall);

        if (w > best) {
            best = w;
            *columns = c;
        }
    }
    return floor(best);
}

/* Two rows, A above B, a column for every layer; wrapped when it is many. */
void ds_canvas_layers(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record;
    const double tall = (double)r->height / r->width, above = 40, gap = 6;
    const struct ds_box in = {room.x + 34, room.y + 6, room.w - 46, room.h - 12};
    char id[40], value[32];
    double w, x0, y0;
    int columns = 1, rows;

    /* a pair of pictures is one tall picture of twice the height */
    for (int c = r->layers, best = 0; c >= 1; c--) {
        const int lines = (r->layers + c - 1) / c;
        const int side =
            (int)fmin((in.w - (c - 1) * gap) / c, (in.h / lines - above - gap) / (2 * tall));

        if (side > best) {
            best = side;
            columns = c;
        }
    }
    rows = (r->layers + columns - 1) / columns;
    columns = (r->layers + rows - 1) / rows; /* as even as can be */
    w = floor(fmax(1, fmin((in.w - (columns - 1) * gap) / columns,
                           (in.h / rows - above - gap) / (2 * tall))));
    x0 = in.x + fmax(0, (in.w - columns * (w + gap) + gap) / 2);
    y0 = in.y + fmax(0, (in.h - rows * (2 * tall * w + above + gap)) / 2);
    for (int l = 0; l < r->layers; l++) {
        const double x = x0 + l % columns * (w + gap);
        const double y = y0 + l / columns * (2 * tall * w + above + gap) + 24;
        double lo = INFINITY, hi = -INFINITY;

        for (int side = 0; side < 2; side++)
            widen(ds_subject_map(ds_viewer_side(v, side), ds_viewer_checkpoint(v, side),
                                 v->view.image - 1, l),
                  r->patches, &lo, &hi);
        ds_put(s, x, y - 10, 0, DS_SIZE_SMALL, l == v->view.layer - 1,
               l == v->view.layer - 1 ? ds_skin.b : ds_skin.soft, w,
               w > 110 ? "layer %d   drift %s" : "%d  %s", l + 1,
               ds_shown_text(value, sizeof value, v->look.drift[l]));
        for (int side = 0; side < 2; side++) {
            const int m = ds_viewer_checkpoint(v, side);
            const struct ds_box b = {x, y + side * (tall * w + gap), w, floor(tall * w)};
            struct ds_pane p = {.id = id,
                                .command = "layer",
                                .arg = l + 1,
                                .side = side,
                                .lo = lo,
                                .hi = hi,
                                .bare = true,
                                .chosen = l == v->view.layer - 1,
                                .dashed = !side};

            snprintf(id, sizeof id, "layer-%c-%d", side ? 'b' : 'a', l + 1);
            p.map = ds_subject_map(ds_viewer_side(v, side), m, v->view.image - 1, l);
            p.split = ds_subject_split(ds_viewer_side(v, side), m, v->view.image - 1, l);
            p.outline = v->view.contour && w > 60;
            ds_pane_draw(s, b, &p);
            if (l % columns == 0)
                ds_badge(s, x - 15, b.y + b.h / 2, 8, side);
        }
    }
}

/* Every checkpoint of B's run in this layer: attention as it drifts. */
void ds_canvas_film(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_subject *run = ds_viewer_side(v, 1);
    const struct ds_record *r = &run->record;
    const double tall = (double)r->height / r->width, above = 30, gap = 10;
    const struct ds_box in = {room.x + 14, room.y + 6, room.w - 28, room.h - 14};
    const int l = v->view.layer - 1, i = v->view.image - 1;
    double w, x0, y0;
    char id[40], when[40], value[32];
    int columns = 1, rows;

    w = fmax(1, fitting(v, in, r->done, above + 4, gap, &columns));
    rows = (r->done + columns - 1) / columns;
    x0 = in.x + fmax(0, (in.w - columns * (w + gap) + gap) / 2);
    y0 = in.y + fmax(0, (in.h - rows * (tall * w + above + 4)) / 2);
    for (int m = 0; m < r->done; m++) {
        const struct ds_box b = {floor(x0 + m % columns * (w + gap)),
                                 floor(y0 + m / columns * (tall * w + above + 4) + above), w,
                                 floor(tall * w)};
        const bool is_b = m == v->view.b;
        const bool is_a = m == v->view.a && ds_viewer_side(v, 0) == run;
        struct ds_pane p = {.id = id,
                            .command = "b",
                            .side = 1,
                            .lo = v->look.film_lo,
                            .hi = v->look.film_hi,
                            .bare = true,
                            .chosen = is_b,
                            .outline = v->view.contour != 0,
                            .map = ds_subject_map(run, m, i, l),
                            .split = ds_subject_split(run, m, i, l)};
        double x = b.x;

        p.arg = m + (v->view.run_b == 2 ? 1000 : 0);
        snprintf(id, sizeof id, "film-%d", m);
        ds_pane_draw(s, b, &p);
        if (is_a)
            ds_badge(s, x + 7, b.y - 12, 7, false), x += 18;
        if (is_b)
            ds_badge(s, x + 7, b.y - 12, 7, true), x += 18;
        ds_checkpoint_text(when, sizeof when, run, m);
        x += ds_put(s, x, b.y - 12, 0, DS_SIZE_SMALL, is_b, ds_skin.ink, b.x + b.w - x, "%s",
                    when) +
             8;
        ds_put(s, x, b.y - 12, 0, DS_SIZE_SMALL, false, ds_skin.soft, b.x + b.w - x, "drift %s",
               ds_shown_text(value, sizeof value, v->look.over_time[m]));
    }
}

static void head_row(float *to, const struct ds_heads *h, int layer, int head, int patches)
{
    const size_t square = (size_t)h->tokens * (size_t)h->tokens;
    const float *a =
        h->attention + ((size_t)layer * (size_t)h->heads + (size_t)head) * square + h->prefix;

    memcpy(to, a, (size_t)patches * sizeof *to);
}

static void mean_row(float *to, const struct ds_heads *h, int layer, int patches)
{
    const size_t square = (size_t)h->tokens * (size_t)h->tokens;

    memset(to, 0, (size_t)patches * sizeof *to);
    for (int k = 0; k < h->heads; k++)
        for (int p = 0; p < patches; p++)
            to[p] += h->attention[((size_t)layer * (size_t)h->heads + (size_t)k) * square +
                                  (size_t)(h->prefix + p)] /
                     (float)h->heads;
}

static void head_cells(struct ds_scene *s, struct ds_box in, const struct ds_heads *h,
                       float *room)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record;
    const double gap = 4, tall = (double)r->height / r->width;
    const double w = floor(fmax(
        2, fmin((in.w - h->heads * gap) / (h->heads + 1), (in.h / h->layers - gap) / tall)));
    const double x0 = in.x + fmax(0, (in.w - (h->heads + 1) * (w + gap)) / 2);
    char id[40];

    for (int l = 0; l < h->layers; l++)
        for (int k = 0; k <= h->heads; k++) {
            const bool chosen = l == v->view.layer - 1 && k == v->view.head;
            struct ds_pane p = {.id = id,
                                .command = "head-cell",
                                .side = 1,
                                .bare = true,
                                .lo = INFINITY,
                                .hi = -INFINITY,
                                .chosen = chosen,
                                .map = room,
                                .arg = l * (h->heads + 1) + k};
            const struct ds_box b = {x0 + k * (w + gap), in.y + l * (tall * w + gap), w,
                                     floor(tall * w)};

            if (k)
                head_row(room, h, l, k - 1, r->patches);
            else
                mean_row(room, h, l, r->patches);
            widen(room, r->patches, &p.lo, &p.hi);
            snprintf(id, sizeof id, "head-%d-%d", l + 1, k);
            ds_pane_draw(s, b, &p);
            if (!k)
                ds_put(s, b.x - 8, b.y + b.h / 2, 1, DS_SIZE_SMALL, l == v->view.layer - 1,
                       ds_skin.soft, 0, "%d", l + 1);
            if (!l && !k)
                ds_put(s, b.x + w / 2, in.y - 10, 0.5, DS_SIZE_SMALL, false, ds_skin.soft, w,
                       "mean");
            else if (!l)
                ds_put(s, b.x + w / 2, in.y - 10, 0.5, DS_SIZE_SMALL, false, ds_skin.soft, 0,
                       w > 60 ? "head %d" : "%d", k);
        }
}

void ds_canvas_heads(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_held *slot = &v->heads[1];
    const struct ds_box in = {room.x + 40, room.y + 50, room.w - 56, room.h - 60};
    float *map;
    char when[40];

    if (!slot->key || !slot->heads.attention) {
        ds_missing(s, room, slot->failed ? "No heads here" : "Computing attention by head",
                   slot->failed ? slot->why : "from the weights of this checkpoint");
        return;
    }
    map = malloc((size_t)v->run[0]->record.patches * sizeof *map);
    if (!map)
        return;
    ds_badge(s, room.x + 21, room.y + 16, 7, true);
    ds_checkpoint_text(when, sizeof when, ds_viewer_side(v, 1), v->view.b);
    ds_put(s, room.x + 34, room.y + 16, 0, DS_SIZE_TEXT, true, ds_skin.ink, room.w - 60,
           "%s   attention of CLS by layer (down) and head (across), each with its own range",
           when);
    head_cells(s, in, &slot->heads, map);
    free(map);
}
