/* tests/fuzz/archive.c -- a damaged file of weights is opened and, if it opens, read whole. */
#include "tests/fuzz/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/archive/archive.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

enum { ELEMENTS_MAX = 1 << 20 }; /* of one tensor: stride 0 makes any number of a few bytes */

static void read_tensor(const struct ds_archive *a, const struct ds_stored *t)
{
    const int64_t count = ds_stored_count(t);
    float *values;

    if (ds_archive_lookup(a, t->name) != t || count < 0 || count > 1 << 30 || t->rank > 8)
        abort();
    if (count > ELEMENTS_MAX)
        return;
    values = ds_fuzz_take(((size_t)count + 1) * sizeof *values);
    ds_stored_floats(values, t);
    free(values);
}

void ds_fuzz_archive(const uint8_t *bytes, size_t n)
{
    struct ds_archive a;
    struct ds_err err = {0};
    char path[1024];

    snprintf(path, sizeof path, "%s/weights", ds_fuzz_folder());
    ds_fuzz_put("weights", bytes, n);
    if (!ds_archive_open(&a, path, &err)) {
        for (int i = 0; i < a.count; i++)
            read_tensor(&a, &a.tensor[i]);
        if (!a.container)
            abort();
        ds_archive_close(&a);
    } else {
        ds_fuzz_refused(&err);
        if (a.own || a.tensor)
            abort(); /* a refusal leaves nothing */
    }
}

void ds_fuzz_zip(const uint8_t *bytes, size_t n)
{
    uint8_t *blind = ds_fuzz_take(n + 1);

    ds_fuzz_archive(bytes, n);
    memcpy(blind, bytes, n);
    for (size_t at = 0; at + 20 <= n; at++)
        if (!memcmp(blind + at, "PK\1\2", 4))
            memset(blind + at + 16, 0, 4);
    ds_fuzz_archive(blind, n);
    free(blind);
}
