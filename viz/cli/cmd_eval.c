/* viz/cli/cmd_eval.c -- driftscope eval: accuracy of a checkpoint again, from its weights. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/protocol/session.h"
#include "data/store/run.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_eval.h"
#include "viz/cli/cmd_model.h"

static const char *const precision_word[] = {"auto", "fp32", "bf16", NULL};

#define AT(field) DS_OPT_AT(ds_eval_opt, field)
static const struct ds_opt table[] = {
    {"json", "no", NULL, "print JSON", AT(json)},
    {"threads", "0", "N", "worker threads, 0: one per processor", AT(threads), .lo = 0,
     .hi = 256},
    {"precision", "auto", "HOW",
     "of matrix products: fp32, bf16 (needs AMX), or as the run was trained (auto)", AT(precision),
     .choice = precision_word},
    {"data", "", "DIR", "evaluate on this folder of pictures, CLASS/NAME.jpg", AT(data),
     .group = "Any network on any folder"},
    {"labels", "", "FILE", "what folders mean: number TAB id TAB name, or one name a line",
     AT(labels)},
    {"skip-broken", "no", NULL, "leave out pictures that cannot be read, and name them",
     AT(skip_broken)},
    DS_MODEL_ROWS(ds_eval_opt),
    {0}};
#undef AT

struct counts {
    int *any, *own, *total, seen;
};

static void print_text(const struct counts *c, const char *path, int number)
{
    double any = 0, own = 0;

    printf("%s, after task %d\n%6s %18s %18s %8s\n", path, number, "task", "class-incremental",
           "task-incremental", "images");
    for (int j = 0; j < c->seen; j++) {
        printf("%6d %18.4f %18.4f %8d\n", j + 1, (double)c->any[j] / c->total[j],
               (double)c->own[j] / c->total[j], c->total[j]);
        any += (double)c->any[j] / c->total[j] / c->seen;
        own += (double)c->own[j] / c->total[j] / c->seen;
    }
    printf("%6s %18.4f %18.4f   mean over tasks\n", "mean", any, own);
}

static int print_json(const struct counts *c, const char *path, int number, struct ds_err *err)
{
    json_t *root = json_pack("{s:s, s:i, s:[], s:[], s:[]}", "run", path, "after_task", number,
                             "correct_class", "correct_task", "total");

    for (int j = 0; root && j < c->seen; j++) {
        json_array_append_new(json_object_get(root, "correct_class"), json_integer(c->any[j]));
        json_array_append_new(json_object_get(root, "correct_task"), json_integer(c->own[j]));
        json_array_append_new(json_object_get(root, "total"), json_integer(c->total[j]));
    }
    if (!root || json_dumpf(root, stdout, JSON_INDENT(1))) {
        json_decref(root);
        return ds_fail(err, DS_NOMEM, "out of memory for the result");
    }
    putchar('\n');
    json_decref(root);
    return 0;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_eval_opt *o = opt;
    struct ds_record r = {0};
    struct counts c = {0};
    struct ds_address at;
    char file[DS_PATH_MAX + 16];
    int number, code;

    (void)n;
    if (*o->data)
        return ds_eval_folder(o, operand[0], tone, err);
    if (ds_address_parse(&at, operand[0], err))
        return err->code;
    number = at.checkpoint;
    snprintf(file, sizeof file, "%s/run.h5", at.run);
    if (ds_record_load(&r, file, err))
        return err->code;
    if (number < 0)
        number = r.done - 1;
    if (number < 1 || number >= r.done) {
        code = ds_fail(err, DS_USAGE,
                       "%s: checkpoint %d has nothing to evaluate, there are 1 to %d", at.run,
                       number, r.done - 1);
        ds_record_clear(&r);
        return code;
    }
    c.any = calloc(3 * (size_t)r.tasks, sizeof *c.any);
    c.own = c.any + r.tasks;
    c.total = c.own + r.tasks;
    code = c.any ? ds_session_evaluate(at.run, number, o->threads, o->precision - 1, c.any,
                                       c.own, c.total, &c.seen, err)
                 : ds_fail(err, DS_NOMEM, "out of memory");
    ds_record_clear(&r);
    if (!code && o->json)
        code = print_json(&c, at.run, number, err);
    else if (!code)
        print_text(&c, at.run, number);
    free(c.any);
    return code;
}

const struct ds_cmd ds_cmd_eval = {
    .name = "eval",
    .operands = "RUN[@t]|MODEL",
    .about = "accuracy from the weights, of a checkpoint or of any network",
    .examples =
        "driftscope eval runs/arcl\n"
        "driftscope eval runs/arcl@3 --json\n"
        "driftscope eval vit_tiny.safetensors --data imagenet/val --labels imagenet.tsv",
    .table = table,
    .size = sizeof(struct ds_eval_opt),
    .least = 1,
    .most = 1,
    .run = run,
};
