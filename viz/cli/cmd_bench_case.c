/* viz/cli/cmd_bench_case.c -- the networks of driftscope bench, and what is done with them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/learn/method.h"
#include "core/retain/split.h"
#include "core/retain/stream.h"
#include "viz/cli/cmd_bench.h"

const struct ds_bench_case ds_bench_cases[] = {
    {"mini28", "28x28, patch 4, d 128, depth 6, 4 heads", 28, 4, 1, 128, 6, 4, 64},
    {"mini", "32x32, patch 4, d 192, depth 6, 3 heads", 32, 4, 3, 192, 6, 3, 64},
    {"tiny", "ViT-Tiny/16 at 224x224", 224, 16, 3, 192, 12, 3, 16},
    {"small", "ViT-Small/16 at 224x224", 224, 16, 3, 384, 12, 6, 16},
    {"base", "ViT-Base/16 at 224x224", 224, 16, 3, 768, 12, 12, 8},
    {0}};

const char *const ds_bench_precision_name[] = {"fp32", "bf16", NULL};
const char *const ds_bench_what_name[] = {"forward", "rollout", "step", "subset", "arcl", NULL};

struct ds_bench_subject {
    const struct ds_bench_case *of;
    struct ds_pool *pool;
    struct ds_learner *learner[DS_BENCH_WHATS]; /* of the kinds of step */
    struct ds_vit vit;                          /* of the passes without learning */
    struct ds_vit_view view;
    float *params;
    struct ds_infer plain, looking;
    struct ds_rollout_stream *stream; /* [threads] rolls out beside the forward pass */
    void **tap_with;                  /* [threads] the same, for the taps */
    struct ds_arena arena;            /* of these */
    size_t pixels;                    /* of an image, all channels */
    float *images, *maps;             /* maps [batch][L][P] */
    int *label;
};

/* The matrix products of a block; T tokens, d wide, MLP 4 d: 2 * 12 T d d, attention 4 T T d. A
 * block whose CLS row alone is read has keys and values of all tokens, and one row of the rest.
 */
static double block(double t, double d, bool narrow)
{
    return narrow ? 4 * t * d * d + 4 * t * d + 20 * d * d : 24 * t * d * d + 4 * t * t * d;
}

/* The way back is twice the way there; but images want no gradient. With the head and
 * qkv.weight alone, proj, fc1, fc2 and the patches have no weight gradient (18 T d d of a
 * block), and below the first qkv nothing has. Retention adds the masked gradient of qkv (6 T d
 * d), and keys' and values' own products of attention (4 T T d), but for the last block, where
 * it is 0. */
static double count(const struct ds_bench_case *c, enum ds_bench_what what, bool narrow)
{
    const double t = pow(c->side / c->patch, 2) + 1, d = c->dim, full = c->depth - 1;
    const double patches = 2 * (t - 1) * c->channels * c->patch * c->patch * d;
    const double forward = full * block(t, d, false) + block(t, d, narrow) + patches;
    const double rest = 18 * (full * t + (narrow ? 1 : t)) * d * d;

    switch (what) {
    case DS_BENCH_FORWARD:
    case DS_BENCH_ROLLOUT:
        return forward;
    case DS_BENCH_STEP:
        return 3 * forward - patches;
    case DS_BENCH_SUBSET:
        return 3 * forward - 2 * patches - rest - 6 * t * d * d;
    default:
        return count(c, DS_BENCH_SUBSET, narrow) + full * (6 * t * d * d + 4 * t * t * d);
    }
}

struct ds_bench_flop ds_bench_flop(const struct ds_bench_case *c, enum ds_bench_what what)
{
    return (struct ds_bench_flop){count(c, what, false), count(c, what, true)};
}

static struct ds_vit_shape shape_of(const struct ds_bench_case *c)
{
    return (struct ds_vit_shape){.height = c->side,
                                 .width = c->side,
                                 .channels = c->channels,
                                 .patch = c->patch,
                                 .dim = c->dim,
                                 .depth = c->depth,
                                 .heads = c->heads,
                                 .hidden = 4 * c->dim,
                                 .classes = DS_BENCH_CLASSES,
                                 .cls = true,
                                 .qkv_bias = true,
                                 .embed_prefix = true,
                                 .eps = 1e-6};
}

/* In its second task, as after a first one whose masks let half of every gradient through. */
static int open_learner(struct ds_bench_subject *s, enum ds_bench_what what,
                        enum ds_precision precision, struct ds_err *err)
{
    const struct ds_vit_shape shape = shape_of(s->of);
    const struct ds_learner_opt opt = {
        .method = ds_method_lookup(what == DS_BENCH_ARCL ? "arcl" : "finetune"),
        .trainable = what == DS_BENCH_STEP ? "all" : "head,qkv.weight",
        .batch = s->of->batch,
        .optim = {DS_ADAM, 0.9, 0.999, 1e-8, 0, false},
        .rate = 1e-4,
        .trunk_scale = 1,
        .temperature = 1,
        .retain = {.clamp = 10},
        .schedule = {.gamma = 1},
        .precision = precision,
        .seed = 1};
    struct ds_learner *l;

    if (ds_learner_open(&s->learner[what], &shape, &opt, s->pool, err))
        return err->code;
    l = s->learner[what];
    for (int i = 0; i < shape.depth * ds_patches(&shape); i++)
        l->memory.soft[i] = 0.5f;
    l->memory.tasks = 1;
    return ds_learner_task_begin(l, 1, 0, DS_BENCH_CLASSES, 1, 1 << 20, 0, false, err);
}

/* Run twice: to count, and to take. */
static void take_streams(struct ds_bench_subject *s)
{
    const struct ds_rollout_opt rows = {{0}, 0, 0};
    const size_t threads = (size_t)ds_pool_threads(s->pool);
    const size_t cells =
        (size_t)s->of->batch * (size_t)s->vit.shape.depth * (size_t)ds_patches(&s->vit.shape);

    s->maps = ds_arena_floats(&s->arena, cells);
    s->stream = ds_arena_take(&s->arena, threads * sizeof *s->stream);
    s->tap_with = ds_arena_take(&s->arena, threads * sizeof *s->tap_with);
    for (size_t t = 0; t < threads; t++) {
        struct ds_rollout_stream planned;

        ds_rollout_stream_take(s->stream ? &s->stream[t] : &planned, &s->vit, s->looking.room,
                               0, &rows, &s->arena);
        if (s->tap_with)
            s->tap_with[t] = &s->stream[t];
    }
}

static int open_passes(struct ds_bench_subject *s, enum ds_precision precision,
                       struct ds_err *err)
{
    const struct ds_vit_shape shape = shape_of(s->of);

    if (ds_precision_check(precision, err) || ds_vit_open(&s->vit, &shape, err))
        return err->code;
    s->vit.precision = precision;
    s->params = malloc(s->vit.tensors.total * sizeof *s->params);
    s->view.block = malloc((size_t)shape.depth * sizeof *s->view.block);
    if (!s->params || !s->view.block)
        return ds_fail(err, DS_NOMEM, "out of memory for %s", s->of->name);
    ds_vit_init(&s->vit, s->params, 1);
    ds_vit_view(&s->view, s->view.block, &s->vit.tensors, s->params, NULL);
    if (ds_infer_open(&s->plain, &s->vit, 0, s->pool, err) ||
        ds_infer_open(&s->looking, &s->vit, 0, s->pool, err))
        return err->code;
    take_streams(s);
    if (ds_arena_reserve(&s->arena, err))
        return err->code;
    take_streams(s);
    s->looking.tap_with = s->tap_with;
    return 0;
}

/* Random images: what they show makes no difference to the time. */
static int draw_images(struct ds_bench_subject *s, struct ds_err *err)
{
    const size_t batch = (size_t)s->of->batch;

    s->pixels = (size_t)s->of->channels * (size_t)s->of->side * (size_t)s->of->side;
    s->images = malloc(batch * s->pixels * sizeof *s->images);
    s->label = malloc(batch * sizeof *s->label);
    if (!s->images || !s->label)
        return ds_fail(err, DS_NOMEM, "out of memory for the images of %s", s->of->name);
    for (size_t i = 0; i < batch * s->pixels; i++)
        s->images[i] = (float)ds_rng_normal(1, i);
    for (size_t i = 0; i < batch; i++)
        s->label[i] = (int)i % DS_BENCH_CLASSES;
    return 0;
}

int ds_bench_open(struct ds_bench_subject **out, const struct ds_bench_case *c, int threads,
                  int only, enum ds_precision precision, struct ds_err *err)
{
    struct ds_bench_subject *s = *out = calloc(1, sizeof *s);
    int code;

    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory");
    s->of = c;
    code = ds_pool_new(&s->pool, threads, err) || draw_images(s, err);
    if (!code && (only <= DS_BENCH_ROLLOUT || only == DS_BENCH_WHATS))
        code = open_passes(s, precision, err);
    for (int w = DS_BENCH_STEP; w < DS_BENCH_WHATS && !code; w++)
        if (only == w || only == DS_BENCH_WHATS)
            code = open_learner(s, (enum ds_bench_what)w, precision, err);
    return code ? (int)err->code : 0;
}

void ds_bench_close(struct ds_bench_subject *s)
{
    if (!s)
        return;
    ds_infer_close(&s->plain);
    ds_infer_close(&s->looking);
    for (int w = 0; w < DS_BENCH_WHATS; w++)
        ds_learner_close(s->learner[w]);
    ds_vit_close(&s->vit);
    ds_pool_free(s->pool);
    free(s->view.block);
    free(s->params);
    free(s->images);
    free(s->label);
    ds_arena_clear(&s->arena);
    free(s);
}

struct ds_pool *ds_bench_pool(const struct ds_bench_subject *s)
{
    return s->pool;
}

struct ds_learner *ds_bench_learner(const struct ds_bench_subject *s, enum ds_bench_what what)
{
    return s->learner[what];
}

static int fetch(void *with, int first, int n, float *images, int *label, struct ds_err *err)
{
    const struct ds_bench_subject *s = with;

    (void)err;
    memcpy(images, s->images + (size_t)first * s->pixels,
           (size_t)n * s->pixels * sizeof *images);
    memcpy(label, s->label + first, (size_t)n * sizeof *label);
    return 0;
}

static void ignore(void *with, const struct ds_vit_work *work, const int *label, int first,
                   int worker)
{
    (void)with, (void)work, (void)label, (void)first, (void)worker;
}

/* The patches' columns of the rows that the stream left, [images][L][N] to [images][L][P]. */
static void keep(void *with, const struct ds_vit_work *work, const int *label, int first,
                 int worker)
{
    const struct ds_bench_subject *s = with;
    const size_t depth = (size_t)s->vit.shape.depth, tokens = (size_t)ds_tokens(&s->vit.shape);
    const size_t patches = tokens - 1;
    const float *row = s->stream[worker].rows;

    (void)label;
    for (size_t i = 0; i < (size_t)work->images * depth; i++)
        memcpy(s->maps + ((size_t)first * depth + i) * patches, row + i * tokens + 1,
               patches * sizeof *row);
}

static int pass(struct ds_bench_subject *s, enum ds_bench_what what, struct ds_err *err)
{
    const struct ds_feed feed = {.count = s->of->batch, .with = s, .fetch = fetch};
    const struct ds_vit_taps taps = {.attn = {.attention = ds_rollout_tap}};
    const bool plain = what == DS_BENCH_FORWARD;
    struct ds_report report;

    if (what > DS_BENCH_ROLLOUT)
        /* cppcheck-suppress arrayIndexOutOfBoundsCond ; what is below DS_BENCH_WHATS */
        return ds_learner_step(s->learner[what], s->images, s->label, NULL, s->of->batch, NULL,
                               &report, err);
    return ds_infer_run(plain ? &s->plain : &s->looking, &s->view, s->view.outside[DS_HEAD_W],
                        s->view.outside[DS_HEAD_B], DS_BENCH_CLASSES, &feed,
                        plain ? ignore : keep, s, plain ? NULL : &taps, err);
}

int ds_bench_pass(double *seconds, struct ds_bench_subject *s, enum ds_bench_what what,
                  struct ds_err *err)
{
    double begun;
    int passes = 0;

    if (pass(s, what, err))
        return err->code;
    begun = ds_bench_now();
    do {
        if (pass(s, what, err))
            return err->code;
        *seconds = (ds_bench_now() - begun) / ++passes;
    } while (*seconds * passes < DS_BENCH_LEAST);
    return 0;
}

int ds_bench_split(double *seconds, const struct ds_bench_subject *s, struct ds_err *err)
{
    const int patches = ds_patches(&s->vit.shape), maps = s->of->batch * s->vit.shape.depth;
    double *scratch = malloc(ds_split_scratch(patches) * sizeof *scratch);
    double begun;

    if (!scratch)
        return ds_fail(err, DS_NOMEM, "out of memory for split points");
    begun = ds_bench_now();
    for (int i = 0; i < maps; i++)
        ds_split_point(s->maps + (size_t)i * (size_t)patches, patches, DS_SPLIT_ECDF, 0, NULL,
                       scratch);
    *seconds = (ds_bench_now() - begun) / maps;
    free(scratch);
    return 0;
}
