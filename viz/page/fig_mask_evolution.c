/* viz/page/fig_mask_evolution.c -- mask-evolution: what retention protects, task by task.
 *
 * Rows are tasks, columns layers; a tile is the soft mask in force after that task, on the
 * grid of patches: 1 is free to change, 0 is protected. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/page/tiles.h"

struct state {
    struct ds_tiles tiles;
    char (*name)[64]; /* [tasks] */
    double *lo, *hi;  /* [tasks][layers] */
};

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = job->study->run[0].record;
    struct state *s = calloc(1, sizeof *s);
    const int tasks = r->done - 1;
    const size_t n = (size_t)tasks * (size_t)r->layers;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    s->name = calloc((size_t)tasks, sizeof *s->name);
    s->lo = calloc(n, sizeof *s->lo);
    s->hi = calloc(n, sizeof *s->hi);
    if (!s->name || !s->lo || !s->hi)
        return ds_fail(err, DS_NOMEM, "no memory for %zu masks", n);
    for (size_t i = 0; i < n; i++) {
        s->lo[i] = isfinite(job->lo) ? job->lo : 0;
        s->hi[i] = isfinite(job->hi) ? job->hi : 1;
    }
    for (int t = 0; t < tasks; t++)
        snprintf(s->name[t], sizeof s->name[t], "%d", t + 1);
    s->tiles = (struct ds_tiles){.record = r,
                                 .rows = tasks,
                                 .columns = r->layers,
                                 .map = r->mask,
                                 .lo = s->lo,
                                 .hi = s->hi,
                                 .corner = -1,
                                 .row_name = s->name,
                                 .first_column = 1,
                                 .xlabel = "layer",
                                 .ylabel = "after task",
                                 .bar = job->bar ? "soft mask" : NULL,
                                 .cmap = &job->cmap,
                                 .strength = 1,
                                 .most = 42,
                                 .dpi = job->opt->dpi};
    snprintf(job->note, sizeof job->note,
             "%s: soft mask of every layer after each task, averaged as the run did; 1 = free "
             "to change, 0 = protected; %d x %d patches.",
             job->study->label[0], r->grid_h, r->grid_w);
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

const struct ds_figure ds_fig_mask_evolution = {
    .key = "mask-evolution",
    .about = "the soft masks of all layers, task after task",
    .needs = DS_NEED_MAPS | DS_NEED_MASK | DS_NEED_GRID,
    .single = true,
    .wide = true,
    .cmap = "cividis",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
    .range = range,
};
