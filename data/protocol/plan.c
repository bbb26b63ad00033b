/* data/protocol/plan.c -- what a run will take. See the header. */
#define _GNU_SOURCE
#include "data/protocol/plan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/base/rng.h"
#include "core/base/size.h"
#include "core/learn/method.h"
#include "core/learn/replay.h"
#include "core/ops/gemm.h"
#include "data/protocol/session_int.h"

/* Sets of the papers: training and test images, classes. */
static const struct {
    const char *name;
    int train, test, classes, side;
} published[] = {
    {"cifar100", 50000, 10000, 100, 32},
    {"cifar10", 50000, 10000, 10, 32},
    {"imagenet-r", 24000, 6000, 200, 224},
    {"domainnet", 47532, 20450, 200, 224},
};

/* Images of classes first .. end, as many of each; none of them lost to rounding. */
static int share(long images, int first, int end, int classes, int limit)
{
    const long of_task = images * end / classes - images * first / classes;
    const long most = (long)limit * (end - first);

    return (int)(limit > 0 && most < of_task ? most : of_task);
}

/* A stream of equal tasks, as far as counts go. */
static int stream_of_counts(struct ds_stream *s, const struct ds_train_opt *o, int which,
                            struct ds_err *err)
{
    const int classes = published[which].classes;
    const int base = o->base_classes ? o->base_classes : classes / o->tasks;
    const int rest = o->tasks > 1 ? (classes - base) / (o->tasks - 1) : 0;

    *s = (struct ds_stream){.tasks = o->tasks, .classes = classes};
    s->n_train = calloc((size_t)o->tasks, sizeof *s->n_train);
    s->n_test = calloc((size_t)o->tasks, sizeof *s->n_test);
    if (!s->n_train || !s->n_test)
        return ds_fail(err, DS_NOMEM, "out of memory for %d tasks", o->tasks);
    if (base + rest * (o->tasks - 1) != classes)
        return ds_fail(err, DS_USAGE, "%d classes do not divide into %d tasks", classes,
                       o->tasks);
    for (int t = 0, first = 0; t < o->tasks; t++) {
        const int end = first + (t ? rest : base);

        s->n_train[t] = share(published[which].train, first, end, classes, o->train_limit);
        s->n_test[t] = share(published[which].test, first, end, classes, o->eval_limit);
        first = end;
    }
    return 0;
}

static int known(const char *name)
{
    const char *last = strrchr(name, '/');

    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (!strcmp(last ? last + 1 : name, published[i].name))
            return (int)i;
    return -1;
}

/* The stream of the data set, or of its published counts. */
static int find_stream(struct ds_stream *s, struct ds_plan *p, const struct ds_train_opt *o,
                       struct ds_err *err)
{
    const struct ds_stream_want want = ds_train_opt_stream(o);
    struct ds_source_want part = {.spec = o->data, .part = DS_TRAIN, .size = o->image_size,
                                  .transform = o->eval_transform, .domain = o->domain,
                                  .skip_broken = o->skip_broken};
    struct ds_source *train = NULL, *test = NULL;
    const int which = o->stream == DS_STREAM_CLASS ? known(o->data) : -1;
    int code = ds_source_open_want(&train, &part, err);

    part.part = DS_TEST;
    code = code || ds_source_open_want(&test, &part, err);

    *s = (struct ds_stream){0};
    if (!code) {
        const struct ds_source_info *info = ds_source_info(train);

        p->height = o->image_size ? o->image_size : info->height;
        p->width = o->image_size ? o->image_size : info->width;
        p->channels = info->channels;
        code = ds_stream_open(s, train, test, &want, err);
    } else if (err->code == DS_NOINPUT && which >= 0) {
        p->published = true;
        p->channels = 3;
        p->height = p->width = o->image_size ? o->image_size : published[which].side;
        code = stream_of_counts(s, o, which, err);
    }
    ds_source_close(train);
    ds_source_close(test);
    return code ? (int)err->code : 0;
}

/* Operations (a multiplication and an addition are two) of one image. */
static void count_operations(struct ds_plan *p, const struct ds_vit *v,
                             const struct ds_learner_opt *o)
{
    const struct ds_vit_shape *s = &v->shape;
    const char *trained = o->method->trainable ? o->method->trainable : o->trainable;
    const double n = ds_tokens(s), c = s->dim, l = s->depth;
    const double attention = 4 * n * n * c * l;
    const double linear = 2 * n * (4 * c * c + 2 * c * s->hidden) * l;
    const double patch = 2.0 * ds_patches(s) * s->patch * s->patch * s->channels * c;
    double weights = 0;
    bool deep = false;

    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *t = &v->tensors.row[i];

        if (!ds_tensor_matches(t->name, trained))
            continue;
        p->learning += t->count;
        deep |= t->part != DS_HEAD_W && t->part != DS_HEAD_B;
        weights += t->rank > 1 && t->layer >= 0 ? 2 * n * (double)t->count : 0;
    }
    p->parameters = v->tensors.total;
    p->forward = patch + linear + attention + 2 * c * s->classes;
    p->training = p->forward + (deep ? linear + 2 * attention + weights : 0) +
                  (o->method->keeps_old ? p->forward : 0);
}

/* Random pictures, for the time of a step. */
struct noise {
    float *images;
    int *label;
    size_t pixels;
    int n;
};

static int fetch(void *with, int first, int count, float *images, int *label,
                 struct ds_err *err)
{
    const struct noise *k = with;

    (void)err;
    for (int i = 0; i < count; i++) {
        memcpy(images + (size_t)i * k->pixels,
               k->images + (size_t)((first + i) % k->n) * k->pixels,
               k->pixels * sizeof *images);
        if (label)
            label[i] = k->label[(first + i) % k->n];
    }
    return 0;
}

static int make_noise(struct noise *k, const struct ds_vit_shape *s, int n, struct ds_err *err)
{
    const uint64_t stream = ds_rng_stream(1, "noise");

    k->n = n;
    k->pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width;
    k->images = malloc(ds_sizes((size_t)n, k->pixels, sizeof *k->images, 1));
    k->label = calloc((size_t)n, sizeof *k->label);
    if (!k->images || !k->label)
        return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", n);
    for (size_t i = 0; i < (size_t)n * k->pixels; i++)
        k->images[i] = (float)(2 * ds_rng_unit(stream, i) - 1);
    return 0;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Steps of a later task: masks in force, an old network behind. Returns seconds per image. */
static int time_steps(double *each, struct ds_learner *l, struct noise *k, struct ds_err *err)
{
    const int classes = l->vit.shape.classes, own = classes > 1 ? classes / 2 : 1;
    const struct ds_feed feed = {.count = k->n, .with = k, .fetch = fetch};
    struct ds_report report;
    double begun, spent = 0;
    int steps = 0;

    for (int i = 0; i < k->n; i++)
        k->label[i] = classes > 1 ? classes - 1 - i % own : 0;
    ds_learner_feed(l, &feed);
    l->memory.tasks = 1;
    l->seen = classes - own;
    for (size_t i = 0; i < (size_t)l->vit.shape.depth * (size_t)ds_patches(&l->vit.shape); i++)
        l->memory.soft[i] = 0.5f;
    if (ds_learner_task_begin(l, 1, classes - own, own, 1, 1000, k->n, false, err))
        return err->code;
    for (int i = 0; i < 500 && (steps < 1 || spent < 0.4); i++) {
        begun = now();
        if (ds_learner_step(l, k->images, k->label, NULL, k->n, NULL, &report, err))
            return err->code;
        if (i > 0) { /* the first one meets memory for the first time */
            spent += now() - begun;
            steps++;
        }
    }
    *each = spent / steps / k->n;
    return 0;
}

/* A step of about 4e10 operations, at least an image per thread. */
static int measure_time(struct ds_plan *p, const struct ds_train_opt *o,
                        const struct ds_vit_shape *shape, const struct ds_learner_opt *want,
                        struct ds_pool *pool, struct ds_err *err)
{
    const int rows = o->batch + ds_replay_rows(&want->set.replay);
    const double fit = 4e10 / p->training;
    const int threads = ds_pool_threads(pool);
    const int n = fit > rows ? rows : fit > threads ? (int)fit : threads;
    struct ds_learner_opt small = *want;
    struct ds_learner *l = NULL;
    struct noise k = {0};
    double each = 0;
    int code;

    small.batch = n;
    small.set.replay.kind = DS_REPLAY_NONE; /* its rows are rows as any others */
    code = make_noise(&k, shape, n, err) || ds_learner_open(&l, shape, &small, pool, err) ||
           time_steps(&each, l, &k, err);
    ds_learner_close(l);
    free(k.images);
    free(k.label);
    p->seconds = each * rows;
    p->hours =
        each / 3600 *
        ((double)p->passes + (double)p->replayed + (double)p->clean * p->forward / p->training);
    return code ? (int)err->code : 0;
}

/* Images of clean passes: the end of a task, and the evaluation of all tasks so far. */
static long count_clean(const struct ds_stream *s)
{
    long clean = 0, test = 0;

    for (int t = 0; t < s->tasks; t++) {
        test += s->n_test[t];
        clean += s->n_train[t] + test;
    }
    return clean;
}

static int resolve(struct ds_plan *p, const struct ds_train_opt *o, const struct ds_stream *s,
                   bool measure, struct ds_err *err)
{
    struct ds_learner_opt want;
    struct ds_vit_shape shape;
    struct ds_pool *pool = NULL;
    struct ds_vit vit = {0};
    int code =
        ds_train_opt_learner(&want, o, err) ||
        ds_train_opt_shape(&shape, o, p->channels, p->height, p->width, s->classes, err) ||
        ds_vit_open(&vit, &shape, err) || ds_pool_new(&pool, o->threads, err);

    if (code)
        goto done;
    want.tasks = s->tasks;
    for (int t = 0; t < s->tasks; t++)
        p->images += s->n_train[t];
    p->passes = ds_budget_passes(o, &want, s, &p->steps, &p->first_steps);
    p->replayed = p->steps * ds_replay_rows(&want.set.replay);
    p->clean = count_clean(s);
    p->slow = want.method->untrained ? 1
                                     : ds_schedule_at(&want.schedule, o->epochs - 1,
                                                      p->first_steps - 1, p->first_steps);
    count_operations(p, &vit, &want);
    p->flops = (double)(p->passes + p->replayed) * p->training + (double)p->clean * p->forward;
    code = ds_learner_size(&p->bytes, &shape, &want, pool, err) ||
           (measure && !want.method->untrained && measure_time(p, o, &shape, &want, pool, err));
done:
    ds_vit_close(&vit);
    ds_pool_free(pool);
    return code ? (int)err->code : 0;
}

/* The network of the file to begin with; a plan may be made before the file is at hand, with
 * the network that the options describe. */
static int adopt(struct ds_train_opt *o, struct ds_err *err)
{
    struct ds_model m = {0};
    int code = o->init[0] ? ds_init_open(&m, o, err) : 0;

    ds_model_close(&m);
    return code == DS_NOINPUT ? 0 : code;
}

int ds_plan_make(struct ds_plan *p, const struct ds_train_opt *o, bool measure,
                 struct ds_err *err)
{
    struct ds_train_opt own = *o;
    struct ds_stream s = {0};
    int code;

    ds_blas_begin();
    *p = (struct ds_plan){0};
    code = adopt(&own, err) || find_stream(&s, p, &own, err);
    if (!code) {
        p->tasks = s.tasks;
        p->classes = s.classes;
        code = resolve(p, &own, &s, measure, err);
    }
    ds_stream_clear(&s);
    return code ? (int)err->code : 0;
}
