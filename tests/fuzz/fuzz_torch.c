/* tests/fuzz/fuzz_torch.c -- damaged files of torch.save since PyTorch 1.6. */
#include "tests/fuzz/archive.h"
#include "tests/fuzz/fuzz.h"
#include "tests/weights/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ds_fuzz_zip(bytes, n);
    return 0;
}

/* Besides files as PyTorch writes them: one that begins with an object of another kind. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    uint8_t bytes[512];
    struct made m = {.out = out, .room = room}, p = {.out = bytes, .room = sizeof bytes};

    if (i < 2)
        make_torch_zip(&m, i);
    if (i == 2) {
        put_text(&p, "](cmine\nNet\n)R");
        pickle_tensor(&p, "FloatStorage", "0", 6, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
        put_text(&p, "e.");
        zip_entry(&m, "net/data.pkl", bytes, p.n, 0);
        zip_entry(&m, "net/data/0", made_floats, sizeof made_floats, 0);
        zip_end(&m, 0);
    }
    return m.n;
}
