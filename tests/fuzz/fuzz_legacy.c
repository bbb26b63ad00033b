/* tests/fuzz/fuzz_legacy.c -- damaged files of torch.save before PyTorch 1.6: here no checksum
 * stands between a mutation and the stack machine. */
#include "tests/fuzz/archive.h"
#include "tests/fuzz/fuzz.h"
#include "tests/weights/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ds_fuzz_archive(bytes, n);
    return 0;
}

/* Besides a file as PyTorch writes it: one with the instructions of later protocols. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const char later[] =
        "\x80\4\x95\1\0\0\0\0\0\0\0}\x94(\x8c\1s\x8f\x94(K\1\x90\x8c\1f(K\1\x91\x8c\1b"
        "C\2ab\x94\x8c\1x\x8e\1\0\0\0\0\0\0\0a\x8c\1y\x96\1\0\0\0\0\0\0\0a"
        "\x8c\1z\x8c\10argparse\x94\x8c\11Namespace\x93)}\x92\x8c\1l\x8b\1\0\0\0\7"
        "\x8c\1p(K\1K\2l\x8c\1q(K\1Nd\x8c\1r(K\1t\x8c\1u20p3\ng3\n\x8c\1w"
        "U\1a\x8c\1v(K\1"
        "1N\x8c\1kI12\n\x8c\1h]K\1au";
    struct made m = {.out = out, .room = room};

    if (i == 0)
        make_legacy(&m);
    if (i == 1) {
        make_legacy_head(&m, 1);
        put_text(&m, "\x80\4(");
        put(&m, later, sizeof later - 1);
        pickle_tensor(&m, "CharStorage", "k", 4, (const int64_t[5]){0, 3, 2, 0, 3}, 1);
        put_text(&m, "t.\x80\2](");
        pickle_text(&m, "k");
        put_text(&m, "e.");
        put_number(&m, 4, 8);
        put_text(&m, "abcd");
    }
    return m.n;
}
