/* tests/fuzz/fuzz_npz.c -- damaged npz files: stored, deflated, with sizes of 64 bits. */
#include "tests/fuzz/archive.h"
#include "tests/fuzz/fuzz.h"
#include "tests/weights/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ds_fuzz_zip(bytes, n);
    return 0;
}

/* Besides files as NumPy writes them: the first array is of the other byte order, or has no
 * place here. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const char *const header[] = {
        "{'descr': '>f4', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '<U6', 'fortran_order': False, 'shape': (), }"};
    struct made m = {.out = out, .room = room};
    uint8_t bytes[256];

    if (i < 4)
        make_npz(&m, i & 1 ? 8 : 0, i & 2);
    if (i == 4 || i == 5) {
        zip_entry(&m, "first.npy", bytes,
                  npy(bytes, sizeof bytes, header[i - 4], made_floats, sizeof made_floats), 0);
        zip_end(&m, 0);
    }
    return m.n;
}
