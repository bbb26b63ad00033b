/* core/ops/peak.c -- how fast this machine can multiply. See the header.
 *
 * Twelve vector accumulators hide the latency of a fused multiply-add on all current x86
 * cores (latency 4, two a cycle), and with two operands still fit 16 registers. */
#include "core/ops/peak.h"

#include "core/ops/cpu.h"

enum { LANES = 16, CHAINS = 12 };

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
typedef float vector __attribute__((vector_size(LANES * 4)));
typedef float narrow __attribute__((vector_size(32)));

__attribute__((target("avx512f"))) static double wide_work(long rounds, float *sink)
{
    vector a[CHAINS], m, b, sum = {0};

    for (int i = 0; i < LANES; i++) {
        m[i] = 0.999f;
        b[i] = 0.001f;
    }
    for (int c = 0; c < CHAINS; c++)
        a[c] = m * (float)c;
    for (long r = 0; r < rounds; r++)
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++)
            a[c] = a[c] * m + b;
    for (int c = 0; c < CHAINS; c++)
        sum += a[c];
    *sink = sum[0];
    return 2.0 * LANES * CHAINS * (double)rounds;
}

__attribute__((target("avx2,fma"))) static double half_work(long rounds, float *sink)
{
    narrow a[CHAINS], m, b, sum = {0};

    for (int i = 0; i < 8; i++) {
        m[i] = 0.999f;
        b[i] = 0.001f;
    }
    for (int c = 0; c < CHAINS; c++)
        a[c] = m * (float)c;
    for (long r = 0; r < rounds; r++)
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++)
            a[c] = a[c] * m + b;
    for (int c = 0; c < CHAINS; c++)
        sum += a[c];
    *sink = sum[0];
    return 2.0 * 8 * CHAINS * (double)rounds;
}

#endif

static double plain_work(long rounds, float *sink)
{
    float a[CHAINS];

    for (int c = 0; c < CHAINS; c++)
        a[c] = (float)c;
    for (long r = 0; r < rounds; r++)
        for (int c = 0; c < CHAINS; c++)
            a[c] = a[c] * 0.999f + 0.001f;
    *sink = a[0] + a[CHAINS - 1];
    return 2.0 * CHAINS * (double)rounds;
}

double ds_peak_work(long rounds, float *sink)
{
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
    if (ds_cpu() >= DS_CPU_AVX512)
        return wide_work(rounds, sink);
    if (ds_cpu() == DS_CPU_AVX2)
        return half_work(rounds, sink);
#endif
    return plain_work(rounds, sink);
}
