/* data/source/deliver.c -- from a picture as it is to the bytes the network sees. See source.h.
 */
#include "data/source/source_int.h"

#include <stdio.h>
#include <string.h>

static bool given(const char *text)
{
    return text && *text;
}

/* All pictures have one size as they are. */
static bool uniform(const struct ds_source_info *i)
{
    return i->low_height == i->high_height && i->low_width == i->high_width;
}

static int choose_recipe(struct ds_source *s, const struct ds_source_want *want,
                         struct ds_err *err)
{
    struct ds_source_info *i = &s->info;
    char text[64];

    if (given(want->transform)) {
        if (ds_recipe_parse(&i->recipe, want->transform, want->size, err))
            return err->code;
        if (ds_recipe_random(&i->recipe))
            return ds_fail(err, DS_USAGE,
                           "recipe '%.200s' draws random numbers; evaluation must see the same "
                           "picture each time",
                           want->transform);
        return 0;
    }
    if (want->size < 1 ||
        (uniform(i) && i->low_height == want->size && i->low_width == want->size))
        return 0;
    snprintf(text, sizeof text, "resize %dx%d bicubic", want->size, want->size);
    return ds_recipe_parse(&i->recipe, text, want->size, err);
}

int ds_source_settle(struct ds_source *s, const struct ds_source_want *want, struct ds_err *err)
{
    struct ds_source_info *i = &s->info;

    if (given(want->domain) && !i->domains)
        return ds_fail(err, DS_USAGE, "%s: has no domains, '%.200s' cannot be chosen", i->name,
                       want->domain);
    if (!i->high_height) { /* a set of one size */
        i->low_height = i->high_height = i->height;
        i->low_width = i->high_width = i->width;
    }
    if (choose_recipe(s, want, err))
        return err->code;
    i->height = uniform(i) ? i->low_height : 0;
    i->width = uniform(i) ? i->low_width : 0;
    if (i->height && ds_recipe_shape(&i->recipe, &i->height, &i->width, err))
        return ds_while(err, "%s", i->name);
    if (!i->height && !ds_recipe_fixed(&i->recipe, &i->height, &i->width) &&
        given(want->transform))
        return ds_fail(err, DS_USAGE,
                       "%s: recipe '%.200s' leaves pictures of different sizes; end it with a "
                       "crop, or resize to WxH",
                       i->name, want->transform);
    if (want->size > 0 && (i->height != want->size || i->width != want->size))
        return ds_fail(err, DS_USAGE,
                       "%s: recipe '%.200s' makes %d x %d pixels, the size asked for is %d",
                       i->name, want->transform, i->width, i->height, want->size);
    return 0;
}

/* Puts the picture's name in front of what went wrong with it. */
static int about(const struct ds_source *s, int index, struct ds_err *err)
{
    char path[DS_PATH_BYTES];

    if (!s->kind->file)
        return ds_while(err, "%s: picture %d", s->info.name, index);
    s->kind->file(s, index, path);
    return ds_while(err, "%s", path);
}

int ds_source_picture(const struct ds_source *s, int index, struct ds_picture *out,
                      struct ds_err *err)
{
    *out = (struct ds_picture){0};
    if (index < 0 || index >= s->info.count)
        return ds_fail(err, DS_USAGE, "%s: there is no picture %d, expected 0 to %d",
                       s->info.name, index, s->info.count - 1);
    return s->kind->picture(s, index, out, err);
}

static int make(const struct ds_source *s, const struct ds_picture *p,
                const struct ds_recipe *recipe, uint64_t stream, uint64_t draw, uint8_t *pixels,
                struct ds_room *room, struct ds_err *err)
{
    const struct ds_source_info *i = &s->info;
    int height = p->height, width = p->width;

    if (!i->height)
        return ds_fail(err, DS_USAGE,
                       "%d x %d pixels in a set of different sizes; choose one size for all "
                       "(--image-size)",
                       p->width, p->height);
    if (ds_recipe_shape(recipe, &height, &width, err))
        return err->code;
    if (height != i->height || width != i->width)
        return ds_fail(err, DS_DATA,
                       "%d x %d pixels, expected %d x %d like the rest of the set", width,
                       height, i->width, i->height);
    return ds_recipe_apply(pixels, recipe, p, i->channels, stream, draw, room, err);
}

int ds_source_make(const struct ds_source *s, int index, const struct ds_recipe *recipe,
                   uint64_t stream, uint64_t draw, uint8_t *pixels, struct ds_room *room,
                   struct ds_err *err)
{
    struct ds_picture p;
    int code;

    if (ds_source_picture(s, index, &p, err))
        return err->code;
    code = make(s, &p, recipe, stream, draw, pixels, room, err);
    if (code)
        about(s, index, err);
    ds_picture_clear(&p);
    return code;
}

int ds_source_read_in(const struct ds_source *s, int index, uint8_t *pixels,
                      struct ds_room *room, struct ds_err *err)
{
    return ds_source_make(s, index, &s->info.recipe, 0, 0, pixels, room, err);
}

int ds_source_read(const struct ds_source *s, int index, uint8_t *pixels, struct ds_err *err)
{
    struct ds_room room = {0};
    const int code = ds_source_read_in(s, index, pixels, &room, err);

    ds_room_clear(&room);
    return code;
}
