/* viz/cli/cmd_export.c -- driftscope export: tables for papers, weights for others. */
#include <stdlib.h>
#include <string.h>

#include "analysis/drift/moment.h"
#include "analysis/sheet/tables.h"
#include "data/weights/model.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_export_sheet.h"

struct export_opt {
    struct ds_sheet_opt sheet;
    char table[32], metric[128];
    int reference, spread;
    bool list;
};

static const char *const references[] = {"own", "previous", "first", NULL};

#define AT(field) DS_OPT_AT(export_opt, field)
static const struct ds_opt table[] = {
    {"table", "summary", "NAME", "which table; see --list", AT(table),
     .group = "what is exported"},
    {"metric", "relfro", "LIST", "drift, compare: ways to compare; see drift --list",
     AT(metric)},
    {"reference", "own", "NAME", "drift, compare: what maps are compared with", AT(reference),
     .choice = references},
    DS_SHEET_SPREAD(export_opt),
    {"list", "no", "", "show the tables and stop", AT(list)},
    DS_SHEET_ROWS(export_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope export runs/arcl                         every convention of accuracy\n"
    "driftscope export runs/arcl --table accuracy -o accuracy.csv\n"
    "driftscope export runs/* --table compare --percent --bold -o compare.tex\n"
    "driftscope export runs/arcl --table drift --metric relfro,iou --json\n"
    "driftscope export runs/arcl@5 -o model.safetensors   weights, as timm names them\n"
    "driftscope export pytorch_model.bin -o model.safetensors\n"
    "driftscope export --list";

static bool is_weights(const char *path)
{
    static const char ending[] = ".safetensors";
    const size_t n = strlen(path), m = sizeof ending - 1;

    return n > m && !strcmp(path + n - m, ending);
}

static int export_weights(const char *out, int n, char **operand, const struct ds_tone *tone,
                          struct ds_err *err)
{
    struct ds_model m;
    int code;

    if (n != 1)
        return ds_fail(err, DS_USAGE, "weights are exported from one model, %d are given", n);
    if (ds_model_open(&m, operand[0], &(struct ds_model_want){0}, err))
        return err->code;
    if (!(code = ds_model_export(&m, out, err)))
        ds_tty_note(tone, "%s: weights of %s", out, operand[0]);
    ds_model_close(&m);
    return code;
}

static int fill(struct ds_sheet *s, const struct export_opt *o, const struct ds_moment *moment,
                int n, struct ds_err *err)
{
    struct ds_table_run *runs = calloc((size_t)n, sizeof *runs);
    struct ds_table_want want = {.run = runs,
                                 .runs = n,
                                 .reference = (enum ds_reference)o->reference,
                                 .stat = ds_sheet_stat(&o->sheet),
                                 .sd = o->spread != 0};
    int code;

    if (!runs)
        return ds_fail(err, DS_NOMEM, "no memory for %d runs", n);
    for (int i = 0; i < n; i++)
        runs[i] = (struct ds_table_run){&moment[i].record, moment[i].name,
                                        moment[i].named ? moment[i].checkpoint : -1};
    if (!(code = ds_metric_list(want.metric, &want.metrics, o->metric, err)))
        code = ds_table_fill(s, o->table, &want, err);
    free(runs);
    return code;
}

static int export_table(const struct export_opt *o, int n, char **operand,
                        const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_moment *moment = calloc((size_t)n, sizeof *moment);
    struct ds_sheet s = {0};
    int code = 0;

    if (!moment)
        return ds_fail(err, DS_NOMEM, "no memory for %d runs", n);
    for (int i = 0; i < n && !code; i++)
        code = ds_moment_open(&moment[i], operand[i], err);
    if (!code)
        code = fill(&s, o, moment, n, err);
    if (!code)
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    for (int i = 0; i < n; i++)
        ds_moment_close(&moment[i]);
    free(moment);
    return code;
}

int ds_export_compare(const struct ds_sheet_opt *sheet, int spread, int n, char **run,
                      const struct ds_tone *tone, struct ds_err *err)
{
    const struct export_opt o = {.sheet = *sheet, .table = "compare", .metric = "relfro", .spread = spread};

    return export_table(&o, n, run, tone, err);
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct export_opt *o = opt;
    struct ds_sheet s;
    int code;

    if (o->list) {
        ds_table_sheet(&s);
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);
        ds_sheet_clear(&s);
        return code;
    }
    if (n == 0)
        return ds_fail(err, DS_USAGE, "export wants RUN...; see driftscope export --help");
    if (is_weights(o->sheet.out))
        return export_weights(o->sheet.out, n, operand, tone, err);
    return export_table(o, n, operand, tone, err);
}

const struct ds_cmd ds_cmd_export = {.name = "export",
                                     .operands = "RUN[@T]...|MODEL",
                                     .about =
                                         "write tables (csv, json, latex, markdown) or weights",
                                     .examples = examples,
                                     .table = table,
                                     .size = sizeof(struct export_opt),
                                     .least = 0,
                                     .most = -1,
                                     .run = run};
