/* core/retain/relevance.c -- where the network looks for one class. See the header. */
#include "core/retain/relevance.h"

#include <math.h>
#include <string.h>
#include "core/ops/gemm.h"
#include "core/ops/simd.h"
#include "core/retain/stream.h"

enum { ROWS = 1024, MOST_BYTES = 256 << 20 };

int ds_relevance_check(const struct ds_relevance_opt *opt, const struct ds_vit_shape *s,
                       struct ds_err *err)
{
    const struct ds_rollout_opt same = {{.discard = opt->discard}, opt->start, opt->row};

    if (s->classes < 1)
        return ds_fail(err, DS_USAGE,
                       "the network has no head: there is no class to ask the relevance for");
    return ds_rollout_opt_check(&same, s, err);
}

void ds_relevance_take(struct ds_relevance *r, const struct ds_vit *v, int room,
                       const struct ds_relevance_opt *opt, struct ds_arena *arena)
{
    const size_t n = (size_t)ds_tokens(&v->shape), layers = (size_t)v->shape.depth;
    const size_t images = (size_t)room;

    *r = (struct ds_relevance){.vit = v, .opt = *opt};
    r->none.block = ds_arena_take(arena, layers * sizeof *r->none.block);
    if (r->none.block)
        memset(r->none.block, 0, layers * sizeof *r->none.block);
    r->target = ds_arena_ints(arena, images);
    r->b = ds_arena_floats(arena, n * n);
    r->order = opt->kind == DS_RELEVANCE_ROLLOUT ? ds_arena_floats(arena, n * n) : NULL;
    r->now = ds_arena_floats(arena, images * layers * n);
    r->next = ds_arena_floats(arena, images * layers * n);
    ds_vit_work_take(&r->work, v, room, DS_WANT_BACKWARD | DS_WANT_ATTENTION_GRAD, NULL, false,
                     arena);
    r->work.lowest = opt->start; /* the way back ends where the product begins */
}

int ds_relevance_room(const struct ds_vit *v, const struct ds_relevance_opt *opt)
{
    const int fit = ROWS / ds_tokens(&v->shape);
    struct ds_arena arena = {0};
    struct ds_relevance r;
    int most;

    ds_relevance_take(&r, v, 1, opt, &arena);
    most = (int)(MOST_BYTES / arena.peak);
    most = most < fit ? most : fit;
    return most < 1 ? 1 : most;
}

/* b += da (*) a; `least` 0 drops what is negative. */
DS_INLINE void add_products_body(float *restrict b, const float *restrict da,
                                 const float *restrict a, size_t count, float least)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const float product = da[i] * a[i];

        b[i] += product < least ? least : product;
    }
}
DS_VARIANTS(static, add_products,
            (float *b, const float *da, const float *a, size_t count, float least),
            (b, da, a, count, least))

DS_INLINE void mean_of_heads_body(float *b, size_t count, float share)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        b[i] = b[i] < 0 ? 0 : b[i] * share;
}
DS_VARIANTS(static, mean_of_heads, (float *b, size_t count, float share), (b, count, share))

/* The heads' sum in r->b becomes the layer's matrix. */
static void close_layer(struct ds_relevance *r)
{
    const struct ds_relevance_opt *o = &r->opt;
    const int n = ds_tokens(&r->vit->shape);
    const size_t width = (size_t)n;

    mean_of_heads(r->b, width * width, 1 / (float)r->vit->shape.heads);
    if (o->kind == DS_RELEVANCE_CHEFER) {
        for (size_t i = 0; i < width; i++)
            r->b[i * width + i] += 1;
        return;
    }
    if (o->discard > 0) /* vit-explain does not spare entry 0 here, and counts alike */
        ds_rollout_discard(r->b, width * width, o->discard, o->norm == DS_NORM_ROWS, r->order);
    ds_rollout_normalise(r->b, n, n, o->norm, r->order);
}

/* The last head of an image's layer takes the image's rows one layer down. */
static void gather(void *with, int layer, int image, int head, float *tile)
{
    struct ds_relevance *r = with;
    const struct ds_vit_shape *s = &r->vit->shape;
    const int n = ds_tokens(s), above = s->depth - 1 - layer;
    const int rows = r->work.narrow && !above ? 1 : n;
    const size_t asked = (size_t)rows * (size_t)n, square = (size_t)n * (size_t)n;
    const size_t place = (size_t)image * (size_t)s->depth * (size_t)n;
    const float *a = r->work.layer[layer].attn + (size_t)(image * s->heads + head) * asked;
    const float least = r->opt.kind == DS_RELEVANCE_CHEFER ? 0 : -INFINITY;

    if (!head)
        memset(r->b, 0, square * sizeof *r->b);
    add_products(r->b, tile, a, asked, least);
    if (head + 1 < s->heads)
        return;
    close_layer(r);
    if (r->full)
        memcpy(r->full + ((size_t)image * (size_t)s->depth + (size_t)layer) * square, r->b,
               square * sizeof *r->b);
    ds_rollout_descend(r->next + place, r->now + place, r->b, above, n, r->opt.row);
    memcpy(r->now + place, r->next + place, (size_t)(above + 1) * (size_t)n * sizeof *r->now);
}

static int largest(const float *z, int k)
{
    int best = 0;

    for (int c = 1; c < k; c++)
        best = z[c] > z[best] ? c : best;
    return best;
}

/* dlogits: 1 at every image's class. */
static void choose_classes(struct ds_relevance *r, int n, const int *target)
{
    const size_t k = (size_t)r->vit->shape.classes;

    memset(r->work.dlogits, 0, (size_t)n * k * sizeof *r->work.dlogits);
    for (int i = 0; i < n; i++) {
        const size_t row = (size_t)i * k;

        r->target[i] =
            target && target[i] >= 0 ? target[i] : largest(r->work.logits + row, (int)k);
        r->work.dlogits[row + (size_t)r->target[i]] = 1;
    }
}

/* full holds B_start .. B_L-1 and becomes R_0 .. R_L-1. */
static void multiply_up(const struct ds_relevance *r, float *full)
{
    const int n = ds_tokens(&r->vit->shape);
    const size_t square = (size_t)n * (size_t)n;

    for (int l = 0; l < r->vit->shape.depth; l++, full += square) {
        for (int t = 0; l < r->opt.start && t < n; t++)
            ds_rollout_identity(full + (size_t)t * (size_t)n, 1, n, t);
        if (l <= r->opt.start)
            continue;
        memcpy(r->b, full, square * sizeof *full);
        ds_gemm_nn(full, n, r->b, n, full - square, n, n, n, n, 1, 0);
    }
}

void ds_relevance_run(struct ds_relevance *r, const struct ds_vit_view *w, const float *images,
                      int n, const int *target, float *rows, float *full)
{
    const struct ds_vit_shape *s = &r->vit->shape;
    const struct ds_vit_taps taps = {.attn = {.with = r, .attention_grad = gather}};
    const size_t tokens = (size_t)ds_tokens(s), start = (size_t)r->opt.start;
    const size_t each = (size_t)s->depth * tokens;

    r->full = full;
    ds_vit_forward(r->vit, w, &r->work, images, n, NULL);
    ds_logits_forward(r->vit, w, &r->work);
    choose_classes(r, n, target);
    ds_logits_backward(r->vit, w, &r->none, &r->work, 1);
    ds_vit_backward(r->vit, w, &r->none, &r->work, 1, NULL, &taps);
    for (size_t i = 0; i < (size_t)n; i++) {
        ds_rollout_identity(rows + i * each, (int)start, (int)tokens, r->opt.row);
        memcpy(rows + i * each + start * tokens, r->now + i * each,
               (each - start * tokens) * sizeof *rows);
        if (full)
            multiply_up(r, full + i * each * tokens);
    }
    r->full = NULL;
}
