/* core/learn/penalty_int.h -- a quadratic pull back to an anchor. For core/learn only.
 *
 *     loss += scale / 2 sum_i weight_i (theta_i - anchor_i)^2,   g_i += scale weight_i (theta_i
 * - anchor_i)
 *
 * over every trainable parameter but the head's; weight and anchor lie like the moments. To be
 * called from a method's gradient hook: adds to the summed gradient and to l->penalty. */
#ifndef DS_CORE_LEARN_PENALTY_INT_H
#define DS_CORE_LEARN_PENALTY_INT_H

#include "core/learn/learner_int.h"

void ds_penalty_add(struct ds_learner *l, const float *weight, const float *anchor,
                    double scale);

/* Calls visit(with, piece, worker) in the pool for every piece outside the head. */
typedef void ds_piece_visit(void *with, struct ds_learner *l, struct ds_piece *p);
void ds_pieces_visit(struct ds_learner *l, ds_piece_visit *visit, void *with);

#endif
