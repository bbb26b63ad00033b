/* core/learn/method_lora.c -- low-rank changes of keys and values, free or out of the way.
 *
 *     W_k = W_k0 + B A,   W_v = W_v0 + B' A',   A [r][C], B [C][r] (0 at first)
 *     dB = dW A^T,        dA = B^T dW
 *
 * lora (Hu et al. 2021, arXiv 2106.09685): A begins uniform in +-1/sqrt(C), both learn; every
 * task has new ones, the old are merged. inflora (arXiv 2404.00228): A = U_r^T / sqrt(3) with U
 * the directions of the task's inputs that older tasks do not use (gpm.c), fixed; B learns.
 * Trained are A, B and the head, with the learner's optimiser and the trunk's rate; q stays.
 * The network always holds the merged weights, so that everything behind it (attention, drift,
 * export) sees an ordinary ViT. The energy kept grows from `energy` by (energy_end - energy) t
 * / T.
 *
 * State: bases (inflora); within a task W_0, A, B and their moments. */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/base/size.h"
#include "core/learn/gpm_int.h"
#include "core/ops/gemm.h"

struct lora {
    size_t c, r, pairs; /* pairs: key and value of every block, [2 L] */
    float *base;        /* [pairs][C][C] */
    float *a, *b;       /* [pairs][r][C], [pairs][C][r] */
    float *da, *db;
    float *moment; /* [pairs][2][2][r C]: first and second, of A and of B */
    bool fixed;    /* inflora: A stays */
    struct ds_gpm gpm;
    struct ds_arena arena;
};

static void plan(struct lora *e)
{
    float **const small[] = {&e->a, &e->b, &e->da, &e->db};

    e->base = ds_arena_floats(&e->arena, ds_sizes(e->pairs, e->c, e->c, 1));
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        *small[i] = ds_arena_floats(&e->arena, ds_sizes(e->pairs, e->r, e->c, 1));
    e->moment = ds_arena_floats(&e->arena, ds_sizes(e->pairs, 4, e->r, e->c));
}

static int open_adapters(struct ds_learner *l, bool fixed, struct ds_err *err)
{
    struct lora *e = calloc(1, sizeof *e);

    l->state = e;
    if (!e)
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (l->opt.set.lora.rank > l->vit.shape.dim)
        return ds_fail(err, DS_USAGE, "lora-rank is %d, a token has only %d numbers",
                       l->opt.set.lora.rank, l->vit.shape.dim);
    e->c = (size_t)l->vit.shape.dim;
    e->r = (size_t)l->opt.set.lora.rank;
    e->pairs = 2 * (size_t)l->vit.shape.depth;
    e->fixed = fixed;
    plan(e);
    if (ds_arena_reserve(&e->arena, err))
        return ds_while(err, "adapters of rank %zu", e->r);
    plan(e);
    return fixed ? ds_gpm_open(&e->gpm, l, err) : 0;
}

static int open_lora(struct ds_learner *l, struct ds_err *err)
{
    return open_adapters(l, false, err);
}

static int open_inflora(struct ds_learner *l, struct ds_err *err)
{
    return open_adapters(l, true, err);
}

static void close_lora(struct ds_learner *l)
{
    struct lora *e = l->state;

    if (e) {
        ds_gpm_close(&e->gpm);
        ds_arena_clear(&e->arena);
    }
    free(e);
    l->state = NULL;
}

/* Keys are the second third of a block's projection, values the last. */
static float *weight_of(const struct ds_learner *l, size_t pair)
{
    const struct lora *e = l->state;

    return l->view.block[pair / 2][DS_QKV_W] + (1 + pair % 2) * e->c * e->c;
}

/* The general update leaves the projection alone: A and B are what changes it. */
static void hold_projections(struct ds_learner *l)
{
    for (int i = 0; i < l->slots; i++)
        if (l->slot[i].tensor->part == DS_QKV_W)
            l->slot[i].factor = 0;
}

static int directions(struct ds_learner *l, struct ds_err *err)
{
    struct lora *e = l->state;
    const size_t one = e->r * e->c;

    if (!l->feed)
        return ds_fail(err, DS_INTERNAL,
                       "inflora looks at a task's images before it begins: "
                       "none were given");
    if (ds_gpm_look(&e->gpm, l, l->feed, err) ||
        ds_gpm_start(e->da, (int)e->r, &e->gpm, l, l->task == 0, err))
        return err->code;
    for (size_t p = 0; p < e->pairs; p++)
        for (size_t i = 0; i < one; i++)
            e->a[p * one + i] = e->da[p / 2 * one + i] / sqrtf(3);
    return 0;
}

static int begin_lora(struct ds_learner *l, struct ds_err *err)
{
    struct lora *e = l->state;
    const size_t one = e->r * e->c;
    const double bound = 1 / sqrt((double)e->c);

    hold_projections(l);
    if (l->resumed)
        return 0;
    for (size_t p = 0; p < e->pairs; p++)
        memcpy(e->base + p * e->c * e->c, weight_of(l, p), e->c * e->c * sizeof(float));
    memset(e->b, 0, e->pairs * one * sizeof(float));
    memset(e->moment, 0, e->pairs * 4 * one * sizeof(float));
    if (e->fixed)
        return directions(l, err);
    for (size_t p = 0; p < e->pairs; p++) {
        const uint64_t stream = ds_rng_sub(
            ds_rng_sub(ds_rng_stream(l->opt.seed, "lora"), (uint64_t)l->task), (uint64_t)p);

        for (size_t i = 0; i < one; i++)
            e->a[p * one + i] = (float)(bound * (2 * ds_rng_unit(stream, i) - 1));
    }
    return 0;
}

static const float *gradient_of(const struct ds_learner *l, size_t pair)
{
    const struct lora *e = l->state;
    const int layer = (int)(pair / 2);

    for (int i = 0; i < l->slots; i++)
        if (l->slot[i].tensor->part == DS_QKV_W && l->slot[i].tensor->layer == layer)
            return l->grad + l->slot[i].grad_at + (1 + pair % 2) * e->c * e->c;
    return NULL;
}

static void differentiate(void *with, int pair, int worker)
{
    const struct ds_learner *l = with;
    const struct lora *e = l->state;
    const int c = (int)e->c, r = (int)e->r;
    const size_t at = (size_t)pair * e->r * e->c;
    const float *dw = gradient_of(l, (size_t)pair);

    (void)worker;
    ds_gemm_nt(e->db + at, r, dw, c, e->a + at, c, c, r, c, 1, 0);
    if (!e->fixed)
        ds_gemm_tn(e->da + at, c, e->b + at, r, dw, c, r, c, c, 1, 0);
}

static int gradient_lora(struct ds_learner *l, struct ds_err *err)
{
    const struct lora *e = l->state;

    (void)err;
    ds_pool_run(l->pool, &(struct ds_work){differentiate, l, (int)e->pairs}, 1);
    return 0;
}

static void merge(void *with, int pair, int worker)
{
    const struct ds_learner *l = with;
    const struct lora *e = l->state;
    const size_t one = e->r * e->c, at = (size_t)pair * one, square = e->c * e->c;
    const int c = (int)e->c, r = (int)e->r;
    const struct ds_update how = {.rate = l->rate * l->opt.trunk_scale,
                                  .decay = l->opt.decay,
                                  .factor = 1,
                                  .t = l->step + 1};
    float *m = e->moment + 4 * at, *w = weight_of(l, (size_t)pair);

    (void)worker;
    if (l->opt.freeze_last && l->task > 0 && pair / 2 == l->vit.shape.depth - 1)
        return;
    ds_optim_step(e->b + at, m, m + one, e->db + at, NULL, one, &l->opt.optim, &how);
    if (!e->fixed)
        ds_optim_step(e->a + at, m + 2 * one, m + 3 * one, e->da + at, NULL, one, &l->opt.optim,
                      &how);
    memcpy(w, e->base + (size_t)pair * square, square * sizeof *w);
    ds_gemm_nn(w, c, e->b + at, r, e->a + at, c, c, c, r, 1, 1);
}

static void updated_lora(struct ds_learner *l)
{
    const struct lora *e = l->state;

    ds_pool_run(l->pool, &(struct ds_work){merge, l, (int)e->pairs}, 1);
}

static int end_inflora(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    struct lora *e = l->state;
    const struct ds_lora_opt *o = &l->opt.set.lora;
    const int tasks = l->opt.tasks > 0 ? l->opt.tasks : 1;
    const double threshold = o->energy + (o->energy_end - o->energy) * l->task / tasks;

    return ds_gpm_look(&e->gpm, l, feed, err) ||
                   ds_gpm_update(&e->gpm, l, l->task == 0, threshold, err)
               ? (int)err->code
               : 0;
}

static int arrays_inflora(struct ds_learner *l, ds_state_visit *visit, void *with,
                          struct ds_err *err)
{
    struct lora *e = l->state;

    return ds_gpm_arrays(&e->gpm, visit, with, err);
}

static int passing_lora(struct ds_learner *l, ds_state_visit *visit, void *with,
                        struct ds_err *err)
{
    struct lora *e = l->state;
    const size_t all = ds_sizes(e->pairs, e->r, e->c, 1);

    return visit(with, "method/lora/base", DS_STATE_F32, e->base, ds_sizes(e->pairs, e->c, e->c, 1),
                 err) ||
                   visit(with, "method/lora/a", DS_STATE_F32, e->a, all, err) ||
                   visit(with, "method/lora/b", DS_STATE_F32, e->b, all, err) ||
                   visit(with, "method/lora/moment", DS_STATE_F32, e->moment, 4 * all, err)
               ? (int)err->code
               : 0;
}

const struct ds_method ds_method_lora = {
    .name = "lora",
    .about = "low-rank changes of keys and values, new ones for every task (LoRA)",
    .trainable = "head,qkv.weight",
    .open = open_lora,
    .close = close_lora,
    .task_begin = begin_lora,
    .gradient = gradient_lora,
    .updated = updated_lora,
    .passing = passing_lora,
};

const struct ds_method ds_method_inflora = {
    .name = "inflora",
    .about = "low-rank changes where older tasks have no inputs (InfLoRA)",
    .trainable = "head,qkv.weight",
    .apart = true,
    .open = open_inflora,
    .close = close_lora,
    .task_begin = begin_lora,
    .gradient = gradient_lora,
    .updated = updated_lora,
    .task_end = end_inflora,
    .arrays = arrays_inflora,
    .passing = passing_lora,
};
