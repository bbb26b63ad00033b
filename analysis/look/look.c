/* analysis/look/look.c -- where a network looks in pictures that nobody trained it on. See the
 * header. */
#define _GNU_SOURCE
#include "analysis/look/look.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/look/look_int.h"
#include "core/base/size.h"
#include "core/base/version.h"
#include "core/ops/gemm.h"

/* Images between two words to whoever waits, in pieces: enough for many threads, and the same
 * for any number of them, since the cut into pieces begins anew with each step. Logits beyond
 * this stay out. */
enum { PIECES = 64, LOGITS_MAX = 64 << 20, RELEVANCE_MAX = 64 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct ds_look_want ds_look_default(void)
{
    return (struct ds_look_want){.row = DS_LOOK_OWN_ROW, .target = -1, .top = 5};
}

static int row_wanted(const struct ds_look_want *w, const struct ds_vit_shape *s)
{
    return w->row == DS_LOOK_OWN_ROW ? ds_rollout_own_row(s) : w->row;
}

static struct ds_rollout_opt rollout_opt(const struct ds_look_want *w,
                                         const struct ds_vit_shape *s)
{
    return (struct ds_rollout_opt){w->rule, w->start, row_wanted(w, s)};
}

static struct ds_relevance_opt relevance_opt(const struct ds_look_want *w,
                                             const struct ds_vit_shape *s)
{
    return (struct ds_relevance_opt){w->source == DS_LOOK_CHEFER ? DS_RELEVANCE_CHEFER
                                                                 : DS_RELEVANCE_ROLLOUT,
                                     w->rule.discard, w->rule.norm, w->start, row_wanted(w, s)};
}

static bool by_gradient(const struct ds_look_want *w)
{
    return w->source == DS_LOOK_GRADIENT || w->source == DS_LOOK_CHEFER;
}

int ds_look_check(const struct ds_look_want *w, const struct ds_vit_shape *s,
                  struct ds_err *err)
{
    const struct ds_rollout_opt rollout = rollout_opt(w, s);
    const struct ds_relevance_opt relevance = relevance_opt(w, s);

    if (by_gradient(w) && s->classes && w->target >= s->classes)
        return ds_fail(err, DS_USAGE, "class %d is not among the %d of the network", w->target,
                       s->classes);
    if (w->by_head && w->source != DS_LOOK_RAW)
        return ds_fail(err, DS_USAGE, "heads are kept apart in raw attention only");
    return by_gradient(w) ? ds_relevance_check(&relevance, s, err)
                          : ds_rollout_opt_check(&rollout, s, err);
}

/* Whether the record's maps are all that is wanted. */
static bool plain(const struct ds_look_want *w, const struct ds_vit_shape *s)
{
    const struct ds_rollout_rule *r = &w->rule;

    return w->source == DS_LOOK_ROLLOUT && r->fusion == DS_FUSE_MEAN && r->discard == 0 &&
           r->norm == DS_NORM_ROWS && w->start == 0 && !w->by_largest &&
           row_wanted(w, s) == ds_rollout_own_row(s);
}

static bool keeps_logits(const struct ds_look_want *w, const struct ds_vit_shape *s,
                         size_t images)
{
    return w->logits && s->classes && images <= (size_t)LOGITS_MAX / (size_t)s->classes;
}

static int name_classes(struct ds_look *l, const struct ds_gathered *g, struct ds_err *err)
{
    struct ds_record *r = &l->record;

    for (int c = 0; c < r->classes; c++) {
        free(r->class_name[c]);
        r->class_name[c] = strdup(g->class_name[c]);
        if (!r->class_name[c])
            return ds_fail(err, DS_NOMEM, "out of memory for class names");
        r->class_label[c] = c;
    }
    for (int i = 0; i < r->images; i++) {
        r->label[i] = g->class_of[i];
        r->id[i] = i;
        l->path[i] = strdup(g->path[i]);
        if (!l->path[i])
            return ds_fail(err, DS_NOMEM, "out of memory for file names");
    }
    r->total[0] = r->images;
    r->done = 1;
    snprintf(*r->checkpoint, sizeof *r->checkpoint, "model");
    return 0;
}

/* The arrays of the result. */
static int alloc(struct ds_looking *k, struct ds_err *err)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const struct ds_look_want *w = &k->want;
    struct ds_look *l = k->look;
    const size_t n = (size_t)k->pictures->count;
    const size_t cells = ds_sizes(n, (size_t)s->depth, (size_t)ds_patches(s), 1);
    struct ds_record *r = &l->record;

    *r = (struct ds_record){.tasks = 1,
                            .classes = k->pictures->classes,
                            .layers = s->depth,
                            .heads = s->heads,
                            .tokens = ds_tokens(s),
                            .prefix = ds_prefix(s),
                            .patches = ds_patches(s),
                            .grid_h = ds_grid_h(s),
                            .grid_w = ds_grid_w(s),
                            .patch = s->patch,
                            .images = (int)n,
                            .channels = s->channels,
                            .height = w->pixels ? s->height : 1,
                            .width = w->pixels ? s->width : 1,
                            .probe = w->probe < (int)n ? w->probe : (int)n};
    snprintf(r->method, sizeof r->method, "attend");
    snprintf(r->version, sizeof r->version, "%s", DS_VERSION);
    r->config = strdup("");
    l->classes = s->classes;
    l->top = w->top < s->classes ? w->top : s->classes;
    if (ds_record_alloc(r, err))
        return err->code;
    l->path = calloc(n, sizeof *l->path);
    l->best = calloc(n * (size_t)l->top + 1, sizeof *l->best);
    l->share = calloc(n * (size_t)l->top + 1, sizeof *l->share);
    if (keeps_logits(w, s, n))
        l->logits = calloc(n * (size_t)s->classes, sizeof *l->logits);
    if (!plain(w, s)) {
        l->map = calloc(cells, sizeof *l->map);
        l->split = calloc(n * (size_t)s->depth, sizeof *l->split);
    }
    if (w->features) {
        l->width = ds_feature_width(s);
        l->feature = calloc(n * (size_t)l->width, sizeof *l->feature);
    }
    if (w->by_head) {
        l->head = calloc(ds_mul_size(cells, (size_t)s->heads), sizeof *l->head);
        l->head_split = calloc(ds_sizes(n, (size_t)s->depth, (size_t)s->heads, 1), sizeof *l->head_split);
    }
    if (!r->config || !l->path || !l->best || !l->share ||
        (keeps_logits(w, s, n) && !l->logits) || (!plain(w, s) && (!l->map || !l->split)) ||
        (w->by_head && (!l->head || !l->head_split)) || (w->features && !l->feature))
        return ds_fail(err, DS_NOMEM, "out of memory for the maps of %zu pictures", n);
    return name_classes(l, k->pictures, err);
}

/* The head means of probe images are of all rows. */
static unsigned forward_now(const struct ds_looking *k)
{
    return k->forward | (k->done < k->look->record.probe ? DS_WANT_FULL : 0);
}

/* Run twice: to count, and to take. */
static void plan(struct ds_looking *k, unsigned forward)
{
    const struct ds_vit *v = &k->m->vit;
    const struct ds_vit_shape *s = &v->shape;
    const struct ds_rollout_opt own = {{0}, 0, ds_rollout_own_row(s)};
    const struct ds_rollout_opt second = rollout_opt(&k->want, s);
    const struct ds_relevance_opt relevance = relevance_opt(&k->want, s);
    const size_t threads = (size_t)ds_pool_threads(k->pool), room = (size_t)k->infer.room;
    const size_t rows = (size_t)s->depth * (size_t)ds_tokens(s);

    k->worker = ds_arena_take(&k->arena, threads * sizeof *k->worker);
    k->tap_with = ds_arena_take(&k->arena, threads * sizeof *k->tap_with);
    for (size_t t = 0; t < threads; t++) {
        struct ds_look_worker planned = {0}, *w = k->worker ? &k->worker[t] : &planned;

        w->looking = k;
        ds_rollout_stream_take(&w->own, v, k->infer.room, forward, &own, &k->arena);
        if (k->streams_second)
            ds_rollout_stream_take(&w->second, v, k->infer.room, forward, &second, &k->arena);
        if (k->want.source == DS_LOOK_RAW)
            w->rows = ds_arena_floats(&k->arena, ds_sizes(room, rows, (size_t)s->heads, 1));
        if (by_gradient(&k->want)) {
            ds_relevance_take(&w->relevance, v, (int)k->relevance_room, &relevance, &k->arena);
            w->relevant = ds_arena_floats(&k->arena, room * rows);
        }
        w->split = ds_arena_doubles(&k->arena, ds_split_scratch(ds_patches(s)));
        if (k->tap_with)
            k->tap_with[t] = w;
    }
}

static int set_up(struct ds_looking *k, struct ds_err *err)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const struct ds_rollout_opt own = {{0}, 0, ds_rollout_own_row(s)};
    const struct ds_rollout_opt second = rollout_opt(&k->want, s);
    const struct ds_relevance_opt relevance = relevance_opt(&k->want, s);
    unsigned forward = ds_rollout_want(&own);
    int room;

    k->streams_second = k->want.source == DS_LOOK_ROLLOUT && !plain(&k->want, s);
    if (k->streams_second || k->want.source == DS_LOOK_RAW)
        forward |= ds_rollout_want(&second);
    k->want.row = row_wanted(&k->want, s);
    room = by_gradient(&k->want) ? ds_relevance_room(&k->m->vit, &relevance) : 1;
    k->relevance_room = (unsigned)(room < RELEVANCE_MAX ? room : RELEVANCE_MAX);
    k->forward = forward;
    if (ds_pool_new(&k->pool, k->want.threads, err) ||
        ds_infer_open(&k->infer, &k->m->vit, forward_now(k), k->pool, err))
        return err->code;
    plan(k, forward_now(k));
    if (ds_arena_reserve(&k->arena, err))
        return err->code;
    plan(k, forward_now(k));
    k->infer.tap_with = k->tap_with;
    return 0;
}

/* Behind the last probe image the last block need not compute all rows. */
static int narrow(struct ds_looking *k, struct ds_err *err)
{
    const bool narrow = ds_vit_narrow(&k->m->vit.shape, forward_now(k));

    if (k->worker->own.narrow == narrow)
        return 0;
    ds_infer_close(&k->infer);
    if (ds_infer_open(&k->infer, &k->m->vit, forward_now(k), k->pool, err))
        return err->code;
    k->infer.tap_with = k->tap_with;
    for (int t = 0; t < ds_pool_threads(k->pool); t++)
        k->worker[t].own.narrow = k->worker[t].second.narrow = narrow;
    return 0;
}

int ds_looking_open(struct ds_looking **out, struct ds_look *l, const struct ds_model *m,
                    const struct ds_gathered *pictures, const struct ds_look_want *w,
                    struct ds_err *err)
{
    struct ds_looking *k = calloc(1, sizeof *k);

    *out = NULL;
    *l = (struct ds_look){0};
    if (!k)
        return ds_fail(err, DS_NOMEM, "out of memory");
    k->look = l;
    k->m = m;
    k->pictures = pictures;
    k->want = *w;
    k->began = now();
    ds_blas_begin();
    if (ds_look_check(w, &m->vit.shape, err) || ds_precision_check(m->vit.precision, err) ||
         ds_look_prepare(k, err) || alloc(k, err) ||
        set_up(k, err)) {
        ds_looking_close(k);
        assert(err->code);
        return err->code;
    }
    *out = k;
    return 0;
}

int ds_looking_next(struct ds_looking *k, int *done, struct ds_err *err)
{
    const struct ds_vit_view *w = &k->m->view;
    const struct ds_vit_taps taps = {.attn = {.with = k, .attention = ds_look_tap}};
    const int most = PIECES * k->infer.room;
    const int rest = k->pictures->count - k->done;
    const struct ds_feed feed = {
        .count = rest < most ? rest : most, .with = k, .fetch = ds_look_fetch};

    if (feed.count && ds_infer_run(&k->infer, w, w->outside[DS_HEAD_W], w->outside[DS_HEAD_B],
                                   k->m->vit.shape.classes, &feed, ds_look_sink, k, &taps, err))
        return err->code;
    k->done += feed.count;
    *done = k->done;
    return narrow(k, err);
}

int ds_looking_end(struct ds_looking *k, struct ds_err *err)
{
    if (k->broken && ds_look_drop_broken(k->look, k->broken, err))
        return err->code;
    k->look->seconds = now() - k->began;
    return 0;
}

void ds_looking_close(struct ds_looking *k)
{
    if (!k)
        return;
    ds_infer_close(&k->infer);
    ds_pool_free(k->pool);
    ds_arena_clear(&k->arena);
    free(k->broken);
    free(k);
}

int ds_look(struct ds_look *l, const struct ds_model *m, const struct ds_gathered *pictures,
            const struct ds_look_want *w, struct ds_err *err)
{
    struct ds_looking *k;
    int done = 0, code = ds_looking_open(&k, l, m, pictures, w, err);

    while (!code && done < pictures->count)
        code = ds_looking_next(k, &done, err);
    if (!code)
        code = ds_looking_end(k, err);
    ds_looking_close(k);
    return code;
}
