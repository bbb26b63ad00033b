/* core/base/hash.h -- recognising bytes again. Public header.
 *
 * 64 bits, mixed as the random streams are: for content that nobody forges. The order of calls
 * matters, and so does the length of each:
 *
 *     uint64_t h = ds_rng_stream(0, "what it is");
 *     h = ds_hash(h, bytes, n);
 */
#ifndef DS_CORE_BASE_HASH_H
#define DS_CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t ds_hash(uint64_t hash, const void *bytes, size_t n);

#endif
