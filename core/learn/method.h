/* core/learn/method.h -- a continual-learning method is a row of hooks. Public header.
 *
 * Each method is one file over the same taps; any hook may be NULL. What a hook may touch:
 *
 *   taps        scores, attention probabilities and their gradients, token gradients, per tile
 *               (vit.h); `with` is the struct ds_lane at work
 *   loss        features and logits in, dlogits out (default: cross-entropy over the task's
 *               classes); returns the sum of losses and adds to lane->hits
 *   feature     adds to work->dfeature after the head's way back
 *   gradient    per-tensor gradients after the sum over lanes, before the optimiser
 *   updated     weights after the optimiser
 *   task_begin, task_end   with an iterator over the task's images
 *   classify    logits of evaluation images, for methods whose classifier is not the head
 *   arrays      names the method's state for checkpoints ("method/..." in the file)
 *   passing     what only a task in progress needs
 *
 * A method with keeps_old gets a frozen copy of the parameters as of the end of the last task
 * in learner->old_params / old_view. */
#ifndef DS_CORE_LEARN_METHOD_H
#define DS_CORE_LEARN_METHOD_H

#include "core/learn/learner.h"

struct ds_method {
    const char *name, *about;
    const char *trainable; /* patterns that replace the user's, or NULL */
    bool retains;          /* attention retention is in force from the second task on */
    bool keeps_old;
    bool untrained;   /* no steps at all: what it learns, it learns at the end of a task */
    bool joint;       /* every task begins anew, on the images of all tasks so far */
    bool teaches_all; /* rows of the head of old classes learn, too */
    bool plain_head;  /* --refine auto leaves its head alone */
    bool aligns;      /* --refine auto is classifier alignment */
    bool apart;       /* needs room for the gradients of DS_LANES lanes side by side */
    enum ds_replay_kind replay;
    struct ds_vit_taps taps;
    int (*open)(struct ds_learner *l, struct ds_err *err);
    void (*close)(struct ds_learner *l);
    double (*loss)(struct ds_lane *lane);
    void (*feature)(struct ds_lane *lane);
    int (*gradient)(struct ds_learner *l, struct ds_err *err);
    void (*updated)(struct ds_learner *l);
    int (*task_begin)(struct ds_learner *l, struct ds_err *err);
    int (*task_end)(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err);
    void (*classify)(const struct ds_learner *l, const struct ds_vit_work *work, int worker);
    int (*arrays)(struct ds_learner *l, ds_state_visit *visit, void *with, struct ds_err *err);
    int (*passing)(struct ds_learner *l, ds_state_visit *visit, void *with, struct ds_err *err);
};

/* NULL-terminated. */
extern const struct ds_method *const ds_methods[];

/* NULL when there is no such method. */
const struct ds_method *ds_method_lookup(const char *name);

/* "finetune, joint, ... and inflora", for sentences; returns `to`. */
const char *ds_method_names(char *to, size_t size);

/* The default loss: cross-entropy at the learner's temperature over the classes of the task,
 * or of all seen ones; with replay, that of replay.h. */
double ds_method_loss(struct ds_lane *lane);

/* Whether the softmax runs over all classes seen. */
bool ds_method_sees_all(const struct ds_learner_opt *o);

#endif
