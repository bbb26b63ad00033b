/* core/ops/gate.c -- the gate of a SwiGLU MLP. See the header for the formula. */
#include "core/ops/gate.h"

#include <stddef.h>
#include "core/ops/simd.h"

DS_INLINE void forward_row_body(float *restrict y, float *restrict x,
                                const float *restrict bias, int n)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float a = x[c] + bias[c], b = x[c + n] + bias[c + n];
        const float s = 1.0f / (1.0f + ds_exp(-a)), silu = a * s;

        y[c] = silu * b;
        x[c] = b * (s + silu * (1.0f - s));
        x[c + n] = silu;
    }
}
DS_VARIANTS(static, forward_row, (float *y, float *x, const float *bias, int n),
            (y, x, bias, n))

/* y may be x's first half: place c is read before it is written. */
DS_INLINE void infer_row_body(float *y, const float *x, const float *restrict bias, int n)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float a = x[c] + bias[c], b = x[c + n] + bias[c + n];

        y[c] = a * (1.0f / (1.0f + ds_exp(-a))) * b;
    }
}
DS_VARIANTS(static, infer_row, (float *y, const float *x, const float *bias, int n),
            (y, x, bias, n))

void ds_gate_forward(float *y, float *x, const float *bias, int rows, int n)
{
    for (int r = 0; r < rows; r++, x += 2 * (size_t)n, y += n)
        forward_row(y, x, bias, n);
}

/* Row r of y ends where row r of x begins, or before (r > 0): rows above are read by then. */
void ds_gate_infer(float *y, const float *x, const float *bias, int rows, int n)
{
    for (int r = 0; r < rows; r++, x += 2 * (size_t)n, y += n)
        infer_row(y, x, bias, n);
}

DS_INLINE void backward_row_body(float *restrict d, const float *restrict slope, int n)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float dy = d[c];

        d[c] = dy * slope[c];
        d[c + n] = dy * slope[c + n];
    }
}
DS_VARIANTS(static, backward_row, (float *d, const float *slope, int n), (d, slope, n))

void ds_gate_backward(float *d, const float *slope, int rows, int n)
{
    for (int r = 0; r < rows; r++, d += 2 * (size_t)n, slope += 2 * (size_t)n)
        backward_row(d, slope, n);
}
