/* tests/fuzz/fuzz_idx.c -- damaged idx files, plain and gzip. The first byte says whether the
 * rest is the file of the pictures or of the labels; the other one is sound. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <zlib.h>
#include "tests/fuzz/folder.h"

static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 6, 2, 0, 1, 2, 1, 0};
static const uint8_t head[] = {0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 5, 0, 0, 0, 7};
enum { PICTURES = sizeof head + 6 * 5 * 7 };

static void pictures(uint8_t *out)
{
    memcpy(out, head, sizeof head);
    for (size_t i = sizeof head; i < PICTURES; i++)
        out[i] = (uint8_t)(i * i / 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t sound[PICTURES];

    if (n == 0)
        return 0;
    pictures(sound);
    if (bytes[0] & 1) {
        ds_fuzz_put("train-labels-idx1-ubyte.gz", bytes + 1, n - 1);
        ds_fuzz_put("train-images-idx3-ubyte", sound, PICTURES);
    } else {
        ds_fuzz_put("train-labels-idx1-ubyte.gz", labels, sizeof labels);
        ds_fuzz_put("train-images-idx3-ubyte", bytes + 1, n - 1);
    }
    ds_fuzz_source(DS_TRAIN);
    return 0;
}

static size_t pack(uint8_t *out, size_t room, const uint8_t *bytes, size_t n)
{
    z_stream z = {0};

    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    z.next_in = (uint8_t *)(uintptr_t)bytes;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return room - z.avail_out;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    const int of_labels = i & 1, packed = i & 2;
    const size_t n = of_labels ? sizeof labels : PICTURES;
    uint8_t sound[PICTURES];

    if (i >= 4)
        return 0;
    pictures(sound);
    if (of_labels)
        memcpy(sound, labels, n);
    out[0] = (uint8_t)of_labels;
    if (packed)
        return 1 + pack(out + 1, room - 1, sound, n);
    memcpy(out + 1, sound, n);
    return 1 + n;
}
