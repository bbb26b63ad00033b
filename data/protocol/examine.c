/* data/protocol/examine.c -- what a checkpoint can do, and where it looks. */
#include "data/protocol/session_int.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/retain/stream.h"

/* All rows of the last layer, too, for the probe's attention. */
enum { LOOKS_AT = DS_WANT_FULL };

/* Answers of one pass over test images, by image. */
struct answers {
    const struct ds_session *s;
    int *label;                /* [n] */
    int *any, *own;            /* [n] best class of all seen, and of the image's own task */
    int *raw_any, *raw_own;    /* the same by the head before refinement */
    float *margin;             /* [n] or NULL */
    float *raw;                /* [threads][K] logits before refinement */
    float *keep;               /* [n][C] for features that a look will ask for again, or NULL */
};

static int best(const float *z, int from, int to)
{
    int top = from;

    for (int k = from + 1; k < to; k++)
        top = z[k] > z[top] ? k : top;
    return top;
}

static void raw_logits(float *z, const struct ds_learner *l, const float *feature)
{
    const size_t c = (size_t)l->vit.shape.dim;
    const float *w = l->view.outside[DS_HEAD_W], *b = l->view.outside[DS_HEAD_B];

    for (int k = 0; k < l->seen; k++) {
        double sum = (double)b[k];

        for (size_t i = 0; i < c; i++)
            sum += (double)w[(size_t)k * c + i] * (double)feature[i];
        z[k] = (float)sum;
    }
}

/* True class minus the best other class seen. */
static float margin_of(const float *z, int label, int seen)
{
    float other = -INFINITY;

    if (label >= seen || seen < 2)
        return NAN;
    for (int k = 0; k < seen; k++)
        other = k != label && z[k] > other ? z[k] : other;
    return z[label] - other;
}

static void answer(struct answers *a, const struct ds_vit_work *work, const int *label, int first,
                   int worker)
{
    const struct ds_learner *l = a->s->learner;
    const int classes = l->vit.shape.classes;
    const size_t dim = (size_t)l->vit.shape.dim;
    float *raw = a->raw ? a->raw + (size_t)worker * (size_t)classes : NULL;
    const bool own = ds_learner_classify(l, work, worker);

    if (a->keep)
        memcpy(a->keep + (size_t)first * dim, work->feature,
               (size_t)work->images * dim * sizeof *a->keep);
    for (int i = 0; i < work->images; i++) {
        const float *z = work->logits + (size_t)i * (size_t)classes;
        const int task = a->s->stream.class_task[label[i]], at = first + i;
        const int from = a->s->stream.first[task], to = a->s->stream.end[task];

        a->label[at] = label[i];
        a->any[at] = l->seen ? best(z, 0, l->seen) : -1;
        a->own[at] = to <= l->seen ? best(z, from, to) : -1;
        if (a->margin)
            a->margin[at] = margin_of(z, label[i], l->seen);
        if (!a->raw_any || to > l->seen)
            continue;
        assert(raw);
        if (!own)
            raw_logits(raw, l, work->feature + (size_t)i * dim);
        else
            memcpy(raw, z, (size_t)l->seen * sizeof *raw);
        a->raw_any[at] = best(raw, 0, l->seen);
        a->raw_own[at] = best(raw, from, to);
    }
}

static void count_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                       int worker)
{
    answer(with, work, label, first, worker);
}

static int hits(const int *predicted, const int *label, int n)
{
    int right = 0;

    for (int i = 0; i < n; i++)
        right += predicted[i] == label[i];
    return right;
}

static int run_task(struct ds_session *s, struct ds_infer *infer, struct answers *a, int t,
                    struct ds_err *err)
{
    const struct ds_learner *l = s->learner;
    const int *index = s->stream.test[t], n = s->stream.n_test[t];
    const float *weight, *bias;
    float *known;
    struct ds_pictures pictures;
    struct ds_feed feed = ds_pictures_feed(&pictures, s, s->test, index, n);
    int code = ds_features_of(&known, s, DS_TEST, index, n, err);

    feed.feature = known;
    ds_learner_head(l, &weight, &bias);
    code = code || ds_infer_run(infer, &l->view, weight, bias, l->seen, &feed, count_sink, a,
                                NULL, err);
    free(known);
    assert(!code || err->code);
    return code ? (int)err->code : 0;
}

int ds_session_count(struct ds_session *s, int tasks, int *correct_class, int *correct_task,
                     int *raw_class, int *raw_task, struct ds_err *err)
{
    struct ds_infer infer = {0};
    struct answers a = {.s = s};
    int most = 1, code, *room;

    for (int t = 0; t < tasks; t++)
        most = s->stream.n_test[t] > most ? s->stream.n_test[t] : most;
    room = malloc(5 * (size_t)most * sizeof *room);
    a.raw = malloc((size_t)ds_pool_threads(s->pool) * (size_t)s->stream.classes * sizeof *a.raw);
    if (!room || !a.raw) {
        code = ds_fail(err, DS_NOMEM, "out of memory for %d answers", most);
        goto done;
    }
    a.label = room;
    a.any = room + most;
    a.own = room + 2 * (size_t)most;
    a.raw_any = room + 3 * (size_t)most;
    a.raw_own = room + 4 * (size_t)most;
    code = ds_infer_open(&infer, &s->learner->vit, ds_learner_wants(s->learner), s->pool, err);
    for (int t = 0; t < tasks && !code; t++) {
        const int n = s->stream.n_test[t];

        if ((code = run_task(s, &infer, &a, t, err)))
            break;
        correct_class[t] = hits(a.any, a.label, n);
        correct_task[t] = hits(a.own, a.label, n);
        raw_class[t] = hits(a.raw_any, a.label, n);
        raw_task[t] = hits(a.raw_own, a.label, n);
    }
done:
    ds_infer_close(&infer);
    free(a.raw);
    free(room);
    return code ? (int)err->code : 0;
}

/* The evaluation images: maps, split points, the probe's attention, answers. */
struct looking {
    struct answers a;
    struct ds_record *r;
    size_t m;                   /* checkpoint */
    struct look_worker *worker; /* [threads] */
    void **tap_with;            /* [threads] the same, for the taps */
    struct ds_arena arena;
    bool copied; /* maps are there, only answers are missing */
};

/* What one of them needs to roll out while the forward pass runs. */
struct look_worker {
    const struct looking *k;
    const struct ds_vit_work *work;
    struct ds_rollout_stream stream;
    double *split; /* scratch */
};

/* Head means of the probe images, [L][N][N] each, and the rollout of all. */
static void look_tap(void *with, int layer, int image, int head, float *tile)
{
    struct look_worker *w = with;
    const struct ds_record *r = w->k->r;
    const size_t square = (size_t)r->tokens * (size_t)r->tokens;
    const size_t at = (size_t)w->work->first + (size_t)image;
    const size_t place = (w->k->m * (size_t)r->probe + at) * (size_t)r->layers + (size_t)layer;

    if (at < (size_t)r->probe)
        ds_rollout_mean_head(r->attention + place * square, tile, head, r->heads, square);
    ds_rollout_tap(&w->stream, layer, image, head, tile);
}

static void keep_maps(const struct looking *k, const struct look_worker *w, int image,
                      size_t at)
{
    const struct ds_record *r = k->r;
    const size_t layers = (size_t)r->layers, patches = (size_t)r->patches;
    const size_t row = k->m * (size_t)r->images + at;
    float *maps = r->rollout + row * layers * patches;

    ds_rollout_patches(maps, w->stream.rows + (size_t)image * layers * (size_t)r->tokens,
                       &k->a.s->learner->vit.shape);
    for (size_t l = 0; l < layers; l++)
        r->split[row * layers + l] = (float)ds_split_point(maps + l * patches, r->patches,
                                                           DS_SPLIT_ECDF, 0, NULL, w->split);
}

static void look_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                      int worker)
{
    struct looking *k = with;

    answer(&k->a, work, label, first, worker);
    for (int i = 0; i < work->images && !k->copied; i++)
        keep_maps(k, &k->worker[worker], i, (size_t)first + (size_t)i);
}

/* Maps of a frozen trunk are those of the checkpoint that was looked at first. */
static void copy_maps(struct ds_record *r, int from, int to)
{
    const size_t layers = (size_t)r->layers, images = (size_t)r->images;
    const size_t row = images * layers, maps = row * (size_t)r->patches;
    const size_t kept = (size_t)r->probe * layers * (size_t)r->tokens * (size_t)r->tokens;
    const size_t a = (size_t)from, b = (size_t)to;

    if (a == b)
        return;
    memcpy(r->rollout + b * maps, r->rollout + a * maps, maps * sizeof *r->rollout);
    memcpy(r->split + b * row, r->split + a * row, row * sizeof *r->split);
    memcpy(r->attention + b * kept, r->attention + a * kept, kept * sizeof *r->attention);
}

/* Before a look: what is known already. After it: what is known now. */
static void recall(struct looking *k, struct ds_feed *feed, struct ds_session *s, int m)
{
    const size_t c = (size_t)s->learner->vit.shape.dim;

    feed->feature = s->features.eval;
    k->copied = feed->feature != NULL;
    if (k->copied)
        copy_maps(k->r, s->features.looked_at, m);
    else if (s->features.on)
        k->a.keep = malloc(((size_t)k->r->images * c + 1) * sizeof *k->a.keep);
}

static void remember(const struct looking *k, struct ds_session *s, int m, int code)
{
    if (code || !k->a.keep) {
        free(k->a.keep);
        return;
    }
    s->features.eval = k->a.keep;
    s->features.looked_at = m;
}

/* Run twice: to count, and to take. */
static void take_workers(struct looking *k, const struct ds_infer *infer)
{
    const struct ds_vit *v = infer->vit;
    const struct ds_rollout_opt maps = {.row = ds_rollout_own_row(&v->shape)};
    const size_t threads = (size_t)ds_pool_threads(infer->pool);

    k->worker = ds_arena_take(&k->arena, threads * sizeof *k->worker);
    k->tap_with = ds_arena_take(&k->arena, threads * sizeof *k->tap_with);
    for (size_t t = 0; t < threads; t++) {
        struct look_worker planned = {0}, *w = k->worker ? &k->worker[t] : &planned;

        w->k = k;
        w->work = &infer->work[t];
        ds_rollout_stream_take(&w->stream, v, infer->room, LOOKS_AT, &maps, &k->arena);
        w->split = ds_arena_doubles(&k->arena, ds_split_scratch(k->r->patches));
        if (k->tap_with)
            k->tap_with[t] = w;
    }
}

static int open_workers(struct looking *k, struct ds_infer *infer, struct ds_err *err)
{
    const struct ds_session *s = k->a.s;

    if (ds_infer_open(infer, &s->learner->vit, LOOKS_AT, s->pool, err))
        return err->code;
    take_workers(k, infer);
    if (ds_arena_reserve(&k->arena, err))
        return err->code;
    take_workers(k, infer);
    infer->tap_with = k->tap_with;
    return 0;
}

static int look(struct ds_session *s, int m, struct ds_err *err)
{
    struct ds_record *r = &s->record;
    struct ds_learner *l = s->learner;
    const size_t n = (size_t)r->images;
    const struct ds_vit_taps taps = {.attn = {.attention = look_tap}};
    struct looking k = {.a = {.s = s}, .r = r, .m = (size_t)m};
    struct ds_infer infer = {0};
    struct ds_pictures pictures;
    struct ds_feed feed = ds_pictures_feed(&pictures, s, s->test, s->eval_index, r->images);
    const float *weight, *bias;
    int code;

    k.a.label = malloc(2 * (n + 1) * sizeof *k.a.label);
    k.a.own = k.a.label + n;
    k.a.any = r->predicted + (size_t)m * n;
    k.a.margin = r->margin + (size_t)m * n;
    if (!k.a.label) {
        code = ds_fail(err, DS_NOMEM, "out of memory for the maps of %d images", r->images);
        goto done;
    }
    recall(&k, &feed, s, m);
    ds_learner_head(l, &weight, &bias);
    code = open_workers(&k, &infer, err) ||
           ds_infer_run(&infer, &l->view, l->seen ? weight : NULL, bias, l->seen, &feed,
                        look_sink, &k, &taps, err);
    remember(&k, s, m, code);
done:
    ds_infer_close(&infer);
    ds_arena_clear(&k.arena);
    free(k.a.label);
    return code ? (int)err->code : 0;
}

int ds_session_examine(struct ds_session *s, int m, struct ds_err *err)
{
    struct ds_record *r = &s->record;
    const size_t row = m > 0 ? (size_t)(m - 1) * (size_t)r->tasks : 0;

    if (look(s, m, err))
        return err->code;
    if (m > 0 && ds_session_count(s, m, r->correct_class + row, r->correct_task + row,
                                  r->correct_class_raw + row, r->correct_task_raw + row, err))
        return err->code;
    r->done = m + 1;
    r->seconds[m] = ds_session_seconds(s);
    r->peak[m] = ds_session_peak();
    if (m > 0 && r->peak[m - 1] > r->peak[m]) /* of the process that was resumed */
        r->peak[m] = r->peak[m - 1];
    return 0;
}
