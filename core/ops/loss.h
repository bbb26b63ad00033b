/* core/ops/loss.h -- softmax cross-entropy over a range of classes, with a temperature.
 * Public header.
 *
 *     loss = - log softmax(z / temperature)_y,    dz = (softmax(z / temperature) - onehot(y)) / temperature
 *
 * Only classes first .. first + count take part: a head of its own for each task is a range
 * of one joined head. */
#ifndef DS_CORE_OPS_LOSS_H
#define DS_CORE_OPS_LOSS_H

/* logits [rows][classes]; label [rows] absolute class. dlogits may be NULL, or logits; columns outside
 * the range are left alone, the others are overwritten, times `share` (1 / batch).
 * Returns the sum of the losses; the sum of hits (arg max in the range) is added to *hits. */
double ds_loss_cross_entropy(float *dlogits, int *hits, const float *logits, const int *label,
                             int rows, int classes, int first, int count, double temperature,
                             double share);

#endif
