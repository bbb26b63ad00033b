/* core/learn/method_ranpac.c -- ridge regression on random features (RanPAC, arXiv 2307.02251).
 *
 *     h = relu(f P),  P [C][M] from N(0, 1);   G += H^T H,  Q += H^T Y     over all tasks
 *     W = (G + ridge I)^-1 Q,   scores h W
 *
 * The trunk is frozen, no step is taken. The ridge is the one of 10^-8 .. 10^8 with the
 * smallest squared error on a fifth of the task's images (drawn by seed), whose statistics join
 * only afterwards. M is 10000 in the paper; 2000 here, because a factorisation takes M^3 / 3
 * operations and is done 17 times a task. No first-session adapter: the trunk is as it came. G
 * and Q are kept in double. State: G, Q, W, and the ridge. */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/base/size.h"
#include "core/learn/survey_int.h"
#include "core/ops/dense.h"
#include "core/ops/gemm.h"

enum { RIDGES = 17, STRIP = 64, CHUNK = 256 };

struct ranpac {
    size_t m, k;          /* M, K */
    float *project;       /* [C][M] */
    double *gram, *cross; /* [M][M], [M][K] */
    float *weight;        /* [M][K] */
    double ridge;
    float *room; /* [threads][rows][M] of an evaluation */
    size_t rows;
    struct ds_arena arena;
};

static void plan(struct ranpac *r, const struct ds_learner *l)
{
    const size_t threads = (size_t)ds_pool_threads(l->pool), c = (size_t)l->vit.shape.dim;

    r->project = ds_arena_floats(&r->arena, c * r->m);
    r->gram = ds_arena_doubles(&r->arena, r->m * r->m);
    r->cross = ds_arena_doubles(&r->arena, r->m * r->k);
    r->weight = ds_arena_floats(&r->arena, r->m * r->k);
    r->room = ds_arena_floats(&r->arena, ds_sizes(threads, r->rows, r->m, 1));
}

static int open_ranpac(struct ds_learner *l, struct ds_err *err)
{
    struct ranpac *r = calloc(1, sizeof *r);
    const uint64_t stream = ds_rng_stream(l->opt.seed, "ranpac projection");

    l->state = r;
    if (!r)
        return ds_fail(err, DS_NOMEM, "out of memory");
    r->m = (size_t)l->opt.set.ranpac_width;
    r->k = (size_t)l->vit.shape.classes;
    r->rows = 32;
    plan(r, l);
    if (ds_arena_reserve(&r->arena, err))
        return ds_while(err, "ranpac-width %zu", r->m);
    plan(r, l);
    for (size_t i = 0; i < r->m * (size_t)l->vit.shape.dim; i++)
        r->project[i] = (float)ds_rng_normal(stream, i);
    return 0;
}

static void close_ranpac(struct ds_learner *l)
{
    struct ranpac *r = l->state;

    if (r)
        ds_arena_clear(&r->arena);
    free(r);
    l->state = NULL;
}

/* h [n][M] = relu(f P) */
static void lift(float *h, const struct ranpac *r, const float *feature, int n, int c)
{
    ds_gemm_nn(h, (int)r->m, feature, c, r->project, (int)r->m, n, (int)r->m, c, 1, 0);
    for (size_t i = 0; i < (size_t)n * r->m; i++)
        h[i] = h[i] > 0 ? h[i] : 0;
}

static void classify_ranpac(const struct ds_learner *l, const struct ds_vit_work *work,
                            int worker)
{
    const struct ranpac *r = l->state;
    const int c = l->vit.shape.dim, k = (int)r->k;
    float *h = r->room + (size_t)worker * r->rows * r->m;

    for (int at = 0; at < work->images; at += (int)r->rows) {
        const int left = work->images - at, n = left < (int)r->rows ? left : (int)r->rows;

        lift(h, r, work->feature + (size_t)at * (size_t)c, n, c);
        ds_gemm_nn(work->logits + (size_t)at * (size_t)k, k, h, (int)r->m, r->weight, k, n,
                   l->seen, (int)r->m, 1, 0);
    }
}

/* One task's images, lifted, in a drawn order. */
struct lifted {
    struct ds_learner *l;
    const struct ds_survey *s;
    int *order;
    float *h;     /* [n][M] */
    float *strip; /* [threads][STRIP][M] */
    int from, to; /* images of `order` at hand */
    double *room; /* [threads][M M + M K] */
    double error[RIDGES];
};

static void lift_chunk(void *with, int i, int worker)
{
    const struct lifted *f = with;
    const struct ranpac *r = f->l->state;
    const size_t c = (size_t)f->l->vit.shape.dim;
    const int n = f->s->images;

    (void)worker;
    for (int at = i * CHUNK; at < n && at < (i + 1) * CHUNK; at++)
        lift(f->h + (size_t)at * r->m, r, f->s->feature + (size_t)f->order[at] * c, 1, (int)c);
}

/* Rows i STRIP .. of G and Q, over the images at hand. */
static void gather_strip(void *with, int i, int worker)
{
    const struct lifted *f = with;
    const struct ranpac *r = f->l->state;
    const size_t top = (size_t)i * STRIP, m = r->m;
    const size_t rows = m - top < STRIP ? m - top : STRIP;
    float *strip = f->strip + (size_t)worker * STRIP * m;

    for (int at = f->from; at < f->to; at += CHUNK) {
        const int n = f->to - at < CHUNK ? f->to - at : CHUNK;
        const float *h = f->h + (size_t)at * m;

        ds_gemm_tn(strip, (int)m, h + top, (int)m, h, (int)m, (int)rows, (int)m, n, 1, 0);
        for (size_t p = 0; p < rows * m; p++)
            r->gram[top * m + p] += (double)strip[p];
        for (int image = 0; image < n; image++)
            for (size_t p = 0; p < rows; p++)
                r->cross[(top + p) * r->k + (size_t)f->s->label[f->order[at + image]]] +=
                    (double)h[(size_t)image * m + top + p];
    }
}

static double ridge_of(int i)
{
    const int exponent = i - RIDGES / 2;

    return pow(10, exponent);
}

/* W of one ridge into x [M][seen]; -1 when the sum is not positive definite. */
static int solve(double *x, double *square, const struct ds_learner *l, double ridge)
{
    const struct ranpac *r = l->state;
    const size_t seen = (size_t)l->seen;

    memcpy(square, r->gram, r->m * r->m * sizeof *square);
    for (size_t i = 0; i < r->m; i++) {
        square[i * r->m + i] += ridge;
        memcpy(x + i * seen, r->cross + i * r->k, seen * sizeof *x);
    }
    if (ds_cholesky(square, (int)r->m))
        return -1;
    ds_cholesky_solve(x, square, (int)r->m, l->seen);
    return 0;
}

/* The squared error of one ridge on the images kept aside. */
static void try_ridge(void *with, int i, int worker)
{
    struct lifted *f = with;
    const struct ranpac *r = f->l->state;
    const size_t m = r->m, seen = (size_t)f->l->seen;
    double *square = f->room + (size_t)worker * (m * m + m * r->k), *x = square + m * m;
    double error = 0;

    f->error[i] = INFINITY;
    if (solve(x, square, f->l, ridge_of(i)))
        return;
    for (int at = f->from; at < f->to; at++)
        for (size_t k = 0; k < seen; k++) {
            double score = 0;

            for (size_t p = 0; p < m; p++)
                score += (double)f->h[(size_t)at * m + p] * x[p * seen + k];
            score -= (size_t)f->s->label[f->order[at]] == k;
            error += score * score;
        }
    f->error[i] = isfinite(error) ? error : INFINITY;
}

static void gather(struct lifted *f, int from, int to)
{
    const struct ranpac *r = f->l->state;

    f->from = from;
    f->to = to;
    ds_pool_run(f->l->pool,
                &(struct ds_work){gather_strip, f, (int)((r->m + STRIP - 1) / STRIP)}, 1);
}

static int choose(struct lifted *f, struct ds_err *err)
{
    struct ranpac *r = f->l->state;
    const int n = f->s->images, learn = n > 1 ? n - (n + 4) / 5 : n;
    const size_t seen = (size_t)f->l->seen;
    int best = 0;

    ds_pool_run(f->l->pool, &(struct ds_work){lift_chunk, f, (n + CHUNK - 1) / CHUNK}, 1);
    gather(f, 0, learn);
    f->from = learn < n ? learn : 0; /* a single image judges itself */
    f->to = n;
    ds_pool_run(f->l->pool, &(struct ds_work){try_ridge, f, RIDGES}, 1);
    for (int i = 1; i < RIDGES; i++)
        best = f->error[i] < f->error[best] ? i : best;
    if (learn < n)
        gather(f, learn, n);
    while (best < RIDGES && solve(f->room + r->m * r->m, f->room, f->l, ridge_of(best)))
        best++;
    if (best == RIDGES)
        return ds_fail(err, DS_INTERNAL,
                       "ranpac: the features are not finite, no ridge solves");
    r->ridge = ridge_of(best);
    for (size_t p = 0; p < r->m; p++)
        for (size_t k = 0; k < seen; k++)
            r->weight[p * r->k + k] = (float)f->room[r->m * r->m + p * seen + k];
    return 0;
}

static int end_ranpac(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    const struct ranpac *r = l->state;
    const size_t threads = (size_t)ds_pool_threads(l->pool), n = (size_t)feed->count;
    struct ds_arena arena = {0};
    struct ds_survey s;
    struct lifted f = {.l = l, .s = &s};
    int code = 0;

    if (ds_survey_take(&s, l, feed, err))
        return err->code;
    for (int pass = 0; pass < 2 && !code; pass++) {
        f.order = ds_arena_ints(&arena, n);
        f.h = ds_arena_floats(&arena, n * r->m);
        f.strip = ds_arena_floats(&arena, threads * STRIP * r->m);
        f.room = ds_arena_doubles(&arena, threads * (r->m * r->m + r->m * r->k));
        code = pass ? 0 : ds_arena_reserve(&arena, err);
    }
    for (size_t i = 0; !code && i < n; i++)
        f.order[i] = (int)i;
    if (!code) {
        ds_rng_shuffle(ds_rng_sub(ds_rng_stream(l->opt.seed, "ranpac"), (uint64_t)l->task),
                       f.order, (int)n);
        code = choose(&f, err);
    }
    ds_arena_clear(&arena);
    ds_survey_clear(&s);
    return code ? (int)err->code : 0;
}

static int arrays_ranpac(struct ds_learner *l, ds_state_visit *visit, void *with,
                         struct ds_err *err)
{
    struct ranpac *r = l->state;

    return visit(with, "method/ranpac/gram", DS_STATE_F64, r->gram, r->m * r->m, err) ||
                   visit(with, "method/ranpac/cross", DS_STATE_F64, r->cross, r->m * r->k,
                         err) ||
                   visit(with, "method/ranpac/weight", DS_STATE_F32, r->weight, r->m * r->k,
                         err) ||
                   visit(with, "method/ranpac/ridge", DS_STATE_F64, &r->ridge, 1, err)
               ? (int)err->code
               : 0;
}

const struct ds_method ds_method_ranpac = {
    .name = "ranpac",
    .about = "ridge regression on random features of a frozen trunk (RanPAC)",
    .trainable = "head",
    .untrained = true,
    .plain_head = true,
    .open = open_ranpac,
    .close = close_ranpac,
    .task_end = end_ranpac,
    .classify = classify_ranpac,
    .arrays = arrays_ranpac,
};
