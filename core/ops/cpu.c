/* core/ops/cpu.c -- which kernels run. See the header. */
#define _GNU_SOURCE
#include "core/ops/cpu.h"

#include <stdatomic.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const names[] = {"portable", "avx2", "avx512", "amx"};

enum { UNLIMITED = DS_CPU_AMX + 1 };
static atomic_int limit = UNLIMITED;

#if defined(__x86_64__)
/* Linux lends the 8 KB of tiles to processes that ask. */
static bool tiles_granted(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };

    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

static bool has_amx(void)
{
    const unsigned bf16_tiles = 1u << 22 | 1u << 24, avx512_bf16 = 1u << 5;
    unsigned a, b, c, d;

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & bf16_tiles) != bf16_tiles)
        return false;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & avx512_bf16) && tiles_granted();
}

static enum ds_cpu offered(void)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return DS_CPU_PORTABLE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
        return DS_CPU_AVX2;
    return has_amx() ? DS_CPU_AMX : DS_CPU_AVX512;
}
#else
static enum ds_cpu offered(void)
{
    return DS_CPU_PORTABLE;
}
#endif

/* Asking a virtual machine takes microseconds, and every kernel asks: the answer is kept. */
static enum ds_cpu found(void)
{
    static atomic_int known; /* level + 1; 0: nobody asked yet */
    int level = atomic_load_explicit(&known, memory_order_relaxed);

    if (!level) {
        level = 1 + (int)offered();
        atomic_store_explicit(&known, level, memory_order_relaxed);
    }
    return (enum ds_cpu)(level - 1);
}

enum ds_cpu ds_cpu(void)
{
    const enum ds_cpu most = found();
    const int allowed = atomic_load_explicit(&limit, memory_order_relaxed);

    return allowed < (int)most ? (enum ds_cpu)allowed : most;
}

bool ds_cpu_plain(void)
{
    return atomic_load(&limit) == DS_CPU_PORTABLE;
}

const char *ds_cpu_name(enum ds_cpu level)
{
    return names[level];
}

int ds_cpu_limit(const char *word, const char *origin, struct ds_err *err)
{
    int level = 0;

    while (level < UNLIMITED && strcmp(word, names[level]))
        level++;
    if (level == UNLIMITED)
        return ds_fail(err, DS_USAGE, "%s is '%s', expected portable, avx2, avx512 or amx",
                       origin, word);
    if (level > (int)found())
        return ds_fail(err, DS_UNAVAILABLE, "%s is %s, but this machine has %s at most", origin,
                       word, names[found()]);
    atomic_store(&limit, level);
    return 0;
}
