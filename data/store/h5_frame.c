/* data/store/h5_frame.c -- the 512 bytes in front of HDF5: is this ours, and whole? See h5.h.
 */
#include <stdint.h>
#include <string.h>

#include "data/store/file_int.h"
#include "data/store/h5.h"
#include "data/store/h5_int.h"

enum { MAJOR_AT = 8, MINOR_AT = 10, SUM_AT = 12, LENGTH_AT = 16, ZEROS_AT = 24 };

static const unsigned char magic[8] = {'d', 'r', 'i', 'f', 't', 's', 'c', '\n'};
static const unsigned char hdf5_magic[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

static void put(unsigned char *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t take(const unsigned char *from, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

/* The checksum that stands in the file cannot cover itself: it counts as zeros. */
static uint32_t checksum(const unsigned char *bytes, size_t n)
{
    unsigned char block[DS_H5_BLOCK];

    memcpy(block, bytes, sizeof block);
    put(block + SUM_AT, 0, 4);
    return ds_crc32c_more(ds_crc32c_more(0, block, sizeof block), bytes + sizeof block,
                          n - sizeof block);
}

void ds_h5_seal(unsigned char *bytes, size_t n)
{
    memset(bytes, 0, DS_H5_BLOCK);
    memcpy(bytes, magic, sizeof magic);
    put(bytes + MAJOR_AT, DS_STORE_MAJOR, 2);
    put(bytes + MINOR_AT, DS_STORE_MINOR, 2);
    put(bytes + LENGTH_AT, n, 8);
    put(bytes + SUM_AT, checksum(bytes, n), 4);
}

static int refuse_foreign(const unsigned char *bytes, size_t n, const char *file,
                          struct ds_err *err)
{
    const size_t have = n < sizeof magic ? n : sizeof magic;

    if (n == 0)
        return ds_fail(err, DS_DATA, "%s: is empty, expected a file written by driftscope",
                       file);
    if (!memcmp(bytes, magic, have))
        return 0;
    if (!memcmp(bytes, hdf5_magic, have))
        return ds_fail(
            err, DS_DATA,
            "%s: is an HDF5 file that driftscope did not write, expected a run.h5 or "
            "a checkpoint of a run",
            file);
    return ds_fail(err, DS_DATA,
                   "%s: is not a file written by driftscope, expected a run.h5 or a checkpoint "
                   "of a run",
                   file);
}

int ds_h5_verify(const unsigned char *bytes, size_t n, const char *file, struct ds_err *err)
{
    uint64_t major, minor, length, sum;
    uint32_t found;
    int code;

    if ((code = refuse_foreign(bytes, n, file, err)))
        return code;
    if (n < DS_H5_BLOCK)
        return ds_fail(err, DS_DATA, "%s: is cut off after %zu bytes; use another copy", file,
                       n);
    major = take(bytes + MAJOR_AT, 2);
    minor = take(bytes + MINOR_AT, 2);
    length = take(bytes + LENGTH_AT, 8);
    sum = take(bytes + SUM_AT, 4);
    if (major > DS_STORE_MAJOR)
        return ds_fail(
            err, DS_DATA,
            "%s: has format %u.%u, this driftscope reads up to %d.x; use a newer one", file,
            (unsigned)major, (unsigned)minor, DS_STORE_MAJOR);
    if (length != n)
        return ds_fail(err, DS_DATA,
                       "%s: has %zu bytes, its header says %llu; use another copy", file, n,
                       (unsigned long long)length);
    if ((found = checksum(bytes, n)) != sum)
        return ds_fail(
            err, DS_DATA,
            "%s: is damaged: its checksum is %08x, its header says %08x; use another "
            "copy",
            file, (unsigned)found, (unsigned)sum);
    for (int i = ZEROS_AT; i < DS_H5_BLOCK; i++)
        if (bytes[i])
            return ds_fail(err, DS_DATA, "%s: byte %d of the header is 0x%02x, expected 0",
                           file, i, bytes[i]);
    return 0;
}
