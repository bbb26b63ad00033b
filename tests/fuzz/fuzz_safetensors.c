/* tests/fuzz/fuzz_safetensors.c -- damaged safetensors files and indexes of such, as archives;
 * a part stands beside them, whole. And a checkpoint, though its checksum stops all damage. */
#include <stdbool.h>

#include "data/store/h5.h"
#include "tests/fuzz/archive.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/weights/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static bool beside;
    uint8_t part[512];
    struct made m = {.out = part, .room = sizeof part};

    if (!beside) {
        make_safetensors(&m);
        ds_fuzz_put("part", part, m.n);
        beside = true;
    }
    ds_fuzz_archive(bytes, n);
    return 0;
}

static void put_checkpoint(struct made *m)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    unsigned char *bytes;
    size_t n;

    if (!ds_bundle_floats(&b, "w", made_floats, 1, (const int64_t[]){6}, NULL, &err) ||
        !ds_bundle_floats(&b, "v", made_floats, 1, (const int64_t[]){2}, NULL, &err) ||
        ds_h5_encode(&bytes, &n, &b, &err))
        abort();
    put(m, bytes, n);
    free(bytes);
    ds_bundle_clear(&b);
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    struct made m = {.out = out, .room = room};

    if (i == 0)
        make_safetensors(&m);
    if (i == 1) {
        put_number(&m, 71, 8);
        put_text(&m, "{\"a\":{\"dtype\":\"I8\",\"shape\":[1,1,2,1,1,1,1,1],\"data_offsets\":[0,"
                     "2]}}    ");
        put_text(&m, "xy");
    }
    if (i == 2)
        put_text(&m, "{\"weight_map\":{\"w\":\"part\",\"half\":\"part\"}}");
    if (i == 3)
        put_checkpoint(&m);
    if (i == 4)
        put_text(&m, "{\"weight_map\":{\"a\":\"weights\",\"b\":\"missing.bin\"}}");
    return m.n;
}
