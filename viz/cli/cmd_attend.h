/* viz/cli/cmd_attend.h -- what the files of `attend` share. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_ATTEND_H
#define DS_VIZ_CLI_CMD_ATTEND_H

#include "analysis/look/look.h"
#include "viz/cli/cmd_labels.h"
#include "viz/cli/cmd_look.h"
#include "viz/cli/tty.h"

struct ds_attend_opt {
    char out[1024], source_note[200], labels[1024], layer[16];
    int top, probe, precision;
    double clip;
    bool heads, logits, pixels, json;
    struct ds_look_opt look;
    struct ds_model_want model;
};

/* cmd_attend_json.c: everything as JSON text; free it. */
int ds_attend_json(char **text, size_t *n, const struct ds_look *l, const struct ds_model *m,
                   const struct ds_labels *labels, const struct ds_attend_opt *o,
                   struct ds_err *err);

/* cmd_attend_draw.c: the figure `attention` of it, written to o->out. DS_UNAVAILABLE in a
 * program without figures. */
int ds_attend_draw(const struct ds_look *l, const struct ds_labels *labels,
                   const struct ds_attend_opt *o, const char *model, const struct ds_tone *tone,
                   struct ds_err *err);

#endif
