/* analysis/look/look_pair.c -- two looks at the same pictures, side by side. */
#include "analysis/look/look_pair.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/look/look_int.h"

/* keep[i]: whether picture i of l is in `other`, both in the order of their numbers. */
static void mark(bool *keep, const struct ds_look *l, const struct ds_look *other)
{
    const struct ds_record *r = &l->record, *o = &other->record;

    for (int i = 0, k = 0; i < r->images; i++) {
        while (k < o->images && o->id[k] < r->id[i])
            k++;
        keep[i] = k < o->images && o->id[k] == r->id[i];
    }
}

int ds_look_match(struct ds_look *a, struct ds_look *b, struct ds_err *err)
{
    const size_t n = (size_t)a->record.images, m = (size_t)b->record.images;
    bool *keep = malloc(n + m + 1);

    if (!keep)
        return ds_fail(err, DS_NOMEM, "out of memory for %zu pictures", n + m);
    mark(keep, a, b);
    mark(keep + n, b, a);
    ds_look_keep(a, keep);
    ds_look_keep(b, keep + n);
    free(keep);
    if (!a->record.images)
        return ds_fail(err, DS_DATA, "no picture can be read for both networks");
    return 0;
}

/* share[to][from]: which part of a cell of one grid lies in each cell of the other. */
static double *overlap(int to, int from)
{
    double *share = malloc((size_t)to * (size_t)from * sizeof *share);

    for (int i = 0; share && i < to; i++)
        for (int k = 0; k < from; k++) {
            /* in units of 1 / (to from), where all borders are whole */
            const int lo = i * from > k * to ? i * from : k * to;
            const int a = (i + 1) * from, b = (k + 1) * to, hi = a < b ? a : b;

            share[(size_t)i * (size_t)from + (size_t)k] = hi > lo ? (hi - lo) / (double)to : 0;
        }
    return share;
}

/* Two grids and what leads from one to the other. */
struct regrid {
    int height, width, from_height, from_width;
    double *rows, *columns; /* [height][from_height], [width][from_width] */
    double *half;           /* [height][from_width] */
};

static void move_map(float *to, const float *from, const struct regrid *g)
{
    const size_t h0 = (size_t)g->from_height, w0 = (size_t)g->from_width;
    const size_t h = (size_t)g->height, w = (size_t)g->width;

    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w0; x++) {
            double sum = 0;

            for (size_t k = 0; k < h0; k++)
                sum += g->rows[y * h0 + k] * (double)from[k * w0 + x];
            g->half[y * w0 + x] = sum;
        }
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            double sum = 0;

            for (size_t k = 0; k < w0; k++)
                sum += g->columns[x * w0 + k] * g->half[y * w0 + k];
            to[y * w + x] = (float)sum;
        }
}

/* `count` maps in fresh memory, which takes the place of the old; their split points. */
static int move_maps(float **maps, float *split, size_t count, const struct regrid *g,
                     struct ds_err *err)
{
    const size_t p = (size_t)g->height * (size_t)g->width;
    const size_t p0 = (size_t)g->from_height * (size_t)g->from_width;
    float *to = *maps ? malloc((count * p + 1) * sizeof *to) : NULL;
    double *scratch = malloc(ds_split_scratch((int)p) * sizeof *scratch);

    if (!scratch || (*maps && !to)) {
        free(to);
        free(scratch);
        return ds_fail(err, DS_NOMEM, "out of memory for %zu maps", count);
    }
    for (size_t i = 0; *maps && i < count; i++) {
        move_map(to + i * p, *maps + i * p0, g);
        split[i] = (float)ds_split_point(to + i * p, (int)p, DS_SPLIT_ECDF, 0, NULL, scratch);
    }
    if (*maps) {
        free(*maps);
        *maps = to;
    }
    free(scratch);
    return 0;
}

int ds_look_resample(struct ds_look *l, int height, int width, struct ds_err *err)
{
    struct ds_record *r = &l->record;
    const size_t maps = (size_t)r->images * (size_t)r->layers;
    struct regrid g = {height, width, r->grid_h, r->grid_w, NULL, NULL, NULL};
    int code = 0;

    if (height < 1 || width < 1 || height > 4096 || width > 4096)
        return ds_fail(err, DS_USAGE, "a grid of %d x %d patches cannot be", height, width);
    g.rows = overlap(height, r->grid_h);
    g.columns = overlap(width, r->grid_w);
    g.half = malloc((size_t)height * (size_t)r->grid_w * sizeof *g.half);
    if (!g.rows || !g.columns || !g.half)
        code = ds_fail(err, DS_NOMEM, "out of memory for a grid");
    if (!code && !(code = move_maps(&r->rollout, r->split, maps, &g, err)) &&
        !(code = move_maps(&l->map, l->split, maps, &g, err)) &&
        !(code = move_maps(&l->head, l->head_split, maps * (size_t)r->heads, &g, err))) {
        r->grid_h = height;
        r->grid_w = width;
        r->patches = height * width;
    }
    free(g.half);
    free(g.columns);
    free(g.rows);
    return code;
}

struct ds_record ds_look_shown(const struct ds_look *l, bool by_head)
{
    struct ds_record shown = l->record;

    if (by_head) {
        shown.rollout = l->head;
        shown.split = l->head_split;
        shown.layers = l->record.layers * l->record.heads;
    } else if (l->map) {
        shown.rollout = l->map;
        shown.split = l->split;
    }
    return shown;
}
