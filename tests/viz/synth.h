/* tests/viz/synth.h -- a run that never ran: plausible data to draw. For tests/viz. */
#ifndef DS_TESTS_VIZ_SYNTH_H
#define DS_TESTS_VIZ_SYNTH_H

#include <stdbool.h>
#include "data/store/record.h"

struct synth {
    const char *method, *config;
    int tasks, learned, per_task; /* classes a task */
    int grid_h, grid_w, patch, layers;
    int per_class;                /* images of every class */
    bool colour, mask;
    double drift;                 /* share of the picture the blob moves per task */
    uint64_t seed;
};

/* Blobs that sit on the drawn shape after its own task and wander off with every later one. */
int synth_fill(struct ds_record *r, const struct synth *want, struct ds_err *err);

#endif
