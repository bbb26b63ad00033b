/* tests/fuzz/fuzz_torch.c -- damaged files of torch.save since PyTorch 1.6. */
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

    if (i < 2)
        make_torch_zip(&m, i);
    return m.n;
}
