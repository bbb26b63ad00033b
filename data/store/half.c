/* data/store/half.c -- 16-bit floats as bits. See the header. */
#include "data/store/half.h"

#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* value >> shift, ties to even. */
static uint32_t shift_rounding(uint32_t value, int shift)
{
    const uint32_t half = 1u << (shift - 1), odd = value >> shift & 1;

    return (value + half - 1 + odd) >> shift;
}

uint16_t ds_half_from_float(float x)
{
    const uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    uint32_t half;

    if (rest > 0x7f800000) /* NaN: keep the upper payload bits, make it quiet */
        half = 0x7e00 | (rest >> 13 & 0x3ff);
    else if (rest >= 0x47800000) /* 65536 and more, infinity */
        half = 0x7c00;
    else if (rest >= 0x38800000) /* 2^-14 and more: rebias the exponent by 15 - 127 */
        half = shift_rounding(rest - ((127u - 15u) << 23), 13); /* may round up to infinity */
    else if (rest >= 0x33000000)                                /* subnormal: units of 2^-24 */
        half = shift_rounding((rest & 0x7fffff) | 0x800000, 126 - (int)(rest >> 23));
    else
        half = 0;
    return (uint16_t)(sign | half);
}

float ds_float_from_half(uint16_t half)
{
    const uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 0x1f;
    uint32_t mantissa = half & 0x3ffu;

    if (exponent == 0x1f)
        return float_of(sign | 0x7f800000 | mantissa << 13);
    if (exponent)
        return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
    if (!mantissa)
        return float_of(sign);
    for (uint32_t e = 113;; e--) { /* subnormal here, normal as a float */
        if (mantissa & 0x400)
            return float_of(sign | e << 23 | (mantissa & 0x3ff) << 13);
        mantissa <<= 1;
    }
}

uint16_t ds_bf16_from_float(float x)
{
    const uint32_t bits = bits_of(x);

    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float ds_float_from_bf16(uint16_t bf16)
{
    return float_of((uint32_t)bf16 << 16);
}
