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
 *   arrays      names the method's state for checkpoints ("method/..." in the file)
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
    struct ds_vit_taps taps;
    int (*open)(struct ds_learner *l, struct ds_err *err);
    void (*close)(struct ds_learner *l);
    double (*loss)(struct ds_lane *lane);
    void (*feature)(struct ds_lane *lane);
    int (*gradient)(struct ds_learner *l, struct ds_err *err);
    void (*updated)(struct ds_learner *l);
    int (*task_begin)(struct ds_learner *l, struct ds_err *err);
    int (*task_end)(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err);
    int (*arrays)(struct ds_learner *l, ds_state_visit *visit, void *with, struct ds_err *err);
};

/* finetune, arcl, frozen; NULL-terminated. */
extern const struct ds_method *const ds_methods[];

/* NULL when there is no such method. */
const struct ds_method *ds_method_lookup(const char *name);

/* The default loss: cross-entropy at the learner's temperature over the classes of the task. */
double ds_method_local_loss(struct ds_lane *lane);

#endif
