/* core/ops/norm.h -- LayerNorm over the last axis. Public header.
 *
 *     y = g n + b,   n = (x - mean) rstd,   rstd = 1 / sqrt(var + eps)
 *
 * With e = dy g, averaging over the C channels:
 *
 *     dx += rstd (e - mean(e) - n mean(e n)),   dg += dy n,   db += dy
 *
 * Rows are `step` apart (in units of C floats) in x and dx, so that the CLS rows of a
 * [B][N][C] tensor are rows too; y, dy, mean and rstd are dense. dx, or dg and db, may be
 * NULL. */
#ifndef DS_CORE_OPS_NORM_H
#define DS_CORE_OPS_NORM_H

void ds_norm_forward(float *y, float *mean, float *rstd, const float *x, const float *g,
                     const float *b, int rows, int step, int channels, float eps);

void ds_norm_backward(float *dx, float *dg, float *db, const float *dy, const float *x,
                      const float *g, const float *mean, const float *rstd, int rows, int step,
                      int channels);

#endif
