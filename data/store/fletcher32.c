/* data/store/fletcher32.c -- the checksum of HDF5's fletcher32 filter. See h5_int.h.
 *
 * Over big-endian words w of 16 bits, modulo 65535 (J. G. Fletcher, "An arithmetic checksum for
 * serial transmissions", 1982): s1 = sum of w, s2 = sum of all s1 so far. Two things make it
 * quick: swapping the bytes of every word multiplies by 256 here, so words are taken as they
 * lie and the sums are swapped at the end; and LANES sums run side by side, without
 * multiplying. */
#include <string.h>

#include "data/store/h5_int.h"

/* 255 * 256 / 2 sums of 65535 fit into 32 bits. */
enum { MODULUS = 65535, LANES = 16, ROWS = 256 };

struct sums {
    uint64_t s1, s2;
};

/* words = rows * LANES. Of w in row j and lane l, s2 counts words - j * LANES - l. */
static void add_rows(struct sums *s, const unsigned char *bytes, size_t rows)
{
    uint32_t plain[LANES] = {0}, before[LANES] = {0};
    uint64_t s1 = 0, s2 = 0;

    for (size_t j = 0; j < rows; j++) {
        uint16_t word[LANES];

        memcpy(word, bytes + j * sizeof word, sizeof word);
        for (int l = 0; l < LANES; l++) {
            before[l] += plain[l];
            plain[l] += word[l];
        }
    }
    for (unsigned l = 0; l < LANES; l++) {
        s1 += plain[l];
        s2 += (uint64_t)LANES * before[l] + (uint64_t)(LANES - l) * plain[l];
    }
    s->s2 = (s->s2 + rows * LANES * s->s1 + s2) % MODULUS;
    s->s1 = (s->s1 + s1) % MODULUS;
}

/* As HDF5 leaves them: what is divisible by 65535 is 65535, unless nothing but zeros came. */
static uint32_t finish(uint64_t sum, bool zeros)
{
    const uint32_t swapped = (uint32_t)((sum & 0xff) << 8 | sum >> 8);

    return swapped || zeros ? swapped : MODULUS;
}

static bool all_zero(const unsigned char *bytes, size_t n)
{
    return !n || (!bytes[0] && !memcmp(bytes, bytes + 1, n - 1));
}

uint32_t ds_fletcher32(const void *from, size_t n)
{
    const size_t row = LANES * sizeof(uint16_t);
    const unsigned char *bytes = from;
    struct sums s = {0, 0};
    bool zeros;

    for (size_t left = n / row; left;) {
        const size_t rows = left < ROWS ? left : ROWS;

        add_rows(&s, bytes, rows);
        bytes += rows * row;
        left -= rows;
    }
    for (size_t left = n % row; left; left -= left < 2 ? left : 2, bytes += 2) {
        unsigned char pair[2] = {bytes[0], left < 2 ? 0 : bytes[1]};
        uint16_t word;

        memcpy(&word, pair, sizeof word);
        s.s1 = (s.s1 + word) % MODULUS;
        s.s2 = (s.s2 + s.s1) % MODULUS;
    }
    zeros = !s.s1 && !s.s2 && all_zero(from, n);
    return finish(s.s2, zeros) << 16 | finish(s.s1, zeros);
}
