/* tests/fuzz/fuzz_safetensors.c -- damaged safetensors files, as archives. */
#include "tests/fuzz/archive.h"
#include "tests/fuzz/fuzz.h"
#include "tests/weights/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ds_fuzz_archive(bytes, n);
    return 0;
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
        put_text(&m, "{\"weight_map\":{\"a\":\"weights\",\"b\":\"missing.bin\"}}");
    return m.n;
}
