/* data/protocol/sweep.h -- a study: which runs a file asks for. Public header.
 *
 *     [study]                      [options]            of every run
 *     out = runs/cifar             epochs = 5
 *     preset = fashion5            [vary]               every combination
 *     methods = finetune, ewc      qkv-scale = 0.01, 0.03
 *     seeds = 2025, 2026           [run paper]          a row of its own, beside the methods
 *                                  method = arcl
 *                                  retain-preset = paper
 *
 * Runs are (methods and [run]s) x [vary] x seeds, named NAME[-key=value...]-SEED. What they are
 * called, their options and their order depend on the text only. {seed} in a value becomes the
 * seed of the run: init = runs/warm/finetune-{seed}@0 begins as a run of another study did. */
#ifndef DS_DATA_PROTOCOL_SWEEP_H
#define DS_DATA_PROTOCOL_SWEEP_H

#include "data/protocol/options.h"

struct ds_sweep_set {
    char key[48], value[1024];
};

struct ds_sweep_run {
    char name[160];
    int seed;
    struct ds_sweep_set *set; /* [sets] the options that are not those of the preset, in order */
    int sets;
};

struct ds_sweep {
    char out[1024], preset[64];
    struct ds_sweep_run *run; /* row by row: seeds of a row lie side by side */
    int runs;
};

/* Limits: 64 rows, 8 varied options of 32 values, 64 seeds, 4096 runs. DS_DATA for a file that
 * is not of this form; DS_USAGE for options that do not exist or values they cannot have. */
int ds_sweep_read(struct ds_sweep *s, const char *text, const char *origin, struct ds_err *err);
void ds_sweep_clear(struct ds_sweep *s);

/* The options of one run: `o` begins as the preset's (or the defaults). */
int ds_sweep_options(struct ds_train_opt *o, const struct ds_sweep_run *run,
                     struct ds_err *err);

#endif
