/* core/base/hash.c -- recognising bytes again. See the header. */
#include "core/base/hash.h"

#include <string.h>
#include "core/base/rng.h"

/* Words are mixed into a chain, the length last. */
uint64_t ds_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    uint64_t word;

    for (size_t i = 0; i + 8 <= n; i += 8) {
        memcpy(&word, at + i, 8);
        hash = ds_rng_sub(hash, word);
    }
    word = 0;
    memcpy(&word, at + (n & ~(size_t)7), n & 7);
    return ds_rng_sub(ds_rng_sub(hash, word), n);
}
