/* viz/viewer/canvas_heads.c -- attention by head: of one layer as a strip on the right side, of
 * all layers as a matrix in the middle. See scene.h.
 *
 * A picture is the CLS row of a head in the network at B, with a range of its own: heads differ
 * in how much they look at patches at all. Nothing is computed here (demand.c). */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ds_widen(const float *map, int n, double *lo, double *hi)
{
    for (int i = 0; i < n; i++)
        if (isfinite(map[i])) {
            *lo = fmin(*lo, (double)map[i]);
            *hi = fmax(*hi, (double)map[i]);
        }
}

/* How the pictures stand: layers across where that makes them larger (deep networks with few
 * heads), else down. */
struct grid {
    bool across;
    double width, tall, gap; /* of a picture; its height over its width; between two */
};

static double cell_width(const struct grid *g, const struct ds_box *in, int columns, int rows)
{
    return floor(fmax(2, fmin(in->w / columns - g->gap, (in->h / rows - g->gap) / g->tall)));
}

static struct grid grid_for(const struct ds_record *r, const struct ds_box *in)
{
    struct grid g = {.tall = (double)r->height / r->width, .gap = 4};
    const double down = cell_width(&g, in, r->heads + 1, r->layers);
    const double across = cell_width(&g, in, r->layers, r->heads + 1);

    g.across = across > down;
    g.width = fmax(down, across);
    return g;
}

/* The number of a row, or of a column; m or mean is the mean of the heads. */
static void cell_name(struct ds_scene *s, struct ds_box b, bool column, bool layer, int n,
                      bool on)
{
    const char *word = !column || b.w <= 60 ? "" : layer ? "layer " : "head ";
    char text[24];

    if (!layer && !n)
        snprintf(text, sizeof text, "%s", !column || b.w > 28 ? "mean" : "m");
    else
        snprintf(text, sizeof text, "%s%d", word, n);
    if (column)
        ds_put(s, b.x + b.w / 2, b.y - 10, 0.5, DS_SIZE_SMALL, on, ds_skin.soft, 0, "%s", text);
    else
        ds_put(s, b.x - 8, b.y + b.h / 2, 1, DS_SIZE_SMALL, on, ds_skin.soft, 0, "%s", text);
}

static void head_cells(struct ds_scene *s, struct ds_box in, const struct grid *g, float *room)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record; /* its layers and heads */
    const double w = g->width, h = floor(g->tall * w);
    const int columns = g->across ? r->layers : r->heads + 1;
    const double x0 = in.x + fmax(0, (in.w - columns * (w + g->gap)) / 2);
    char id[40];

    for (int l = 0; l < r->layers; l++)
        for (int k = 0; k <= r->heads; k++) {
            const bool here = l == v->view.layer - 1;
            const int column = g->across ? l : k, row = g->across ? k : l;
            struct ds_pane p = {.id = id,
                                .command = "head-cell",
                                .side = 1,
                                .bare = true,
                                .lo = INFINITY,
                                .hi = -INFINITY,
                                .chosen = here && k == v->view.head,
                                .map = room,
                                .arg = l * (r->heads + 1) + k};
            const struct ds_box b = {x0 + column * (w + g->gap),
                                     in.y + row * (g->tall * w + g->gap), w, h};

            if (!ds_viewer_head_row(v, 1, l, k, room))
                p.map = NULL;
            if (p.map)
                ds_widen(room, r->patches, &p.lo, &p.hi);
            snprintf(id, sizeof id, "head-%d-%d", l + 1, k);
            ds_pane_draw(s, b, &p);
            if (!k)
                cell_name(s, b, g->across, true, l + 1, here);
            if (!l)
                cell_name(s, b, !g->across, false, k, false);
        }
}

void ds_canvas_heads(struct ds_scene *s, struct ds_box room)
{
    struct ds_viewer *v = s->v;
    const struct ds_held *slot = &v->heads[1];
    const struct ds_box in = {room.x + 40, room.y + 50, room.w - 56, room.h - 60};
    static const char *const down[] = {
        "attention of CLS by layer (down) and head (across), each with its own range",
        "CLS by layer (down) and head (across), own ranges", "layers down, heads across", "",
        NULL};
    static const char *const turned[] = {
        "attention of CLS by layer (across) and head (down), each with its own range",
        "CLS by layer (across) and head (down), own ranges", "layers across, heads down", "",
        NULL};
    const struct grid g = grid_for(&v->run[0]->record, &in);
    double x = room.x + 34;
    float *map;
    char when[40];

    if (ds_viewer_heads(v, 1) != DS_HEADS_HERE) {
        const bool failed = ds_viewer_heads(v, 1) == DS_HEADS_NONE;

        ds_missing(s, room, failed ? "No heads here" : "Computing attention by head",
                   failed ? slot->why : "from the weights of this checkpoint");
        return;
    }
    map = malloc((size_t)v->run[0]->record.patches * sizeof *map);
    if (!map)
        return;
    ds_badge(s, room.x + 21, room.y + 16, 7, true);
    ds_checkpoint_text(when, sizeof when, ds_viewer_side(v, 1), v->view.b);
    x += ds_put(s, x, room.y + 16, 0, DS_SIZE_TEXT, true, ds_skin.ink, 0, "%s", when) + 14;
    ds_put(
        s, x, room.y + 16, 0, DS_SIZE_TEXT, false, ds_skin.ink, 0, "%s",
        ds_fitting(s, DS_SIZE_TEXT, false, room.x + room.w - 12 - x, g.across ? turned : down));
    head_cells(s, in, &g, map);
    free(map);
}

enum { GAP = 6, UNDER = 16, CAPTION = 30, LARGE = 52 };

/* Two rows where one would make the pictures small. */
static double strip_side(const struct ds_viewer *v, double width, int *columns)
{
    const int n = v->run[0]->record.heads + 1;

    *columns = n > 7 ? (n + 1) / 2 : n;
    return floor(fmin(LARGE, (width + GAP) / *columns - GAP));
}

double ds_heads_height(const struct ds_viewer *v, double width)
{
    const struct ds_record *r = &v->run[0]->record;
    int columns;
    const double side = strip_side(v, width - 28, &columns);
    const bool none = ds_viewer_is_maps(v) && !ds_viewer_side(v, 1)->attended.head;
    const int rows = (r->heads + columns) / columns;

    return none ? 0 : CAPTION + rows * (floor(side * r->height / r->width) + UNDER) + 6;
}

uint64_t ds_heads_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->image,
                     w->layer,
                     w->head,
                     w->b,
                     w->run_b,
                     w->mode,
                     w->cmap,
                     w->smooth,
                     (int)(1000 * w->opacity),
                     ds_viewer_ready(v) ? (int)ds_viewer_heads(v, 1) : -1};
    const double lens[] = {w->zoom, w->pan_x, w->pan_y};
    uint64_t h = ds_mix(ds_mix(0, n, sizeof n), lens, sizeof lens);

    h = ds_mix(h, &v->heads[1].key, sizeof v->heads[1].key);
    return ds_mix(h, v->run, sizeof v->run);
}

static void strip_cell(struct ds_scene *s, struct ds_box b, int head, float *room)
{
    struct ds_viewer *v = s->v;
    const bool chosen = head == v->view.head;
    char id[40], name[16];
    struct ds_pane p = {.id = id,
                        .command = "head",
                        .arg = head,
                        .side = 1,
                        .bare = true,
                        .lo = INFINITY,
                        .hi = -INFINITY,
                        .chosen = chosen};

    if (ds_viewer_head_row(v, 1, v->view.layer - 1, head, room)) {
        p.map = room;
        ds_widen(room, v->run[0]->record.patches, &p.lo, &p.hi);
    }
    snprintf(id, sizeof id, "strip-%d", head);
    snprintf(name, sizeof name, head ? "%d" : b.w < 30 ? "m" : "mean", head);
    ds_pane_draw(s, b, &p);
    ds_put(s, b.x + b.w / 2, b.y + b.h + 8, 0.5, DS_SIZE_SMALL, chosen,
           chosen ? ds_skin.b : ds_skin.soft, 0, "%s", name);
}

void ds_heads_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r;
    const double x = s->box.x + 14, w = s->box.w - 28, y = s->box.y + CAPTION;
    enum ds_heads_state state;
    float *room;
    char note[120];
    double side;
    int columns;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, s->box.x + 0.5, s->box.y, s->box.x + 0.5, s->box.y + s->box.h, 1,
                      ds_skin.line);
    if (!v->look.key)
        return;
    r = &v->run[0]->record;
    state = ds_viewer_heads(v, 1);
    side = strip_side(v, w, &columns);
    snprintf(note, sizeof note,
             state == DS_HEADS_COMING ? "of layer %d at B, being computed"
                                      : "of layer %d at B, CLS row",
             v->view.layer);
    ds_caption(s, x, s->box.y + 6, w, "HEADS", note);
    if (state == DS_HEADS_NONE) {
        ds_missing(s, (struct ds_box){x - 12, y - 10, w + 24, s->box.h - CAPTION + 6},
                   "No heads here", v->heads[1].why);
        return;
    }
    if (state == DS_HEADS_ASK) {
        snprintf(note, sizeof note, "read %.0f MB of weights",
                 ds_subject_weights(ds_viewer_side(v, 1), v->view.b) / 1e6);
        ds_button(s, x, y, 0,
                  &(struct ds_widget){.id = "strip-ask",
                                      .role = DS_ROLE_BUTTON,
                                      .label = "J  head 1",
                                      .command = "head-next"});
        ds_put(s, x, y + 34, 0, DS_SIZE_SMALL, false, ds_skin.soft, w,
               "%s when a head is asked for", note);
        return;
    }
    room = malloc((size_t)r->patches * sizeof *room);
    for (int k = 0; room && k <= r->heads; k++)
        strip_cell(
            s,
            (struct ds_box){x + k % columns * (side + GAP),
                            y + k / columns * (floor(side * r->height / r->width) + UNDER),
                            side, floor(side * r->height / r->width)},
            k, room);
    free(room);
}
