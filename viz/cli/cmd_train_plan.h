/* viz/cli/cmd_train_plan.h -- train --dry-run: what a run would take. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_TRAIN_PLAN_H
#define DS_VIZ_CLI_CMD_TRAIN_PLAN_H

#include "data/protocol/options.h"

/* The options as a configuration, the plan as comments in front of it. Measures a step. */
int ds_train_dry_run(const struct ds_train_opt *o, struct ds_err *err);

#endif
