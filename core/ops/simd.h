/* core/ops/simd.h -- loops that the compiler turns into the widest vectors the machine has.
 *
 * A loop is written once, as a body that is inlined into three functions: for AVX-512, for
 * AVX2 with FMA, and for whatever the compiler was told to expect (plain x86-64, or another
 * machine). A fourth, the one that is called, asks core/ops/cpu which of them may run:
 *
 *     DS_INLINE void scale_body(float *x, int n, float by) { ... }
 *     DS_VARIANTS(static, scale, (float *x, int n, float by), (x, n, by))
 *
 * Sums within one `omp simd reduction` depend on the width, so results of two variants differ
 * in their last bits; results of one never do.
 *
 * ds_exp is inlined into such loops: |relative error| < 1e-7 on [-87, 88], below
 * 1.7e-38 under it, e^88 above (test_simd tries some million floats against double). */
#ifndef DS_CORE_OPS_SIMD_H
#define DS_CORE_OPS_SIMD_H

#include <stdint.h>
#include "core/ops/cpu.h"

#define DS_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define DS_HAS_VARIANTS 1
#define DS_TARGET_AVX2  __attribute__((target("avx2,fma")))
#define DS_TARGET_AVX512                                                                       \
    __attribute__((                                                                            \
        target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")))
#define DS_VARIANTS(scope, name, params, args)                                                 \
    DS_TARGET_AVX512 static void name##_avx512 params                                          \
    {                                                                                          \
        name##_body args;                                                                      \
    }                                                                                          \
    DS_TARGET_AVX2 static void name##_avx2 params                                              \
    {                                                                                          \
        name##_body args;                                                                      \
    }                                                                                          \
    scope void name params                                                                     \
    {                                                                                          \
        const enum ds_cpu level = ds_cpu();                                                    \
                                                                                               \
        if (level >= DS_CPU_AVX512)                                                            \
            name##_avx512 args;                                                                \
        else if (level == DS_CPU_AVX2)                                                         \
            name##_avx2 args;                                                                  \
        else                                                                                   \
            name##_body args;                                                                  \
    }
#else
#define DS_HAS_VARIANTS 0
#define DS_VARIANTS(scope, name, params, args)                                                 \
    scope void name params                                                                     \
    {                                                                                          \
        name##_body args;                                                                      \
    }
#endif

/* The same chosen by the loader, for loops that are exact at any width. No machine runs all of
 * its choices, so where lines are counted there is one. */
#if DS_HAS_VARIANTS && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&      \
    !defined(DS_COUNTED)
#define DS_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DS_KERNEL
#endif

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
