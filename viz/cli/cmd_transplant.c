/* viz/cli/cmd_transplant.c -- driftscope transplant: does the old attention bring back what was
 * lost? */
#include "analysis/causal/transplant.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_export_sheet.h"
#include "viz/cli/cmd_duo.h"

struct transplant_opt {
    struct ds_sheet_opt sheet;
    struct ds_duo_opt duo;
    struct ds_model_want model;
    int by, direction;
    bool check;
};

/* words of --by, the first of them enum ds_graft_by; of --direction */
enum { BY_TASK = DS_GRAFT_ALL + 1 };
static const char *const bys[] = {"layer", "cumulative", "head", "all", "task", NULL};
enum { BOTH, FORWARD, CONVERSE };
static const char *const directions[] = {"both", "forward", "converse", NULL};

#define AT(field) DS_OPT_AT(transplant_opt, field)
static const struct ds_opt table[] = {
    {"by", "layer", "NAME",
     "what is frozen in, row by row: each layer, the first 1, 2 ... of them, each head, all; "
     "task: all, tasks (or folders) apart",
     AT(by), .choice = bys, .group = "what is asked"},
    {"direction", "both", "NAME",
     "forward: T with the attention of S; converse: S with that of T", AT(direction),
     .choice = directions},
    {"check", "no", "",
     "also S with T's queries and keys under S's attention, which must be S bit for bit",
     AT(check)},
    DS_DUO_ROWS(transplant_opt),
    DS_SHEET_ROWS(transplant_opt),
    DS_MODEL_ROWS(transplant_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope transplant runs/finetune@1 runs/finetune@5\n"
    "driftscope transplant runs/arcl@1 runs/arcl@5 --by cumulative --direction forward\n"
    "driftscope transplant runs/arcl@2 runs/arcl@5 --by task --limit 0 -o transplant.csv\n"
    "driftscope transplant before.safetensors after.safetensors --images val --by head\n"
    "driftscope transplant runs/arcl@1 runs/arcl@5 --layer 5-6 --head 1,3 --by all --check";

static int measure(struct ds_transplant *r, const struct ds_found_duo *p,
                   const struct ds_transplant_want *want, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct ds_transplanting *k;
    struct ds_progress progress;
    int done = 0, code = ds_transplanting_open(&k, r, &p->s, &p->t, &p->shown, want, err);

    if (code)
        return code;
    ds_progress_begin(&progress, tone, p->shown.count, "pictures");
    while (!code && done < p->shown.count) {
        code = ds_transplanting_next(k, &done, err);
        ds_progress_at(&progress, done, "");
    }
    ds_progress_end(&progress);
    ds_transplanting_close(k);
    if (!code && want->check && r->restored != r->count)
        code = ds_fail(err, DS_INTERNAL,
                       "S is not restored by its own attention in %d of %d pictures",
                       r->count - r->restored, r->count);
    return code;
}

static int print(const struct ds_transplant *r, const struct ds_found_duo *p,
                 const struct transplant_opt *o, const struct ds_graft *graft, char **operand,
                 const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_transplant_sheet_want want = {.s = operand[0],
                                                  .t = operand[1],
                                                  .graft = graft,
                                                  .shown = &p->shown,
                                                  .by_group = o->by == BY_TASK,
                                                  .stat = ds_sheet_stat(&o->sheet)};
    struct ds_sheet s;
    int code;

    ds_sheet_begin(&s, "transplant", "attention of one network frozen into the other");
    code = ds_transplant_sheet(&s, r, &want, err);
    if (o->check)
        ds_sheet_note(&s,
                      "check: with S's attention frozen in, S with the queries and keys of "
                      "T gives the logits of S, bit for bit, on all %d pictures",
                      r->restored);
    if (!code)
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    return code;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct transplant_opt *o = opt;
    const enum ds_graft_by by = o->by == BY_TASK ? DS_GRAFT_ALL : (enum ds_graft_by)o->by;
    struct ds_found_duo p;
    struct ds_transplant r = {0};
    struct ds_graft *graft = NULL;
    int grafts = 0, code;

    (void)n;
    if ((code = ds_duo_find(&p, operand, &o->duo, &o->model, true, tone, err)) ||
        (code = ds_graft_list(&graft, &grafts, by, p.layer, p.s.vit.shape.depth, p.head,
                              p.s.vit.shape.heads, err)))
        goto done;
    code = measure(&r, &p,
                   &(struct ds_transplant_want){
                       .graft = graft,
                       .grafts = grafts,
                       .direction = {o->direction != CONVERSE, o->direction != FORWARD},
                       .check = o->check,
                       .threads = o->duo.threads},
                   tone, err);
    if (!code)
        code = print(&r, &p, o, graft, operand, tone, err);

done:
    ds_transplant_clear(&r);
    ds_graft_free(graft, grafts);
    ds_duo_drop(&p);
    return code;
}

const struct ds_cmd ds_cmd_transplant = {
    .name = "transplant",
    .operands = "S T",
    .about = "freeze the attention of one network into another: what comes back?",
    .examples = examples,
    .table = table,
    .size = sizeof(struct transplant_opt),
    .least = 2,
    .most = 2,
    .run = run};
