/* viz/cli/cmd_drift.h -- what the files of `drift` share. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_DRIFT_H
#define DS_VIZ_CLI_CMD_DRIFT_H

#include "analysis/drift_sheet.h"
#include "viz/cli/cmd_export_sheet.h"
#include "viz/cli/cmd_look.h"

struct ds_drift_opt {
    struct ds_sheet_opt sheet;
    char metric[128], layer[16], images[1024];
    int by, reference;
    bool list, unlearned, resample;
    struct ds_look_opt look;
    struct ds_model_want model;
};

/* Words of --by and --reference; 0 is auto in both. */
enum { DS_DRIFT_AUTO };
extern const char *const ds_drift_bys[], *const ds_drift_references[];

/* "mean", "last", or 1 .. L as text -> -1 or 0 .. L-1. */
int ds_drift_layer(int *layer, const char *text, int layers, struct ds_err *err);

/* The title of a sheet by that. */
const char *ds_drift_title(enum ds_drift_by by);

/* cmd_drift_look.c: two networks of any kind on pictures. */
int ds_drift_looks(const struct ds_drift_opt *o, char **operand, const struct ds_tone *tone,
                   struct ds_err *err);

#endif
