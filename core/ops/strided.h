/* core/ops/strided.h -- a float matrix seen along k, the way a product sums. For core/ops/mul
 * and the kernels under it. */
#ifndef DS_CORE_OPS_STRIDED_H
#define DS_CORE_OPS_STRIDED_H

#include <stddef.h>

/* Element (i, k) is x[i side + k deep] times a factor; one of the two distances is 1. */
struct ds_strided {
    const float *x;
    size_t side, deep;
    float factor;
};

/* k runs along the rows of a matrix, ld floats apart, or down its columns. */
static inline struct ds_strided ds_along_rows(const float *x, int ld, float factor)
{
    return (struct ds_strided){x, (size_t)ld, 1, factor};
}

static inline struct ds_strided ds_down_columns(const float *x, int ld, float factor)
{
    return (struct ds_strided){x, 1, (size_t)ld, factor};
}

/* The same matrix from element (i, k) on. */
static inline struct ds_strided ds_strided_from(struct ds_strided s, int i, int k)
{
    s.x += (size_t)i * s.side + (size_t)k * s.deep;
    return s;
}

#endif
