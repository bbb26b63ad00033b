/* core/learn/refine.h -- re-training the joined head on samples of remembered classes.
 * Public header.
 *
 * After every task the heads of all tasks, each trained alone, are trained together: `epochs`
 * times, `samples` features per class are drawn from the class Gaussians, shuffled, and the
 * head takes SGD steps with Nesterov momentum on cross-entropy at `temperature`; weight decay
 * on the weight, not the bias. (Method.md 3.5; the released values are the defaults, its rate
 * of 0.001 is far too small for a small network: it is an option.) */
#ifndef DS_CORE_LEARN_REFINE_H
#define DS_CORE_LEARN_REFINE_H

#include <stdint.h>
#include "core/base/pool.h"

struct ds_refine {
    int epochs, samples, batch;    /* 20, 128, 128 */
    double rate, momentum, decay;  /* 0.001, 0.9, 1e-4 */
    double temperature;            /* 30 */
};

/* One SGD step on features x [n][d] with labels y [n] below `classes`: weight [classes][d],
 * bias [classes], velocities of both, work [n classes + classes d + classes]. Returns the
 * mean loss before the step. */
double ds_refine_step(float *weight, float *bias, float *vweight, float *vbias, const float *x,
                      const int *y, int n, int d, int classes, const struct ds_refine *r,
                      float *work);

/* The whole refinement: mean [classes][d], root [classes][d][d]. *loss (may be NULL) is the
 * mean loss of the last epoch. DS_NOMEM, DS_INTERNAL when the loss is not finite. */
int ds_refine_head(float *weight, float *bias, const float *mean, const float *root, int d,
                   int classes, const struct ds_refine *r, uint64_t seed, struct ds_pool *pool,
                   double *loss, struct ds_err *err);

#endif
