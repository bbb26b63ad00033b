/* core/retain/rollout.h -- from attention to where the network looks. Public header.
 *
 * images -> tokens -> attention -> [ROLLOUT] -> mask -> drift -> picture
 *
 * Abnar & Zuidema (2020, arXiv 2005.00928), layer by layer as ARCL-ViT uses it. With A_l the
 * heads of layer l fused into one matrix (their mean) and I the identity:
 *
 *     B_l = (A_l + I) / rowsum(A_l + I)
 *     R_1 = B_1,  R_l = B_l R_{l-1}
 *     map_l = R_l[CLS, patches]              not renormalised after the prefix is dropped
 *
 * Without a CLS token the map is the mean over all rows of R_l.
 *
 * A single row of every R_l needs no matrix of its own: row r of R_l is e_r B_l ... B_1, and
 * the rows of all layers go through B_k together, one product per layer. */
#ifndef DS_CORE_RETAIN_ROLLOUT_H
#define DS_CORE_RETAIN_ROLLOUT_H

#include <stddef.h>
#include "core/vit/vit.h"

enum { DS_ALL_ROWS = -1 };
enum ds_fusion { DS_FUSE_MEAN, DS_FUSE_MAX, DS_FUSE_MIN };

/* b [rows][N] = the first rows of B_l. attn [heads][rows][N]. mean [rows][N], if not NULL,
 * receives the fused attention without the identity. discard: the share of the matrix's
 * smallest entries set to 0 before I is added (entry [0][0] stays); needs rows == N and
 * `order` [N * N] scratch, otherwise give 0 and NULL. */
void ds_rollout_fuse(float *b, float *mean, const float *attn, int heads, int rows, int tokens,
                     enum ds_fusion fusion, double discard, float *order);

/* out [L][N]: row `row` of R_1 .. R_L, or the mean of their rows (DS_ALL_ROWS); b [L][N][N]
 * (of the last layer only row `row` is read); work [2 L N]. */
void ds_rollout_row(float *out, float *work, const float *b, int layers, int tokens, int row);

/* full [L][N][N]: all rows. */
void ds_rollout_full(float *full, const float *b, int layers, int tokens);

/* The maps of one image straight from a forward pass that kept its attention: map [L][P].
 * scratch: ds_rollout_scratch(v) floats. */
void ds_rollout_maps(float *map, float *scratch, const struct ds_vit *v,
                     const struct ds_vit_work *a, int image);
size_t ds_rollout_scratch(const struct ds_vit *v);

#endif
