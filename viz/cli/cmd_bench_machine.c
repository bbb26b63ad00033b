/* viz/cli/cmd_bench_machine.c -- the clock, the memory and the peaks of driftscope bench. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/ops/peak.h"
#include "viz/cli/cmd_bench.h"

enum { TRIES = 3, FMA_ROUNDS = 1000000, TILE_ROUNDS = 100 }; /* some milliseconds each */

double ds_bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double ds_bench_peak_memory(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    double kilobytes = 0;

    while (file && kilobytes <= 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmHWM:", 6))
            kilobytes = strtod(line + 6, NULL);
    if (file)
        fclose(file);
    return 1024 * kilobytes;
}

/* One piece a thread, each with memory of its own. */
struct load {
    char *room; /* NULL: multiply-adds in registers */
    double *done;
};

static void work(void *with, int piece, int worker)
{
    const struct load *l = with;
    float sink;

    (void)worker;
    l->done[piece] = l->room
                         ? ds_peak_tiles(TILE_ROUNDS, l->room + (size_t)piece * DS_PEAK_ROOM)
                         : ds_peak_work(FMA_ROUNDS, &sink);
}

static double fastest(struct ds_pool *pool, const struct load *l)
{
    const int threads = ds_pool_threads(pool);
    double best = 0;

    for (int i = 0; i < TRIES; i++) {
        const double begun = ds_bench_now();
        double done = 0;

        ds_pool_run(pool, &(struct ds_work){work, (void *)l, threads}, 1);
        for (int t = 0; t < threads; t++)
            done += l->done[t];
        best = fmax(best, done / (ds_bench_now() - begun));
    }
    return best;
}

int ds_bench_peaks(double *fma, double *tiles, struct ds_pool *pool, struct ds_err *err)
{
    const size_t threads = (size_t)ds_pool_threads(pool);
    char *room = aligned_alloc(64, threads * DS_PEAK_ROOM);
    double *done = calloc(threads, sizeof *done);

    if (room && done) {
        memset(room, 0, threads * DS_PEAK_ROOM);
        *fma = fastest(pool, &(struct load){NULL, done});
        *tiles = fastest(pool, &(struct load){room, done});
    } else {
        ds_fail(err, DS_NOMEM, "out of memory for the peak of %zu threads", threads);
    }
    free(room);
    free(done);
    return err->code;
}
