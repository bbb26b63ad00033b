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
 * Without a CLS token the map is the mean over all rows of R_l. Rollout may begin at a later
 * layer s (Chefer et al.'s start_layer): the product starts with B_s, and R_l = I below it.
 *
 * A single row of every R_l needs no matrix of its own: row r of R_l is e_r B_l ... B_1, and
 * the rows of all layers go through B_k together, one product per layer.
 *
 * Most pictures of rollout come from vit-explain, which also fuses heads by max or min and
 * discards small entries, and which divides column j (not row j) by the sum of row j
 * (https://github.com/jacobgil/vit-explain/issues/16). DS_NORM_VIT_EXPLAIN repeats that slip,
 * for comparison with its pictures; with mean fusion and nothing discarded all sums are equal
 * and nothing changes. */
#ifndef DS_CORE_RETAIN_ROLLOUT_H
#define DS_CORE_RETAIN_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/vit/vit.h"

enum { DS_ALL_ROWS = -1 };
enum ds_fusion { DS_FUSE_MEAN, DS_FUSE_MAX, DS_FUSE_MIN };
enum ds_rollout_norm { DS_NORM_ROWS, DS_NORM_VIT_EXPLAIN };

/* How a layer's heads become B_l; zeros are the method's. With discard > 0 or the slipped norm
 * all rows of every layer are needed (DS_WANT_FULL). */
struct ds_rollout_rule {
    enum ds_fusion fusion;
    double discard; /* share of the matrix's smallest entries set to 0 before I is added */
    enum ds_rollout_norm norm;
};

/* The row a network's maps are made of: CLS, or the mean of all. */
static inline int ds_rollout_own_row(const struct ds_vit_shape *s)
{
    return s->cls ? 0 : DS_ALL_ROWS;
}

/* b [rows][N] = the first rows of B_l. attn [heads][rows][N]. mean [rows][N], if not NULL,
 * receives the fused attention without the identity. discard: the share of the matrix's
 * smallest entries set to 0 before I is added (entry [0][0] stays); needs rows == N and
 * `order` [N * N] scratch, otherwise give 0 and NULL. */
void ds_rollout_fuse(float *b, float *mean, const float *attn, int heads, int rows, int tokens,
                     enum ds_fusion fusion, double discard, float *order);

/* The same by a rule; order [N * N] scratch where it discards or slips, else NULL. */
void ds_rollout_fuse_by(float *b, float *mean, const float *attn, int heads, int rows,
                        int tokens, const struct ds_rollout_rule *rule, float *order);

/* The same head by head, number 0 .. heads - 1, for who has only one of them at a time: with
 * the last, b is finished. The same bits. */
void ds_rollout_take_head(float *b, const float *head, int number, int heads, int rows,
                          int tokens, const struct ds_rollout_rule *rule, float *order);

/* mean [count] of the heads' tiles, head by head, without I; finished with the last one. */
void ds_rollout_mean_head(float *mean, const float *head, int number, int heads, size_t count);

/* Steps of it: int(count share) smallest entries become 0, equal ones from the front (spare:
 * entry 0 is put back); I is added and the norm taken (slipped: rows = N, order [N]). */
void ds_rollout_discard(float *a, size_t count, double share, bool spare, float *order);
void ds_rollout_normalise(float *b, int rows, int tokens, enum ds_rollout_norm norm,
                          float *order);

/* out [L][N]: row `row` of R_1 .. R_L, or the mean of their rows (DS_ALL_ROWS); b [L][N][N]
 * (of the last layer only row `row` is read); work [2 L N]. */
void ds_rollout_row(float *out, float *work, const float *b, int layers, int tokens, int row);

/* One step of it, from the last layer downwards: now [above][N] are rows of the layers above,
 * taken down to the inputs of theirs; next [above + 1][N]: this layer's row, then those. */
void ds_rollout_descend(float *next, const float *now, const float *b, int above, int tokens,
                        int row);

/* rows [layers][N]: row `row` of I, what rollout has below the layer it begins at. */
void ds_rollout_identity(float *rows, int layers, int tokens, int row);

/* full [L][N][N]: all rows. */
void ds_rollout_full(float *full, const float *b, int layers, int tokens);

/* map [L][P] from rows [L][N]: what is behind the prefix. */
void ds_rollout_patches(float *map, const float *rows, const struct ds_vit_shape *s);

/* map /= its largest value, as vit-explain shows them; nothing above 0: left alone. */
void ds_rollout_by_largest(float *map, int count);

/* The maps of one image straight from a forward pass that kept its attention: map [L][P].
 * scratch: ds_rollout_scratch(v) floats. */
void ds_rollout_maps(float *map, float *scratch, const struct ds_vit *v,
                     const struct ds_vit_work *a, int image);
size_t ds_rollout_scratch(const struct ds_vit *v);

#endif
