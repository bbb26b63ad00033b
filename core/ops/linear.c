/* core/ops/linear.c -- rows and vectors around the matrix products. See the header. */
#include "core/ops/linear.h"

#include <string.h>
#include "core/ops/simd.h"

void ds_rows_fill(float *y, size_t ldy, const float *bias, int m, int n)
{
    for (int r = 0; r < m; r++, y += ldy)
        if (bias)
            memcpy(y, bias, (size_t)n * sizeof *y);
        else
            memset(y, 0, (size_t)n * sizeof *y);
}

DS_INLINE void add_rows_body(float *y, const float *x, const float *bias, int m, int n,
                             size_t ld)
{
    for (int r = 0; r < m; r++, y += ld, x += ld)
#pragma omp simd
        for (int c = 0; c < n; c++)
            y[c] = x[c] + bias[c];
}
DS_VARIANTS(static, add_rows,
            (float *y, const float *x, const float *bias, int m, int n, size_t ld),
            (y, x, bias, m, n, ld))

void ds_rows_copy(float *y, const float *x, const float *bias, int m, int n, size_t ld)
{
    if (bias) {
        add_rows(y, x, bias, m, n, ld);
        return;
    }
    for (int r = 0; y != x && r < m; r++, y += ld, x += ld)
        memcpy(y, x, (size_t)n * sizeof *y);
}

DS_INLINE void ds_rows_scale_add_body(float *y, const float *x, const float *gamma,
                                      const float *t, int m, int n, size_t ld)
{
    for (int r = 0; r < m; r++, y += ld, x += ld, t += n)
#pragma omp simd
        for (int c = 0; c < n; c++)
            y[c] = x[c] + gamma[c] * t[c];
}
DS_VARIANTS(, ds_rows_scale_add,
            (float *y, const float *x, const float *gamma, const float *t, int m, int n,
             size_t ld),
            (y, x, gamma, t, m, n, ld))

DS_INLINE void sum_rows_body(float *restrict out, const float *restrict dy, int m, int n,
                             size_t ld)
{
    for (int r = 0; r < m; r++, dy += ld)
#pragma omp simd
        for (int c = 0; c < n; c++)
            out[c] += dy[c];
}
DS_VARIANTS(static, sum_rows, (float *out, const float *dy, int m, int n, size_t ld),
            (out, dy, m, n, ld))

DS_INLINE void sum_products_body(float *restrict out, const float *restrict dy,
                                 const float *restrict t, int m, int n, size_t ld, size_t ldt)
{
    for (int r = 0; r < m; r++, dy += ld, t += ldt)
#pragma omp simd
        for (int c = 0; c < n; c++)
            out[c] += dy[c] * t[c];
}
DS_VARIANTS(static, sum_products,
            (float *out, const float *dy, const float *t, int m, int n, size_t ld, size_t ldt),
            (out, dy, t, m, n, ld, ldt))

void ds_rows_sum(float *out, const float *dy, size_t ld, const float *t, size_t ldt, int m,
                 int n)
{
    if (t)
        sum_products(out, dy, t, m, n, ld, ldt);
    else
        sum_rows(out, dy, m, n, ld);
}

DS_INLINE void ds_rows_scale_body(float *y, size_t ldy, const float *x, size_t ldx,
                                  const float *gamma, int m, int n)
{
    for (int r = 0; r < m; r++, y += ldy, x += ldx)
#pragma omp simd
        for (int c = 0; c < n; c++)
            y[c] = gamma[c] * x[c];
}
DS_VARIANTS(, ds_rows_scale,
            (float *y, size_t ldy, const float *x, size_t ldx, const float *gamma, int m,
             int n),
            (y, ldy, x, ldx, gamma, m, n))

DS_INLINE void ds_rows_weigh_body(float *y, size_t ldy, const float *x, size_t ldx,
                                  const float *w, int m, int n)
{
    for (int r = 0; r < m; r++, y += ldy, x += ldx)
#pragma omp simd
        for (int c = 0; c < n; c++)
            y[c] = w[r] * x[c];
}
DS_VARIANTS(, ds_rows_weigh,
            (float *y, size_t ldy, const float *x, size_t ldx, const float *w, int m, int n),
            (y, ldy, x, ldx, w, m, n))
