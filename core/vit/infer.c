/* core/vit/infer.c -- running many images through a network. See the header. */
#include "core/vit/infer.h"

#include <stdatomic.h>

/* Rows of a piece: enough for the matrix products, few enough for the cache. Attention that is
 * kept must fit in a quarter of a gigabyte per worker, but for a single image that is larger.
 */
enum { ROWS = 1024, MOST = 32, KEPT_FLOATS = 64 << 20 };

static int piece_size(const struct ds_vit_shape *s, unsigned want)
{
    const size_t n = (size_t)ds_tokens(s);
    const size_t each = n * n * (size_t)s->heads * (size_t)s->depth;
    const int fit = ROWS / ds_tokens(s), kept = (int)(KEPT_FLOATS / each);
    const int most = (want & DS_WANT_ATTENTION) && kept < fit ? kept : fit;

    return most < 1 || (want & DS_WANT_ALONE) ? 1 : most > MOST ? MOST : most;
}

static void take(struct ds_infer *f, unsigned want)
{
    const struct ds_vit_shape *s = &f->vit->shape;
    const size_t threads = (size_t)ds_pool_threads(f->pool), room = (size_t)f->room;
    const size_t pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width;

    f->work = ds_arena_take(&f->arena, threads * sizeof *f->work);
    f->images = ds_arena_take(&f->arena, threads * sizeof *f->images);
    f->label = ds_arena_take(&f->arena, threads * sizeof *f->label);
    ds_vit_pack_take(&f->pack, f->vit, false, &f->arena);
    for (size_t t = 0; t < threads; t++) {
        struct ds_vit_work planned;
        float *images = ds_arena_floats(&f->arena, room * pixels);
        int *label = ds_arena_ints(&f->arena, room);

        ds_vit_work_take(f->work ? &f->work[t] : &planned, f->vit, f->room, want, NULL, false,
                         &f->arena);
        if (f->work) {
            f->images[t] = images;
            f->label[t] = label;
        }
    }
}

int ds_infer_open(struct ds_infer *f, const struct ds_vit *vit, unsigned want,
                  struct ds_pool *pool, struct ds_err *err)
{
    *f = (struct ds_infer){.vit = vit, .pool = pool};
    f->room = piece_size(&vit->shape, want);
    take(f, want);
    if (ds_arena_reserve(&f->arena, err))
        return err->code;
    take(f, want);
    return 0;
}

void ds_infer_close(struct ds_infer *f)
{
    ds_arena_clear(&f->arena);
    *f = (struct ds_infer){0};
}

struct run {
    struct ds_infer *f;
    const struct ds_vit_view *w;
    const float *head, *bias;
    int classes, pieces;
    const struct ds_feed *feed;
    ds_sink *sink;
    void *with;
    const struct ds_vit_taps *taps;
    atomic_int failed; /* 1: somebody holds `err` */
    struct ds_err *err;
};

static void piece(void *with, int i, int worker)
{
    struct run *r = with;
    struct ds_infer *f = r->f;
    const long count = r->feed->count; /* pieces of one size, so that no worker waits */
    const int first = (int)(count * i / r->pieces);
    const int n = (int)(count * (i + 1) / r->pieces) - first;
    struct ds_vit_work *work = &f->work[worker];
    struct ds_vit_taps taps = r->taps ? *r->taps : (struct ds_vit_taps){0};
    const float *known = r->feed->feature;
    struct ds_err err;
    int none = 0;

    if (atomic_load(&r->failed))
        return;
    if (r->feed->fetch(r->feed->with, first, n, known ? NULL : f->images[worker],
                       f->label[worker], &err)) {
        if (atomic_compare_exchange_strong(&r->failed, &none, 1))
            *r->err = err;
        return;
    }
    work->first = first;
    if (f->tap_with)
        taps.attn.with = f->tap_with[worker];
    if (known)
        ds_vit_recall(f->vit, work, known + (size_t)first * (size_t)f->vit->shape.dim, n);
    else
        ds_vit_forward(f->vit, r->w, work, f->images[worker], n, r->taps ? &taps : NULL);
    if (r->head && f->vit->shape.head_dist)
        ds_logits_forward(f->vit, r->w, work);
    else if (r->head)
        ds_head_forward(f->vit, r->head, r->bias, work, 0, r->classes);
    r->sink(r->with, work, f->label[worker], first, worker);
}

/* 5 pieces would leave one of two threads, or three of four, without work at the end: 2, 4 or a
 * multiple of 8 leave none. The number depends on that of the images alone. */
static int pieces_of(const struct ds_infer *f, int count)
{
    const int least = (count + f->room - 1) / f->room;
    int group = 1, pieces;

    while (group < least && group < 8)
        group *= 2;
    pieces = (least + group - 1) / group * group;
    return pieces < count ? pieces : count;
}

int ds_infer_run(struct ds_infer *f, const struct ds_vit_view *w, const float *head,
                 const float *bias, int classes, const struct ds_feed *feed, ds_sink *sink,
                 void *with, const struct ds_vit_taps *taps, struct ds_err *err)
{
    struct ds_vit_view packed = *w;
    struct run r = {.f = f,
                    .w = &packed,
                    .head = head,
                    .bias = bias,
                    .classes = classes,
                    .pieces = pieces_of(f, feed->count),
                    .feed = feed,
                    .sink = sink,
                    .with = with,
                    .taps = taps,
                    .err = err};

    if (!feed->feature)
        ds_vit_pack(&f->pack, f->vit, &packed, f->pool);
    ds_pool_run(f->pool, &(struct ds_work){piece, &r, r.pieces}, 1);
    return atomic_load(&r.failed) ? (int)err->code : 0;
}
