/* data/source/loader.c -- batches, ready before they are needed. See the header.
 *
 * Everything that depends on what came before (the permutation, the place in the epoch) is
 * settled in ds_loader_work, by the caller. What is left for the pool reads only that. */
#include "data/source/loader.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/arena.h"
#include "core/base/rng.h"
#include "data/image/picture.h"
#include "data/image/transform.h"

enum { PIECES = 8, BUFFERS = 2 };

/* Draws of one picture, in its own stretch of the augment stream. */
enum { DRAW_Y, DRAW_X, DRAW_FLIP, DRAW_TURN, DRAWS };

struct buffer {
    struct ds_batch batch;
    int first;             /* position in the epoch of its first picture */
    uint64_t augment;      /* the epoch's stream */
    uint64_t recipe;       /* likewise, for the recipe's draws */
    struct ds_err *failed; /* [PIECES] */
};

struct ds_loader {
    struct ds_loader_want want;
    struct ds_recipe recipe; /* want.recipe points here, or is NULL */
    const struct ds_source_info *info;
    struct ds_room room[PIECES]; /* grow with the first pictures */
    struct ds_pixel_scale scale;
    size_t pixels; /* of a picture, all channels */
    int epoch, step, steps;
    int *order;       /* [n_indices], permuted for the epoch `ordered` */
    int ordered;      /* -1: none yet */
    uint8_t *scratch; /* [PIECES][2][pixels] */
    struct buffer buffer[BUFFERS];
    struct buffer *current; /* of the work last handed out */
    struct ds_work work;
    struct ds_arena arena;
};

/* Crop, flip and turn go back and forth between two pictures; `in` ends as the result. */
static void swap(uint8_t **in, uint8_t **out)
{
    uint8_t *const other = *in;

    *in = *out;
    *out = other;
}

static const uint8_t *augment(const struct ds_loader *l, const struct buffer *b, int i,
                              uint8_t *in, uint8_t *out)
{
    const struct ds_loader_want *w = &l->want;
    const struct ds_source_info *info = l->info;
    const uint64_t draw = ((uint64_t)b->first + (uint64_t)i) * DRAWS;

    if (w->pad > 0) {
        const uint32_t places = 2 * (uint32_t)w->pad + 1;
        const int dy = (int)ds_rng_below(b->augment, draw + DRAW_Y, places) - w->pad;
        const int dx = (int)ds_rng_below(b->augment, draw + DRAW_X, places) - w->pad;

        ds_image_shift(out, in, info->channels, info->height, info->width, dy, dx);
        swap(&in, &out);
    }
    if (w->flip && ds_rng_below(b->augment, draw + DRAW_FLIP, 2)) {
        ds_image_flip(out, in, info->channels, info->height, info->width);
        swap(&in, &out);
    }
    if (w->rotate) {
        ds_image_turn(out, in, info->channels, info->height, b->batch.label[i]);
        swap(&in, &out);
    }
    return in;
}

static int prepare(struct ds_loader *l, const struct buffer *b, int i, int piece,
                   uint8_t *scratch, struct ds_err *err)
{
    const struct ds_loader_want *w = &l->want;
    const struct ds_recipe *recipe = w->recipe ? w->recipe : &l->info->recipe;
    const uint8_t *ready;

    if (ds_source_make(w->source, b->batch.index[i], recipe, b->recipe,
                       (uint64_t)b->first + (uint64_t)i, scratch, &l->room[piece], err))
        return err->code;
    ready = augment(l, b, i, scratch, scratch + l->pixels);
    ds_scale_apply(&l->scale, b->batch.images + (size_t)i * l->pixels, ready, l->info->channels,
                   l->info->height * l->info->width);
    return 0;
}

/* One of PIECES stretches of the batch, cut the same whoever works. */
static void job(void *with, int piece, int worker)
{
    struct ds_loader *l = with;
    const struct buffer *b = l->current;
    const int count = b->batch.count;
    const int first = (int)((int64_t)count * piece / PIECES);
    const int end = (int)((int64_t)count * (piece + 1) / PIECES);
    uint8_t *scratch = l->scratch + 2 * (size_t)piece * l->pixels;

    (void)worker;
    for (int i = first; i < end && !l->want.names_only; i++)
        if (prepare(l, b, i, piece, scratch, &b->failed[piece]))
            return;
}

/* Pictures of several sizes are checked one by one, when they are made. */
static int refuse_recipe(const struct ds_loader_want *w, const struct ds_source_info *info,
                         struct ds_err *err)
{
    const bool uniform =
        info->low_height == info->high_height && info->low_width == info->high_width;
    int height = uniform ? info->low_height : 0, width = uniform ? info->low_width : 0;

    if (!info->height)
        return ds_fail(err, DS_USAGE,
                       "%s: pictures of %d x %d to %d x %d pixels; choose one size for all with "
                       "--image-size N, as 224",
                       info->name, info->low_width, info->low_height, info->high_width,
                       info->high_height);
    if (!w->recipe)
        return 0;
    if (uniform ? ds_recipe_shape(w->recipe, &height, &width, err)
                : !ds_recipe_fixed(w->recipe, &height, &width))
        return uniform ? ds_while(err, "%s", info->name)
                       : ds_fail(err, DS_USAGE,
                                 "%s: the training recipe leaves pictures of different sizes; "
                                 "end it with random-crop, crop, or resize to WxH",
                                 info->name);
    if (height != info->height || width != info->width)
        return ds_fail(err, DS_USAGE,
                       "%s: the training recipe makes %d x %d pixels, evaluation %d x %d; both "
                       "must be the same",
                       info->name, width, height, info->width, info->height);
    return 0;
}

static int refuse(const struct ds_loader_want *w, const struct ds_source_info *info,
                  struct ds_err *err)
{
    if (w->n_indices < 1 || w->batch < 1)
        return ds_fail(err, DS_USAGE,
                       "%s: %d pictures in batches of %d; expected at least one of "
                       "each",
                       info->name, w->n_indices, w->batch);
    if (refuse_recipe(w, info, err))
        return err->code;
    if (w->pad < 0 || w->pad > DS_PICTURE_SIDE)
        return ds_fail(err, DS_USAGE, "%s: crops padded by %d pixels, expected 0 to %d",
                       info->name, w->pad, DS_PICTURE_SIDE);
    if (w->rotate && info->height != info->width)
        return ds_fail(err, DS_USAGE, "%s: rotation turns square pictures, these are %d x %d",
                       info->name, info->width, info->height);
    assert(info->channels <= DS_CHANNELS_MAX); /* pictures have no more */
    for (int c = 0; c < info->channels; c++)
        if (!isfinite(w->mean[c]) || !isfinite(w->std[c]) || w->std[c] <= 0)
            return ds_fail(err, DS_USAGE,
                           "%s: mean %g and deviation %g of channel %d; expected "
                           "finite numbers, and a deviation above 0",
                           info->name, w->mean[c], w->std[c], c);
    for (int i = 0; i < w->n_indices; i++)
        if (w->indices[i] < 0 || w->indices[i] >= info->count)
            return ds_fail(err, DS_USAGE, "%s: picture %d was asked for, there are 0 to %d",
                           info->name, w->indices[i], info->count - 1);
    return 0;
}

/* Run twice: to count, and to take. */
static void plan(struct ds_loader *l, struct ds_arena *a)
{
    const size_t batch = (size_t)l->want.batch;

    l->order = ds_arena_ints(a, (size_t)l->want.n_indices);
    l->scratch = ds_arena_take(a, 2 * PIECES * l->pixels);
    for (int i = 0; i < BUFFERS; i++) {
        struct buffer *b = &l->buffer[i];

        b->batch.images =
            l->want.names_only ? NULL : ds_arena_floats(a, batch * l->pixels);
        b->batch.label = ds_arena_ints(a, batch);
        b->batch.index = ds_arena_ints(a, batch);
        b->failed = ds_arena_take(a, PIECES * sizeof *b->failed);
    }
}

int ds_loader_open(struct ds_loader **out, const struct ds_loader_want *want,
                   struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(want->source);
    struct ds_loader *l;

    *out = NULL;
    if (refuse(want, info, err))
        return err->code;
    l = calloc(1, sizeof *l);
    if (!l)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for batches", info->name);
    l->want = *want;
    if (want->recipe) {
        l->recipe = *want->recipe;
        l->want.recipe = &l->recipe;
    }
    l->info = info;
    if (l->want.batch > want->n_indices)
        l->want.batch = want->n_indices; /* no memory for what never comes */
    l->pixels = (size_t)info->channels * (size_t)info->height * (size_t)info->width;
    l->steps = (want->n_indices - 1) / l->want.batch + 1;
    l->ordered = -1;
    l->current = &l->buffer[0];
    ds_scale_init(&l->scale, info->channels, want->mean, want->std);
    plan(l, &l->arena);
    if (ds_arena_reserve(&l->arena, err)) {
        ds_while(err, "%s: batches of %d", info->name, l->want.batch);
        ds_loader_close(l);
        return err->code;
    }
    plan(l, &l->arena);
    *out = l;
    return 0;
}

void ds_loader_close(struct ds_loader *l)
{
    if (!l)
        return;
    for (int piece = 0; piece < PIECES; piece++)
        ds_room_clear(&l->room[piece]);
    ds_arena_clear(&l->arena);
    free(l);
}

int ds_loader_rows(const struct ds_loader *l)
{
    return l->want.n_indices;
}

int ds_loader_steps(const struct ds_loader *l)
{
    return l->steps;
}

void ds_loader_seek(struct ds_loader *l, int epoch, int step)
{
    l->epoch = epoch + step / l->steps;
    l->step = step % l->steps;
}

static void permute(struct ds_loader *l)
{
    const struct ds_loader_want *w = &l->want;

    if (l->ordered == l->epoch)
        return;
    memcpy(l->order, w->indices, (size_t)w->n_indices * sizeof *l->order);
    if (w->shuffle)
        ds_rng_shuffle(ds_rng_sub(ds_rng_stream(w->seed, "shuffle"), (uint64_t)l->epoch),
                       l->order, w->n_indices);
    l->ordered = l->epoch;
}

/* Which pictures, with which labels: cheap, so done here and not in the pool. */
static void assign(struct ds_loader *l, struct buffer *b)
{
    const struct ds_loader_want *w = &l->want;
    const int rest = w->n_indices - l->step * w->batch;

    b->first = l->step * w->batch;
    b->augment = ds_rng_sub(ds_rng_stream(w->seed, "augment"), (uint64_t)l->epoch);
    b->recipe = ds_rng_sub(ds_rng_stream(w->seed, "recipe"), (uint64_t)l->epoch);
    b->batch.count = rest < w->batch ? rest : w->batch;
    for (int i = 0; i < b->batch.count; i++) {
        const int index = l->order[b->first + i];
        const uint64_t draw = ((uint64_t)b->first + (uint64_t)i) * DRAWS;

        b->batch.index[i] = index;
        b->batch.label[i] = w->rotate ? (int)ds_rng_below(b->augment, draw + DRAW_TURN, 4)
                                      : w->position[ds_source_label(w->source, index)];
    }
    memset(b->failed, 0, PIECES * sizeof *b->failed);
}

const struct ds_work *ds_loader_work(struct ds_loader *l)
{
    l->current = &l->buffer[l->current == &l->buffer[0]];
    permute(l);
    assign(l, l->current);
    if (++l->step == l->steps) {
        l->step = 0;
        l->epoch++;
    }
    l->work = (struct ds_work){job, l, PIECES};
    return &l->work;
}

const struct ds_batch *ds_loader_batch(struct ds_loader *l)
{
    return &l->current->batch;
}

int ds_loader_failed(const struct ds_loader *l, struct ds_err *err)
{
    for (int piece = 0; piece < PIECES; piece++)
        if (l->current->failed[piece].code) {
            *err = l->current->failed[piece];
            return err->code;
        }
    return 0;
}
