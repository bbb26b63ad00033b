/* tests/fuzz/fuzz_cifar.c -- damaged CIFAR-100 files. The first byte says whether the rest is
 * the file of the records or of the class names; the other one is sound. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include "tests/fuzz/folder.h"

enum { RECORD = 2 + 3072, RECORDS = 3, NAMES = 1000 };

static size_t names(uint8_t *out)
{
    size_t n = 0;

    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf((char *)out + n, NAMES - n, "kind_%d\n", i);
    return n;
}

static void records(uint8_t *out)
{
    for (size_t i = 0; i < (size_t)RECORDS * RECORD; i++)
        out[i] = (uint8_t)(i * i / 5);
    for (size_t r = 0; r < RECORDS; r++)
        out[r * RECORD + 1] = (uint8_t)(33 * r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t sound[RECORDS * RECORD];

    if (n == 0)
        return 0;
    if (bytes[0] & 1) {
        records(sound);
        ds_fuzz_put("train.bin", sound, sizeof sound);
        ds_fuzz_put("fine_label_names.txt", bytes + 1, n - 1);
    } else {
        ds_fuzz_put("fine_label_names.txt", sound, names(sound));
        ds_fuzz_put("train.bin", bytes + 1, n - 1);
    }
    ds_fuzz_source(DS_TRAIN);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    if (i >= 2 || room < 1 + RECORDS * RECORD)
        return 0;
    out[0] = (uint8_t)i;
    if (i == 1)
        return 1 + names(out + 1);
    records(out + 1);
    return 1 + RECORDS * RECORD;
}
