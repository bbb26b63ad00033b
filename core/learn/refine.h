/* core/learn/refine.h -- re-training the joined head on samples of remembered classes.
 * Public header.
 *
 * After every task the heads of all tasks, each trained alone, are trained together: `epochs`
 * times, `samples` features per class are drawn from the class Gaussians, shuffled, and the
 * head takes SGD steps with Nesterov momentum on cross-entropy at `temperature`; weight decay
 * on the weight, not the bias. (Method.md 3.5; the released values are the defaults, its rate
 * of 0.001 is far too small for a small network: it is an option.)
 *
 * Classifier alignment (SLCA, arXiv 2303.05118) is the same with plain momentum, a cosine rate,
 * means scaled by who calls, and logits whose size does not matter: with z_t the logits of the
 * classes of task t,
 *
 *     CE(z / (norm mean_t |z_t|)),   norm 0.1 */
#ifndef DS_CORE_LEARN_REFINE_H
#define DS_CORE_LEARN_REFINE_H

#include <stdint.h>
#include "core/base/pool.h"

struct ds_refine {
    int epochs, samples, batch;    /* 20, 128, 128 */
    double rate, momentum, decay;  /* 0.001, 0.9, 1e-4 */
    double temperature;            /* 30 */
    double norm;                   /* alignment; 0: off, cross-entropy at `temperature` */
    const int *class_task;         /* [classes] of alignment */
};

/* One SGD step on features x [n][d] with labels y [n] below `classes`: weight [classes][d],
 * bias [classes], velocities of both, work [n classes + classes d + classes] (alignment: 2 classes
 * + 1 more, and on 8 bytes). Returns the mean loss before the step. */
double ds_refine_step(float *weight, float *bias, float *vweight, float *vbias, const float *x,
                      const int *y, int n, int d, int classes, const struct ds_refine *r,
                      float *work);

/* Cross-entropy of normalised logits z [n][classes], in place: z becomes dz, times share.
 * Returns the sum of the losses. tasks: scratch [classes]. */
double ds_refine_norm_loss(float *z, const int *y, int n, int classes, const int *class_task,
                           double norm, double share, double *tasks);

/* The whole refinement: mean [classes][d], root [classes][d][d]. *loss (may be NULL) is the
 * mean loss of the last epoch. DS_NOMEM, DS_INTERNAL when the loss is not finite. */
int ds_refine_head(float *weight, float *bias, const float *mean, const float *root, int d,
                   int classes, const struct ds_refine *r, uint64_t seed, struct ds_pool *pool,
                   double *loss, struct ds_err *err);

#endif
