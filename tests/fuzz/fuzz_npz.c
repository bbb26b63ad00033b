/* tests/fuzz/fuzz_npz.c -- damaged npz files: stored, deflated, with sizes of 64 bits. */
#include "tests/fuzz/archive.h"
#include "tests/fuzz/fuzz.h"
#include "tests/weights/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ds_fuzz_zip(bytes, n);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    struct made m = {.out = out, .room = room};

    if (i < 4)
        make_npz(&m, i & 1 ? 8 : 0, i & 2);
    return m.n;
}
