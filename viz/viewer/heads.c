/* viz/viewer/heads.c -- attention of one image by head, from a checkpoint's weights. See
 * aside.h.
 *
 * The record keeps the mean of the heads only; here the network runs again on the stored image.
 * It sees the same numbers as in training: the record's pixels, normalised as the configuration
 * says. What comes out is compared with the record's own map, so that a picture by head is
 * never one of another network or another normalisation. */
#include "viz/viewer/aside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ops/gemm.h"
#include "core/retain/rollout.h"
#include "core/vit/vit.h"
#include "data/image/transform.h"
#include "data/protocol/checkpoint.h"
#include "data/protocol/weights.h"

static const double AGREES =
    2e-3; /* of the largest value: float against float, other batches */

void ds_heads_clear(struct ds_heads *h)
{
    free(h->attention);
    *h = (struct ds_heads){0};
}

static void read_list(double *to, const char *text, int channels)
{
    char *end = (char *)(uintptr_t)text;

    for (int c = 0; c < channels; c++) {
        to[c] = strtod(text, &end);
        text = *end == ',' ? end + 1 : text; /* one number serves all */
    }
}

static int normalisation(struct ds_pixel_scale *scale, const struct ds_record *r,
                         struct ds_err *err)
{
    char mean_text[128] = "auto", std_text[128] = "auto";
    double mean[4] = {0}, std[4] = {1, 1, 1, 1};

    ds_config_value(r->config, "mean", mean_text, sizeof mean_text);
    ds_config_value(r->config, "std", std_text, sizeof std_text);
    if (!strcmp(mean_text, "auto") || !strcmp(std_text, "auto"))
        return ds_fail(err, DS_DATA,
                       "this run does not say how its pixels were normalised (mean "
                       "= auto): runs trained from now on do");
    read_list(mean, mean_text, r->channels);
    read_list(std, std_text, r->channels);
    ds_scale_init(scale, r->channels, mean, std);
    return 0;
}

/* The record repeats grey in three channels; the network wants planes. */
static void planes(uint8_t *to, const struct ds_record *r, int image)
{
    const size_t area = (size_t)r->height * (size_t)r->width;
    const uint8_t *from = r->pixels + (size_t)image * area * 3;

    for (int c = 0; c < r->channels; c++)
        for (size_t p = 0; p < area; p++)
            to[(size_t)c * area + p] = from[3 * p + (size_t)c];
}

struct engine {
    struct ds_bundle bundle;
    struct ds_vit vit;
    struct ds_vit_view view;
    struct ds_vit_work work;
    struct ds_arena arena;
    float *params, *image, *map;
    float *(*block)[DS_BLOCK_PARTS];
    uint8_t *bytes;
};

static void engine_close(struct engine *e)
{
    free(e->params);
    free(e->image);
    free(e->map);
    free(e->block);
    free(e->bytes);
    ds_arena_clear(&e->arena);
    ds_vit_close(&e->vit);
    ds_bundle_clear(&e->bundle);
}

static int engine_open(struct engine *e, const struct ds_subject *s, int checkpoint,
                       struct ds_err *err)
{
    const struct ds_record *r = &s->record;
    const size_t area = (size_t)r->height * (size_t)r->width * (size_t)r->channels;
    char address[1300], file[1300];
    struct ds_vit_shape shape;
    size_t n = strlen(s->path);
    int code;

    if (ds_subject_is_maps(s))
        return ds_fail(err, DS_DATA,
                       "%s: holds maps, not the weights that single heads need; "
                       "driftscope attend --source raw --all-heads keeps them",
                       s->path);
    /* run.h5 lies in its run */
    n = n > 7 && !strcmp(s->path + n - 7, "/run.h5") ? n - 7 : n;
    snprintf(address, sizeof address, "%.*s@%d", (int)n, s->path, checkpoint);
    if ((code = ds_weights_open(&e->bundle, file, sizeof file, address, err)) ||
        (code = ds_checkpoint_shape(&shape, &e->bundle, file, err)) ||
        (code = ds_vit_open(&e->vit, &shape, err)))
        return code;
    if (shape.depth != r->layers || ds_patches(&shape) != r->patches ||
        shape.heads != r->heads || shape.channels != r->channels || shape.height != r->height)
        return ds_fail(err, DS_DATA, "%s: holds another network than run.h5 describes", file);
    e->params = calloc(e->vit.tensors.total, sizeof *e->params);
    e->image = malloc(area * sizeof *e->image);
    e->bytes = malloc(area);
    e->map = malloc((size_t)r->layers * (size_t)r->patches * sizeof *e->map);
    e->block = calloc((size_t)r->layers, sizeof *e->block);
    if (!e->params || !e->image || !e->bytes || !e->map || !e->block)
        return ds_fail(err, DS_NOMEM, "no memory for the weights of checkpoint %d", checkpoint);
    if ((code = ds_weights_trunk(e->params, &e->vit, &e->bundle, file, err)))
        return code;
    ds_vit_view(&e->view, e->block, &e->vit.tensors, e->params, NULL);
    for (int pass = 0; pass < 2; pass++) {
        ds_vit_work_take(&e->work, &e->vit, 1, DS_WANT_ATTENTION | DS_WANT_FULL, NULL, false,
                         &e->arena);
        if (!pass && (code = ds_arena_reserve(&e->arena, err)))
            return code;
    }
    return 0;
}

/* Its rollout must be the record's. */
static int check(struct engine *e, const struct ds_subject *s, int checkpoint, int image,
                 struct ds_err *err)
{
    const struct ds_record *r = &s->record;
    float *scratch = malloc(ds_rollout_scratch(&e->vit) * sizeof *scratch);
    double most = 0, off = 0;

    if (!scratch)
        return ds_fail(err, DS_NOMEM, "no memory for a rollout");
    ds_rollout_maps(e->map, scratch, &e->vit, &e->work, 0);
    free(scratch);
    for (int l = 0; l < r->layers; l++) {
        const float *kept = ds_subject_map(s, checkpoint, image, l);

        for (int p = 0; p < r->patches; p++) {
            most = fmax(most, fabs((double)kept[p]));
            off = fmax(off, fabs((double)kept[p] - (double)e->map[l * r->patches + p]));
        }
    }
    if (!(off <= AGREES * most))
        return ds_fail(err, DS_DATA,
                       "the weights give another map than run.h5 keeps (off by %.2g of %.2g): "
                       "checkpoint or normalisation is not that of the run",
                       off, most);
    return 0;
}

int ds_heads_compute(struct ds_heads *h, const struct ds_subject *s, int checkpoint, int image,
                     struct ds_err *err)
{
    const struct ds_record *r = &s->record;
    const size_t each = (size_t)r->heads * (size_t)r->tokens * (size_t)r->tokens;
    struct ds_pixel_scale scale;
    struct engine e = {0};
    int code;

    *h = (struct ds_heads){0};
    ds_blas_begin();
    if ((code = engine_open(&e, s, checkpoint, err)) || (code = normalisation(&scale, r, err)))
        goto done;
    planes(e.bytes, r, image);
    ds_scale_apply(&scale, e.image, e.bytes, r->channels, r->height * r->width);
    ds_vit_forward(&e.vit, &e.view, &e.work, e.image, 1, NULL);
    if ((code = check(&e, s, checkpoint, image, err)))
        goto done;
    h->attention = malloc((size_t)r->layers * each * sizeof *h->attention);
    if (!h->attention) {
        code = ds_fail(err, DS_NOMEM, "no memory for attention by head");
        goto done;
    }
    for (int l = 0; l < r->layers; l++)
        memcpy(h->attention + (size_t)l * each, e.work.layer[l].attn, each * sizeof(float));
    h->layers = r->layers;
    h->heads = r->heads;
    h->tokens = r->tokens;
    h->prefix = r->prefix;

done:
    engine_close(&e);
    return code;
}
