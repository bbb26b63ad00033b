/* core/base/rng.c -- named, counter-based random streams. See the header. */
#include "core/base/rng.h"

#include <math.h>

static const uint64_t golden = 0x9E3779B97F4A7C15u;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t ds_rng_stream(uint64_t seed, const char *name)
{
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001B3u;
    return mix(hash + mix(seed + golden));
}

uint64_t ds_rng_sub(uint64_t stream, uint64_t index)
{
    return mix(stream ^ mix(index * golden + 0x632BE59BD9B4E019u));
}

uint64_t ds_rng_bits(uint64_t stream, uint64_t index)
{
    return mix(mix(stream + (index + 1) * golden) ^ stream);
}

double ds_rng_unit(uint64_t stream, uint64_t index)
{
    return (double)(ds_rng_bits(stream, index) >> 11) * 0x1p-53;
}

double ds_rng_normal(uint64_t stream, uint64_t index)
{
    const double u = 1.0 - ds_rng_unit(stream, 2 * index); /* (0, 1]: the logarithm is finite */
    const double v = ds_rng_unit(stream, 2 * index + 1);

    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

uint32_t ds_rng_below(uint64_t stream, uint64_t index, uint32_t n)
{
    return (uint32_t)(((ds_rng_bits(stream, index) >> 32) * (uint64_t)n) >> 32);
}

void ds_rng_shuffle(uint64_t stream, int *a, int n)
{
    for (int i = n - 1; i > 0; i--) {
        const int j = (int)ds_rng_below(stream, (uint64_t)i, (uint32_t)i + 1);
        const int swap = a[i];

        a[i] = a[j];
        a[j] = swap;
    }
}
