/* core/ops/gelu.c -- the exact GELU. See the header for the formula. */
#include "core/ops/gelu.h"

#include <stddef.h>
#include "core/ops/simd.h"

/* Phi(x) and phi(x). The lower tail keeps its relative precision: it is not 1 - something. */
DS_INLINE float normal(float x, float *density)
{
    const float a = x < 0 ? -x : x;
    const float t = 1.0f / (1.0f + 0.3275911f * 0.70710678f * a);
    const float e = ds_exp(-0.5f * x * x);
    float p = 1.061405429f;

    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    p = 0.5f * p * t * e;
    *density = 0.39894228f * e;
    return x < 0 ? p : 1.0f - p;
}

DS_INLINE void forward_row_body(float *restrict y, float *restrict x,
                                const float *restrict bias, int n)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float v = x[c] + bias[c];
        float density;
        const float phi = normal(v, &density);

        y[c] = v * phi;
        x[c] = phi + v * density;
    }
}
DS_VARIANTS(static, forward_row, (float *y, float *x, const float *bias, int n),
            (y, x, bias, n))

DS_INLINE void infer_row_body(float *y, const float *x, const float *restrict bias, int n)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float v = x[c] + bias[c];
        float density;

        y[c] = v * normal(v, &density);
    }
}
DS_VARIANTS(static, infer_row, (float *y, const float *x, const float *bias, int n),
            (y, x, bias, n))

void ds_gelu_forward(float *y, float *x, const float *bias, int rows, int n)
{
    for (int r = 0; r < rows; r++, x += n, y += n)
        forward_row(y, x, bias, n);
}

void ds_gelu_infer(float *y, const float *x, const float *bias, int rows, int n)
{
    for (int r = 0; r < rows; r++, x += n, y += n)
        infer_row(y, x, bias, n);
}

DS_INLINE void ds_gelu_backward_body(float *dy, const float *slope, int rows, int n)
{
    const size_t count = (size_t)rows * (size_t)n;

#pragma omp simd
    for (size_t i = 0; i < count; i++)
        dy[i] *= slope[i];
}
DS_VARIANTS(, ds_gelu_backward, (float *dy, const float *slope, int rows, int n),
            (dy, slope, rows, n))
