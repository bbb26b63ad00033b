/* core/learn/task.c -- the two ends of a task. See learner.h. */
#include "core/learn/learner_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/learn/gauss.h"
#include "core/retain/stream.h"

/* nn.Linear's: uniform in +-1/sqrt(C), a stream of its own for every class. */
static void init_head_rows(struct ds_learner *l, int first, int count)
{
    const size_t c = (size_t)l->vit.shape.dim;
    const double bound = 1 / sqrt((double)c);
    const uint64_t stream = ds_rng_stream(l->opt.seed, "head");
    float *weight = l->view.outside[DS_HEAD_W], *bias = l->view.outside[DS_HEAD_B];

    for (int k = first; k < first + count; k++) {
        const uint64_t row = ds_rng_sub(stream, (uint64_t)k);

        for (size_t i = 0; i < c; i++)
            weight[(size_t)k * c + i] = (float)(bound * (2 * ds_rng_unit(row, i) - 1));
        bias[k] = (float)(bound * (2 * ds_rng_unit(row, c) - 1));
    }
}

/* The released code leaves the refined head of the first task in place for the second. */
static void reuse_head_rows(struct ds_learner *l)
{
    const size_t c = (size_t)l->vit.shape.dim;

    memcpy(l->view.outside[DS_HEAD_W] + (size_t)l->first * c, l->refined_w,
           (size_t)l->count * c * sizeof(float));
    memcpy(l->view.outside[DS_HEAD_B] + l->first, l->refined_b,
           (size_t)l->count * sizeof(float));
}

/* The task's own rows, or all in use. */
static void choose_head(struct ds_learner *l)
{
    const bool all = ds_method_sees_all(&l->opt) || l->opt.method->teaches_all || l->replay;

    l->head_first = all ? 0 : l->first;
    l->head_count = all ? l->seen : l->count;
}

int ds_learner_task_begin(struct ds_learner *l, int task, int first, int count, int epochs,
                          int steps_per_epoch, int images, bool resumed, struct ds_err *err)
{
    const int before = l->seen;

    l->task = task;
    l->first = first;
    l->count = count;
    l->epochs = epochs;
    l->steps_per_epoch = steps_per_epoch;
    l->resumed = resumed;
    l->seen = first + count > l->seen ? first + count : l->seen;
    l->old = !l->opt.shared_head ? first : task > 0 ? count : 0;
    choose_head(l);
    for (int k = first; k < first + count; k++)
        l->class_task[k] = l->class_task[k] < 0 ? task : l->class_task[k];
    ds_pieces_cut(l);
    if (ds_retention_begin(l, images, err))
        return err->code;
    if (resumed)
        return l->opt.method->task_begin ? l->opt.method->task_begin(l, err) : 0;
    l->step = 0;
    l->epoch = 0;
    l->harvested = 0;
    memset(l->moment1, 0, l->learning * sizeof(float));
    if (l->opt.optim.kind != DS_SGD)
        memset(l->moment2, 0, l->learning * sizeof(float));
    memset(l->audit, 0, (size_t)l->vit.shape.depth * 3 * sizeof *l->audit);
    if (l->old_params)
        memcpy(l->old_params, l->params, l->vit.tensors.total * sizeof(float));
    if (first + count > before || l->opt.method->joint) {
        init_head_rows(l, first, count);
        if (l->opt.head_init == DS_HEAD_REUSE_FIRST && task == 1 && count == first &&
            l->has_refined)
            reuse_head_rows(l);
    }
    return l->opt.method->task_begin ? l->opt.method->task_begin(l, err) : 0;
}

/* What one clean pass over the task's images gathers. */
struct survey {
    struct ds_learner *l;
    float *feature;                   /* [images][C], or NULL */
    float *map;                       /* [images][L][P], or NULL */
    int *label;                       /* [images] */
    struct ds_rollout_stream *stream; /* [threads], where maps are wanted */
    void **tap_with;                  /* [threads] those */
    int *first, *of;                  /* images of class k: of[first[k] .. first[k+1]) */
    float *sorted;                    /* features in that order */
    struct ds_err *failure;           /* [classes of the task] */
};

static void survey_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                        int worker)
{
    const struct survey *s = with;
    const struct ds_vit *v = &s->l->vit;
    const size_t c = (size_t)v->shape.dim;
    const size_t cells = (size_t)v->shape.depth * (size_t)ds_patches(&v->shape);
    const size_t rows = (size_t)v->shape.depth * (size_t)ds_tokens(&v->shape);

    memcpy(s->label + first, label, (size_t)work->images * sizeof *label);
    if (s->feature)
        memcpy(s->feature + (size_t)first * c, work->feature,
               (size_t)work->images * c * sizeof(float));
    for (int i = 0; s->map && i < work->images; i++)
        ds_rollout_patches(s->map + (size_t)(first + i) * cells,
                           s->stream[worker].rows + (size_t)i * rows, &v->shape);
}

/* A class that was there before keeps what was known of it: the Gaussian of all its features.
 */
static int pool_class(struct ds_learner *l, size_t class, const float *features, int n,
                      struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim;
    float *mean = malloc((c + c * c) * sizeof *mean);
    int code;

    if (!mean)
        return ds_fail(err, DS_NOMEM, "out of memory for the statistics of a class");
    if (!(code = ds_gauss_fit(mean, mean + c, NULL, features, n, (int)c, err)))
        code = ds_gauss_join(l->mean + class * c, l->root + class * c * c, l->counted[class],
                             mean, mean + c, n, (int)c, err);
    free(mean);
    return code;
}

static void fit_class(void *with, int k, int worker)
{
    const struct survey *s = with;
    struct ds_learner *l = s->l;
    const size_t c = (size_t)l->vit.shape.dim, class = (size_t)l->first + (size_t)k;
    const int n = s->first[k + 1] - s->first[k];

    (void)worker;
    s->failure[k].code = DS_OK;
    if (n > 0 && l->counted && l->counted[class] && l->old && !l->opt.method->joint)
        pool_class(l, class, s->sorted + (size_t)s->first[k] * c, n, &s->failure[k]);
    else if (n > 0)
        ds_gauss_fit(l->mean + class * c, l->root + class * c * c, NULL,
                     s->sorted + (size_t)s->first[k] * c, n, (int)c, &s->failure[k]);
    if (l->counted)
        l->counted[class] = n + (l->old && !l->opt.method->joint ? l->counted[class] : 0);
}

/* Sorts the features by class (stable) and fits one Gaussian each. */
static int fit_classes(const struct survey *s, int images, struct ds_err *err)
{
    struct ds_learner *l = s->l;
    const size_t c = (size_t)l->vit.shape.dim;
    int *place = s->of;

    memset(s->first, 0, ((size_t)l->count + 1) * sizeof(int));
    for (int i = 0; i < images; i++)
        s->first[s->label[i] - l->first + 1]++;
    for (int k = 0; k < l->count; k++) {
        s->first[k + 1] += s->first[k];
        place[k] = s->first[k];
    }
    for (int i = 0; i < images; i++)
        memcpy(s->sorted + (size_t)place[s->label[i] - l->first]++ * c,
               s->feature + (size_t)i * c, c * sizeof(float));
    ds_pool_run(l->pool, &(struct ds_work){fit_class, (void *)s, l->count}, 1);
    for (int k = 0; k < l->count; k++)
        if (s->failure[k].code) {
            *err = s->failure[k];
            return ds_while(err, "task %d", l->task + 1);
        }
    return 0;
}

static int survey_open(struct survey *s, int images, bool maps, struct ds_arena *arena,
                       struct ds_err *err)
{
    const struct ds_learner *l = s->l;
    const size_t n = (size_t)images, c = (size_t)l->vit.shape.dim;
    const size_t cells = (size_t)l->vit.shape.depth * (size_t)ds_patches(&l->vit.shape);
    const size_t k = (size_t)l->count;

    for (int pass = 0; pass < 2; pass++) {
        s->label = ds_arena_ints(arena, n);
        s->feature = l->opt.refine_head ? ds_arena_floats(arena, n * c) : NULL;
        s->sorted = l->opt.refine_head ? ds_arena_floats(arena, n * c) : NULL;
        s->map = maps ? ds_arena_floats(arena, n * cells) : NULL;
        s->first = ds_arena_ints(arena, k + 1);
        s->of = ds_arena_ints(arena, k);
        s->failure = ds_arena_take(arena, k * sizeof *s->failure);
        if (!pass && ds_arena_reserve(arena, err))
            return err->code;
    }
    if (!l->opt.refine_head)
        s->feature = s->sorted = NULL;
    if (!maps)
        s->map = NULL;
    return 0;
}

/* One rollout stream a worker. */
static int survey_streams(struct survey *s, int room, unsigned want,
                          const struct ds_rollout_opt *opt, struct ds_arena *arena,
                          struct ds_err *err)
{
    const int threads = ds_pool_threads(s->l->pool);

    for (int pass = 0; pass < 2; pass++) {
        s->stream = ds_arena_take(arena, (size_t)threads * sizeof *s->stream);
        s->tap_with = ds_arena_take(arena, (size_t)threads * sizeof *s->tap_with);
        for (int t = 0; t < threads; t++) {
            struct ds_rollout_stream planned;

            ds_rollout_stream_take(s->stream ? &s->stream[t] : &planned, &s->l->vit, room, want,
                                   opt, arena);
            if (s->stream)
                s->tap_with[t] = &s->stream[t];
        }
        if (!pass && ds_arena_reserve(arena, err))
            return err->code;
    }
    return 0;
}

static int survey_run(struct survey *s, const struct ds_feed *feed, struct ds_err *err)
{
    struct ds_learner *l = s->l;
    const struct ds_rollout_opt opt = {.row = ds_rollout_own_row(&l->vit.shape)};
    const unsigned want = s->map ? ds_rollout_want(&opt) : ds_learner_wants(l);
    const struct ds_vit_taps taps = {.attn = {.attention = ds_rollout_tap}};
    struct ds_arena arena = {0};
    struct ds_infer infer;

    if (!ds_infer_open(&infer, &l->vit, want, l->pool, err) &&
        (!s->map || !survey_streams(s, infer.room, want, &opt, &arena, err))) {
        infer.tap_with = s->map ? s->tap_with : NULL;
        ds_infer_run(&infer, &l->view, NULL, NULL, 0, feed, survey_sink, s,
                     s->map ? &taps : NULL, err);
    }
    ds_infer_close(&infer);
    ds_arena_clear(&arena);
    return err->code;
}

/* SLCA: an older class's features have moved more; its mean is drawn in.
 *     mean_c <- (0.9 + 0.1 (t_c + 1) / (t + 1)) mean_c
 * With joint, or where tasks share all classes, every class was looked at just now: none is
 * old. */
static void draw_in(float *to, const struct ds_learner *l)
{
    const size_t c = (size_t)l->vit.shape.dim;
    const bool fresh = l->opt.method->joint || l->opt.shared_head;

    for (int k = 0; k < l->seen; k++)
        for (size_t i = 0; i < c; i++) {
            const double age = (l->class_task[k] + 1.0) / (l->task + 1.0);

            to[(size_t)k * c + i] =
                (float)((fresh ? 1 : 0.9 + 0.1 * age) * (double)l->mean[(size_t)k * c + i]);
        }
}

/* The means for alignment; the tasks of all classes must be known. */
static int age_means(float **means, const struct ds_learner *l, struct ds_err *err)
{
    for (int k = 0; k < l->seen; k++)
        if (l->class_task[k] < 0)
            return ds_fail(err, DS_USAGE,
                           "alignment wants the task of every class, that of class %d is not "
                           "known",
                           k);
    *means = malloc((size_t)l->seen * (size_t)l->vit.shape.dim * sizeof **means);
    if (!*means)
        return ds_fail(err, DS_NOMEM, "out of memory for the means of %d classes", l->seen);
    draw_in(*means, l);
    return 0;
}

static int refine(struct ds_learner *l, struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim, k = (size_t)l->seen;
    struct ds_refine how = l->opt.refine;
    float *aged = NULL;
    int code;

    how.class_task = l->class_task;
    if (how.norm > 0 && age_means(&aged, l, err))
        return err->code;
    memcpy(l->refined_w, l->view.outside[DS_HEAD_W], k * c * sizeof(float));
    memcpy(l->refined_b, l->view.outside[DS_HEAD_B], k * sizeof(float));
    code = ds_refine_head(l->refined_w, l->refined_b, aged ? aged : l->mean, l->root, (int)c,
                          l->seen, &how, ds_rng_sub(l->opt.seed, (uint64_t)l->task), l->pool,
                          NULL, err);
    free(aged);
    l->has_refined = l->has_refined || !code;
    return code;
}

int ds_learner_task_end(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    const bool retains = l->opt.method->retains;
    const bool maps = retains && l->opt.retain.source == DS_SOURCE_CLEAN;
    struct survey s = {.l = l};
    struct ds_arena arena = {0};
    int code = 0;

    err->code = DS_OK;
    if (l->opt.refine_head || maps)
        code = survey_open(&s, feed->count, maps, &arena, err) || survey_run(&s, feed, err);
    if (!code && l->opt.refine_head)
        code = fit_classes(&s, feed->count, err);
    if (!code && retains)
        code = ds_retention_end(l, s.map, s.label, feed->count, err);
    if (!code && l->opt.method->task_end)
        code = l->opt.method->task_end(l, feed, err);
    if (!code && l->opt.refine_head)
        code = refine(l, err);
    l->feed = NULL;
    ds_arena_clear(&arena);
    return code ? (int)err->code : 0;
}

void ds_learner_audit(const struct ds_learner *l, float *audit)
{
    const size_t patches = (size_t)ds_patches(&l->vit.shape);

    for (int i = 0; i < l->vit.shape.depth * 3; i++, audit += 5) {
        const struct ds_audit_sum *a = &l->audit[i];
        const double steps = a->steps > 0 ? a->steps : 1;
        const float *soft = l->memory.soft + (size_t)(i / 3) * patches;
        double mean = 0;

        for (size_t p = 0; p < patches; p++)
            mean += (double)soft[p] / (double)patches;
        audit[0] = (float)(a->removed_total / steps);
        audit[1] = (float)(a->factor_total / steps);
        audit[2] = (float)(a->negative_total / steps);
        audit[3] = (float)(a->clamped_total / steps);
        audit[4] = l->memory.tasks ? (float)(1 - mean) : 0;
    }
}
