/* analysis/look/look_read.c -- pictures on their way into a look: decoded, brought to size,
 * jittered where wanted. See look.h.
 *
 * Jitter moves the network's input by up to an eighth of a patch (at least a pixel) each way,
 * the border repeated, and mirrors half of the pictures. Both are functions of the seed, the
 * draw and the picture's number. Maps of mirrored pictures are mirrored back; the small shift
 * stays. A row that belongs to one patch has no mirror image to compare: nothing is mirrored
 * then. */
#include <stdlib.h>
#include <string.h>

#include "analysis/look/look_int.h"
#include "core/base/rng.h"

/* Pictures of another shape than the network's input are the recipe's fault. */
int ds_look_prepare(struct ds_looking *k, struct ds_err *err)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    int height = 0, width = 0;

    if (ds_recipe_parse(&k->recipe, k->m->recipe, s->height == s->width ? s->height : 0, err))
        return ds_while(err, "transform '%s'", k->m->recipe);
    if (s->channels != 1 && s->channels != 3)
        return ds_fail(err, DS_DATA, "%s: reads %d channels, pictures have 1 or 3", k->m->file,
                       s->channels);
    if (ds_recipe_fixed(&k->recipe, &height, &width) &&
        (height != s->height || width != s->width))
        return ds_fail(err, DS_USAGE,
                       "transform '%s' makes %d x %d pixels, the network reads %d x %d; change "
                       "it, or give --image-size",
                       k->m->recipe, width, height, s->width, s->height);
    ds_scale_init(&k->scale, s->channels, k->m->mean, k->m->std);
    if (k->want.skip_broken) {
        k->broken = calloc((size_t)k->pictures->count, sizeof *k->broken);
        if (!k->broken)
            return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", k->pictures->count);
    }
    return 0;
}

int ds_look_jitter_most(const struct ds_vit_shape *s)
{
    return s->patch >= 16 ? s->patch / 8 : 1;
}

static uint64_t jitter_stream(const struct ds_looking *k, int at)
{
    const uint64_t draws = ds_rng_stream(k->want.seed, "jitter");

    return ds_rng_sub(ds_rng_sub(draws, (uint64_t)k->want.jitter), (uint64_t)at);
}

bool ds_look_mirrored(const struct ds_looking *k, int at)
{
    return k->want.jitter && k->want.row < ds_prefix(&k->m->vit.shape) &&
           ds_rng_bits(jitter_stream(k, at), 0) >> 63;
}

void ds_look_mirror(float *maps, size_t count, const struct ds_vit_shape *s)
{
    const size_t width = (size_t)ds_grid_w(s), rows = count * (size_t)ds_grid_h(s);

    for (size_t r = 0; r < rows; r++, maps += width)
        for (size_t x = 0; x < width / 2; x++) {
            const float left = maps[x];

            maps[x] = maps[width - 1 - x];
            maps[width - 1 - x] = left;
        }
}

static int within(int x, int size)
{
    return x < 0 ? 0 : x >= size ? size - 1 : x;
}

/* bytes [C][H][W], in place by way of spare. */
static void jitter(uint8_t *bytes, uint8_t *spare, const struct ds_looking *k, int at)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const uint64_t stream = jitter_stream(k, at);
    const int most = ds_look_jitter_most(s);
    const uint32_t span = 2 * (uint32_t)most + 1;
    const int dy = (int)ds_rng_below(stream, 1, span) - most;
    const int dx = (int)ds_rng_below(stream, 2, span) - most;
    const bool mirror = ds_look_mirrored(k, at);
    uint8_t *to = spare;

    for (int c = 0; c < s->channels; c++)
        for (int y = 0; y < s->height; y++) {
            const uint8_t *from =
                bytes + ((size_t)c * (size_t)s->height + (size_t)within(y + dy, s->height)) *
                            (size_t)s->width;

            for (int x = 0; x < s->width; x++)
                *to++ = from[within((mirror ? s->width - 1 - x : x) + dx, s->width)];
        }
    memcpy(bytes, spare, (size_t)s->channels * (size_t)s->height * (size_t)s->width);
}

/* One picture: decoded, brought to size, kept where wanted, normalised. */
static int read_one(const struct ds_looking *k, int at, float *image, struct ds_room *room,
                    uint8_t *bytes, struct ds_err *err)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const size_t area = (size_t)s->height * (size_t)s->width;
    struct ds_record *r = &k->look->record;
    struct ds_picture p;
    int height, width, code;

    if (ds_picture_load(&p, k->pictures->path[at], err))
        return err->code;
    height = p.height;
    width = p.width;
    code = ds_recipe_shape(&k->recipe, &height, &width, err);
    if (!code && (height != s->height || width != s->width))
        code = ds_fail(err, DS_DATA, "%s: %d x %d pixels after '%s', the network reads %d x %d",
                       k->pictures->path[at], width, height, k->m->recipe, s->width, s->height);
    if (!code && (code = ds_recipe_apply(bytes, &k->recipe, &p, s->channels, 0, 0, room, err)))
        ds_while(err, "%s", k->pictures->path[at]);
    ds_picture_clear(&p);
    if (code)
        return code;
    if (k->want.jitter)
        jitter(bytes, bytes + (size_t)s->channels * area, k, at);
    for (size_t i = 0; k->want.pixels && i < area; i++)
        for (size_t c = 0; c < 3; c++)
            r->pixels[((size_t)at * area + i) * 3 + c] =
                bytes[(s->channels == 3 ? c : 0) * area + i];
    ds_scale_apply(&k->scale, image, bytes, s->channels, (int)area);
    return 0;
}

int ds_look_fetch(void *with, int first, int count, float *images, int *label,
                  struct ds_err *err)
{
    const struct ds_looking *k = with;
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const size_t pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width;
    uint8_t *bytes = malloc(2 * pixels); /* a picture, and room to move it */
    struct ds_room room = {0};
    int code = bytes ? 0 : ds_fail(err, DS_NOMEM, "out of memory for a picture");

    for (int t = 0; t < ds_pool_threads(k->pool); t++) /* who asks? */
        if (images == k->infer.images[t])
            k->worker[t].first = k->done + first;
    for (int i = 0; i < count && !code; i++) {
        const int at = k->done + first + i;

        label[i] = 0;
        code = read_one(k, at, images + (size_t)i * pixels, &room, bytes, err);
        if (code && code != DS_NOMEM && k->broken) {
            k->broken[at] = *err;
            memset(images + (size_t)i * pixels, 0, pixels * sizeof *images);
            code = 0;
        }
    }
    ds_room_clear(&room);
    free(bytes);
    return code;
}
