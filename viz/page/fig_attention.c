/* viz/page/fig_attention.c -- attention: one network, picture by picture, layer by layer.
 *
 * Of several runs the first is drawn. Rows are images, columns the picture and the map after
 * some layers; the last column outlines the patches above the adaptive split point. Works on
 * what `attend` wrote and on runs, at checkpoint --after (the last one by default). Each cell
 * has its own range, since a map changes by orders of magnitude from layer to layer; in
 * pretrained networks single corner tokens draw most of the attention (sinks), so both ends are
 * clipped. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/figure_int.h"
#include "viz/page/raster.h"

enum { ROWS = 24, COLUMNS = 12, PICTURES = 6, SINK_CLIP = 1 };

static const double LEAST = 34; /* points: a smaller picture shows nothing on paper */
static const double GAP = 2.2;
static const double STRENGTH = 0.85;

struct sheet {
    int image[ROWS], images, checkpoint;
    int layer[COLUMNS], layers;
    double clip;
    double label, cell_w, cell_h, head; /* geometry, for a width */
};

static const struct ds_record *record_of(const struct ds_job *job)
{
    return job->study->run[0].record;
}

static size_t row_at(const struct sheet *s, const struct ds_record *r, int image, int layer)
{
    return ((size_t)s->checkpoint * (size_t)r->images + (size_t)image) * (size_t)r->layers +
           (size_t)layer;
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static int range_of(double *lo, double *hi, const float *map, int patches, double clip,
                    struct ds_err *err)
{
    float *sorted = malloc((size_t)patches * sizeof *sorted);
    int n = 0, cut;

    if (!sorted)
        return ds_fail(err, DS_NOMEM, "no memory for a map");
    for (int i = 0; i < patches; i++)
        if (isfinite(map[i]))
            sorted[n++] = map[i];
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    cut = (int)ceil(n * clip / 100);
    cut = cut > (n - 1) / 2 ? (n - 1) / 2 : cut;
    *lo = n ? (double)sorted[cut] : 0;
    *hi = n ? (double)sorted[n - 1 - cut] : 1;
    free(sorted);
    return 0;
}

/* One layer where one is asked for, else as many as fit, evenly, the last one always. */
static void choose_layers(struct sheet *s, const struct ds_job *job, int one, double room)
{
    const int depth = record_of(job)->layers;
    int most = (int)(room / (LEAST + GAP)) - 2;

    if (one >= 0) {
        s->layer[0] = one;
        s->layers = 1;
        return;
    }
    most = most > COLUMNS ? COLUMNS : most < 1 ? 1 : most;
    s->layers = most > depth ? depth : most > 5 ? 5 : most;
    for (int k = 0; k < s->layers; k++)
        s->layer[k] = (int)lrint((double)(k + 1) * depth / s->layers) - 1;
}

/* The picture, the layers, the outlined one. */
static void lay_out(struct sheet *s, const struct ds_job *job, double width)
{
    const struct ds_theme *t = &job->theme;
    const struct ds_record *r = record_of(job);
    int one = -1;

    s->label = 6.2 * t->text;
    if (strcmp(job->opt->layer, "auto"))
        one = s->layer[0];
    choose_layers(s, job, one, width - s->label);
    s->cell_w = (width - s->label - GAP * (s->layers + 3)) / (s->layers + 2);
    s->cell_w = fmin(s->cell_w, 110);
    s->cell_h = s->cell_w * r->height / r->width;
    s->head = 1.2 * t->tick + t->pad;
}

/* Of a run as everywhere; of looked-at pictures the first ones, as many as asked for. */
static int choose_images(struct sheet *s, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = record_of(job);
    const char *text = job->opt->images;
    long count = PICTURES;
    char *end = NULL;

    if (r->done > 1 || strchr(text, ','))
        return ds_job_images(s->image, &s->images, ROWS, PICTURES, job, err);
    if (*text)
        count = strtol(text, &end, 10);
    if (count < 1 || count > ROWS || (end && *end))
        return ds_fail(err, DS_USAGE,
                       "--images wants a count up to %d or ids like 12,407, not '%s'", ROWS,
                       text);
    s->images = (int)(count < r->images ? count : r->images);
    for (int i = 0; i < s->images; i++)
        s->image[i] = i;
    return 0;
}

/* What the maps are: what `attend` wrote down, or what a run keeps. */
static void source_of(char *to, size_t size, const struct ds_record *r)
{
    static const char key[] = "source = ";
    const char *at = r->config ? strstr(r->config, key) : NULL;

    if (at && !strcmp(r->method, "attend"))
        snprintf(to, size, "%.*s", (int)strcspn(at + strlen(key), "\n"), at + strlen(key));
    else
        snprintf(to, size, "CLS row of the attention rollout");
}

static int prepare(struct ds_job *job, struct ds_err *err)
{
    const struct ds_record *r = record_of(job);
    struct sheet *s = calloc(1, sizeof *s);
    char source[160];
    int code;

    job->state = s;
    if (!s)
        return ds_fail(err, DS_NOMEM, "no memory for a figure");
    if ((code = ds_job_layer(&s->layer[0], job, false, err)) ||
        (code = choose_images(s, job, err)))
        return code;
    if (job->opt->after >= r->done)
        return ds_fail(err, DS_USAGE, "--after %d: the last checkpoint is %d", job->opt->after,
                       r->done - 1);
    s->checkpoint = job->opt->after > 0 ? job->opt->after : r->done - 1;
    s->clip = job->opt->clip > 0 ? job->opt->clip : SINK_CLIP;
    source_of(source, sizeof source, r);
    snprintf(
        job->note, sizeof job->note,
        "%s; each map in its own range, %g %% clipped at both ends; %s maps, opacity grows "
        "with the value; outline: patches above the adaptive split point of the last layer "
        "shown%s.",
        source, s->clip, job->opt->smooth ? "bicubic" : "patch-wise",
        job->study->runs > 1 ? "; first run" : "");
    return 0;
}

static double height(const struct ds_job *job, double width)
{
    struct sheet *s = job->state;

    lay_out(s, job, width);
    return s->head + s->images * (fmax(s->cell_h, 0) + GAP) - GAP;
}

/* Column -1: the picture; the one behind the layers: the outline on the picture. */
static int draw_cell(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                     int image, int column, struct ds_err *err)
{
    const struct sheet *s = job->state;
    const struct ds_record *r = record_of(job);
    const bool outline = column == s->layers;
    const int layer = s->layer[outline ? s->layers - 1 : column < 0 ? 0 : column];
    const size_t row = row_at(s, r, image, layer);
    const float *map = r->rollout + row * (size_t)r->patches;
    struct ds_paint paint = {&job->cmap, 0, 1, STRENGTH, job->opt->smooth};
    struct ds_raster raster;
    int code;

    if ((code = ds_raster_init(&raster, ds_raster_side(box.w, job->opt->dpi),
                               ds_raster_side(box.h, job->opt->dpi), err)))
        return code;
    ds_raster_image(&raster,
                    r->pixels + (size_t)image * (size_t)r->height * (size_t)r->width * 3,
                    r->width, r->height);
    if (column >= 0 && !outline &&
        !(code = range_of(&paint.lo, &paint.hi, map, r->patches, s->clip, err)))
        ds_raster_overlay(&raster, map, r->grid_h, r->grid_w, &paint);
    code = code ? code : ds_raster_draw(c, box, &raster, err);
    if (!code && outline)
        ds_outline_draw(c, box, map, r->grid_h, r->grid_w, (double)r->split[row],
                        (struct ds_rgb){1, 1, 1});
    ds_raster_clear(&raster);
    return code;
}

static double column_x(const struct sheet *s, double x, int column)
{
    return x + s->label + (column + 1) * (s->cell_w + GAP) + (column >= 0 ? GAP : 0);
}

static void draw_heads(struct ds_canvas *c, struct ds_box box, const struct ds_job *job)
{
    const struct ds_theme *t = c->theme;
    const struct sheet *s = job->state;
    const double base = box.y + s->head - t->pad;
    const struct ds_lettering type = {
        .size = t->tick, .color = t->ink, .ax = 0.5, .ay = 1, .width = s->cell_w};
    char text[32];

    ds_text(c, column_x(s, box.x, -1) + s->cell_w / 2, base, &type, "input");
    for (int k = 0; k < s->layers; k++) {
        snprintf(text, sizeof text, "layer %d", s->layer[k] + 1);
        ds_text(c, column_x(s, box.x, k) + s->cell_w / 2, base, &type, text);
    }
    ds_text(c, column_x(s, box.x, s->layers) + s->cell_w / 2, base, &type, "attended");
}

/* The class; of a run also the task that teaches it. */
static void draw_label(struct ds_canvas *c, double right, double middle,
                       const struct ds_job *job, int image)
{
    const struct ds_theme *t = c->theme;
    const struct sheet *s = job->state;
    const struct ds_record *r = record_of(job);
    const bool run = strcmp(r->method, "attend") != 0;
    struct ds_lettering type = {.size = t->text,
                                .color = t->ink,
                                .ax = 1,
                                .ay = run ? 1 : 0.5,
                                .width = s->label - 2 * GAP};
    char task[64];

    ds_text(c, right, middle - (run ? 0.1 * t->text : 0), &type,
            r->class_name[r->label[image]]);
    if (!run)
        return;
    type.size = t->tick;
    type.color = t->soft;
    type.ay = 0;
    ds_text(c, right, middle + 0.35 * t->text, &type,
            ds_record_task(r, r->task[image], task, sizeof task));
}

static int draw(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err)
{
    struct sheet *s = job->state;
    int code;

    lay_out(s, job, box.w);
    if (s->cell_w < LEAST / 2)
        return ds_fail(
            err, DS_USAGE,
            "%d pictures side by side would be %.2f inches wide each; make --width larger",
            s->layers + 2, s->cell_w / 72);
    draw_heads(c, box, job);
    for (int i = 0; i < s->images; i++) {
        const double y = box.y + s->head + i * (s->cell_h + GAP);

        draw_label(c, box.x + s->label - 2 * GAP, y + s->cell_h / 2, job, s->image[i]);
        for (int k = -1; k <= s->layers; k++) {
            const struct ds_box cell = {column_x(s, box.x, k), y, s->cell_w, s->cell_h};

            if ((code = draw_cell(c, cell, job, s->image[i], k, err)))
                return code;
        }
    }
    return 0;
}

static void clear(struct ds_job *job)
{
    free(job->state);
}

const struct ds_figure ds_fig_attention = {
    .key = "attention",
    .about = "one network: pictures, their maps layer by layer, the attended region",
    .needs = DS_NEED_LOOK | DS_NEED_IMAGES | DS_NEED_GRID,
    .wide = true,
    .cmap = "inferno",
    .prepare = prepare,
    .height = height,
    .draw = draw,
    .clear = clear,
};
