/* viz/page/fig_head_matrix.c -- head-matrix: where every head of every layer looks.
 *
 * Rows are layers, columns heads (the other way round in networks that are deep and have few
 * heads); a tile is the CLS row of that head's attention over the
 * patches of one image, raw: softmax values, not rolled out. The record keeps head means only,
 * so the heads are computed again from the run's checkpoint and its data set. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/protocol/session.h"
#include "viz/page/tiles.h"

struct state {
    struct ds_tiles tiles;
    char (*name)[64];  /* [layers] */
    float *map, *pool; /* [layers][heads][P] */
    double *lo, *hi;   /* [layers][heads] */
};

static int reserve(struct state *s, const struct ds_record *r, struct ds_err *err)
{
    const size_t n = (size_t)r->layers * (size_t)r->heads, p = n * (size_t)r->patches;

    s->name = calloc((size_t)r->layers, sizeof *s->name);
    s->map = calloc(p, sizeof *s->map);
    s->pool = calloc(p, sizeof *s->pool);
    s->lo = calloc(n, sizeof *s->lo);
    s->hi = calloc(n, sizeof *s->hi);
    return s->name && s->map && s->pool && s->lo && s->hi
               ? 0
               : ds_fail(err, DS_NOMEM, "no memory for %zu heads", n);
}

/* From the checkpoint; what stands in the way is told with the remedy. */
static int compute(struct state *s, const struct ds_job *job, int after, int image,
                   struct ds_err *err)
{
    const struct ds_study_run *run = &job->study->run[0];
    const size_t length = strlen(run->path), tail = strlen("/run.h5");
    char folder[1100];

    if (length <= tail || strcmp(run->path + length - tail, "/run.h5"))
        return ds_fail(
            err, DS_DATA,
            "%s: head-matrix computes heads from checkpoints beside run.h5; name the "
            "run's folder",
            run->path);
    snprintf(folder, sizeof folder, "%.*s", (int)(length - tail), run->path);
    if (ds_session_heads(s->map, folder, after, 0, &image, 1, err))
        return ds_while(err, "head-matrix needs the checkpoint and the data set of %s again",
                        folder);
    return 0;
}

/* [layers][heads] -> [heads][layers] */
static void turn(struct state *s, const struct ds_record *r)
{
    const size_t layers = (size_t)r->layers, heads = (size_t)r->heads, p = (size_t)r->patches;

    memcpy(s->pool, s->map, layers * heads * p * sizeof *s->pool);
    for (size_t l = 0; l < layers; l++)
        for (size_t h = 0; h < heads; h++)
            memcpy(s->map + (h * layers + l) * p, s->pool + (l * heads + h) * p,
                   p * sizeof *s->map);
}

static void fill_ranges(struct state *s, const struct ds_job *job)
{
    const struct ds_record *r = job->study->run[0].record;
    const size_t n = (size_t)r->layers * (size_t)r->heads, p = (size_t)r->patches;
    double lo, hi;

    memcpy(s->pool, s->map, n * p * sizeof *s->pool);
    if (job->opt->range == DS_RANGE_OWN) {
        for (size_t i = 0; i < n; i++)
            ds_range_of(&s->lo[i], &s->hi[i], s->pool + i * p, p, job->opt->clip);
        return;
    }
    ds_range_of(&lo, &hi, s->pool, n * p, job->opt->clip);
    for (size_t i = 0; i < n; i++) {
        s->lo[i] = isfinite(job->lo) ? job->lo : 0;
        s->hi[i] = isfinite(job->hi) ? job->hi : hi;
    }
}

static void describe(struct ds_job *job, int after, int image)
{
    const struct ds_record *r = job->study->run[0].record;

    snprintf(job->note, sizeof job->note,
             "%s after task %d, test image %lld (%.60s): CLS row of the softmax attention of "
             "every head over the patches, not rolled out; %s%s.",
             job->study->label[0], after, (long long)r->id[image],
             r->class_name[r->label[image]],
             job->opt->range == DS_RANGE_OWN ? "every map has its own range"
                                             : "one range for all, from 0",
             job->opt->clip > 0 ? " (ends clipped)" : "");
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = job->study->run[0].record;
    struct state *s = calloc(1, sizeof *s);
    const bool deep = r->layers > 2 * r->heads;
    int image, images, after, code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if ((code = ds_job_images(&image, &images, 1, 1, job, err)) || (code = reserve(s, r, err)))
        return code;
    after = job->opt->after > 0 ? job->opt->after : r->done - 1;

    if (after > r->done - 1)
        return ds_fail(err, DS_USAGE, "%s: task %d is not learned yet, %d are",
                       job->study->run[0].path, after, r->done - 1);
    if ((code = compute(s, job, after, image, err)))
        return code;
    if (deep)
        turn(s, r);
    fill_ranges(s, job);
    for (int l = 0; l < r->layers; l++)
        snprintf(s->name[l], sizeof s->name[l], "%d", l + 1);
    s->tiles = (struct ds_tiles){
        .record = r,
        .rows = deep ? r->heads : r->layers,
        .columns = deep ? r->layers : r->heads,
        .map = s->map,
        .lo = s->lo,
        .hi = s->hi,
        .corner = image,
        .row_name = s->name,
        .first_column = 1,
        .xlabel = deep ? "layer" : "head",
        .ylabel = deep ? "head" : "layer",
        .cmap = &job->cmap,
        .strength = 1,
        .most = 36,
        .bar = job->bar && job->opt->range != DS_RANGE_OWN ? "attention of CLS" : NULL,
        .smooth = job->opt->smooth,
        .dpi = job->opt->dpi};
    snprintf(s->tiles.corner_name, sizeof s->tiles.corner_name, "%.63s",
             r->class_name[r->label[image]]);
    describe(job, after, image);
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
        free(s->name);
        free(s->map);
        free(s->pool);
        free(s->lo);
        free(s->hi);
    }
    free(s);
}

static void range(const struct ds_job *job, double *lo, double *hi)
{
    const struct state *s = job->state;

    *lo = s->lo[0];
    *hi = s->hi[0];
}

const struct ds_figure ds_fig_head_matrix = {
    .key = "head-matrix",
    .about = "raw attention of every head in every layer, for one image",
    .needs = DS_NEED_IMAGES | DS_NEED_GRID | DS_NEED_MAPS | DS_NEED_WEIGHTS,
    .single = true,
    .wide = true,
    .cmap = "inferno",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};
