/* viz/cli/cmd_bench.c -- driftscope bench: what this machine does with the engine.
 *
 * Synthetic images, random weights, no data loading. Rounds are interleaved over everything
 * measured, because shared machines drift; medians count. */
#define _GNU_SOURCE
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/rng.h"
#include "core/learn/method.h"
#include "core/ops/gemm.h"
#include "core/ops/peak.h"
#include "core/retain/rollout.h"
#include "viz/cli/cmd.h"

struct bench_opt {
    bool json;
    int threads, rounds;
    char model[64];
};

#define AT(field) DS_OPT_AT(bench_opt, field)
static const struct ds_opt table[] = {
    {"json", "no", NULL, "print JSON", AT(json)},
    {"threads", "0", "N", "worker threads, 0: one per processor", AT(threads), .lo = 0, .hi = 256},
    {"rounds", "7", "N", "rounds of everything, interleaved", AT(rounds), .lo = 1, .hi = 1000},
    {"model", "all", "NAME", "mini, tiny, small, base, or all (mini and tiny)", AT(model)},
    {0}};
#undef AT

static const struct model {
    const char *name, *about;
    int side, patch, dim, depth, heads, batch;
} models[] = {
    {"mini", "32x32, patch 4, d 192, depth 6, heads 3", 32, 4, 192, 6, 3, 64},
    {"tiny", "ViT-Tiny/16 at 224x224", 224, 16, 192, 12, 3, 16},
    {"small", "ViT-Small/16 at 224x224", 224, 16, 384, 12, 6, 16},
    {"base", "ViT-Base/16 at 224x224", 224, 16, 768, 12, 12, 8},
};
enum { MODELS = sizeof models / sizeof *models, CLASSES = 100 };

enum what { FORWARD, ROLLOUT, STEP_ALL, STEP_SUBSET, STEP_ARCL, WHATS };
static const char *const what_name[WHATS] = {"forward", "forward + rollout",
                                             "step, all parameters", "step, head and qkv",
                                             "step, arcl"};

/* One model, ready for all measurements. */
struct subject {
    const struct model *model;
    struct ds_learner *learner[WHATS]; /* of the three kinds of step */
    struct ds_infer plain, looking;
    float *images, *maps, *scratch;
    int *label;
    double seconds[WHATS][1000];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Multiply-adds count two. Per image; qkv, projections, MLP, attention, patches. */
static double forward_flops(const struct model *m)
{
    const double n = pow(m->side / m->patch, 2) + 1, d = m->dim;

    return m->depth * (24 * n * d * d + 4 * n * n * d) + 2 * (n - 1) * 3 * m->patch * m->patch * d;
}

static double flops(const struct model *m, enum what w)
{
    const double n = pow(m->side / m->patch, 2) + 1, d = m->dim, f = forward_flops(m);
    const double skipped = m->depth * 18 * n * d * d; /* weight gradients of proj, fc1, fc2 */

    switch (w) {
    case FORWARD:
    case ROLLOUT:
        return f;
    case STEP_ALL:
        return 3 * f;
    case STEP_SUBSET:
        return 3 * f - skipped;
    default:
        return 3 * f - skipped + m->depth * (6 * n * d * d + 4 * n * n * d);
    }
}

static int fetch(void *with, int first, int count, float *images, int *label, struct ds_err *err)
{
    const struct subject *s = with;
    const size_t pixels = 3 * (size_t)(s->model->side * s->model->side);

    (void)err;
    memcpy(images, s->images + (size_t)first * pixels, (size_t)count * pixels * sizeof *images);
    memcpy(label, s->label + first, (size_t)count * sizeof *label);
    return 0;
}

static void ignore(void *with, const struct ds_vit_work *work, const int *label, int first,
                   int worker)
{
    (void)with, (void)work, (void)label, (void)first, (void)worker;
}

static void roll(void *with, const struct ds_vit_work *work, const int *label, int first,
                 int worker)
{
    const struct subject *s = with;
    const struct ds_vit *v = s->looking.vit;
    const size_t cells = (size_t)(v->shape.depth * ds_patches(&v->shape));

    (void)label;
    for (int i = 0; i < work->images; i++)
        ds_rollout_maps(s->maps + (size_t)(first + i) * cells,
                        s->scratch + (size_t)worker * ds_rollout_scratch(v), v, work, i);
}

static int open_learners(struct subject *s, struct ds_pool *pool, struct ds_err *err)
{
    const struct model *m = s->model;
    const struct ds_vit_shape shape = {
        .height = m->side, .width = m->side, .channels = 3, .patch = m->patch, .dim = m->dim,
        .depth = m->depth, .heads = m->heads, .hidden = 4 * m->dim, .classes = CLASSES,
        .cls = true, .qkv_bias = true, .embed_prefix = true, .eps = 1e-6};

    for (int w = STEP_ALL; w < WHATS; w++) {
        const struct ds_learner_opt opt = {
            .method = ds_method_lookup(w == STEP_ARCL ? "arcl" : "finetune"),
            .trainable = w == STEP_ALL ? "all" : "head,qkv.weight", .batch = m->batch,
            .optim = {DS_ADAM, 0.9, 0.999, 1e-8, 0, false}, .rate = 1e-4, .trunk_scale = 1,
            .temperature = 1, .retain = {.clamp = 10}, .schedule = {.gamma = 1}, .seed = 1};
        struct ds_learner *l;

        if (ds_learner_open(&s->learner[w], &shape, &opt, pool, err))
            return err->code;
        l = s->learner[w];
        for (int i = 0; i < shape.depth * ds_patches(&shape); i++)
            l->memory.soft[i] = 0.5f;
        l->memory.tasks = 1;
        if (ds_learner_task_begin(l, 1, 0, CLASSES, 1, 1 << 20, 0, false, err))
            return err->code;
    }
    return ds_infer_open(&s->plain, &s->learner[STEP_ALL]->vit, 0, pool, err) ||
                   ds_infer_open(&s->looking, &s->learner[STEP_ALL]->vit, DS_WANT_ATTENTION, pool,
                                 err)
               ? (int)err->code
               : 0;
}

static int open_subject(struct subject *s, struct ds_pool *pool, struct ds_err *err)
{
    const size_t pixels = 3 * (size_t)(s->model->side * s->model->side);
    const size_t n = (size_t)s->model->batch * pixels;
    const struct ds_vit *v;

    if (open_learners(s, pool, err))
        return err->code;
    v = &s->learner[STEP_ALL]->vit;
    s->images = malloc(n * sizeof *s->images);
    s->label = malloc((size_t)s->model->batch * sizeof *s->label);
    s->maps = malloc((size_t)(s->model->batch * v->shape.depth * ds_patches(&v->shape)) *
                     sizeof *s->maps);
    s->scratch = malloc((size_t)ds_pool_threads(pool) * ds_rollout_scratch(v) *
                        sizeof *s->scratch);
    if (!s->images || !s->label || !s->maps || !s->scratch)
        return ds_fail(err, DS_NOMEM, "out of memory for %s", s->model->name);
    for (size_t i = 0; i < n; i++)
        s->images[i] = (float)ds_rng_normal(1, i);
    for (int i = 0; i < s->model->batch; i++)
        s->label[i] = i % CLASSES;
    return 0;
}

static void close_subject(struct subject *s)
{
    ds_infer_close(&s->plain);
    ds_infer_close(&s->looking);
    for (int w = STEP_ALL; w < WHATS; w++)
        ds_learner_close(s->learner[w]);
    free(s->images);
    free(s->label);
    free(s->maps);
    free(s->scratch);
}

static int measure(struct subject *s, enum what w, int round, struct ds_err *err)
{
    const struct ds_feed feed = {.count = s->model->batch, .with = s, .fetch = fetch};
    const struct ds_learner *all = s->learner[STEP_ALL];
    struct ds_infer *infer = w == FORWARD ? &s->plain : &s->looking;
    struct ds_report report;
    const double begin = now();
    int code;

    if (w <= ROLLOUT)
        code = ds_infer_run(infer, &all->view, all->view.outside[DS_HEAD_W],
                            all->view.outside[DS_HEAD_B], CLASSES, &feed,
                            w == FORWARD ? ignore : roll, s, NULL, err);
    else
        /* cppcheck-suppress arrayIndexOutOfBoundsCond ; what is below WHATS */
        code = ds_learner_step(s->learner[w], s->images, s->label, NULL, s->model->batch, NULL,
                               &report, err);
    if (round >= 0)
        s->seconds[w][round] = now() - begin;
    return code;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct peak {
    float sink[256];
};

static void peak_piece(void *with, int piece, int worker)
{
    (void)worker;
    ds_peak_work(8000000, &((struct peak *)with)->sink[piece % 256]);
}

/* GFLOP/s of all threads together, best of ten. */
static double measure_peak(struct ds_pool *pool)
{
    const int threads = ds_pool_threads(pool);
    struct peak p;
    float sink;
    const double work = ds_peak_work(1, &sink) * 8000000 * threads;
    double best = 0;

    for (int i = 0; i < 10; i++) {
        const double begin = now();

        ds_pool_run(pool, &(struct ds_work){peak_piece, &p, threads}, 1);
        best = fmax(best, work / (now() - begin) / 1e9);
    }
    return best;
}

static void print_text(struct subject *s, int rounds, double peak)
{
    printf("\n%s (%s), batch %d\n%-22s %10s %22s %10s %8s\n", s->model->name, s->model->about,
           s->model->batch, "", "images/s", "(min - max)", "GFLOP/s", "of peak");
    for (int w = 0; w < WHATS; w++) {
        double *t = s->seconds[w];
        const double b = s->model->batch, rate = b / t[rounds / 2];
        const double gflops = rate * flops(s->model, (enum what)w) / 1e9;

        printf("%-22s %10.1f %10.1f - %9.1f %10.1f %7.0f%%\n", what_name[w], rate,
               b / t[rounds - 1], b / t[0], gflops, 100 * gflops / peak);
    }
    printf("arcl step / step of the same parameters: %.3f;  rollout over the forward: %+.1f%%\n",
           s->seconds[STEP_ARCL][rounds / 2] / s->seconds[STEP_SUBSET][rounds / 2],
           100 * (s->seconds[ROLLOUT][rounds / 2] / s->seconds[FORWARD][rounds / 2] - 1));
}

static void add_json(json_t *list, struct subject *s, int rounds)
{
    for (int w = 0; w < WHATS; w++) {
        const double *t = s->seconds[w], b = s->model->batch;

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f}", "model", s->model->name,
                            "what", what_name[w], "batch", s->model->batch, "images_per_s",
                            b / t[rounds / 2], "min", b / t[rounds - 1], "max", b / t[0],
                            "gflop_per_image", flops(s->model, (enum what)w) / 1e9));
    }
}

static int bench_model(struct subject *s, struct ds_pool *pool, int rounds, struct ds_err *err)
{
    int code = open_subject(s, pool, err);

    for (int round = -1; round < rounds && !code; round++)
        for (int w = 0; w < WHATS && !code; w++)
            code = measure(s, (enum what)w, round, err);
    for (int w = 0; w < WHATS; w++)
        qsort(s->seconds[w], (size_t)rounds, sizeof(double), by_value);
    return code;
}

static bool wanted(const char *name, const char *list)
{
    if (!strcmp(list, "all"))
        return !strcmp(name, "mini") || !strcmp(name, "tiny");
    return !strcmp(name, list);
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct bench_opt *o = opt;
    json_t *root = NULL, *list = json_array();
    struct ds_pool *pool;
    int done = 0, code = 0;
    double peak;

    (void)n;
    (void)operand;
    ds_blas_begin();
    if (ds_pool_new(&pool, o->threads, err))
        return err->code;
    peak = measure_peak(pool);
    if (!o->json)
        printf("%d threads; peak of fp32 multiply-adds %.1f GFLOP/s; %s\n", ds_pool_threads(pool),
               peak, ds_blas_about());
    for (int i = 0; i < MODELS && !code; i++) {
        struct subject *s;

        if (!wanted(models[i].name, o->model))
            continue;
        done++;
        ds_tty_detail(tone, "measuring %s", models[i].name);
        s = calloc(1, sizeof *s);
        if (!s)
            return ds_fail(err, DS_NOMEM, "out of memory");
        s->model = &models[i];
        code = bench_model(s, pool, o->rounds, err);
        if (!code && o->json)
            add_json(list, s, o->rounds);
        else if (!code)
            print_text(s, o->rounds, peak);
        close_subject(s);
        free(s);
    }
    if (!code && !done)
        code = ds_fail(err, DS_USAGE, "model '%s' is unknown; there are mini, tiny, small, base",
                       o->model);
    if (!code && o->json) {
        root = json_pack("{s:i, s:f, s:s, s:i, s:O}", "threads", ds_pool_threads(pool),
                         "peak_gflops", peak, "blas", ds_blas_about(), "rounds", o->rounds,
                         "results", list);
        json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(root);
    json_decref(list);
    ds_pool_free(pool);
    return code;
}

const struct ds_cmd ds_cmd_bench = {
    .name = "bench",
    .operands = "",
    .about = "speed of forward, training and rollout on this machine",
    .examples = "driftscope bench\ndriftscope bench --model base --rounds 3 --json",
    .table = table,
    .size = sizeof(struct bench_opt),
    .run = run,
};
