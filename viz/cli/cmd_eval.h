/* viz/cli/cmd_eval.h -- what the files of `eval` share. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_EVAL_H
#define DS_VIZ_CLI_CMD_EVAL_H

#include "data/weights/model.h"
#include "viz/cli/tty.h"

struct ds_eval_opt {
    bool json, skip_broken;
    int threads, precision; /* 0: the run's own, fp32 of a file; else 1 + core/ops/mul.h's */
    char data[1024], labels[1024];
    struct ds_model_want model;
};

/* cmd_eval_folder.c: any network on a folder of classes. */
int ds_eval_folder(const struct ds_eval_opt *o, const char *model, const struct ds_tone *tone,
                   struct ds_err *err);

#endif
