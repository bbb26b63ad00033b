/* analysis/look/look_pair.h -- two looks at the same pictures, side by side. Public header.
 *
 *     pictures -> look A, look B -> the pictures both have read -> maps on one grid -> drift
 *
 * drift.h compares records; a look holds one (the rollout of its CLS row) and, beside it, the
 * maps that were asked for. The functions here make of two looks two records that fit. */
#ifndef DS_ANALYSIS_LOOK_LOOK_PAIR_H
#define DS_ANALYSIS_LOOK_LOOK_PAIR_H

#include "analysis/look/look.h"

/* Leaves in both the pictures that both have read (they may have left out different ones), in
 * their order. DS_DATA when none is left, DS_NOMEM. */
int ds_look_match(struct ds_look *a, struct ds_look *b, struct ds_err *err);

/* All maps onto a grid of height x width patches that cover the same picture: every patch
 * hands its attention to the patches it overlaps, in proportion to the area. Sums are kept (to
 * rounding), nothing turns negative, and from a finer grid to one that divides it patches are
 * added up. Split points are taken anew. Pictures and probe images keep their grid. DS_USAGE,
 * DS_NOMEM. */
int ds_look_resample(struct ds_look *l, int height, int width, struct ds_err *err);

/* The maps that were asked for, as a record: everything in it is borrowed from l, never clear
 * it. by_head: the L H maps of the heads, layer by layer, as that many layers; l->head must be
 * there. */
struct ds_record ds_look_shown(const struct ds_look *l, bool by_head);

#endif
