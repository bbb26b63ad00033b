/* tests/fuzz/fuzz_png.c -- damaged PNG files, each read twice: as it is, and with every
 * checksum repaired, because behind a wrong checksum nothing else is ever reached. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "data/image/picture.h"
#include "data/image/png.h"
#include "data/image/view_int.h"

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void decode(const uint8_t *bytes, size_t n)
{
    struct ds_view view = {.bytes = bytes, .size = n};
    struct ds_picture p, shape;
    struct ds_err err = {0};
    int orientation;

    if (ds_picture_decode(&p, bytes, n, "fuzz.png", &err)) {
        ds_fuzz_refused(&err);
        if (p.pixels)
            abort();
        return;
    }
    if (ds_png_shape(&shape, &orientation, &view, "fuzz.png", &err) ||
        shape.channels != p.channels || shape.height != p.height || shape.width != p.width)
        abort();
    ds_picture_clear(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *repaired = ds_fuzz_take(n + 1);
    size_t at = 8;

    decode(bytes, n);
    memcpy(repaired, bytes, n);
    while (at + 12 <= n && read32(repaired + at) <= n - at - 12) {
        const uint32_t length = read32(repaired + at);

        put32(repaired + at + 8 + length, (uint32_t)crc32(0, repaired + at + 4, length + 4));
        at += length + 12;
    }
    decode(repaired, n);
    free(repaired);
    return 0;
}

static size_t chunk(uint8_t *out, const char *type, const uint8_t *data, size_t n)
{
    put32(out, (uint32_t)n);
    memcpy(out + 4, type, 4);
    if (n)
        memcpy(out + 8, data, n);
    put32(out + 8 + n, (uint32_t)crc32(0, out + 4, (unsigned)n + 4));
    return n + 12;
}

/* Every colour type and depth, every second one interlaced. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const uint8_t looks[][2] = {{8, 0}, {1, 0}, {16, 0}, {8, 2}, {16, 2},
                                       {4, 3}, {8, 3}, {8, 4},  {8, 6}, {16, 6}};
    static const int samples[7] = {1, 0, 3, 1, 2, 0, 4};
    const size_t width = 9, height = 6;
    uint8_t head[13] = {0}, palette[48], raw[2048] = {0}, packed[4096];
    uLongf packed_n = sizeof packed;
    size_t n = 8, raw_n;

    if (i >= 2 * (int)(sizeof looks / sizeof *looks) || room < 8192)
        return 0;
    put32(head, (uint32_t)width);
    put32(head + 4, (uint32_t)height);
    head[8] = looks[i / 2][0];
    head[9] = looks[i / 2][1];
    head[12] = (uint8_t)(i & 1);
    raw_n = height * (1 + (width * (size_t)samples[head[9]] * head[8] + 7) / 8);
    if (i & 1) { /* filter type 0 begins each row of each of the seven passes */
        static const size_t w[7] = {2, 1, 3, 2, 5, 4, 9}, h[7] = {1, 1, 1, 2, 1, 3, 3};

        raw_n = 0;
        for (int pass = 0; pass < 7; pass++)
            raw_n += h[pass] * (1 + (w[pass] * (size_t)samples[head[9]] * head[8] + 7) / 8);
    } else {
        for (size_t k = 0; k < raw_n; k++)
            raw[k] = (uint8_t)(k % (raw_n / height) ? k * k / 3 : k % 5);
    }
    for (size_t k = 0; k < sizeof palette; k++)
        palette[k] = (uint8_t)(k * 5);
    if (compress(packed, &packed_n, raw, raw_n) != Z_OK)
        return 0;
    memcpy(out, "\x89PNG\r\n\x1a\n", n);
    n += chunk(out + n, "IHDR", head, sizeof head);
    if (head[9] == 3)
        n += chunk(out + n, "PLTE", palette, sizeof palette);
    if (head[9] < 4)
        n += chunk(out + n, "tRNS", palette, head[9] == 0 ? 2 : head[9] == 2 ? 6 : 5);
    n += chunk(out + n, "IDAT", packed, packed_n / 2);
    n += chunk(out + n, "IDAT", packed + packed_n / 2, packed_n - packed_n / 2);
    return n + chunk(out + n, "IEND", NULL, 0);
}
