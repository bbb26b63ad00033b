/* core/learn/method_joint.c -- the upper bound: everything at once.
 *
 *     task t:  theta <- theta_0,   min CE over D_1 .. D_t       (cumulative: a network per
 * task) task 1:  min CE over D_1 .. D_T, later tasks learn nothing             (full: one
 * network)
 *
 * theta_0 are the weights the run began with. The softmax runs over all classes seen. Who feeds
 * the learner brings the images of all tasks (data/protocol). State: theta_0. */
#include "core/learn/method_rows_int.h"

#include <stdlib.h>
#include <string.h>

static int open_joint(struct ds_learner *l, struct ds_err *err)
{
    l->state = calloc(l->vit.tensors.total, sizeof(float)); /* zeros until the first task */
    return l->state ? 0 : ds_fail(err, DS_NOMEM, "out of memory for the initial weights");
}

static void close_joint(struct ds_learner *l)
{
    free(l->state);
    l->state = NULL;
}

/* The head's rows are fresh already: only the trunk goes back. */
static int begin_joint(struct ds_learner *l, struct ds_err *err)
{
    float *initial = l->state;

    (void)err;
    if (l->resumed)
        return 0;
    if (l->task == 0)
        memcpy(initial, l->params, l->vit.tensors.total * sizeof *initial);
    for (int i = 0; i < l->vit.tensors.count && !l->opt.set.joint_full; i++) {
        const struct ds_tensor *t = &l->vit.tensors.row[i];

        if (t->part != DS_HEAD_W && t->part != DS_HEAD_B)
            memcpy(l->params + t->at, initial + t->at, t->count * sizeof *initial);
    }
    return 0;
}

static int arrays_joint(struct ds_learner *l, ds_state_visit *visit, void *with,
                        struct ds_err *err)
{
    return visit(with, "method/joint/initial", DS_STATE_F32, l->state, l->vit.tensors.total,
                 err);
}

const struct ds_method ds_method_joint = {
    .name = "joint",
    .about = "the upper bound: every task learns from the images of all tasks so far",
    .joint = true,
    .open = open_joint,
    .close = close_joint,
    .task_begin = begin_joint,
    .arrays = arrays_joint,
};
