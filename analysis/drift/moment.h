/* analysis/drift/moment.h -- a run and the checkpoint meant: RUN@3, opened. Public header. */
#ifndef DS_ANALYSIS_DRIFT_MOMENT_H
#define DS_ANALYSIS_DRIFT_MOMENT_H

#include <stdbool.h>
#include "core/base/err.h"
#include "data/store/record.h"

struct ds_moment {
    const char *name; /* the address as written; borrowed */
    struct ds_record record;
    int checkpoint; /* 0 .. record.done-1: the one named, or the last */
    bool named;     /* whether the address names one ("@last" does) */
};

/* Reads RUN/run.h5 of an address (data/store/run.h). DS_USAGE for a bad address or a checkpoint
 * that is not stored, DS_NOINPUT, DS_DATA, DS_NOMEM; nothing is left open on failure. */
int ds_moment_open(struct ds_moment *m, const char *address, struct ds_err *err);

void ds_moment_close(struct ds_moment *m); /* a zeroed one is fine */

#endif
