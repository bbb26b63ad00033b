/* viz/page/fig_layer_strip.c -- layer-strip: one image through all layers of the rollout.
 *
 * Rows are images, columns layers. Rollout grows flatter or sharper with depth, so by default
 * every map has its own range; --range shared gives a row one range. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/size.h"
#include "viz/page/tiles.h"

enum { ROWS = 12, COLUMNS = 24 };

struct state {
    struct ds_tiles tiles;
    int image[ROWS], after[ROWS], low[ROWS], high[ROWS]; /* low, high: what a range counts */
    int layer[COLUMNS], number[COLUMNS];
    char name[ROWS][64], note[ROWS][32];
    float *map, *pool;
    double lo[ROWS * COLUMNS], hi[ROWS * COLUMNS], split[ROWS * COLUMNS];
};

/* As many layers as can be told apart, evenly, the first and the last always. */
static void choose_layers(struct state *s, int layers)
{
    const int n = layers < COLUMNS ? layers : COLUMNS;

    s->tiles.columns = n;
    for (int k = 0; k < n; k++) {
        s->layer[k] = n > 1 ? (int)lrint((double)k / (n - 1) * (layers - 1)) : 0;
        s->number[k] = s->layer[k] + 1;
    }
}

static void fill_row(struct state *s, int row, const struct ds_job *job, bool shared)
{
    const struct ds_record *r = job->study->run[0].record;
    const size_t p = (size_t)r->patches;
    const int n = s->tiles.columns;
    float *to = s->map + (size_t)row * (size_t)n * p;
    double lo, hi;

    for (int k = 0; k < n; k++) {
        const int at = row * n + k;
        const float *map = ds_map_of(r, s->after[row], s->image[row], s->layer[k]);

        memcpy(to + (size_t)k * p, map, p * sizeof *to);
        memcpy(s->pool + (size_t)k * p, map, p * sizeof *to);
        s->split[at] = ds_split_of(r, s->after[row], s->image[row], s->layer[k]);
        if (!shared)
            ds_range_of(&s->lo[at], &s->hi[at], s->pool + (size_t)k * p, p, job->opt->clip);
    }
    if (!shared)
        return;
    for (int m = s->low[row]; m <= s->high[row]; m++)
        for (int k = 0; k < n; k++)
            memcpy(s->pool + ((size_t)(m - s->low[row]) * (size_t)n + (size_t)k) * p,
                   ds_map_of(r, m, s->image[row], s->layer[k]), p * sizeof *s->pool);
    ds_range_of(&lo, &hi, s->pool, (size_t)(s->high[row] - s->low[row] + 1) * (size_t)n * p,
                job->opt->clip);
    for (int k = 0; k < n; k++) {
        s->lo[row * n + k] = isfinite(job->lo) ? job->lo : lo;
        s->hi[row * n + k] = isfinite(job->hi) ? job->hi : hi;
    }
}

static int check_images(struct state *s, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = job->study->run[0].record;

    for (int i = 0; i < s->tiles.rows; i++) {
        s->after[i] = job->opt->after > 0 ? job->opt->after : r->task[s->image[i]] + 1;
        s->low[i] = s->after[i];
        s->high[i] = s->after[i];
        if (job->until < r->done) { /* a film: a shared range is that of all checkpoints */
            s->after[i] = job->until;
            s->low[i] = 1;
            s->high[i] = r->done - 1;
        }
        if (s->after[i] > r->done - 1)
            return ds_fail(err, DS_USAGE, "%s: task %d is not learned yet, %d are",
                           job->study->run[0].path, s->after[i], r->done - 1);
        snprintf(s->name[i], sizeof s->name[i], "%.63s", r->class_name[r->label[s->image[i]]]);
        snprintf(s->note[i], sizeof s->note[i], "after task %d", s->after[i]);
    }
    return 0;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = job->study->run[0].record;
    struct state *s = calloc(1, sizeof *s);
    const bool shared =
        job->opt->range == DS_RANGE_SHARED || isfinite(job->lo) || isfinite(job->hi);
    int code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->tiles = (struct ds_tiles){.record = r,
                                 .corner = -1,
                                 .image = s->image,
                                 .lo = s->lo,
                                 .hi = s->hi,
                                 .row_name = s->name,
                                 .row_note = s->note,
                                 .column_number = s->number,
                                 .xlabel = "layer",
                                 .cmap = &job->cmap,
                                 .strength = 0.85,
                                 .most = 60,
                                 .smooth = job->opt->smooth,
                                 .dpi = job->opt->dpi};
    choose_layers(s, r->layers);
    if ((code = ds_job_images(s->image, &s->tiles.rows, ROWS, 3, job, err)) ||
        (code = check_images(s, job, err)))
        return code;
    s->map = calloc(ds_sizes((size_t)s->tiles.rows, (size_t)s->tiles.columns, (size_t)r->patches, 1),
                    sizeof *s->map);
    s->pool = calloc(ds_sizes((size_t)r->done, (size_t)s->tiles.columns, (size_t)r->patches, 1),
                     sizeof *s->pool);
    if (!s->map || !s->pool)
        return ds_fail(err, DS_NOMEM, "no memory for %d maps", s->tiles.columns);
    s->tiles.map = s->map;
    s->tiles.split = job->opt->outline ? s->split : NULL;
    for (int i = 0; i < s->tiles.rows; i++)
        fill_row(s, i, job, shared);
    snprintf(job->note, sizeof job->note,
             "%s: CLS row of the attention rollout up to each layer; %s%s; %s maps, opacity "
             "grows with the value%s.",
             job->study->label[0], shared ? "one range per row" : "every map has its own range",
             job->opt->clip > 0 ? " (ends clipped)" : "",
             job->opt->smooth ? "bicubic" : "patch-wise",
             job->opt->outline ? "; outline: patches above the adaptive split point" : "");
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    const struct state *s = job->state;

    return ds_tiles_height(&s->tiles, &job->theme, width);
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    const struct state *s = job->state;

    return ds_tiles_draw(c, box, &s->tiles, err);
}

static void clear(struct ds_job *job)
{
    struct state *s = job->state;

    if (s) {
        free(s->map);
        free(s->pool);
    }
    free(s);
}

const struct ds_figure ds_fig_layer_strip = {
    .key = "layer-strip",
    .about = "one image through all layers of the rollout",
    .needs = DS_NEED_MAPS | DS_NEED_IMAGES | DS_NEED_GRID,
    .wide = true,
    .single = true,
    .moves = true,
    .cmap = "inferno",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
