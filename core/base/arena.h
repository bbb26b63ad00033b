/* core/base/arena.h -- memory with a plan. Public header.
 *
 * An arena is one block, reserved once and given back once. Reserving can fail; taking
 * cannot: the plan said how much, and a wrong plan is a bug. Run the taking code first on
 * a zeroed arena (base NULL): it only counts; then reserve `peak` bytes and run it again.
 *
 *     struct ds_arena a = {0};
 *     plan(&a);                               counts
 *     if (ds_arena_reserve(&a, err)) ...      one allocation, zeroed pages
 *     plan(&a);                               takes
 */
#ifndef DS_CORE_BASE_ARENA_H
#define DS_CORE_BASE_ARENA_H

#include <stddef.h>
#include "core/base/err.h"

struct ds_arena {
    unsigned char *base; /* NULL while planning */
    size_t size, used, peak;
};

/* Reserves a->peak bytes (64-byte aligned, zeroed) and rewinds. DS_NOMEM. */
int ds_arena_reserve(struct ds_arena *a, struct ds_err *err);

/* Gives the block back; a zeroed arena is fine. */
void ds_arena_clear(struct ds_arena *a);

/* `bytes` bytes, 64-byte aligned; NULL only while planning. Saturates instead of wrapping. */
void *ds_arena_take(struct ds_arena *a, size_t bytes);

/* count floats / ints; the product is checked. */
float *ds_arena_floats(struct ds_arena *a, size_t count);
int *ds_arena_ints(struct ds_arena *a, size_t count);
double *ds_arena_doubles(struct ds_arena *a, size_t count);

#endif
