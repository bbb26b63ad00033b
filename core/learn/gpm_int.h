/* core/learn/gpm_int.h -- which directions the inputs of attention use (DualGPM of InfLoRA).
 * For core/learn only.
 *
 * Per block, with C = mean x x^T over all tokens x entering the projection to q, k, v, and M a
 * basis (columns) of the directions in use, or of those not in use ("retain"):
 *
 *     start    U = left singular vectors of C (first task), (I - M M^T) C or M M^T C
 *     update   remove: add singular vectors of (I - M M^T) C until the energy |.|^2 reached is
 * the threshold's share of that of C; retain: take those of M M^T C out of M until what is left
 * is less than 1 - threshold M wider than C / 2 changes to its complement, kept as "retain"
 *
 * InfLoRA, arXiv 2404.00228; thresholds grow with the task. All in double. */
#ifndef DS_CORE_LEARN_GPM_INT_H
#define DS_CORE_LEARN_GPM_INT_H

#include "core/learn/learner_int.h"

struct ds_gpm {
    int layers, c;
    int *rank;      /* [L] columns of M */
    int *retain;    /* [L] */
    double *basis;  /* [L][C][C], row i is column i of M */
    double *second; /* [L][C][C] mean x x^T, of the last look */
    double *room;   /* [threads] */
    struct ds_arena arena;
};

int ds_gpm_open(struct ds_gpm *g, const struct ds_learner *l, struct ds_err *err);
void ds_gpm_close(struct ds_gpm *g);

/* One pass over the images with the network as it is: fills second. Uses the gradients
 * of lanes apart (method.h) as its memory: not within a step. */
int ds_gpm_look(struct ds_gpm *g, struct ds_learner *l, const struct ds_feed *feed,
                struct ds_err *err);

/* rows [L][rank][C]: the first left singular vectors, see above; first: no basis yet. */
int ds_gpm_start(float *rows, int rank, struct ds_gpm *g, struct ds_learner *l, bool first,
                 struct ds_err *err);
int ds_gpm_update(struct ds_gpm *g, struct ds_learner *l, bool first, double threshold,
                  struct ds_err *err);

int ds_gpm_arrays(struct ds_gpm *g, ds_state_visit *visit, void *with, struct ds_err *err);

#endif
