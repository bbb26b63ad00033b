/* core/learn/learner.h -- one network learning task after task. Public header.
 *
 *     ds_learner_task_begin(l, task, ...);
 *     while (batches) ds_learner_step(l, images, labels, ids, n, aside, &report, err);
 *     ds_learner_task_end(l, feed, err);          masks, class Gaussians, head refinement
 *
 * A batch is cut into lanes: DS_LANES fixed shares, half as many where a share would have fewer
 * than 256 tokens, a multiple where it would have more than 1024. A lane runs forward and
 * backward for its share on whatever worker takes it, and adds to the one gradient tensor by
 * tensor when its turn comes (core/base/turn), so that the order of the sum, and every bit, is
 * the same for any number of threads. (Data-parallel training over several machines would deal
 * out batches: update.c is the one place where their gradients would meet.)
 *
 * All heads live in one joined head: task t trains the rows of its own classes. With shared_head
 * every task has the same classes (domains): first 0 and all of them each time, the rows are
 * initialised once, and what is remembered of a class (Gaussians, means, covariances) is pooled
 * over the tasks. Nothing is allocated between task_begin and task_end. */
#ifndef DS_CORE_LEARN_LEARNER_H
#define DS_CORE_LEARN_LEARNER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/pool.h"
#include "core/learn/method_opt.h"
#include "core/learn/optim.h"
#include "core/learn/refine.h"
#include "core/learn/schedule.h"
#include "core/retain/mask.h"
#include "core/vit/infer.h"
#include "core/vit/vit.h"

enum { DS_LANES = 8 };

struct ds_learner;
struct ds_lane;
struct ds_method;

enum ds_mask_axis { DS_AXIS_QUERY, DS_AXIS_KEY, DS_AXIS_BOTH };
enum ds_mask_source { DS_SOURCE_CLEAN, DS_SOURCE_LAST_EPOCH };
enum ds_retain_mode {
    DS_MODE_UPDATE,   /* equation 7: the update is scaled by f = g'/g, moments see g */
    DS_MODE_GRADIENT, /* equation 5 alone: the optimiser is given g' */
    DS_MODE_UNIFORM   /* control: every q/k/v update times the layer's mean mask */
};
enum ds_head_init { DS_HEAD_FRESH, DS_HEAD_REUSE_FIRST };

/* What distinguishes the variants of attention retention (presets: retain/preset table). */
struct ds_retain_opt {
    struct ds_mask_rule rule;
    enum ds_mask_axis axis;
    enum ds_mask_source source;
    enum ds_mask_history history;
    enum ds_retain_mode mode;
    double clamp; /* 10 */
};

struct ds_learner_opt {
    const struct ds_method *method;
    const char *trainable;   /* patterns: "head,qkv.weight" */
    bool recompute;          /* a lane keeps what enters its blocks, and runs them twice */
    bool freeze_last;        /* control: nothing of the last block learns after the first task */
    int batch;               /* most images per step */
    struct ds_optim optim;
    struct ds_schedule schedule;
    double rate;             /* of the head */
    double trunk_scale;      /* rate of everything else, as a share of it */
    double decay, head_decay;
    double temperature;      /* logits are divided by it in the loss */
    enum ds_head_init head_init;
    struct ds_retain_opt retain;
    bool refine_head;
    struct ds_refine refine;
    struct ds_method_opt set; /* the methods' own numbers */
    int tasks;                /* of the whole stream, 0: unknown */
    bool shared_head;         /* all tasks have the same classes */
    enum ds_precision precision; /* of the products in the network */
    const int *class_task;    /* [K] task of every class, borrowed; NULL: found out on the way */
    uint64_t seed;
};

/* A tensor that learns, and where its gradients and moments are. */
struct ds_slot {
    const struct ds_tensor *tensor;
    size_t at;      /* in the moments, floats */
    size_t grad_at; /* in a gradient, floats; masked: [2 count], g then g' */
    bool head;
    bool masked;    /* g' is computed in this task */
    double factor;  /* of the update where it is not masked: 1, 0 frozen, uniform control */
};

/* What retention did to the q, k or v of a layer. All doubles: a checkpoint keeps it as such. */
struct ds_audit_sum {
    double g2, masked2, factor, negative, clamped;                     /* of the last step */
    double removed_total, factor_total, negative_total, clamped_total; /* over the task */
    double steps;
};

struct ds_learner {
    struct ds_vit vit;
    struct ds_learner_opt opt;
    struct ds_pool *pool;
    struct ds_arena arena;

    float *params;
    struct ds_vit_view view;
    struct ds_vit_pack pack; /* in the view while lanes run */

    /* what learns */
    struct ds_slot *slot;
    int slots;
    size_t learning;      /* floats in all slots */
    size_t lane_size;     /* floats of one gradient */
    float *moment1, *moment2;
    float *grad;          /* [lane_size]; [DS_LANES][lane_size] for methods apart */
    struct ds_vit_view lane_view[DS_LANES]; /* of the gradients there are */
    struct ds_lane *lane; /* [most lanes] */
    int lanes;            /* of the step at hand */
    int *turn;            /* [ds_vit_turns] */
    struct ds_vit_work *work; /* [threads] */
    struct ds_piece *piece;
    int pieces;

    /* the task at hand */
    int task, first, count;    /* classes first .. first + count */
    int seen;                  /* classes learned so far, this task's included */
    int old;                   /* classes 0 .. old were learned before this task */
    int head_first, head_count; /* classes whose rows of the head learn */
    int *class_task;           /* [K] task that teaches a class, -1: unknown yet */
    bool resumed;              /* task_begin goes on with a task, not anew */
    const struct ds_feed *feed; /* its images, for methods that look before; or NULL */
    double rate;               /* of the head, in the step at hand */
    double penalty;            /* of the step, what the gradient hook adds to the loss */
    int fresh, drawn;          /* rows of the batch: new ones, then replayed ones per draw */
    int epoch, epochs, steps_per_epoch;
    long step;                 /* steps taken in this task */

    /* attention retention */
    struct ds_mask_memory memory;
    float *wq, *wk;            /* [L][N] */
    bool *masked_layer;        /* [L] */
    bool retaining;            /* masks are in force in this task */
    struct ds_audit_sum *audit; /* [L][3] */
    float *harvest;            /* maps collected in the last epoch [room][L][P] */
    int *harvest_label;
    int harvested, harvest_room;
    float *rollout_scratch; /* [threads] */

    /* remembered classes and the refined head */
    float *mean, *root;        /* [K][C], [K][C][C] */
    int *counted;              /* [K] features behind them, where they are pooled; else NULL */
    float *refined_w, *refined_b;
    bool has_refined;

    bool alone; /* frozen trunk: images go through it one at a time, see lane.c */

    /* a second, frozen parameter set, for methods that ask for one */
    float *old_params;
    struct ds_vit_view old_view;
    struct ds_vit_work *old_work; /* [threads] */

    struct ds_replay *replay; /* remembered pictures, or NULL */
    const float *known;       /* [n][C] features of the next steps' batches, or NULL; borrowed */
    float *batch_logits;      /* [fresh][K] of the step, for replay that keeps logits */
    void *state;              /* the method's own */
};

/* A lane at work, as a method sees it. */
struct ds_lane {
    struct ds_learner *learner;
    int number;               /* 0 .. lanes - 1 */
    int worker;
    struct ds_vit_work *work; /* feature, logits, dlogits, dfeature, layer[].attn ... */
    const float *images;
    const int *label, *id;    /* of its images; id: number in the data set, or NULL */
    int at;                   /* place of its first image in the batch */
    int n;
    double share;             /* 1 / images in the whole batch */
    double loss;              /* sum over the lane */
    int hits;
};

struct ds_report {
    double loss, accuracy; /* means over the batch */
    double rate;           /* of the head */
    int epoch;
    long step;
};

int ds_learner_open(struct ds_learner **out, const struct ds_vit_shape *shape,
                    const struct ds_learner_opt *opt, struct ds_pool *pool, struct ds_err *err);
void ds_learner_close(struct ds_learner *l);

/* Classes first .. first + count are learned. images: training images of the task (room for
 * maps collected in the last epoch). resumed: keep moments, counters and the head's rows. */
int ds_learner_task_begin(struct ds_learner *l, int task, int first, int count, int epochs,
                          int steps_per_epoch, int images, bool resumed, struct ds_err *err);

/* What the next task's task_begin may look at, until its task_end; NULL forgets it. */
void ds_learner_feed(struct ds_learner *l, const struct ds_feed *feed);

/* The logits of an evaluation, where a method has a classifier of its own: overwrites
 * work->logits for the classes seen. Returns false where the head is the classifier. */
bool ds_learner_classify(const struct ds_learner *l, const struct ds_vit_work *work, int worker);

/* Bytes a learner takes, without taking them. */
int ds_learner_size(size_t *bytes, const struct ds_vit_shape *shape,
                    const struct ds_learner_opt *opt, struct ds_pool *pool, struct ds_err *err);

/* Whether a step needs nothing of an image but its feature, which never changes: only the head
 * learns, and nobody looks at attention. */
bool ds_learner_frozen_trunk(const struct ds_learner *l);

/* How a pass over many images is opened (infer.h): with a frozen trunk DS_WANT_ALONE, so that a
 * feature is the same bytes in every pass, else 0. */
unsigned ds_learner_wants(const struct ds_learner *l);

/* The features [n][C] of the batches of the steps that follow, which then run no trunk and do
 * not read `images`; only with a frozen trunk. NULL: compute them. */
void ds_learner_known(struct ds_learner *l, const float *features);

/* One optimiser step on n images; the last ones replayed, as ds_replay_draw chose them (their
 * label as remembered, their id -1 - slot). aside (may be NULL) runs beside it in the pool.
 * DS_INTERNAL when something is not finite: the sentence names the first op and layer; weights, moments
 * and counters are as before the step. */
int ds_learner_step(struct ds_learner *l, const float *images, const int *label, const int *id,
                    int n, const struct ds_work *aside, struct ds_report *report,
                    struct ds_err *err);

/* feed: the task's training images without augmentation, in order. */
int ds_learner_task_end(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err);

/* The head that is evaluated: refined when there is one. */
void ds_learner_head(const struct ds_learner *l, const float **weight, const float **bias);

/* Means over the task's steps so far: audit [L][3][5] in the order removed, |f|, share f < 0,
 * share clamped, protected share. Zeros where nothing was masked. */
void ds_learner_audit(const struct ds_learner *l, float *audit);

/* Every array that bit-identical resuming needs, by name. count in elements. */
enum ds_state_type { DS_STATE_F32, DS_STATE_F64, DS_STATE_I32 };
typedef int ds_state_visit(void *with, const char *name, enum ds_state_type type, void *data,
                           size_t count, struct ds_err *err);

/* Parts: what a finished task leaves (weights, refined head, masks, Gaussians, method), and
 * what a task in progress adds (moments, audit, harvest). */
int ds_learner_lasting(struct ds_learner *l, ds_state_visit *visit, void *with,
                       struct ds_err *err);
int ds_learner_passing(struct ds_learner *l, ds_state_visit *visit, void *with,
                       struct ds_err *err);

#endif
