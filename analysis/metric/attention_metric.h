/* analysis/metric/attention_metric.h -- attention matrices described head by head. Public
 * header.
 *
 * Input: the probabilities of one layer and one image, float a[H][N][N], row i being what token
 * i attends to; tokens are prefix tokens first (CLS, registers), then the patches of the grid
 * row by row. Output: one double per head.
 *
 *     distance    mean_i sum_j A~_ij |r_i - r_j|, patches only, rows of A~ sum to 1
 *     diagonal    mean_i A_ii
 *     prefix      mean_i sum_{j < prefix} A_ij, over patch queries i
 *     sink        max_j mean_i A_ij, the column that collects most
 *     entropy     mean_i H(A_i), nat
 *     diversity   mean_{g != h} mean_i JS(A_h,i, A_g,i), bit
 *
 * The distance is in patches: times the patch size it is in pixels (Dosovitskiy 2020; Raghu
 * 2021). Sinks: Xiao 2023; entropy: Clark 2019, Zhai 2023. The mean of the diversity over heads
 * is the mean over all pairs of heads.
 *
 * Kernels: nothing is allocated. A head that holds a negative or infinite entry, or an empty
 * row, is NAN; where heads are compared, so are all. */
#ifndef DS_ANALYSIS_METRIC_ATTENTION_METRIC_H
#define DS_ANALYSIS_METRIC_ATTENTION_METRIC_H

#include <stddef.h>
#include "analysis/metric/metric.h"

struct ds_attention_shape {
    int heads, tokens, prefix; /* tokens = prefix + height * width */
    int height, width;         /* the patch grid */
};

/* out[H]; scratch of ds_attention_scratch doubles. */
typedef void ds_attention_of(double *out, const float *a, const struct ds_attention_shape *s,
                             double *scratch);

struct ds_attention_metric {
    const char *key, *name, *formula, *unit;
    double lo, hi; /* range; may be infinite */
    int least;     /* heads the formula needs */
    ds_attention_of *of;
};

extern const struct ds_attention_metric ds_attention_metrics[]; /* ends with a NULL key */

const struct ds_attention_metric *ds_attention_lookup(const char *key); /* or NULL */

size_t ds_attention_scratch(const struct ds_attention_shape *s); /* doubles */

/* of() behind the checks all share. Returns why some head is NAN, DS_DEFINED where none is:
 * DS_UNDEFINED_GRID (sizes that do not fit: every head is NAN), DS_UNDEFINED_SHORT (too few
 * heads, or no patch), DS_UNDEFINED_INFINITE, DS_UNDEFINED_NEGATIVE, DS_UNDEFINED_ZERO (an
 * empty row). */
enum ds_undefined ds_attention_value(double *out, const struct ds_attention_metric *m,
                                     const float *a, const struct ds_attention_shape *s,
                                     double *scratch);

/* Column mass, out[H][N]: mean_i A_ij, who is attended to; a row sums to 1. */
void ds_attention_columns(double *out, const float *a, const struct ds_attention_shape *s);

#endif
