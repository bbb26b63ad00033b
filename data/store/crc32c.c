/* data/store/crc32c.c -- the checksum of stored files. See file.h and file_int.h.
 *
 * CRC-32C (Castagnoli, polynomial 0x1edc6f41 reflected): RFC 3720 appendix B.4 has vectors.
 * It finds every single flipped bit and every burst up to 32 bits. */
#include <string.h>

#include "data/store/file.h"
#include "data/store/file_int.h"
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

enum { SLICES = 8 };

static const uint32_t polynomial = 0x82f63b78u;

/* table[k][b]: the effect of byte b followed by k zero bytes. Built anew for each call: it
 * costs some microseconds, and state that nobody keeps needs no lock. */
static void build(uint32_t table[SLICES][256])
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        table[0][b] = crc;
    }
    for (int k = 1; k < SLICES; k++)
        for (int b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
}

/* Kounavis and Berry, "A systematic approach to building high performance software-based
 * CRC generators", 2005: eight bytes a step. */
uint32_t ds_crc32c_portable(uint32_t crc, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint32_t table[SLICES][256];

    build(table);
    crc = ~crc;
    for (; n >= SLICES; n -= SLICES, p += SLICES) {
        const uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 |
                                    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);

        crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
              table[4][low >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
              table[0][p[7]];
    }
    for (; n; n--, p++)
        crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t with_sse42(uint32_t crc, const void *bytes,
                                                             size_t n)
{
    const unsigned char *p = bytes;
    uint64_t wide = (uint32_t)~crc, word;

    for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
        memcpy(&word, p, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    for (; n; n--, p++)
        crc = _mm_crc32_u8(crc, *p);
    return ~crc;
}
#endif

uint32_t ds_crc32c_more(uint32_t crc, const void *bytes, size_t n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return with_sse42(crc, bytes, n);
#endif
    return ds_crc32c_portable(crc, bytes, n);
}

uint32_t ds_crc32c(const void *bytes, size_t n)
{
    return ds_crc32c_more(0, bytes, n);
}
