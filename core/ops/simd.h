/* core/ops/simd.h -- loops that the compiler turns into the widest vectors the machine has.
 *
 * DS_KERNEL in front of a function compiles it for AVX-512, AVX2+FMA and plain x86-64; the
 * loader picks one at start (GNU ifunc). The formula is written once. Sanitizers instrument
 * the resolver itself, so their builds get the plain version.
 *
 * ds_exp is inlined into such loops: |relative error| < 2e-7 on [-87, 88], 0 below. */
#ifndef DS_CORE_OPS_SIMD_H
#define DS_CORE_OPS_SIMD_H

#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                        \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define DS_KERNEL                                                                             \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DS_KERNEL
#endif

#define DS_INLINE static inline __attribute__((always_inline))

/* e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2)/2; e^r by its Taylor series to r^7. */
DS_INLINE float ds_exp(float x)
{
    const float round = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    union {
        float f;
        uint32_t u;
    } scale, power;
    float n, r, p;

    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    scale.f = x * 1.44269504f + round;
    n = scale.f - round;
    r = (x - n * 0.693359375f) + n * 2.12194440e-4f; /* ln 2 in two parts */
    p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    power.f = p;
    power.u += scale.u << 23;
    return power.f;
}

#endif
