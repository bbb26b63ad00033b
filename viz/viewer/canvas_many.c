/* viz/viewer/canvas_many.c -- many small pictures: all layers, all checkpoints.
 *
 * Each picture is a rollout map of the image shown, all with one range of colours per row of
 * pictures, so that they compare. The words above a picture get shorter with it: a number is
 * never cut. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>

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

/* "layer 3   drift 0.123", or as much of it as fits; one file of maps has no drift. */
static void layer_words(struct ds_scene *s, double x, double y, double w, int l)
{
    const struct ds_viewer *v = s->v;
    const bool chosen = l == v->view.layer - 1, alone = ds_viewer_is_alone(v);
    char value[32], full[64], brief[48], least[16];

    ds_shown_text(value, sizeof value, v->look.drift[l]);
    snprintf(full, sizeof full, alone ? "layer %d" : "layer %d   drift %s", l + 1, value);
    snprintf(brief, sizeof brief, alone ? "%d" : "%d  %s", l + 1, value);
    snprintf(least, sizeof least, "%d", l + 1);
    ds_put(s, x, y, 0, DS_SIZE_SMALL, chosen, chosen ? ds_skin.b : ds_skin.soft, w, "%s",
           ds_fitting(s, DS_SIZE_SMALL, chosen, w,
                      (const char *const[]){full, brief, least, NULL}));
}

/* Two rows, A above B, a column for every layer; wrapped when it is many. One file of maps has
 * one row. */
void ds_canvas_layers(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record;
    const double tall = (double)r->height / r->width, above = 40, gap = 6;
    const int from = ds_viewer_is_alone(v) ? 1 : 0, sides = 2 - from;
    const struct ds_box in = {room.x + 34, room.y + 6, room.w - 46, room.h - 12};
    char id[40];
    double w, x0, y0;
    int columns = 1, rows;

    /* a pair of pictures is one tall picture of twice the height */
    for (int c = r->layers, best = 0; c >= 1; c--) {
        const int lines = (r->layers + c - 1) / c;
        const int side = (int)fmin((in.w - (c - 1) * gap) / c,
                                   (in.h / lines - above - gap) / (sides * tall));

        if (side > best) {
            best = side;
            columns = c;
        }
    }
    rows = (r->layers + columns - 1) / columns;
    columns = (r->layers + rows - 1) / rows; /* as even as can be */
    w = floor(fmax(1, fmin((in.w - (columns - 1) * gap) / columns,
                           (in.h / rows - above - gap) / (sides * tall))));
    x0 = in.x + fmax(0, (in.w - columns * (w + gap) + gap) / 2);
    y0 = in.y + fmax(0, (in.h - rows * (sides * tall * w + above + gap)) / 2);
    for (int l = 0; l < r->layers; l++) {
        const double x = x0 + l % columns * (w + gap);
        const double y = y0 + l / columns * (sides * tall * w + above + gap) + 24;
        double lo = INFINITY, hi = -INFINITY;

        for (int side = from; side < 2; side++)
            ds_widen(ds_subject_map(ds_viewer_side(v, side), ds_viewer_checkpoint(v, side),
                                    v->view.image - 1, l),
                     r->patches, &lo, &hi);
        layer_words(s, x, y - 10, w, l);
        for (int side = from; side < 2; side++) {
            const int m = ds_viewer_checkpoint(v, side);
            const struct ds_box b = {x, y + (side - from) * (tall * w + gap), w,
                                     floor(tall * w)};
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
            if (l % columns == 0 && !from)
                ds_badge(s, x - 15, b.y + b.h / 2, 8, side);
        }
    }
}

/* "after task 3  drift 0.123", or as much of it as fits between x and the right end. */
static void film_words(struct ds_scene *s, double x, struct ds_box b,
                       const struct ds_subject *run, int m)
{
    const struct ds_viewer *v = s->v;
    const bool chosen = m == v->view.b;
    char value[32], when[3][64], number[2][64];
    double room = b.x + b.w - x, need;
    int at = 0, plain;

    ds_shown_text(value, sizeof value, v->look.over_time[m]);
    ds_checkpoint_text(when[0], sizeof *when, run, m);
    snprintf(when[1], sizeof *when, m ? "task %d" : "initial", m);
    snprintf(when[2], sizeof *when, m ? "%d" : "init", m);
    snprintf(number[0], sizeof *number, "drift %s", value);
    snprintf(number[1], sizeof *number, "%s", value);
    for (;; at++) { /* shorter words first, then the number alone */
        plain = at > 0;
        need = at < 3 ? ds_text_width(s->c, when[at], DS_SIZE_SMALL, chosen) + 8 : 0;
        if (at == 3 || need + ds_text_width(s->c, number[plain], DS_SIZE_SMALL, false) <= room)
            break;
    }
    if (at < 3)
        ds_put(s, x, b.y - 12, 0, DS_SIZE_SMALL, chosen, ds_skin.ink, 0, "%s", when[at]);
    ds_put(s, x + need, b.y - 12, 0, DS_SIZE_SMALL, false, ds_skin.soft, 0, "%s",
           number[plain]);
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
    char id[40];
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
        film_words(s, x, b, run, m);
    }
}
