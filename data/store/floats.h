/* data/store/floats.h -- stored numbers of every type as float32. Public header.
 *
 * Each number is rounded once, to nearest (ties to even); float16, bfloat16 and the small
 * integers are exact. The source need not be aligned: files do not care. Loops over float16
 * and bfloat16 are integer arithmetic in vectors, so flushing denormals changes nothing. */
#ifndef DS_DATA_STORE_FLOATS_H
#define DS_DATA_STORE_FLOATS_H

#include <stddef.h>
#include "data/store/bundle.h"

/* out[n] from n little-endian numbers of that type. DS_USAGE for DS_STRING. */
int ds_floats_from(float *out, const void *from, enum ds_type type, size_t n);

#endif
