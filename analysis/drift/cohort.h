/* analysis/drift/cohort.h -- runs that differ only in their seed are one row. Public header.
 *
 * Two runs repeat one experiment when their method and every option of their configuration
 * agree but those that name a repetition or how it was run (seed, out, threads ...). A cohort
 * is labelled by its method, and where several cohorts share a method by the first option
 * that tells it from another: "arcl (paper)". */
#ifndef DS_ANALYSIS_DRIFT_COHORT_H
#define DS_ANALYSIS_DRIFT_COHORT_H

#include "core/base/err.h"
#include "data/store/record.h"

struct ds_cohorts {
    int count;
    int *of;            /* [runs] cohort of each run, numbered in order of appearance */
    char (*label)[128]; /* [count] */
};

/* DS_NOMEM. */
int ds_cohorts_of(struct ds_cohorts *c, const struct ds_record *const *run, int runs,
                  struct ds_err *err);
void ds_cohorts_clear(struct ds_cohorts *c);

#endif
