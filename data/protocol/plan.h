/* data/protocol/plan.h -- what a run will take, before it is begun; and its budget. Public
 * header.
 *
 *     images of a step = batch + replayed rows,   steps = sum over tasks of epochs ceil(n times
 * / batch) operations of a training image = forward + gradients of activations (2 products for
 * each one of attention, 1 otherwise) + gradients of the weights that learn, + forward of a
 * frozen copy
 *
 * The time is measured: a step of the real network with random pictures on this machine, few
 * images for a large network, the whole batch for a small one. Where a data set is not here but
 * its published counts are known, the plan is made from those. */
#ifndef DS_DATA_PROTOCOL_PLAN_H
#define DS_DATA_PROTOCOL_PLAN_H

#include <stddef.h>
#include "data/protocol/options.h"

struct ds_plan {
    bool published; /* counts of the paper: the data set is not here */
    int tasks, classes, height, width, channels;
    long images;             /* training images of all tasks, each once */
    long passes;             /* that go through training steps, replayed ones aside */
    long replayed;           /* at most */
    long steps, first_steps; /* of the run, of the first task */
    long clean;              /* that go through the network forward only */
    double slow;             /* learning rate of the last epoch, as a share of the first */
    size_t parameters, learning;
    double forward, training; /* operations per image */
    double flops;             /* of the run */
    size_t bytes;             /* of the learner */
    double seconds, hours;    /* per step measured, and of the run; 0 unless measured */
};

/* DS_NOINPUT when neither the data set nor its counts are known; what the options get wrong. */
int ds_plan_make(struct ds_plan *p, const struct ds_train_opt *o, bool measure,
                 struct ds_err *err);

/* What makes a comparison fair, in one line without the seed: the trained part, images seen,
 * softmax, head refinement, class order. */
struct ds_learner;
struct ds_stream;
void ds_budget_text(char *to, size_t size, const struct ds_train_opt *o,
                    const struct ds_learner *l, const struct ds_stream *s);

#endif
