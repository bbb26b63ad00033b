/* viz/page/tiles.c -- small maps in rows and columns. See the header. */
#include "viz/page/tiles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICKS = 4 }; /* on the bar */

static const double GAP = 2; /* between tiles */
static const double BAR = 5;
static const double LEAST = 11; /* points: below that a map is a speck */

const float *ds_map_of(const struct ds_record *r, int checkpoint, int image, int layer)
{
    const size_t n = (size_t)r->images, l = (size_t)r->layers, p = (size_t)r->patches;

    return r->rollout + (((size_t)checkpoint * n + (size_t)image) * l + (size_t)layer) * p;
}

double ds_split_of(const struct ds_record *r, int checkpoint, int image, int layer)
{
    const size_t n = (size_t)r->images, l = (size_t)r->layers;

    return (double)r->split[((size_t)checkpoint * n + (size_t)image) * l + (size_t)layer];
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

void ds_range_of(double *lo, double *hi, float *x, size_t n, double clip)
{
    size_t finite = 0, cut;

    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            x[finite++] = x[i];
    qsort(x, finite, sizeof *x, ascending);
    cut = (size_t)((double)finite * clip / 100);
    *lo = finite ? (double)x[cut] : 0;
    *hi = finite ? (double)x[finite - 1 - cut] : 1;
}

int ds_tile_draw(struct ds_canvas *c, struct ds_box box, const struct ds_tile *t,
                 struct ds_err *err)
{
    const struct ds_record *r = t->record;
    struct ds_raster raster;
    int code;

    if ((code = ds_raster_init(&raster, ds_raster_side(box.w, t->dpi),
                               ds_raster_side(box.h, t->dpi), err)))
        return code;
    if (t->image >= 0)
        ds_raster_image(&raster,
                        r->pixels + (size_t)t->image * (size_t)r->height * (size_t)r->width * 3,
                        r->width, r->height);
    if (t->map)
        ds_raster_overlay(&raster, t->map, r->grid_h, r->grid_w, &t->paint);
    code = ds_raster_draw(c, box, &raster, err);
    ds_raster_clear(&raster);
    if (!code && t->map && isfinite(t->split))
        ds_outline_draw(c, box, t->map, r->grid_h, r->grid_w, t->split,
                        (struct ds_rgb){1, 1, 1});
    return code;
}

struct plan {
    double label, corner, head, bar; /* room around the tiles */
    double w, h;                     /* of a tile */
    int across;                      /* tiles in a row, the input included */
};

static struct plan plan_of(const struct ds_tiles *t, const struct ds_theme *theme, double width)
{
    const struct ds_record *r = t->record;
    const double digits = theme->digit * theme->tick;
    const double shape = r->pixels && r->width > 0 ? (double)r->height / r->width
                                                   : (double)r->grid_h / r->grid_w;
    struct plan p = {.across = t->columns + (t->image != NULL)};

    p.label = t->row_note ? 5.4 * theme->text : 2.2 * digits + theme->pad;
    if (t->ylabel)
        p.label += theme->text + theme->pad;
    p.head = 0.75 * theme->tick + theme->pad;
    p.head += t->xlabel ? 0.75 * theme->text + 1.2 * theme->pad : 0;
    p.bar = t->bar ? 3 * GAP + BAR + 2 + theme->pad +
                         ds_bar_digits(theme, t->lo[0], t->hi[0], TICKS) + 1.3 * theme->text
                   : 0;
    for (int pass = 0; pass < 2; pass++) { /* the corner picture is twice as large as a tile */
        p.w =
            (width - p.label - p.bar - p.corner - GAP * (p.across - 1) - (t->image ? GAP : 0)) /
            p.across;
        p.w = fmin(p.w, t->most);
        p.corner = t->corner >= 0 ? fmin(2 * p.w, 70) + 2 * theme->pad : 0;
    }
    p.w = (width - p.label - p.bar - p.corner - GAP * (p.across - 1) - (t->image ? GAP : 0)) /
          p.across;
    p.w = fmin(p.w, t->most);
    p.h = p.w * shape;
    return p;
}

static double height_of(const struct ds_tiles *t, const struct plan *p,
                        const struct ds_theme *theme)
{
    /* The bar's label needs room to stand. */
    const double least = t->bar ? 7 * theme->text : 0;

    return p->head + fmax(t->rows * (fmax(p->h, 0) + GAP) - GAP, least);
}

double ds_tiles_height(const struct ds_tiles *t, const struct ds_theme *theme, double width)
{
    const struct plan p = plan_of(t, theme, width);

    return height_of(t, &p, theme);
}

static double tile_x(const struct ds_tiles *t, const struct plan *p, double x, int column)
{
    /* The input stands a little apart. */
    return x + p->corner + p->label + (column + (t->image != NULL)) * (p->w + GAP) +
           (t->image && column >= 0 ? GAP : 0);
}

static void label_rows(struct ds_canvas *c, double x, double y, const struct ds_tiles *t,
                       const struct plan *p)
{
    const struct ds_theme *theme = c->theme;
    const double right = x + p->corner + p->label - theme->pad;
    struct ds_lettering type = {.size = theme->tick, .color = theme->ink, .ax = 1, .ay = 0.5};

    for (int i = 0; i < t->rows; i++) {
        const double middle = y + i * (p->h + GAP) + p->h / 2;

        type.color = theme->ink;
        type.width = 0;
        if (t->row_note) {
            type.size = theme->text;
            type.width = p->label - theme->pad;
            type.ay = 1;
            ds_text(c, right, middle - 0.1 * theme->text, &type, t->row_name[i]);
            type.size = theme->tick;
            type.ay = 0;
            type.color = theme->soft;
            ds_text(c, right, middle + 0.35 * theme->text, &type, t->row_note[i]);
        } else {
            ds_text(c, right, middle, &type, t->row_name[i]);
        }
    }
}

static void label_columns(struct ds_canvas *c, double x, double y, const struct ds_tiles *t,
                          const struct plan *p)
{
    const struct ds_theme *theme = c->theme;
    const struct ds_lettering type = {
        .size = theme->tick, .color = theme->ink, .ax = 0.5, .ay = 1};
    char text[32];

    for (int k = t->image ? -1 : 0; k < t->columns; k++) {
        snprintf(text, sizeof text, "%d",
                 k < 0              ? 0
                 : t->column_number ? t->column_number[k]
                                    : t->first_column + k);
        ds_text(c, tile_x(t, p, x, k) + p->w / 2, y - 0.6 * theme->pad, &type,
                k < 0 ? "input" : text);
    }
}

static void name_axes(struct ds_canvas *c, struct ds_box box, const struct ds_tiles *t,
                      const struct plan *p)
{
    const struct ds_theme *theme = c->theme;
    const double x0 = tile_x(t, p, box.x, 0), x1 = tile_x(t, p, box.x, t->columns - 1) + p->w;
    const double y = box.y + p->head, h = t->rows * (p->h + GAP) - GAP;
    struct ds_lettering type = {.size = theme->text, .color = theme->ink, .ax = 0.5};

    if (t->xlabel)
        ds_text(c, (x0 + x1) / 2, box.y + 0.3 * theme->pad, &type, t->xlabel);
    type.ay = 1;
    type.turn = 1;
    if (t->ylabel)
        ds_text(c, box.x + p->corner + 0.85 * theme->text, y + h / 2, &type, t->ylabel);
}

static int draw_tile(struct ds_canvas *c, struct ds_box box, const struct ds_tiles *t, int row,
                     int column, struct ds_err *err)
{
    const size_t at = (size_t)row * (size_t)t->columns + (size_t)(column < 0 ? 0 : column);
    const struct ds_tile tile = {
        .record = t->record,
        .image = t->image ? t->image[row] : -1,
        .map = column < 0 ? NULL : t->map + at * (size_t)t->record->patches,
        .paint = {t->cmap, t->lo[at], t->hi[at], t->strength, t->smooth},
        .split = t->split ? t->split[at] : NAN,
        .dpi = t->dpi};

    return ds_tile_draw(c, box, &tile, err);
}

static int draw_corner(struct ds_canvas *c, struct ds_box box, const struct ds_tiles *t,
                       const struct plan *p, struct ds_err *err)
{
    const struct ds_theme *theme = c->theme;
    const double side = p->corner - 2 * theme->pad;
    const struct ds_box at = {box.x, box.y + p->head, side, side * p->h / p->w};
    const struct ds_tile tile = {
        .record = t->record, .image = t->corner, .split = NAN, .dpi = t->dpi};
    const struct ds_lettering type = {
        .size = theme->tick, .color = theme->soft, .width = side + theme->pad};

    ds_text(c, at.x, at.y + at.h + theme->pad, &type, t->corner_name);
    return ds_tile_draw(c, at, &tile, err);
}

int ds_tiles_draw(struct ds_canvas *c, struct ds_box box, const struct ds_tiles *t,
                  struct ds_err *err)
{
    struct plan p = plan_of(t, c->theme, box.w);
    const struct ds_bar bar = {t->cmap, t->lo[0], t->hi[0], TICKS, 0, t->bar, t->strength};
    const double spare = box.h - height_of(t, &p, c->theme);
    double used, y, h;
    int code;

    if (spare < 0) { /* a height of the user's own */
        const double shape = p.h / p.w;

        p.h += spare / t->rows;
        p.w = p.h / shape;
    }
    if (p.w < LEAST)
        return ds_fail(err, DS_USAGE,
                       "%d maps side by side would be %.2f inches wide each; make --width "
                       "larger (--full)",
                       p.across, fmax(0, p.w) / 72);
    used = tile_x(t, &p, 0, t->columns - 1) + p.w + p.bar;
    box.x += fmax(0, (box.w - used) / 2);
    y = box.y + p.head;
    h = t->rows * (p.h + GAP) - GAP;
    if (t->corner >= 0 && (code = draw_corner(c, box, t, &p, err)))
        return code;
    label_rows(c, box.x, y, t, &p);
    label_columns(c, box.x, y, t, &p);
    name_axes(c, box, t, &p);
    for (int i = 0; i < t->rows; i++)
        for (int k = t->image ? -1 : 0; k < t->columns; k++) {
            const struct ds_box cell = {tile_x(t, &p, box.x, k), y + i * (p.h + GAP), p.w, p.h};

            if ((code = draw_tile(c, cell, t, i, k, err)))
                return code;
        }
    if (t->bar)
        ds_bar_draw(
            c, (struct ds_box){tile_x(t, &p, box.x, t->columns - 1) + p.w + 3 * GAP, y, BAR, h},
            &bar);
    return 0;
}
