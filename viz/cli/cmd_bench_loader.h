/* viz/cli/cmd_bench_loader.h -- driftscope bench --loader: what reading pictures costs. For
 * viz/cli/cmd_bench* only. */
#ifndef DS_VIZ_CLI_CMD_BENCH_LOADER_H
#define DS_VIZ_CLI_CMD_BENCH_LOADER_H

#include "viz/cli/cmd_bench.h"

struct ds_bench_loader_opt {
    char data[512], transform[256];
};

/* Measures training steps of the case (what: a kind of step), with a batch that is ready and
 * with one that is read, decoded and augmented meanwhile, as training does it; prints a line,
 * or adds an object to `list` where that is not NULL. */
int ds_bench_loader(const struct ds_bench_loader_opt *o, const struct ds_bench_case *c,
                    enum ds_bench_what what, int threads, int rounds,
                    enum ds_precision precision, json_t *list, struct ds_err *err);

#endif
