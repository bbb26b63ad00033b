/* viz/cli/cmd_bench.h -- what the files of driftscope bench share. For viz/cli/cmd_bench* only.
 *
 * A case is a network with a batch; a subject is a case made ready for one number of threads;
 * its sheet is a column of numbers, one a round, for everything measured. Rounds go around all
 * columns, because shared machines drift: what is compared was measured in the same round, and
 * what is printed are medians with the least and the greatest. */
#ifndef DS_VIZ_CLI_CMD_BENCH_H
#define DS_VIZ_CLI_CMD_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include "core/base/err.h"
#include "core/base/pool.h"
#include "core/learn/learner.h"

enum { DS_BENCH_ROUNDS = 99, DS_BENCH_CLASSES = 100 };

enum ds_bench_what {
    DS_BENCH_FORWARD,
    DS_BENCH_ROLLOUT, /* forward, and the CLS row of every layer's rollout */
    DS_BENCH_STEP,    /* forward, backward, Adam on all parameters */
    DS_BENCH_SUBSET,  /* the same on the head and qkv.weight alone */
    DS_BENCH_ARCL,    /* the same with attention retention */
    DS_BENCH_WHATS
};
extern const char *const ds_bench_what_name[DS_BENCH_WHATS + 1];
extern const char *const ds_bench_precision_name[]; /* by ds_precision; NULL at the end */

enum ds_bench_column {
    DS_BENCH_PEAK,  /* FLOP/s of fp32 multiply-adds, all threads */
    DS_BENCH_TILES, /* FLOP/s of bf16 tiles */
    DS_BENCH_SPLIT, /* seconds of a split point, one thread */
    DS_BENCH_OURS,  /* seconds of a pass over the batch, by ds_bench_what */
    DS_BENCH_TORCH = DS_BENCH_OURS + DS_BENCH_WHATS, /* likewise PyTorch's */
    DS_BENCH_TOOL = DS_BENCH_TORCH + DS_BENCH_WHATS, /* PyTorch's rollout, image by image */
    DS_BENCH_TOOL_FP32, /* the same in fp32, as it is used, where we run in bf16 */
    DS_BENCH_COLUMNS
};

struct ds_bench_sheet {
    int rounds;
    double value[DS_BENCH_COLUMNS][DS_BENCH_ROUNDS]; /* 0: not measured */
    double memory,
        torch_memory; /* bytes at the peak of a process that takes steps; 0: unknown */
    char torch_about[512];
};

/* Median, least and greatest over the rounds; `seen` false where nothing was measured. */
struct ds_bench_spread {
    bool seen;
    double mid, low, high;
};

/* of scale * column ^ power: a rate is the power -1. */
struct ds_bench_spread ds_bench_spread(const struct ds_bench_sheet *s, int column, double scale,
                                       int power);
/* of scale * column a / column b, round by round. */
struct ds_bench_spread ds_bench_ratio(const struct ds_bench_sheet *s, int a, int b,
                                      double scale);

struct ds_bench_case {
    const char *name, *about;
    int side, patch, channels, dim, depth, heads, batch;
};
extern const struct ds_bench_case ds_bench_cases[]; /* NULL name at the end */

/* Operations of one image, multiply-adds as two: what the method asks for, as papers and
 * profilers count it, and what is left of it here: the last block computes no rows that nobody
 * reads. */
struct ds_bench_flop {
    double asked, done;
};
struct ds_bench_flop ds_bench_flop(const struct ds_bench_case *c, enum ds_bench_what what);

/* A case made ready. only: a ds_bench_what, or DS_BENCH_WHATS for everything. */
struct ds_bench_subject;
int ds_bench_open(struct ds_bench_subject **out, const struct ds_bench_case *c, int threads,
                  int only, enum ds_precision precision, struct ds_err *err);
void ds_bench_close(struct ds_bench_subject *s);
struct ds_pool *ds_bench_pool(const struct ds_bench_subject *s);
struct ds_learner *ds_bench_learner(const struct ds_bench_subject *s, enum ds_bench_what what);

/* Seconds of one pass, from as many as last DS_BENCH_LEAST after one that warms up. */
#define DS_BENCH_LEAST 0.3
int ds_bench_pass(double *seconds, struct ds_bench_subject *s, enum ds_bench_what what,
                  struct ds_err *err);

/* Seconds of a split point on the calling thread; needs a rollout before it. */
int ds_bench_split(double *seconds, const struct ds_bench_subject *s, struct ds_err *err);

/* The two peaks, FLOP/s of all threads of the pool; tiles 0 where the machine has none. */
int ds_bench_peaks(double *fma, double *tiles, struct ds_pool *pool, struct ds_err *err);

double ds_bench_now(void);         /* seconds of a steady clock */
double ds_bench_peak_memory(void); /* of this process, bytes; 0: unknown */

/* A child process that answers lines with numbers, see cmd_bench_child.c. */
struct ds_bench_child;
int ds_bench_torch_open(struct ds_bench_child **out, const struct ds_bench_case *c, int threads,
                        enum ds_precision precision, struct ds_err *err);
int ds_bench_torch_ask(double *answer, struct ds_bench_child *t, const char *what,
                       struct ds_err *err);
const char *ds_bench_torch_about(const struct ds_bench_child *t);
/* This program again, with these arguments: what it prints, to be freed. */
int ds_bench_again(char **text, const char *const *argv, struct ds_err *err);
void ds_bench_child_close(struct ds_bench_child *t);

/* What was measured, for a reader and for a program; the share is of the precision's peak. */
void ds_bench_print(const struct ds_bench_sheet *s, const struct ds_bench_case *c, int threads,
                    enum ds_precision precision);
void ds_bench_print_scaling(const struct ds_bench_sheet *const *s, const int *threads, int n);
json_t *ds_bench_json(const struct ds_bench_sheet *s, const struct ds_bench_case *c,
                      int threads, enum ds_precision precision);

#endif
