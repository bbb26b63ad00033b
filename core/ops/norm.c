/* core/ops/norm.c -- LayerNorm over the last axis. See the header for the formula. */
#include "core/ops/norm.h"

#include <math.h>
#include <stddef.h>
#include "core/ops/simd.h"

DS_INLINE void ds_norm_forward_body(float *y, float *mean, float *rstd, const float *x,
                                    const float *g, const float *b, int rows, int step,
                                    int channels, float eps)
{
    const size_t stride = (size_t)step * (size_t)channels;

    for (int r = 0; r < rows; r++, x += stride, y += channels) {
        float sum = 0, square = 0;

#pragma omp simd reduction(+ : sum)
        for (int c = 0; c < channels; c++)
            sum += x[c];
        sum /= (float)channels;
#pragma omp simd reduction(+ : square)
        for (int c = 0; c < channels; c++)
            square += (x[c] - sum) * (x[c] - sum);
        mean[r] = sum;
        rstd[r] = 1.0f / sqrtf(square / (float)channels + eps);
#pragma omp simd
        for (int c = 0; c < channels; c++)
            y[c] = g[c] * ((x[c] - sum) * rstd[r]) + b[c];
    }
}
DS_VARIANTS(, ds_norm_forward,
            (float *y, float *mean, float *rstd, const float *x, const float *g, const float *b,
             int rows, int step, int channels, float eps),
            (y, mean, rstd, x, g, b, rows, step, channels, eps))

DS_INLINE void weights_backward_body(float *restrict dg, float *restrict db,
                                     const float *restrict dy, const float *restrict x,
                                     const float *mean, const float *rstd, int rows,
                                     size_t stride, int channels)
{
    for (int r = 0; r < rows; r++, x += stride, dy += channels)
#pragma omp simd
        for (int c = 0; c < channels; c++) {
            dg[c] += dy[c] * ((x[c] - mean[r]) * rstd[r]);
            db[c] += dy[c];
        }
}
DS_VARIANTS(static, weights_backward,
            (float *dg, float *db, const float *dy, const float *x, const float *mean,
             const float *rstd, int rows, size_t stride, int channels),
            (dg, db, dy, x, mean, rstd, rows, stride, channels))

DS_INLINE void input_backward_body(float *restrict dx, const float *restrict dy,
                                   const float *restrict x, const float *restrict g,
                                   const float *mean, const float *rstd, int rows,
                                   size_t stride, int channels)
{
    for (int r = 0; r < rows; r++, x += stride, dx += stride, dy += channels) {
        const float m = mean[r], s = rstd[r];
        float e_sum = 0, en_sum = 0;

#pragma omp simd reduction(+ : e_sum, en_sum)
        for (int c = 0; c < channels; c++) {
            const float e = dy[c] * g[c];

            e_sum += e;
            en_sum += e * ((x[c] - m) * s);
        }
        e_sum /= (float)channels;
        en_sum /= (float)channels;
#pragma omp simd
        for (int c = 0; c < channels; c++)
            dx[c] += s * (dy[c] * g[c] - e_sum - (x[c] - m) * s * en_sum);
    }
}
DS_VARIANTS(static, input_backward,
            (float *dx, const float *dy, const float *x, const float *g, const float *mean,
             const float *rstd, int rows, size_t stride, int channels),
            (dx, dy, x, g, mean, rstd, rows, stride, channels))

void ds_norm_backward(float *dx, float *dg, float *db, const float *dy, const float *x,
                      const float *g, const float *mean, const float *rstd, int rows, int step,
                      int channels)
{
    const size_t stride = (size_t)step * (size_t)channels;

    if (dg && db)
        weights_backward(dg, db, dy, x, mean, rstd, rows, stride, channels);
    if (dx)
        input_backward(dx, dy, x, g, mean, rstd, rows, stride, channels);
}
