/* core/base/size.h -- products that become amounts of memory. Public header.
 *
 * Sizes come from options and from files; their product may be more than size_t holds. It then
 * stays at SIZE_MAX, which every allocator refuses: who multiplies need not look, only who
 * allocates. Factors of 0 give 0.
 *
 *     float *x = malloc(ds_sizes(images, layers, patches, sizeof *x)); */
#ifndef DS_CORE_BASE_SIZE_H
#define DS_CORE_BASE_SIZE_H

#include <stddef.h>
#include <stdint.h>

static inline size_t ds_mul_size(size_t a, size_t b)
{
    size_t product;

    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

/* Of four factors; write 1 for those that are missing. */
static inline size_t ds_sizes(size_t a, size_t b, size_t c, size_t d)
{
    return ds_mul_size(ds_mul_size(a, b), ds_mul_size(c, d));
}

#endif
