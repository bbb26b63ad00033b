/* core/base/arena.c -- memory with a plan. See the header. */
#define _GNU_SOURCE
#include "core/base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "core/base/size.h"

enum { ALIGN = 64, HUGE_PAGE = 2 << 20 };

/* The system would promise the block, and end the process when it is written to. */
static int exceeds_machine(size_t size, struct ds_err *err)
{
    struct sysinfo is;
    double has, free;

    if (sysinfo(&is))
        return 0;
    has = ((double)is.totalram + (double)is.totalswap) * is.mem_unit;
    free = ((double)is.freeram + (double)is.bufferram + (double)is.freeswap) * is.mem_unit;
    if ((double)size <= has)
        return 0;
    return ds_fail(err, DS_NOMEM,
                   "out of memory: %.0f GB are needed in one block, this machine has %.0f GB "
                   "(%.0f GB unused); ask for a smaller network, picture or batch",
                   (double)size / 1e9, has / 1e9, free / 1e9);
}

int ds_arena_reserve(struct ds_arena *a, struct ds_err *err)
{
    const size_t size = a->peak ? a->peak : ALIGN;
    void *block;

    if (size >= SIZE_MAX / 2)
        return ds_fail(err, DS_NOMEM,
                       "out of memory: more is needed than can be addressed; ask for a smaller "
                       "network, picture or batch");
    if (exceeds_machine(size, err))
        return err->code;
    /* cppcheck-suppress invalidFunctionArg ; -1 is how an anonymous mapping says "no file" */
    block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return ds_fail(err, DS_NOMEM, "out of memory: %.1f MB are needed in one block",
                       (double)size / 1e6);
    if (size >= HUGE_PAGE)
        madvise(block, size, MADV_HUGEPAGE);
    *a = (struct ds_arena){.base = block, .size = size};
    return 0;
}

void ds_arena_clear(struct ds_arena *a)
{
    if (a->base)
        munmap(a->base, a->size);
    *a = (struct ds_arena){0};
}

void *ds_arena_take(struct ds_arena *a, size_t bytes)
{
    const size_t at = a->used;
    size_t whole;

    if (__builtin_add_overflow(bytes, ALIGN - 1, &whole))
        whole = SIZE_MAX;
    else
        whole &= ~(size_t)(ALIGN - 1);
    if (__builtin_add_overflow(at, whole, &a->used))
        a->used = SIZE_MAX;
    if (a->used > a->peak)
        a->peak = a->used;
    if (!a->base)
        return NULL;
    assert(a->used <= a->size);
    return a->base + at;
}

float *ds_arena_floats(struct ds_arena *a, size_t count)
{
    return ds_arena_take(a, ds_mul_size(count, sizeof(float)));
}

int *ds_arena_ints(struct ds_arena *a, size_t count)
{
    return ds_arena_take(a, ds_mul_size(count, sizeof(int)));
}

double *ds_arena_doubles(struct ds_arena *a, size_t count)
{
    return ds_arena_take(a, ds_mul_size(count, sizeof(double)));
}
