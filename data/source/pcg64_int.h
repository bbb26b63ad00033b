/* data/source/pcg64_int.h -- the random generator NumPy calls PCG64. For this room only.
 *
 * PCG XSL-RR 128/64 (O'Neill 2014), seeded through NumPy's SeedSequence, with NumPy's habit
 * of handing out 64 bits as two halves, the low one first. Only here to number classes as
 * published work does; everything else draws from core/base/rng. */
#ifndef DS_DATA_SOURCE_PCG64_INT_H
#define DS_DATA_SOURCE_PCG64_INT_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 ds_uint128; /* ISO C has no name for it */

struct ds_pcg64 {
    ds_uint128 state, increment;
    uint32_t high; /* the half not yet handed out */
    bool has_high;
};

/* numpy.random.PCG64(seed) */
void ds_pcg64_init(struct ds_pcg64 *g, uint64_t seed);

uint64_t ds_pcg64_next(struct ds_pcg64 *g);
uint32_t ds_pcg64_next32(struct ds_pcg64 *g);

/* 0 .. last, each as likely: NumPy's masked rejection. */
uint32_t ds_pcg64_upto(struct ds_pcg64 *g, uint32_t last);

#endif
