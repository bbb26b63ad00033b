/* tests/data/seal.h -- length and checksum of an HDF5 file made right, as anybody can. */
#ifndef DS_TESTS_DATA_SEAL_H
#define DS_TESTS_DATA_SEAL_H

#include <string.h>
#include "data/store/file_int.h"

static inline void seal(unsigned char *bytes, size_t n)
{
    const uint64_t length = n;
    uint32_t sum;

    memset(bytes, 0, 512);
    memcpy(bytes, "driftsc\n\1", 9);
    memcpy(bytes + 16, &length, 8);
    sum = ds_crc32c_more(0, bytes, n);
    memcpy(bytes + 12, &sum, 4);
}

#endif
