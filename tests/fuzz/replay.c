/* tests/fuzz/replay.c -- a fuzz target without libFuzzer, for ctest and for any compiler.
 *
 *     fuzz_X                   the seeds, and 5000 mutations of them: always the same ones
 *     fuzz_X -n N [FILE ...]   the files, the seeds, and N mutations of these
 *     fuzz_X -w DIR            writes the seeds into DIR, to begin a libFuzzer corpus with
 *     fuzz_X FILE ...          runs the files
 *
 * An input that takes more than two seconds of processor time is a finding, too. */
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/base/rng.h"

enum { ROOM = 1 << 16, FILE_ROOM = 64 << 20, SECONDS = 2, CHANGES = 4 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Runs a copy in a block of exactly n bytes, so that the sanitizer sees every step outside. */
static void run(const uint8_t *bytes, size_t n, const char *what, int number)
{
    const double start = now();
    uint8_t *copy = malloc(n ? n : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
    if (now() - start > SECONDS) {
        fprintf(stderr, "%s, mutation %d: took %.1f s\n", what, number, now() - start);
        exit(1);
    }
}

/* One change: a bit, a byte, a number of four bytes, a cut, a repetition. */
static size_t change(uint8_t *bytes, size_t n, uint64_t stream, uint64_t draw)
{
    static const uint32_t odd[] = {0,          1,          0x7f,      0x80,   0xff,
                                   0x3fff,     0x4000,     0x4001,    0xffff, 0x10000,
                                   0x7fffffff, 0x80000000, 0xffffffff};
    const uint32_t kind = ds_rng_below(stream, draw, 6);
    const size_t at = n ? ds_rng_below(stream, draw + 1, (uint32_t)n) : 0;
    const uint64_t bits = ds_rng_bits(stream, draw + 2);
    size_t length = 1 + bits % 64;

    if (n < 8)
        return n;
    if (kind == 0)
        bytes[at] ^= (uint8_t)(1u << (bits & 7));
    else if (kind == 1)
        bytes[at] = (uint8_t)bits;
    else if (kind == 2 && at + 4 <= n)
        for (size_t i = 0; i < 4; i++)
            bytes[at + i] = (uint8_t)(odd[bits % (sizeof odd / sizeof *odd)] >> (24 - 8 * i));
    else if (kind == 3)
        return at;
    else if (kind == 4) {
        length = length < n - at ? length : n - at;
        memmove(bytes + at, bytes + at + length, n - at - length);
        return n - length;
    } else if (kind == 5 && at + length <= n && n + length <= ROOM) {
        memmove(bytes + at + length, bytes + at, n - at);
        return n + length;
    }
    return n;
}

static int mutate(int wanted)
{
    static uint8_t seed[ROOM], bytes[ROOM];
    int seeds = 0, mutations;
    size_t n;

    while (ds_fuzz_seed(seeds, seed, ROOM))
        seeds++;
    if (!seeds)
        return 1;
    mutations = (wanted + seeds - 1) / seeds;
    for (int i = 0; i < seeds; i++) {
        const uint64_t stream = ds_rng_sub(ds_rng_stream(1, "mutate"), (uint64_t)i);
        char what[32];

        n = ds_fuzz_seed(i, seed, ROOM);

        snprintf(what, sizeof what, "seed %d", i);
        run(seed, n, what, -1);
        for (int m = 0; m < mutations; m++) {
            const uint64_t own = ds_rng_sub(stream, (uint64_t)m);
            const uint32_t changes = 1 + ds_rng_below(own, 0, CHANGES);
            size_t length = n;

            memcpy(bytes, seed, n);
            for (uint32_t c = 0; c < changes; c++)
                length = change(bytes, length, own, 1 + 3 * (uint64_t)c);
            run(bytes, length, what, m);
        }
    }
    printf("%d seeds, %d mutations of each\n", seeds, mutations);
    return 0;
}

static int write_seeds(const char *dir)
{
    static uint8_t seed[ROOM];
    size_t n;

    for (int i = 0; (n = ds_fuzz_seed(i, seed, ROOM)) > 0; i++) {
        char path[4096];
        FILE *f;

        snprintf(path, sizeof path, "%s/seed_%02d", dir, i);
        f = fopen(path, "wb");
        if (!f || fwrite(seed, 1, n, f) != n || fclose(f)) {
            perror(path);
            return 1;
        }
    }
    return 0;
}

static int run_file(const char *path)
{
    uint8_t *bytes = malloc(FILE_ROOM);
    FILE *f = fopen(path, "rb");
    int code = 1;

    if (!f || !bytes)
        perror(path);
    else {
        run(bytes, fread(bytes, 1, FILE_ROOM, f), path, -1);
        code = 0;
    }
    if (f)
        fclose(f);
    free(bytes);
    return code;
}

int main(int argc, char **argv)
{
    int code = 0, wanted = 0;

    if (argc == 1)
        return mutate(5000);
    if (argc == 3 && !strcmp(argv[1], "-w"))
        return write_seeds(argv[2]);
    if (argc >= 3 && !strcmp(argv[1], "-n")) {
        wanted = atoi(argv[2]);
        argc -= 2;
        argv += 2;
    }
    for (int i = 1; i < argc; i++)
        code |= run_file(argv[i]);
    return code || !wanted ? code : mutate(wanted);
}
