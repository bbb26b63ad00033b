/* tests/fault/bench.h -- a command ready to be run again and again. For tests/fault. */
#ifndef DS_TESTS_FAULT_BENCH_H
#define DS_TESTS_FAULT_BENCH_H

#include <stdbool.h>
#include <sys/types.h>
#include "tests/fault/fail.h"
#include "tests/fault/folder.h"

struct bench {
    pid_t server;
    int orders, answers, out, error;
};

/* What a run printed; cut where it is longer. */
struct said {
    char out[65536], error[4096];
    bool dead; /* the server itself ended */
};

/* Makes the folder, its sub-folders 0 .. jobs, and enters 0. */
bool bench_place(char *place, int jobs);
void bench_remove(const char *place);

/* Enters `place` (beside the current folder) and starts the program there. */
struct bench bench_open(const char *program, const char *words, const char *place);
struct fault_answer bench_run(struct bench *b, const struct fault_order *order,
                              struct said *said);
void bench_close(struct bench *b);

/* The files and folders whose first name is among `needs`. Shares their bytes. */
struct folder folder_part(const struct folder *all, const char *needs);

#endif
