/* viz/page/fig_mask_steps.c -- mask-steps: from a picture to what retention protects.
 *
 * Per image: the input, its rollout map, the map's values in order with the adaptive split
 * point, the binary mask (what is protected stays bright), and the soft mask of the layer
 * that the run kept after that task: the average of the binary masks of its training images. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/plot.h"
#include "viz/page/tiles.h"

enum { ROWS = 12 };

static const double LEAST = 20; /* points: the smallest picture worth drawing */
static const double BAR = 5;
static const double WIDE = 1.3; /* the curve's frame, in pictures */

struct steps {
    int image[ROWS], after[ROWS], images, layer;
    double *rank, *sorted; /* [images][P] */
    struct ds_cmap mask_map;
    /* geometry, for a width */
    double cell_w, cell_h, left, gap, head, below, bar;
};

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void lay_out(struct steps *s, const struct ds_job *job, double width)
{
    const struct ds_theme *t = &job->theme;
    const struct ds_record *r = job->study->run[0].record;

    s->gap = 1.1 * t->text;
    s->left = 5.8 * t->digit * t->tick + 2.5 + t->pad;
    s->bar = 3 + BAR + 2 + t->pad + 2.8 * t->digit * t->tick;
    s->cell_w = (width - s->left - s->bar - 4 * s->gap) / (4 + WIDE);
    s->cell_h = s->cell_w * r->height / r->width;
    s->head = 0.75 * t->text + 1.5 * t->pad;
    s->below = 2.5 + 2.2 * t->pad + t->tick;
}

static int sort_values(struct steps *s, const struct ds_record *r, struct ds_err *err)
{
    const size_t p = (size_t)r->patches;

    s->rank = calloc((size_t)s->images * p, sizeof *s->rank);
    s->sorted = calloc((size_t)s->images * p, sizeof *s->sorted);
    if (!s->rank || !s->sorted)
        return ds_fail(err, DS_NOMEM, "no memory for %d maps", s->images);
    for (int i = 0; i < s->images; i++) {
        const float *map = ds_map_of(r, s->after[i], s->image[i], s->layer);
        double *to = s->sorted + (size_t)i * p;

        for (size_t k = 0; k < p; k++) {
            to[k] = (double)map[k];
            s->rank[(size_t)i * p + k] = (double)k + 1;
            if (!isfinite(map[k]))
                return ds_fail(err, DS_DATA,
                               "the map of image %d after task %d, layer %d is not finite",
                               s->image[i], s->after[i], s->layer + 1);
        }
        qsort(to, p, sizeof *to, ascending);
    }
    return 0;
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = job->study->run[0].record;
    struct steps *s = calloc(1, sizeof *s);
    int code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if ((code = ds_job_layer(&s->layer, job, false, err)) ||
        (code = ds_job_images(s->image, &s->images, ROWS, 2, job, err)) ||
        (code = ds_cmap_find(&s->mask_map, "cividis", err)))
        return code;
    for (int i = 0; i < s->images; i++) {
        s->after[i] = job->opt->after > 0 ? job->opt->after : r->task[s->image[i]] + 1;
        if (s->after[i] > r->done - 1)
            return ds_fail(err, DS_USAGE, "%s: task %d is not learned yet, %d are",
                           job->study->run[0].path, s->after[i], r->done - 1);
    }
    snprintf(job->note, sizeof job->note,
             "%s, layer %d of %d: CLS row of the attention rollout; split point: adaptive "
             "(strongest bend of the ordered values), eps 0; soft mask: the run's own average, "
             "1 = free to change, 0 = protected.",
             job->study->label[0], s->layer + 1, r->layers);
    return sort_values(s, r, err);
}

static double height(const struct ds_job *job, double width)
{
    struct steps *s = job->state;

    lay_out(s, job, width);
    return s->head + s->images * (fmax(s->cell_h, 0) + s->below);
}

static double split_at(const struct ds_job *job, int row)
{
    const struct steps *s = job->state;

    return ds_split_of(job->study->run[0].record, s->after[row], s->image[row], s->layer);
}

/* The picture, with the map over it, or dimmed outside the protected patches. */
enum look { PLAIN, ROLLOUT, MASKED };

static void dim_free(struct ds_raster *r, const float *map, int gh, int gw, double split)
{
    for (int j = 0; j < r->h; j++)
        for (int i = 0; i < r->w; i++) {
            const int row = (int)((j + 0.5) * gh / r->h), column = (int)((i + 0.5) * gw / r->w);
            float *p = r->rgb + ((size_t)j * (size_t)r->w + (size_t)i) * 3;

            /* Towards a mid grey-blue: neither dark nor bright pictures hide it. */
            if (!((double)map[row * gw + column] > split))
                for (int k = 0; k < 3; k++)
                    p[k] = 0.22f * p[k] + 0.78f * (k == 2 ? 0.66f : 0.60f);
        }
}

static int draw_picture(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                        int row, enum look look, struct ds_err *err)
{
    const struct steps *s = job->state;
    const struct ds_record *r = job->study->run[0].record;
    const size_t pixels = (size_t)r->height * (size_t)r->width * 3;
    const float *map = ds_map_of(r, s->after[row], s->image[row], s->layer);
    const double *sorted = s->sorted + (size_t)row * (size_t)r->patches;
    const struct ds_paint paint = {&job->cmap, sorted[0], sorted[r->patches - 1], 0.85,
                                   job->opt->smooth};
    struct ds_raster raster;
    int code;

    if ((code = ds_raster_init(&raster, ds_raster_side(box.w, job->opt->dpi),
                               ds_raster_side(box.h, job->opt->dpi), err)))
        return code;
    ds_raster_image(&raster, r->pixels + (size_t)s->image[row] * pixels, r->width, r->height);
    if (look == ROLLOUT)
        ds_raster_overlay(&raster, map, r->grid_h, r->grid_w, &paint);
    if (look == MASKED)
        dim_free(&raster, map, r->grid_h, r->grid_w, split_at(job, row));
    code = ds_raster_draw(c, box, &raster, err);
    ds_raster_clear(&raster);
    if (look == MASKED || job->opt->outline)
        ds_outline_draw(c, box, map, r->grid_h, r->grid_w, split_at(job, row),
                        look == MASKED ? c->theme->ink : (struct ds_rgb){1, 1, 1});
    return code;
}

static int draw_soft(struct ds_canvas *c, struct ds_box box, const struct ds_job *job, int row,
                     struct ds_err *err)
{
    const struct steps *s = job->state;
    const struct ds_record *r = job->study->run[0].record;
    const float *mask = r->mask + ((size_t)(s->after[row] - 1) * (size_t)r->layers +
                                   (size_t)s->layer) * (size_t)r->patches;
    const struct ds_paint paint = {&s->mask_map, 0, 1, 1, false};
    struct ds_raster raster;
    int code;

    if ((code = ds_raster_init(&raster, ds_raster_side(box.w, job->opt->dpi),
                               ds_raster_side(box.h, job->opt->dpi), err)))
        return code;
    ds_raster_overlay(&raster, mask, r->grid_h, r->grid_w, &paint);
    code = ds_raster_draw(c, box, &raster, err);
    ds_raster_clear(&raster);
    return code;
}

/* The sorted values; the part above the split is drawn thick and in colour. */
static void draw_curve(struct ds_canvas *c, struct ds_box frame, const struct ds_job *job,
                       int row)
{
    const struct ds_theme *t = c->theme;
    const struct steps *s = job->state;
    const int p = job->study->run[0].record->patches;
    const double *x = s->rank + (size_t)row * (size_t)p;
    const double *y = s->sorted + (size_t)row * (size_t)p;
    const double split = split_at(job, row);
    struct ds_axes a = {.frame = frame};
    struct ds_series all = {.style = {.color = t->soft}, .n = p, .x = x, .y = y, .bare = true};
    struct ds_series kept;
    struct ds_lettering type = {.size = t->tick, .color = t->ink, .ax = 0.5};
    double line;
    int k = 0;

    while (k < p && !(y[k] > split))
        k++;
    kept = (struct ds_series){.style = ds_style_at(1), .n = p - k, .x = x + k, .y = y + k,
                              .bare = p - k != 1};
    kept.style.dash[0] = 0;
    ds_scale_nice(&a.y, fmin(y[0], split), fmax(y[p - 1], split),
                  (int)fmax(2, frame.h / (3 * t->tick)));
    a.x = (struct ds_scale){.lo = 1, .hi = p > 1 ? p : 2, .ticks = p > 1 ? 2 : 1, .at = {1, p}};
    ds_number(a.x.text[0], sizeof a.x.text[0], 1, 0);
    ds_number(a.x.text[1], sizeof a.x.text[1], p, 0);
    ds_axes_draw(c, &a);
    cairo_set_dash(c->cr, (const double[]){2, 1.5}, 2, 0);
    ds_canvas_segment(c, frame.x, ds_axes_y(&a, split), frame.x + frame.w, ds_axes_y(&a, split),
                      t->axis, t->ink);
    cairo_set_dash(c->cr, NULL, 0, 0);
    ds_series_draw(c, &a, &all);
    ds_series_draw(c, &a, &kept);
    type.ax = 0;
    line = ds_axes_y(&a, split);
    type.ay = line > frame.y + 1.2 * t->tick ? 1 : 0; /* above, or below near the top */
    ds_text(c, frame.x + 2, line + (type.ay > 0 ? -0.3 : 0.3) * t->tick, &type, "split");
    type = (struct ds_lettering){.size = t->tick, .color = t->ink, .ax = 0.5};
    ds_text(c, frame.x + frame.w / 2, frame.y + frame.h + 2.5 + 0.7 * t->pad, &type,
            "patch rank");
}

/* Left edges of the five panels. */
static double panel_x(const struct steps *s, double x, int panel)
{
    static const double cells[] = {0, 1, 2, 2 + 1.3, 3 + 1.3};

    return x + cells[panel] * s->cell_w + panel * s->gap + (panel >= 2 ? s->left : 0);
}

static void draw_heads(struct ds_canvas *c, struct ds_box box, const struct ds_job *job)
{
    static const char *const title[] = {"input", "rollout", "split point", "protected",
                                        "soft mask"};
    const struct steps *s = job->state;

    const double room = s->cell_w + 0.8 * s->gap;
    bool large = true; /* one title that has to be small makes all small */

    for (int k = 0; k < 5; k++)
        large = large && ds_panel_letter_fits(c, room, k, title[k]);
    for (int k = 0; k < 5; k++)
        ds_panel_letter(c, panel_x(s, box.x, k), box.y + s->head - 1.2 * c->theme->pad, room,
                        large, k, title[k]);
}

static void draw_captions(struct ds_canvas *c, double x, double y, const struct ds_job *job,
                          int row)
{
    const struct ds_theme *t = c->theme;
    const struct steps *s = job->state;
    const struct ds_record *r = job->study->run[0].record;
    const float *map = ds_map_of(r, s->after[row], s->image[row], s->layer);
    struct ds_lettering type = {.size = t->tick, .color = t->soft, .ax = 0.5,
                                .width = s->cell_w + 0.9 * s->gap};
    char text[64];
    int kept = 0;

    for (int i = 0; i < r->patches; i++)
        kept += (double)map[i] > split_at(job, row);
    y += s->cell_h + 2.5 + 0.7 * t->pad;
    ds_text(c, panel_x(s, x, 0) + s->cell_w / 2, y, &type,
            r->class_name[r->label[s->image[row]]]);
    snprintf(text, sizeof text, "after task %d", s->after[row]);
    ds_text(c, panel_x(s, x, 1) + s->cell_w / 2, y, &type, text);
    snprintf(text, sizeof text, "%d of %d patches", kept, r->patches);
    if (ds_text_width(c, text, t->tick, false) > type.width)
        snprintf(text, sizeof text, "%d of %d", kept, r->patches);
    ds_text(c, panel_x(s, x, 3) + s->cell_w / 2, y, &type, text);
    snprintf(text, sizeof text, "after task %d", s->after[row]);
    ds_text(c, panel_x(s, x, 4) + s->cell_w / 2, y, &type, text);
}

static int draw_row(struct ds_canvas *c, struct ds_box box, const struct ds_job *job, int row,
                    struct ds_err *err)
{
    const struct steps *s = job->state;
    const double y = box.y + s->head + row * (s->cell_h + s->below);
    const struct ds_bar bar = {&s->mask_map, 0, 1, 2, 1, NULL, 1};
    struct ds_box cell = {0, y, s->cell_w, s->cell_h};
    int code;

    cell.x = panel_x(s, box.x, 0);
    if ((code = draw_picture(c, cell, job, row, PLAIN, err)))
        return code;
    cell.x = panel_x(s, box.x, 1);
    if ((code = draw_picture(c, cell, job, row, ROLLOUT, err)))
        return code;
    draw_curve(c, (struct ds_box){panel_x(s, box.x, 2), y, WIDE * s->cell_w, s->cell_h}, job,
               row);
    cell.x = panel_x(s, box.x, 3);
    if ((code = draw_picture(c, cell, job, row, MASKED, err)))
        return code;
    cell.x = panel_x(s, box.x, 4);
    if ((code = draw_soft(c, cell, job, row, err)))
        return code;
    ds_bar_draw(c, (struct ds_box){cell.x + s->cell_w + 3, y, BAR, s->cell_h}, &bar);
    draw_captions(c, box.x, y, job, row);
    return 0;
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct steps *s = job->state;
    int code;

    lay_out(s, job, box.w);
    if (s->cell_w < LEAST)
        return ds_fail(err, DS_USAGE,
                       "five panels in %.2f inches leave pictures of %.2f; make --width larger "
                       "(--full)",
                       box.w / 72, s->cell_w / 72);
    draw_heads(c, box, job);
    for (int i = 0; i < s->images; i++)
        if ((code = draw_row(c, box, job, i, err)))
            return code;
    return 0;
}

static void clear(struct ds_job *job)
{
    struct steps *s = job->state;

    if (s) {
        free(s->rank);
        free(s->sorted);
    }
    free(s);
}

const struct ds_figure ds_fig_mask_steps = {
    .key = "mask-steps",
    .about = "from picture to mask: rollout, ordered values, split point, masks",
    .needs = DS_NEED_MAPS | DS_NEED_IMAGES | DS_NEED_GRID | DS_NEED_MASK,
    .wide = true,
    .single = true,
    .cmap = "inferno",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
