/* data/image/recipe.c -- how a picture becomes the network's input. See the header. */
#include "data/image/recipe.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "data/image/transform.h"

void ds_room_clear(struct ds_room *room)
{
    free(room->bytes);
    *room = (struct ds_room){0};
}

static bool draws(const struct ds_recipe_step *s)
{
    return s->kind >= DS_RECIPE_RANDOM_CROP;
}

bool ds_recipe_random(const struct ds_recipe *r)
{
    for (int i = 0; i < r->count; i++)
        if (draws(&r->step[i]))
            return true;
    return false;
}

bool ds_recipe_fixed(const struct ds_recipe *r, int *height, int *width)
{
    bool fixed = false;

    for (int i = 0; i < r->count; i++) {
        const struct ds_recipe_step *s = &r->step[i];

        if (s->kind == DS_RECIPE_SHORT && fixed) {
            ds_short_side(height, width, *height, *width, s->width);
        } else if (s->kind != DS_RECIPE_SHORT && s->kind <= DS_RECIPE_RANDOM_CROP) {
            *height = s->height;
            *width = s->width;
            fixed = true;
        }
    }
    return fixed;
}

/* The size behind one step. */
static void follow(const struct ds_recipe_step *s, int *height, int *width)
{
    if (s->kind == DS_RECIPE_SHORT) {
        ds_short_side(height, width, *height, *width, s->width);
    } else if (s->kind <= DS_RECIPE_RANDOM_CROP) {
        *height = s->height;
        *width = s->width;
    }
}

/* The same, where it is not beyond the limits. */
static int try_to_follow(const struct ds_recipe_step *s, int *height, int *width,
                         struct ds_err *err)
{
    const int h = *height, w = *width;
    const int64_t shorter = h < w ? h : w, longer = h < w ? w : h;

    if (s->kind == DS_RECIPE_SHORT && s->width * longer / shorter > DS_PICTURE_SIDE)
        return ds_fail(err, DS_DATA,
                       "%d x %d pixels with the short side at %d are more than %d a side; "
                       "leave the picture out, or resize to WxH",
                       w, h, s->width, DS_PICTURE_SIDE);
    follow(s, height, width);
    if ((int64_t)*height * *width > DS_PICTURE_PIXELS)
        return ds_fail(err, DS_DATA,
                       "a step makes %d x %d pixels of %d x %d, at most %d million", *width,
                       *height, w, h, DS_PICTURE_PIXELS / 1000000);
    return 0;
}

int ds_recipe_shape(const struct ds_recipe *r, int *height, int *width, struct ds_err *err)
{
    for (int i = 0; i < r->count; i++)
        if (try_to_follow(&r->step[i], height, width, err))
            return err->code;
    return 0;
}

/* A picture on its way: steps read `at` and write to one of two buffers in turn. */
struct way {
    const uint8_t *at;
    int channels, height, width;
    uint8_t *buffer[2];
    int next;
    void *scratch;
};

static size_t rounded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Bytes for the two buffers each, and for scratch. */
static int plan(size_t *buffer, size_t *scratch, const struct ds_recipe *r, int channels, int h,
                int w, struct ds_err *err)
{
    *buffer = rounded((size_t)channels * (size_t)h * (size_t)w);
    *scratch = 0;
    for (int i = 0; i < r->count; i++) {
        const struct ds_recipe_step *s = &r->step[i];
        const int from_h = h, from_w = w;

        if (try_to_follow(s, &h, &w, err))
            return err->code;
        *buffer = larger(*buffer, rounded((size_t)channels * (size_t)h * (size_t)w));
        if (s->kind == DS_RECIPE_AUTOAUGMENT)
            *scratch = larger(*scratch, (size_t)channels * (size_t)h * (size_t)w);
        else if (s->kind <= DS_RECIPE_RANDOM_CROP && s->kind != DS_RECIPE_CROP)
            *scratch = larger(*scratch, ds_resize_scratch(from_h, from_w, h, w, s->filter));
    }
    return 0;
}

static int reserve(struct way *y, struct ds_room *room, size_t buffer, size_t scratch,
                   struct ds_err *err)
{
    const size_t want = 2 * buffer + scratch;

    if (room->size < want) {
        ds_room_clear(room);
        room->bytes = malloc(want);
        if (!room->bytes)
            return ds_fail(err, DS_NOMEM, "out of memory for %d x %d pixels", y->width,
                           y->height);
        room->size = want;
    }
    y->buffer[0] = room->bytes;
    y->buffer[1] = y->buffer[0] + buffer;
    y->scratch = y->buffer[1] + buffer;
    return 0;
}

/* One step from `at` to `to`; the caller knows the new size. */
static void take(const struct way *y, uint8_t *to, int height, int width,
                 const struct ds_recipe_step *s, uint64_t stream)
{
    const struct ds_planes in = ds_planes_of(y->at, y->channels, y->height, y->width);
    struct ds_window w;
    struct ds_planes cut;

    switch (s->kind) {
    case DS_RECIPE_SHORT:
    case DS_RECIPE_RESIZE:
        ds_resize(to, height, width, &in, NULL, s->filter, y->scratch);
        break;
    case DS_RECIPE_CROP:
        w = ds_crop_centre(y->height, y->width, height, width);
        ds_crop_copy(to, &in, &w);
        break;
    case DS_RECIPE_RANDOM_CROP:
        w = ds_crop_random(y->height, y->width, s->least, stream);
        cut = ds_crop(&in, &w);
        ds_resize(to, height, width, &cut, NULL, s->filter, y->scratch);
        break;
    case DS_RECIPE_AUTOAUGMENT:
        ds_autoaugment(to, y->scratch, y->at, y->channels, height, width, s->policy, stream);
        break;
    case DS_RECIPE_FLIP:
        if (ds_rng_below(stream, 0, 2))
            ds_image_flip(to, y->at, y->channels, height, width);
        else
            memcpy(to, y->at, (size_t)y->channels * (size_t)height * (size_t)width);
        break;
    case DS_RECIPE_PAD_CROP:
        ds_image_shift(to, y->at, y->channels, height, width,
                       (int)ds_rng_below(stream, 0, 2 * (uint32_t)s->width + 1) - s->width,
                       (int)ds_rng_below(stream, 1, 2 * (uint32_t)s->width + 1) - s->width);
        break;
    }
}

/* The buffer that nobody reads. */
static uint8_t *free_buffer(struct way *y)
{
    y->next = !y->next;
    return y->buffer[y->next];
}

static void deliver(uint8_t *out, const struct way *y, int channels)
{
    const size_t area = (size_t)y->height * (size_t)y->width;

    for (int c = 0; c < channels; c++)
        memcpy(out + (size_t)c * area, y->at + (y->channels == channels ? (size_t)c * area : 0),
               area);
}

int ds_recipe_apply(uint8_t *out, const struct ds_recipe *r, const struct ds_picture *p,
                    int channels, uint64_t stream, uint64_t index, struct ds_room *room,
                    struct ds_err *err)
{
    /* Colour goes grey first; grey is spread last, because every step does the same to equal
     * channels. */
    struct way y = {.at = p->pixels,
                    .channels = channels < p->channels ? channels : p->channels,
                    .height = p->height,
                    .width = p->width};
    const uint64_t own = ds_rng_sub(stream, index);
    size_t buffer, scratch;

    if (!r->count && y.channels == p->channels) {
        deliver(out, &y, channels);
        return 0;
    }
    if (plan(&buffer, &scratch, r, y.channels, y.height, y.width, err) ||
        reserve(&y, room, buffer, scratch, err))
        return err->code;
    if (y.channels < p->channels) {
        uint8_t *grey = free_buffer(&y);

        ds_image_grey(grey, p->pixels, p->height, p->width);
        y.at = grey;
    }
    for (int i = 0; i < r->count; i++) {
        const bool last = i == r->count - 1 && y.channels == channels;
        uint8_t *to = last ? out : free_buffer(&y);
        int height = y.height, width = y.width;

        follow(&r->step[i], &height, &width);
        take(&y, to, height, width, &r->step[i], ds_rng_sub(own, (uint64_t)i));
        y.at = to;
        y.height = height;
        y.width = width;
    }
    if (y.at != out)
        deliver(out, &y, channels);
    return 0;
}
