/* core/learn/method_distill.c -- attention distillation (Pelosin et al. 2022, arXiv
 * 2203.13167).
 *
 * S are attention scores before the softmax of a layer, head and image, A the probabilities;
 * primes mark the frozen copy of the last task. v is S pooled over all heads into one vector:
 *
 *     height   sum over queries [H N]      spatial   both, side by side
 *     width    sum over keys [H Q]         gap       mean over both [H]       pixel   S itself
 *
 *     symmetric    v of S^2 (elementwise):  mu |v'/|v'| - v/|v||
 *     asymmetric   v of S:                  mu |relu(v'/|v'| - v/|v|)|        only losses count
 *     js, l1       mu mean over heads and queries of JS(A' row, A row), or of sum |A' - A|
 *
 * each a mean over images and the chosen layers, plus LwF's term (lwf-lambda). The released
 * code divides relu(v' - v) by its own norm by default: a constant, whose gradient is zero; the
 * asymmetric loss here is its other variant. LwM's attention loss is the l1 of normalised maps.
 *
 * The old network runs in lock-step behind the new one: as soon as an image's vector of a layer
 * is complete, the loss and dv are taken, and dv replaces the new vector. What is kept is one
 * vector per image and layer; the way back computes S again where it needs it. State: the copy.
 */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/size.h"
#include "core/ops/gemm.h"

struct distill {
    bool *layer; /* [L] chosen */
    int layers;
    size_t length; /* room of a vector */
    float *vector; /* [threads][L][room][length]: the new vectors, then their gradients */
    float *old;    /* [threads][length] */
    float *tile;   /* [threads][N N] S, computed again */
    double *loss;  /* [threads] of the micro-batch */
    int room;
    struct ds_arena arena;
};

/* Sizes of a tile as it is compared. */
struct tile {
    int queries, rows, tokens, heads; /* rows: of the queries, those that count */
};

static struct tile tile_of(const struct ds_learner *l, const struct ds_vit_work *work,
                           int layer)
{
    const int tokens = ds_tokens(&l->vit.shape);
    const int queries = work->narrow && layer == l->vit.shape.depth - 1 ? 1 : tokens;

    return (struct tile){queries, l->opt.set.distill.cls_only ? 1 : queries, tokens,
                         l->vit.shape.heads};
}

static bool on_scores(const struct ds_distill_opt *o)
{
    return o->kind == DS_DISTILL_SYMMETRIC || o->kind == DS_DISTILL_ASYMMETRIC;
}

static enum ds_distill_pool pool_of(const struct ds_distill_opt *o)
{
    return on_scores(o) ? o->pool : DS_POOL_PIXEL;
}

static size_t vector_length(enum ds_distill_pool pool, const struct tile *t)
{
    const size_t h = (size_t)t->heads, n = (size_t)t->tokens, q = (size_t)t->rows;

    switch (pool) {
    case DS_POOL_HEIGHT:
        return h * n;
    case DS_POOL_WIDTH:
        return h * q;
    case DS_POOL_SPATIAL:
        return h * (n + q);
    case DS_POOL_GAP:
        return h;
    default:
        return h * q * n;
    }
}

/* "all", or ascending numbers from 1. */
static int choose_layers(struct distill *d, const char *text, int depth, struct ds_err *err)
{
    const char *at = text;

    for (int i = 0; i < depth && !strcmp(text, "all"); i++)
        d->layer[i] = true;
    while (*at && strcmp(text, "all") != 0) {
        char *end;
        const long number = strtol(at, &end, 10);

        if (end == at || number < 1 || number > depth || d->layer[number - 1] ||
            (*end && (*end != ',' || !end[1])))
            return ds_fail(
                err, DS_USAGE,
                "distill-layers is '%s', expected all, or different layers of 1 to %d "
                "like 1,2",
                text, depth);
        d->layer[number - 1] = true;
        at = *end ? end + 1 : end;
    }
    for (int i = 0; i < depth; i++)
        d->layers += d->layer[i];
    return d->layers ? 0 : ds_fail(err, DS_USAGE, "distill-layers names no layer");
}

static void plan(struct distill *d, const struct ds_learner *l)
{
    const size_t threads = (size_t)ds_pool_threads(l->pool), depth = (size_t)l->vit.shape.depth;
    const size_t n = (size_t)ds_tokens(&l->vit.shape);

    d->vector = ds_arena_floats(&d->arena, ds_sizes(threads, depth, (size_t)d->room, d->length));
    d->old = ds_arena_floats(&d->arena, threads * d->length);
    d->tile = ds_arena_floats(&d->arena, ds_sizes(threads, n, n, 1));
    d->loss = ds_arena_doubles(&d->arena, threads);
}

static int open_distill(struct ds_learner *l, struct ds_err *err)
{
    const struct ds_distill_opt *o = &l->opt.set.distill;
    const int depth = l->vit.shape.depth, tokens = ds_tokens(&l->vit.shape);
    const struct tile full = {tokens, o->cls_only ? 1 : tokens, tokens, l->vit.shape.heads};
    struct distill *d = calloc(1, sizeof *d);

    l->state = d;
    if (!d || !(d->layer = calloc((size_t)depth, sizeof *d->layer)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (choose_layers(d, o->layers, depth, err))
        return err->code;
    if (o->cls_only && !l->vit.shape.cls)
        return ds_fail(err, DS_USAGE, "distill-rows cls wants a network with a CLS token");
    d->room = l->work[0].room;
    d->length = vector_length(pool_of(o), &full);
    plan(d, l);
    if (ds_arena_reserve(&d->arena, err))
        return ds_while(err, "attn-distill");
    plan(d, l);
    return 0;
}

static void close_distill(struct ds_learner *l)
{
    struct distill *d = l->state;

    if (d) {
        free(d->layer);
        ds_arena_clear(&d->arena);
    }
    free(d);
    l->state = NULL;
}

static float *vector_at(const struct distill *d, const struct ds_lane *lane, int layer,
                        int image)
{
    const size_t depth = (size_t)lane->learner->vit.shape.depth;
    const size_t at = ((size_t)lane->worker * depth + (size_t)layer) * (size_t)d->room;

    return d->vector + (at + (size_t)image) * d->length;
}

/* One head's part of a vector. */
static void pool_tile(float *v, const float *tile, const struct tile *t, int head,
                      const struct ds_distill_opt *o)
{
    const enum ds_distill_pool pool = pool_of(o);
    const size_t n = (size_t)t->tokens, q = (size_t)t->rows, h = (size_t)head;
    float *column = v + h * n;
    float *row = v + (pool == DS_POOL_SPATIAL ? (size_t)t->heads * n : 0) + h * q;
    const float cell = 1.0f / (float)(n * q);

    if (pool == DS_POOL_HEIGHT || pool == DS_POOL_SPATIAL)
        memset(column, 0, n * sizeof *column);
    if (pool == DS_POOL_WIDTH || pool == DS_POOL_SPATIAL)
        memset(row, 0, q * sizeof *row);
    if (pool == DS_POOL_GAP)
        v[h] = 0;
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < n; j++) {
            const float s = tile[i * n + j];
            const float x = o->kind == DS_DISTILL_SYMMETRIC ? s * s : s;

            switch (pool) {
            case DS_POOL_HEIGHT:
                column[j] += x;
                break;
            case DS_POOL_WIDTH:
                row[i] += x;
                break;
            case DS_POOL_SPATIAL:
                column[j] += x;
                row[i] += x;
                break;
            case DS_POOL_GAP:
                v[h] += cell * x;
                break;
            default:
                v[(h * q + i) * n + j] = x;
            }
        }
}

/* The gradient of a cell of one head's tile, from that of the vector. */
static float cell_gradient(const float *dv, const struct tile *t, int head,
                           enum ds_distill_pool pool, size_t i, size_t j)
{
    const size_t n = (size_t)t->tokens, q = (size_t)t->rows, h = (size_t)head;

    switch (pool) {
    case DS_POOL_HEIGHT:
        return dv[h * n + j];
    case DS_POOL_WIDTH:
        return dv[h * q + i];
    case DS_POOL_SPATIAL:
        return dv[h * n + j] + dv[(size_t)t->heads * n + h * q + i];
    case DS_POOL_GAP:
        return dv[h] / (float)(n * q);
    default:
        return dv[(h * q + i) * n + j];
    }
}

static double norm_of(const float *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return fmax(sqrt(sum), 1e-12);
}

/* |f(v'/|v'| - v/|v|)| of new v and old; v becomes its gradient times weight. */
static double distance(float *v, const float *old, size_t n, bool losses_only, double weight)
{
    const double size = norm_of(v, n), old_size = norm_of(old, n);
    double r = 0, along = 0;

    for (size_t i = 0; i < n; i++) {
        const double d = (double)old[i] / old_size - (double)v[i] / size;

        if (!losses_only || d > 0) {
            r += d * d;
            along -= (double)v[i] / size * d;
        }
    }
    r = sqrt(r);
    for (size_t i = 0; i < n; i++) {
        const double unit = (double)v[i] / size, d = (double)old[i] / old_size - unit;
        const double direct = !losses_only || d > 0 ? -d : 0;

        v[i] = r > 0 ? (float)(weight * (direct - unit * along) / (r * size)) : 0;
    }
    return weight * r;
}

/* Jensen-Shannon divergence, or sum of |A' - A|, over rows of probabilities. */
static double row_distance(float *v, const float *old, size_t n, bool js, double weight)
{
    double loss = 0;

    for (size_t i = 0; i < n; i++) {
        const double q = (double)v[i], p = (double)old[i], m = (p + q) / 2;

        if (js) {
            loss += ((p > 0 ? p * log(p / m) : 0) + (q > 0 ? q * log(q / m) : 0)) / 2;
            v[i] = (float)(weight * (q > 0 ? log(q / m) / 2 : 0));
        } else {
            loss += fabs(p - q);
            v[i] = (float)(weight * ((q > p) - (q < p)));
        }
    }
    return weight * loss;
}

/* Whether this layer's tiles count, of scores or of probabilities as the kind wants. */
static bool counts(const struct ds_learner *l, int layer, bool scores)
{
    const struct distill *d = l->state;

    return l->task > 0 && d->layer[layer] && on_scores(&l->opt.set.distill) == scores;
}

static void see_new(const struct ds_lane *lane, int layer, int image, int head,
                    const float *tile)
{
    const struct ds_learner *l = lane->learner;
    const struct tile t = tile_of(l, lane->work, layer);

    pool_tile(vector_at(l->state, lane, layer, image), tile, &t, head, &l->opt.set.distill);
}

static void see_scores(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_lane *lane = with;

    if (counts(lane->learner, layer, true))
        see_new(lane, layer, image, head, tile);
}

static void see_attention(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_lane *lane = with;

    if (counts(lane->learner, layer, false))
        see_new(lane, layer, image, head, tile);
}

/* The old network's tile: behind its last head the vectors meet. */
static void meet(const struct ds_lane *lane, int layer, int image, int head, const float *tile)
{
    const struct ds_learner *l = lane->learner;
    const struct ds_distill_opt *o = &l->opt.set.distill;
    struct distill *d = l->state;
    const struct tile t = tile_of(l, lane->work, layer);
    const size_t n = vector_length(pool_of(o), &t);
    const double weight = o->mu / d->layers * lane->share;
    const double rows = (double)t.heads * t.rows;
    float *v = vector_at(d, lane, layer, image);
    float *old = d->old + (size_t)lane->worker * d->length;
    double loss;

    pool_tile(old, tile, &t, head, o);
    if (head < t.heads - 1)
        return;
    loss = on_scores(o) ? distance(v, old, n, o->kind == DS_DISTILL_ASYMMETRIC, weight)
                        : row_distance(v, old, n, o->kind == DS_DISTILL_JS, weight / rows);
    d->loss[lane->worker] += loss / lane->share;
}

static void meet_scores(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_lane *lane = with;

    if (counts(lane->learner, layer, true))
        meet(lane, layer, image, head, tile);
}

static void meet_attention(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_lane *lane = with;

    if (counts(lane->learner, layer, false))
        meet(lane, layer, image, head, tile);
}

static double loss_distill(struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;
    const struct distill *d = l->state;
    const struct ds_vit_taps taps = {
        .attn = {.with = lane, .scores = meet_scores, .attention = meet_attention}};
    const double loss = ds_method_loss(lane);

    if (l->task == 0)
        return loss;
    d->loss[lane->worker] = 0;
    ds_old_forward(lane, &taps);
    return loss + d->loss[lane->worker] + (l->opt.set.lwf.lambda > 0 ? ds_lwf_loss(lane) : 0);
}

/* S of one head again, from the kept projection. */
static const float *scores_again(const struct ds_lane *lane, int layer, int image, int head)
{
    const struct ds_learner *l = lane->learner;
    const struct distill *d = l->state;
    const struct tile t = tile_of(l, lane->work, layer);
    const int c = l->vit.shape.dim, width = c / t.heads;
    const float *q = lane->work->layer[layer].qkv +
                     (size_t)image * (size_t)t.tokens * 3 * (size_t)c + (size_t)(head * width);
    float *tile = d->tile + (size_t)lane->worker * (size_t)t.tokens * (size_t)t.tokens;

    ds_gemm_nt(tile, t.tokens, q, 3 * c, q + c, 3 * c, t.rows, t.tokens, width,
               1.0f / sqrtf((float)width), 0);
    return tile;
}

static void add_gradient(const struct ds_lane *lane, int layer, int image, int head,
                         float *grad)
{
    const struct ds_learner *l = lane->learner;
    const struct ds_distill_opt *o = &l->opt.set.distill;
    const struct tile t = tile_of(l, lane->work, layer);
    const float *dv = vector_at(l->state, lane, layer, image);
    const float *s =
        o->kind == DS_DISTILL_SYMMETRIC ? scores_again(lane, layer, image, head) : NULL;
    const size_t n = (size_t)t.tokens;

    for (size_t i = 0; i < (size_t)t.rows; i++)
        for (size_t j = 0; j < n; j++)
            grad[i * n + j] +=
                cell_gradient(dv, &t, head, pool_of(o), i, j) * (s ? 2 * s[i * n + j] : 1.0f);
}

static void scores_gradient(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_lane *lane = with;

    if (counts(lane->learner, layer, true))
        add_gradient(lane, layer, image, head, tile);
}

static void attention_gradient(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_lane *lane = with;

    if (counts(lane->learner, layer, false))
        add_gradient(lane, layer, image, head, tile);
}

const struct ds_method ds_method_distill = {
    .name = "attn-distill",
    .about = "the old network's attention on new images is kept (Pelosin et al.)",
    .keeps_old = true,
    .teaches_all = true,
    .taps = {.attn = {.scores = see_scores,
                      .attention = see_attention,
                      .attention_grad = attention_gradient,
                      .scores_grad = scores_gradient}},
    .open = open_distill,
    .close = close_distill,
    .loss = loss_distill,
};
