/* viz/cli/cmd_study.h -- the runs of a study, and the processes that do them. For viz/cli only.
 */
#ifndef DS_VIZ_CLI_CMD_STUDY_H
#define DS_VIZ_CLI_CMD_STUDY_H

#include <stdbool.h>
#include <sys/types.h>
#include "viz/cli/tty.h"
#include "core/base/err.h"

enum ds_job_state { DS_JOB_NEW, DS_JOB_BEGUN, DS_JOB_DONE, DS_JOB_FAILED };

struct ds_job_row {
    const char *name;
    char path[1280], log[1300]; /* the run's folder; what its process said */
    char **argv;                /* of the process that does it: ends with NULL */
    enum ds_job_state state;
    pid_t pid; /* 0: not running */
    double begun;
};

/* Runs what is NEW or BEGUN, at most `slots` at a time, in order. A signal goes once to every
 * process and no other is started: DS_INTERRUPTED when all have ended. Failed ones are told of
 * and marked; the result is good. `program` is executed. */
int ds_jobs_run(struct ds_job_row *job, int jobs, int slots, const char *program,
                const struct ds_tone *tone, struct ds_err *err);

#endif
