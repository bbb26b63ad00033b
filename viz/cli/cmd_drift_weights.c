/* viz/cli/cmd_drift_weights.c -- driftscope drift --what weights: no pictures needed. See
 * cmd_drift.h. */
#include "analysis/drift/weight_sheet.h"
#include "viz/cli/cmd_drift.h"

static int refuse(const struct ds_drift_opt *o, struct ds_err *err)
{
    const char *word = *o->images     ? "--images"
                       : *o->noise    ? "--noise"
                       : *o->null     ? "--null"
                       : o->link      ? "--link"
                       : o->by        ? "--by"
                       : o->reference ? "--reference"
                                      : ds_look_opt_odd(&o->look);

    return word ? ds_fail(err, DS_USAGE, "%s does not go with --what weights", word) : 0;
}

int ds_drift_weights(const struct ds_drift_opt *o, char **operand, const struct ds_tone *tone,
                     struct ds_err *err)
{
    struct ds_weight_sheet_want want = {.threads = o->look.threads};
    struct ds_model a = {0}, b = {0};
    struct ds_sheet s = {0};
    int code;

    if ((code = refuse(o, err)) || (code = ds_model_open(&a, operand[0], &o->model, err)) ||
        (code = ds_model_open(&b, operand[1], &o->model, err)) ||
        (code = ds_drift_layer(&want.layer, o->layer, a.vit.shape.depth, err)))
        goto done;
    ds_sheet_begin(&s, "weights", "change of the weights");
    if (!(code = ds_weight_sheet(&s, &a, operand[0], &b, operand[1], &want, err)))
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);

done:
    ds_sheet_clear(&s);
    ds_model_close(&b);
    ds_model_close(&a);
    return code;
}
