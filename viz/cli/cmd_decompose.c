/* viz/cli/cmd_decompose.c -- driftscope decompose: was it the queries, the keys, or what came
 * in?
 */
#include "analysis/causal/decompose.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_export_sheet.h"
#include "viz/cli/cmd_duo.h"

struct decompose_opt {
    struct ds_sheet_opt sheet;
    struct ds_duo_opt duo;
    struct ds_model_want model;
    int by, metric, query;
};

/* In the order of enum ds_decompose_by, ds_row_distance. */
static const char *const bys[] = {"layer", "head", "task", "all", NULL};
static const char *const metrics[] = {"tv", "js", "relfro", NULL};
enum { CLS, ALL };
static const char *const queries[] = {"cls", "all", NULL};

#define AT(field) DS_OPT_AT(decompose_opt, field)
static const struct ds_opt table[] = {
    {"by", "layer", "NAME", "a share for each layer, head, task (or folder), or over all",
     AT(by), .choice = bys, .group = "what is asked"},
    {"metric", "js", "NAME",
     "distance of attention rows: total variation, Jensen-Shannon, relative Frobenius",
     AT(metric), .choice = metrics},
    {"query", "cls", "WHO", "whose rows: the CLS token's, or all (costs as much as N of them)",
     AT(query), .choice = queries},
    DS_DUO_ROWS(decompose_opt),
    DS_SHEET_ROWS(decompose_opt),
    DS_MODEL_ROWS(decompose_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope decompose runs/finetune@1 runs/finetune@5\n"
    "driftscope decompose runs/arcl@1 runs/arcl@5 --by head --metric tv -o shares.csv\n"
    "driftscope decompose before.safetensors after.safetensors --images val --query all";

static int measure(struct ds_decomposition *r, const struct ds_found_duo *p,
                   const struct ds_decompose_want *want, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct ds_decomposing *k;
    struct ds_progress progress;
    int done = 0, code = ds_decomposing_open(&k, r, &p->s, &p->t, &p->shown, want, err);

    if (code)
        return code;
    ds_progress_begin(&progress, tone, p->shown.count, "pictures");
    while (!code && done < p->shown.count) {
        code = ds_decomposing_next(k, &done, err);
        ds_progress_at(&progress, done, "");
    }
    ds_progress_end(&progress);
    ds_decomposing_close(k);
    return code;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct decompose_opt *o = opt;
    struct ds_decompose_sheet_want want = {
        .s = operand[0],
        .t = operand[1],
        .by = (enum ds_decompose_by)o->by,
        .how = {(enum ds_row_distance)o->metric, o->query == ALL, o->duo.threads},
        .stat = ds_sheet_stat(&o->sheet)};
    struct ds_found_duo p;
    struct ds_decomposition r = {0};
    struct ds_sheet s = {0};
    int code;

    (void)n;
    if ((code = ds_duo_find(&p, operand, &o->duo, &o->model, false, tone, err)) ||
        (code = measure(&r, &p, &want.how, tone, err)))
        goto done;
    want.shown = &p.shown;
    want.layer = p.layer;
    want.head = p.head;
    ds_sheet_begin(&s, "decomposition", "what moved the attention");
    if (!(code = ds_decompose_sheet(&s, &r, &want, err)))
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);

done:
    ds_sheet_clear(&s);
    ds_decomposition_clear(&r);
    ds_duo_drop(&p);
    return code;
}

const struct ds_cmd ds_cmd_decompose = {
    .name = "decompose",
    .operands = "S T",
    .about = "divide the drift of attention into queries, keys and incoming tokens",
    .examples = examples,
    .table = table,
    .size = sizeof(struct decompose_opt),
    .least = 2,
    .most = 2,
    .run = run};
