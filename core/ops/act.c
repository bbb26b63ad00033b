/* core/ops/act.c -- the activations of an MLP. See the header for the formulas. */
#include "core/ops/act.h"

#include "core/ops/gelu.h"
#include "core/ops/simd.h"

/* z = x (linear + cubic x^2): of tanh gelu 2 sqrt(2/pi) and 0.044715 times that. */
struct curve {
    float linear, cubic;
};

static const struct curve curves[DS_ACTS] = {
    [DS_ACT_GELU_TANH] = {1.59576912f, 0.0713548163f},
    [DS_ACT_QUICK_GELU] = {1.702f, 0},
};

DS_INLINE void forward_row_body(float *restrict y, float *restrict x,
                                const float *restrict bias, int n, struct curve k)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float v = x[c] + bias[c];
        const float s = 1.0f / (1.0f + ds_exp(-v * (k.linear + k.cubic * v * v)));

        y[c] = v * s;
        x[c] = s + v * s * (1.0f - s) * (k.linear + 3.0f * k.cubic * v * v);
    }
}
DS_VARIANTS(static, forward_row, (float *y, float *x, const float *bias, int n, struct curve k),
            (y, x, bias, n, k))

DS_INLINE void infer_row_body(float *y, const float *x, const float *restrict bias, int n,
                              struct curve k)
{
#pragma omp simd
    for (int c = 0; c < n; c++) {
        const float v = x[c] + bias[c];

        y[c] = v * (1.0f / (1.0f + ds_exp(-v * (k.linear + k.cubic * v * v))));
    }
}
DS_VARIANTS(static, infer_row,
            (float *y, const float *x, const float *bias, int n, struct curve k),
            (y, x, bias, n, k))

void ds_act_forward(enum ds_act act, float *y, float *x, const float *bias, int rows, int n)
{
    if (act == DS_ACT_GELU) {
        ds_gelu_forward(y, x, bias, rows, n);
        return;
    }
    for (int r = 0; r < rows; r++, x += n, y += n)
        forward_row(y, x, bias, n, curves[act]);
}

void ds_act_infer(enum ds_act act, float *y, const float *x, const float *bias, int rows, int n)
{
    if (act == DS_ACT_GELU) {
        ds_gelu_infer(y, x, bias, rows, n);
        return;
    }
    for (int r = 0; r < rows; r++, x += n, y += n)
        infer_row(y, x, bias, n, curves[act]);
}
