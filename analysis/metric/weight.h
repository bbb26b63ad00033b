/* analysis/metric/weight.h -- how far the weights moved, and what they can do. Public header.
 *
 * Plain float arrays as core/vit/shape.h lays them out: Linear weights are [out][in],
 * attn.qkv.weight is [3C][C] with the rows of q, k, v one after the other and heads one after
 * the other in each third. All sums run in double. What does not exist (a reference that is 0)
 * is NAN. Nothing is allocated: scratch is lent, in doubles. */
#ifndef DS_ANALYSIS_METRIC_WEIGHT_H
#define DS_ANALYSIS_METRIC_WEIGHT_H

#include <stdbool.h>
#include <stddef.h>

/* |w - w0| / |w0|; NAN where w0 is 0 everywhere. */
double ds_weight_change(const float *w0, const float *w, size_t count);

/* The same of the thirds q, k, v of a qkv weight [3C][C] or bias [3C]: `count` is a third. */
void ds_qkv_change(double change[3], const float *qkv0, const float *qkv, size_t count);

/* The largest singular value of w[m][n], by power iteration on W^T W from a fixed random start.
 * `residual` = |W^T W v - sigma^2 v| / sigma^2 says how good it is: some squared singular value
 * lies within that share of sigma^2, and with a gap to the next one the error is its square
 * over the gap. It converges as (sigma2 / sigma1)^2 per step; after `most` steps it stops. */
struct ds_top_singular {
    double sigma, residual; /* NAN for an infinite entry; sigma 0 for a zero matrix */
    int iterations;
    bool converged; /* residual <= 1e-8 */
};

void ds_top_singular_of(struct ds_top_singular *t, const float *w, int m, int n, int most,
                        double *scratch);
size_t ds_top_singular_scratch(int n);

/* |W|_F^2 / sigma^2, from 1 to min(m, n): how many directions carry the weight. NAN for a zero
 * matrix. `t` is of the same w. */
double ds_stable_rank(const float *w, int m, int n, const struct ds_top_singular *t);

/* What a head does with its inputs, whatever its inner basis: the QK circuit W_q,h^T W_k,h
 * decides who attends to whom, the OV circuit W_o,h W_v,h what is then moved (Elhage 2021).
 * change[H] = |C_t - C_s|_F / |C_s|_F of each head, without forming C [C][C]: with
 * C_t - C_s = dA^T B_t + A_s^T dB all norms are traces of products of [D][D] matrices, and
 * small changes lose no digits. A head that was only rotated inside has changed by rounding
 * (near 1e-8). Biases are left out. */
void ds_qk_change(double *change, const float *qkv_s, const float *qkv_t, int dim, int heads,
                  double *scratch);
/* proj: attn.proj.weight [C][C]. */
void ds_ov_change(double *change, const float *qkv_s, const float *proj_s, const float *qkv_t,
                  const float *proj_t, int dim, int heads, double *scratch);
size_t ds_circuit_scratch(int dim, int heads);

#endif
