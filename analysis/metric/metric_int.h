/* analysis/metric/metric_int.h -- the kernels behind the metric table. For analysis only. */
#ifndef DS_ANALYSIS_METRIC_METRIC_INT_H
#define DS_ANALYSIS_METRIC_METRIC_INT_H

#include "analysis/metric/metric.h"

/* metric_vector.c: maps as vectors */
ds_metric_of ds_map_relative_frobenius, ds_map_l1, ds_map_l2, ds_map_relative_l2, ds_map_cosine,
    ds_map_pearson;
/* metric_distribution.c: maps as distributions over patches; metric_emd.c: with a distance */
ds_metric_of ds_map_total_variation, ds_map_kl, ds_map_js, ds_map_hellinger, ds_map_emd;
/* metric_mask.c: maps as masks */
ds_metric_of ds_map_iou, ds_map_dice, ds_map_iou_top10, ds_map_dice_top10, ds_map_iou_top20,
    ds_map_dice_top20, ds_map_iou_mass60, ds_map_dice_mass60, ds_map_iou_sd1, ds_map_dice_sd1;
/* metric_rank.c: the order of patches */
ds_metric_of ds_map_spearman, ds_map_kendall;
/* metric_space.c: maps as pictures */
ds_metric_of ds_map_ssim, ds_map_centroid, ds_map_peak;
/* metric_spread.c: one number of each map, and its change */
ds_metric_of ds_map_entropy, ds_map_entropy_share, ds_map_effective, ds_map_prefix, ds_map_sink;

double ds_map_undefined(struct ds_metric_ctx *ctx, enum ds_undefined why); /* NAN */

/* The sum of a distribution's weights; 0 after recording why it is none. */
double ds_map_mass(const double *p, int n, struct ds_metric_ctx *ctx);

size_t ds_emd_scratch(int n); /* bytes */

#endif
