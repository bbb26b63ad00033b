/* core/learn/method_rows_int.h -- the methods that are files of their own, and what they share.
 * For core/learn only. */
#ifndef DS_CORE_LEARN_METHOD_ROWS_INT_H
#define DS_CORE_LEARN_METHOD_ROWS_INT_H

#include "core/learn/method.h"

extern const struct ds_method ds_method_joint, ds_method_ncm, ds_method_ewc, ds_method_si,
    ds_method_lwf, ds_method_distill, ds_method_ranpac, ds_method_fecam, ds_method_lora,
    ds_method_inflora;

/* method_lwf.c: the frozen copy on the lane's images (old classes only), and the loss of its
 * answers, added to dlogits. Counts like the other losses of a lane: a sum over images. */
void ds_old_forward(struct ds_lane *lane, const struct ds_vit_taps *taps);
double ds_lwf_loss(struct ds_lane *lane);

#endif
