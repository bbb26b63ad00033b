/* core/base/rng.h -- named, counter-based random streams. Public header.
 *
 * A number is a pure function of (seed, stream name, index): nothing hidden to save, nothing
 * to advance, and adding one consumer never shifts another.
 *
 *     const uint64_t crop = ds_rng_stream(seed, "crop");
 *     double u = ds_rng_unit(crop, image * 4 + 0);
 *
 * The mixing is SplitMix64's finaliser (Steele, Lea, Flood 2014), applied twice. */
#ifndef DS_CORE_BASE_RNG_H
#define DS_CORE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

uint64_t ds_rng_stream(uint64_t seed, const char *name);

/* A stream of a stream: one per task, epoch, image ... */
uint64_t ds_rng_sub(uint64_t stream, uint64_t index);

uint64_t ds_rng_bits(uint64_t stream, uint64_t index);              /* 64 uniform bits */
double ds_rng_unit(uint64_t stream, uint64_t index);                /* [0, 1) */
double ds_rng_normal(uint64_t stream, uint64_t index);              /* N(0, 1) */
uint32_t ds_rng_below(uint64_t stream, uint64_t index, uint32_t n); /* 0 .. n-1 */

/* Fisher-Yates over a[n]. */
void ds_rng_shuffle(uint64_t stream, int *a, int n);

#endif
