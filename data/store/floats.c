/* data/store/floats.c -- stored numbers of every type as float32. See the header. */
#include "data/store/floats.h"

#include <stdint.h>
#include <string.h>

#include "core/ops/simd.h"

/* One loop a type; memcpy is how an unaligned number is read. */
#define LOOP(function, stored)                                                                 \
    DS_KERNEL static void function(float *restrict out, const unsigned char *restrict from,    \
                                   size_t n)                                                   \
    {                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                       \
            stored x;                                                                          \
                                                                                               \
            memcpy(&x, from + i * sizeof x, sizeof x);                                         \
            out[i] = (float)x;                                                                 \
        }                                                                                      \
    }

LOOP(from_u8, uint8_t)
LOOP(from_i8, int8_t)
LOOP(from_i16, int16_t)
LOOP(from_i32, int32_t)
LOOP(from_i64, int64_t)
LOOP(from_f64, double)

/* Half: the exponent is rebiased by 127 - 15, twice for infinity and NaN; what is below
 * 2^-14 counts units of 2^-24, which a float holds as a normal number. */
DS_KERNEL static void from_half(float *restrict out, const unsigned char *restrict from,
                                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t rest, small, bits;
        uint16_t half;
        float tiny;

        memcpy(&half, from + 2 * i, sizeof half);
        rest = (half & 0x7fffu) << 13;
        tiny = (float)(int32_t)(half & 0x3ffu) * 0x1p-24f;
        memcpy(&small, &tiny, sizeof small);
        bits = rest + (rest >= 0x0f800000 ? 224u << 23 : 112u << 23);
        bits = rest < 0x00800000 ? small : bits;
        bits |= (half & 0x8000u) << 16;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

DS_KERNEL static void from_bf16(float *restrict out, const unsigned char *restrict from,
                                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        uint32_t bits;

        memcpy(&half, from + 2 * i, sizeof half);
        bits = (uint32_t)half << 16;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

int ds_floats_from(float *out, const void *from, enum ds_type type, size_t n)
{
    switch (type) {
    case DS_U8:
        from_u8(out, from, n);
        return 0;
    case DS_I8:
        from_i8(out, from, n);
        return 0;
    case DS_I16:
        from_i16(out, from, n);
        return 0;
    case DS_I32:
        from_i32(out, from, n);
        return 0;
    case DS_I64:
        from_i64(out, from, n);
        return 0;
    case DS_F16:
        from_half(out, from, n);
        return 0;
    case DS_BF16:
        from_bf16(out, from, n);
        return 0;
    case DS_F64:
        from_f64(out, from, n);
        return 0;
    case DS_F32:
        if (n)
            memcpy(out, from, n * sizeof *out);
        return 0;
    default: /* DS_STRING */
        return DS_USAGE;
    }
}
