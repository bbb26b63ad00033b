/* tests/bench/save_cost.c -- what a checkpoint costs: packing, encoding, publishing, reading it
 * back, pruning.
 *
 * Saves step checkpoints of 90 and 350 MB into a run of its own, as training does; medians of
 * the rounds, wall and processor time, and the targets that hold on a quiet machine.
 * usage: save_cost FOLDER [ROUNDS] */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "data/store/run.h"

enum { ROUNDS = 64, ROWS = 768 };

static const struct {
    int tensors; /* of 768 x 768 numbers, as in ViT-Base: 2.36 MB */
    double target;
} sizes[] = {{38, 0.35}, {148, 1.5}};

struct cost {
    double wall, cpu;
};

static struct cost now(void)
{
    struct timespec t;
    struct rusage u;

    clock_gettime(CLOCK_MONOTONIC, &t);
    getrusage(RUSAGE_SELF, &u);
    return (struct cost){(double)t.tv_sec + 1e-9 * (double)t.tv_nsec,
                         (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                             1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec)};
}

static int save(struct ds_run *run, const float *numbers, int tensors, long step,
                struct ds_err *err)
{
    static const int64_t dims[2] = {ROWS, ROWS};
    struct ds_bundle b = {0};
    char name[64], path[DS_RUN_PATH_MAX];
    int code = 0;

    for (int i = 0; i < tensors && !code; i++) {
        snprintf(name, sizeof name, "model/tensor.%03d", i);
        code = !ds_bundle_borrow(&b, name, DS_F32, 2, dims, numbers, err);
    }
    ds_run_step_path(path, run, step);
    code = code || ds_run_save(run, &b, path, err) || ds_run_keep_steps(run, 2, err);
    ds_bundle_clear(&b);
    return code ? (int)err->code : 0;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int measure(struct ds_run *run, const float *numbers, int k, int rounds, long *step,
                   struct ds_err *err)
{
    double wall[ROUNDS], cpu[ROUNDS];
    const double mb = sizes[k].tensors * (double)ROWS * ROWS * sizeof(float) / 1e6;

    for (int i = -1; i < rounds; i++) { /* the first one is not counted */
        const struct cost begun = now();

        if (save(run, numbers, sizes[k].tensors, ++*step, err))
            return err->code;
        if (i >= 0) {
            wall[i] = now().wall - begun.wall;
            cpu[i] = now().cpu - begun.cpu;
        }
    }
    qsort(wall, (size_t)rounds, sizeof *wall, ascending);
    qsort(cpu, (size_t)rounds, sizeof *cpu, ascending);
    printf("%4.0f MB  wall %.3f s (best %.3f), processor %.3f s, target %.2f s: %s\n", mb,
           wall[rounds / 2], wall[0], cpu[rounds / 2], sizes[k].target,
           wall[rounds / 2] <= sizes[k].target ? "met" : "missed");
    return 0;
}

int main(int argc, char **argv)
{
    const int wanted = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    const int rounds = wanted < 1 ? 1 : wanted > ROUNDS ? ROUNDS : wanted;
    float *numbers = malloc(ROWS * ROWS * sizeof *numbers);
    char path[DS_PATH_MAX];
    struct ds_run run;
    struct ds_err err = {0};
    long step = 0;
    int code;

    if (argc < 2 || !numbers) {
        fprintf(stderr, "usage: save_cost FOLDER [ROUNDS]\n");
        return 2;
    }
    for (uint32_t i = 0; i < ROWS * ROWS; i++)
        numbers[i] = (float)(i * 2654435761u);
    snprintf(path, sizeof path, "%.900s/save-cost-%ld", argv[1], (long)getpid());
    if (!(code = ds_run_create(&run, path, &err))) {
        for (int k = 0; k < 2 && !code; k++)
            code = measure(&run, numbers, k, rounds, &step, &err);
        ds_run_drop_steps(&run, &err);
        snprintf(path, sizeof path, "%s/lock", run.path);
        unlink(path);
        snprintf(path, sizeof path, "%s/checkpoints", run.path);
        rmdir(path);
        rmdir(run.path);
        ds_run_close(&run);
    }
    free(numbers);
    if (code)
        fprintf(stderr, "%s\n", err.text);
    return code;
}
