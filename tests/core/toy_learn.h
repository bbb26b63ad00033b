/* tests/core/toy_learn.h -- a toy learner over two tasks, for the tests of methods. */
#ifndef DS_TESTS_CORE_TOY_LEARN_H
#define DS_TESTS_CORE_TOY_LEARN_H

#include "core/learn/replay.h"
#include "tests/core/toy.h"

enum { TOY_EPOCHS = 2, TOY_BATCH = 11, TOY_TASKS = 2 };
static const int toy_first[] = {0, 2}, toy_count[] = {2, 3};
static const int toy_class_task[] = {0, 0, 1, 1, 1};

static inline struct ds_learner_opt toy_method(const char *name)
{
    struct ds_learner_opt o = toy_options(name);

    o.set = (struct ds_method_opt){
        .ewc = {DS_FISHER_TRUE, DS_FUSION_SUM, 50, 1, 0},
        .si = {0.5, 0.1},
        .lwf = {1.5, 2},
        .distill = {DS_DISTILL_SYMMETRIC, DS_POOL_HEIGHT, 1, "all", false},
        .replay = {o.method->replay, 9, 4, false, 0.3, 0.5},
        .lora = {3, 0.9, 1},
        .ranpac_width = 21,
        .fecam_shrinkage = 1,
        .fecam_power = 0.5,
    };
    o.tasks = TOY_TASKS;
    o.class_task = toy_class_task;
    o.refine_head = !o.method->plain_head;
    o.refine.norm = o.method->aligns ? 0.1 : 0;
    o.trunk_scale = 0.5;
    return o;
}

static inline struct ds_learner *toy_open(const struct ds_learner_opt *o, struct ds_pool *pool)
{
    const struct ds_vit_shape s = toy_shape();
    struct ds_learner *l = NULL;
    struct ds_err err = {0};

    if (ds_learner_open(&l, &s, o, pool, &err))
        fail_msg("%s: %s", o->method->name, err.text);
    toy_fill(l->params, l->vit.tensors.total, 0, 0.3, "params");
    return l;
}

/* The pictures of both tasks; picture i of task t has the number t TOY_IMAGES + i. */
struct toy_world {
    struct toy_set set[TOY_TASKS];
    float *images;
    int *label, *id;
};

static inline void toy_world_open(struct toy_world *w)
{
    const struct ds_vit_shape s = toy_shape();

    for (int t = 0; t < TOY_TASKS; t++)
        toy_set(&w->set[t], &s, toy_first[t], toy_count[t]);
    w->images = malloc(64 * w->set[0].pixels * sizeof *w->images);
    w->label = malloc(64 * sizeof *w->label);
    w->id = malloc(64 * sizeof *w->id);
}

static inline void toy_world_close(struct toy_world *w)
{
    for (int t = 0; t < TOY_TASKS; t++)
        free(w->set[t].images);
    free(w->images);
    free(w->label);
    free(w->id);
}

static inline void toy_row(struct toy_world *w, int row, int number, int label, int id)
{
    const struct toy_set *s = &w->set[number / TOY_IMAGES];

    memcpy(w->images + (size_t)row * s->pixels,
           s->images + (size_t)(number % TOY_IMAGES) * s->pixels, s->pixels * sizeof(float));
    w->label[row] = label;
    w->id[row] = id;
}

/* The batch of a step as data/protocol makes it; returns its rows. */
static inline int toy_batch(struct toy_world *w, struct ds_learner *l, int task, long step)
{
    const int steps = (TOY_IMAGES + TOY_BATCH - 1) / TOY_BATCH;
    const int at = (int)(step % steps) * TOY_BATCH;
    const int n = TOY_IMAGES - at < TOY_BATCH ? TOY_IMAGES - at : TOY_BATCH;
    int slot[64], rows = 0;

    for (int i = 0; i < n; i++)
        toy_row(w, i, task * TOY_IMAGES + at + i, w->set[task].label[at + i],
                task * TOY_IMAGES + at + i);
    if (l->replay)
        rows = ds_replay_draw(l->replay, task, step, slot) *
               (l->replay->opt.kind == DS_REPLAY_DERPP ? 2 : 1);
    for (int i = 0; i < rows; i++)
        toy_row(w, n + i, l->replay->id[slot[i]], l->replay->label[slot[i]], -1 - slot[i]);
    return n + rows;
}

static inline void toy_begin(struct toy_world *w, struct ds_learner *l, int task, bool resumed)
{
    const bool all = l->opt.method->joint;
    const struct ds_feed feed = toy_feed(&w->set[task]);
    const int first = all ? 0 : toy_first[task];
    struct ds_err err = {0};

    ds_learner_feed(l, &feed);
    if (ds_learner_task_begin(l, task, first, toy_first[task] + toy_count[task] - first,
                              TOY_EPOCHS, 4, TOY_IMAGES, resumed, &err))
        fail_msg("%s: %s", l->opt.method->name, err.text);
    ds_learner_feed(l, NULL);
}

static inline struct ds_report toy_step(struct toy_world *w, struct ds_learner *l, int task)
{
    const int n = toy_batch(w, l, task, l->step);
    struct ds_report report;
    struct ds_err err = {0};

    if (ds_learner_step(l, w->images, w->label, w->id, n, NULL, &report, &err))
        fail_msg("%s: %s", l->opt.method->name, err.text);
    return report;
}

static inline void toy_end(struct toy_world *w, struct ds_learner *l, int task)
{
    const struct ds_feed feed = toy_feed(&w->set[task]);
    struct ds_err err = {0};

    if (ds_learner_task_end(l, &feed, &err))
        fail_msg("%s: %s", l->opt.method->name, err.text);
}

static inline void toy_learn(struct toy_world *w, struct ds_learner *l, int task)
{
    toy_begin(w, l, task, false);
    for (int i = 0; i < TOY_EPOCHS * 4 && !l->opt.method->untrained; i++)
        toy_step(w, l, task);
    toy_end(w, l, task);
}

/* Everything a checkpoint would hold. */
struct toy_state {
    unsigned char *bytes;
    size_t used, at;
    bool reading;
};

static inline int toy_visit(void *with, const char *name, enum ds_state_type type, void *data,
                            size_t count, struct ds_err *err)
{
    struct toy_state *b = with;
    const size_t size = count * (type == DS_STATE_F64 ? 8 : 4);

    (void)name;
    (void)err;
    if (b->reading) {
        memcpy(data, b->bytes + b->at, size);
        b->at += size;
        return 0;
    }
    b->bytes = realloc(b->bytes, b->used + size + 1);
    memcpy(b->bytes + b->used, data, size);
    b->used += size;
    return 0;
}

/* One array of the state, by the end of its name; NULL when there is none. */
struct toy_wanted {
    const char *name;
    void *data;
    size_t count;
};

static inline int toy_want(void *with, const char *name, enum ds_state_type type, void *data,
                           size_t count, struct ds_err *err)
{
    struct toy_wanted *w = with;

    (void)type;
    (void)err;
    if (!strcmp(name, w->name)) {
        w->data = data;
        w->count = count;
    }
    return 0;
}

static inline void *toy_array(struct ds_learner *l, const char *name, size_t count)
{
    struct toy_wanted w = {.name = name};
    struct ds_err err = {0};

    ds_learner_lasting(l, toy_want, &w, &err);
    if (!w.data)
        ds_learner_passing(l, toy_want, &w, &err);
    if (!w.data || (count && w.count != count))
        fail_msg("no '%s' of %zu numbers in the state", name, count);
    return w.data;
}

/* Features [n][C] and, with logits, scores [n][K] of the learner as it is. */
struct toy_seen {
    struct ds_learner *l;
    float *feature, *logits;
};

static inline void toy_sink(void *with, const struct ds_vit_work *work, const int *label,
                            int first, int worker)
{
    const struct toy_seen *s = with;
    const size_t c = (size_t)s->l->vit.shape.dim, k = (size_t)s->l->vit.shape.classes;

    (void)label;
    if (s->logits)
        ds_learner_classify(s->l, work, worker);
    memcpy(s->feature + (size_t)first * c, work->feature,
           (size_t)work->images * c * sizeof(float));
    if (s->logits)
        memcpy(s->logits + (size_t)first * k, work->logits,
               (size_t)work->images * k * sizeof(float));
}

static inline void toy_infer(struct ds_learner *l, const struct ds_vit_view *view,
                             struct toy_set *set, float *feature, float *logits)
{
    struct toy_seen s = {l, feature, logits};
    const struct ds_feed feed = toy_feed(set);
    struct ds_infer infer;
    struct ds_err err = {0};

    assert_int_equal(ds_infer_open(&infer, &l->vit, 0, l->pool, &err), 0);
    assert_int_equal(ds_infer_run(&infer, view, logits ? view->outside[DS_HEAD_W] : NULL,
                                  view->outside[DS_HEAD_B], l->seen, &feed, toy_sink, &s, NULL,
                                  &err),
                     0);
    ds_infer_close(&infer);
}

#endif
