/* viz/cli/cmd_drift.c -- driftscope drift: how far did attention move? */
#include <string.h>

#include "analysis/drift_sheet.h"
#include "analysis/moment.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_export_sheet.h"

struct drift_opt {
    struct ds_sheet_opt sheet;
    char metric[128], layer[16];
    int by, reference;
    bool list, unlearned;
};

enum { AUTO, OWN, PREVIOUS, FIRST }; /* words of --reference; 0 is auto in --by, too */

static const char *const bys[] = {"auto", "layer", "class", "task", "image", "timeline", NULL};
static const char *const references[] = {"auto", "own", "previous", "first", NULL};

#define AT(field) DS_OPT_AT(drift_opt, field)
static const struct ds_opt table[] = {
    {"metric", "relfro", "LIST", "ways to compare, e.g. relfro,js,iou, or all; see --list",
     AT(metric), .group = "what is measured"},
    {"by", "auto", "NAME", "one row per what; auto: timeline for a RUN, else layer", AT(by),
     .choice = bys},
    {"layer", "mean", "N", "class and task rows: layer 1 .. L, last, or mean over all",
     AT(layer)},
    {"reference", "auto", "NAME", "what one run is compared with; auto: own", AT(reference),
     .choice = references},
    {"unlearned", "no", "", "also images of tasks not learned at the reference", AT(unlearned)},
    {"list", "no", "", "show the metrics and stop", AT(list)},
    DS_SHEET_ROWS(drift_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope drift runs/arcl                          the whole timeline, layer by layer\n"
    "driftscope drift runs/arcl --metric all -o drift.csv\n"
    "driftscope drift runs/arcl@1 runs/arcl@5 --by class\n"
    "driftscope drift runs/finetune@5 runs/arcl@5 --metric js,iou --json\n"
    "driftscope drift --list";

/* "mean", "last", or 1 .. L as text -> -1 or 0 .. L-1. */
static int read_layer(int *layer, const char *text, const struct ds_record *r,
                      struct ds_err *err)
{
    int number = 0;

    *layer = -1;
    if (!strcmp(text, "mean"))
        return 0;
    if (!strcmp(text, "last"))
        number = r->layers;
    else
        for (const char *c = text; *c; c++)
            number = *c >= '0' && *c <= '9' && number <= r->layers ? 10 * number + (*c - '0')
                                                                   : r->layers + 1;
    if (number < 1 || number > r->layers)
        return ds_fail(err, DS_USAGE, "--layer %s: expected 1 to %d, last or mean", text,
                       r->layers);
    *layer = number - 1;
    return 0;
}

/* One run against itself, or two moments against each other. */
static int read_want(struct ds_drift_sheet_want *w, const struct drift_opt *o, int n,
                     const struct ds_moment *a, const struct ds_moment *b, struct ds_err *err)
{
    *w = (struct ds_drift_sheet_want){.unlearned = o->unlearned,
                                      .stat = ds_sheet_stat(&o->sheet)};
    if (ds_metric_list(w->metric, &w->metrics, o->metric, err) ||
        read_layer(&w->layer, o->layer, &a->record, err))
        return err->code;
    if (n == 2 && o->reference != AUTO)
        return ds_fail(err, DS_USAGE, "--reference %s is for one run; here %s is the reference",
                       references[o->reference], a->name);
    if (n == 2 && o->by - 1 == DS_BY_TIMELINE)
        return ds_fail(err, DS_USAGE, "--by timeline is for one run, two addresses are given");
    w->by = o->by ? (enum ds_drift_by)(o->by - 1)
            : n == 2 || a->named ? DS_BY_LAYER
                                 : DS_BY_TIMELINE;
    w->reference = n == 2                       ? DS_REF_GIVEN
                   : o->reference == PREVIOUS   ? DS_REF_PREVIOUS
                   : o->reference == FIRST      ? DS_REF_FIRST
                                                : DS_REF_OWN;
    w->given = a->checkpoint;
    w->target = n == 2 ? b->checkpoint : a->checkpoint;
    return 0;
}

static const char *title(enum ds_drift_by by)
{
    static const char *const text[] = {
        "attention drift by layer", "attention drift by class", "attention drift by task",
        "attention drift by image", "attention drift by layer over the timeline"};

    return text[by];
}

static int measure(const struct drift_opt *o, int n, char **operand, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct ds_moment a = {0}, b = {0};
    struct ds_drift_sheet_want want;
    struct ds_drift_side before, after;
    struct ds_sheet s = {0};
    bool same;
    int code;

    if ((code = ds_moment_open(&a, operand[0], err)) ||
        (n == 2 && (code = ds_moment_open(&b, operand[1], err))) ||
        (code = read_want(&want, o, n, &a, &b, err)))
        goto done;
    same = n == 1 || (*a.record.uuid && !strcmp(a.record.uuid, b.record.uuid));
    before = (struct ds_drift_side){&a.record, a.name};
    after = same ? before : (struct ds_drift_side){&b.record, b.name};
    ds_sheet_begin(&s, "drift", title(want.by));
    if (!(code = ds_drift_sheet(&s, &before, &after, &want, err)))
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);

done:
    ds_sheet_clear(&s);
    ds_moment_close(&b);
    ds_moment_close(&a);
    return code;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct drift_opt *o = opt;
    struct ds_sheet s;
    int code;

    if (!o->list && n == 0)
        return ds_fail(err, DS_USAGE, "drift wants RUN, RUN@T or two of them; see driftscope "
                                      "drift --help");
    if (!o->list)
        return measure(o, n, operand, tone, err);
    ds_metric_sheet(&s);
    code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    return code;
}

const struct ds_cmd ds_cmd_drift = {.name = "drift",
                                    .operands = "RUN[@T] [RUN@T]",
                                    .about = "measure how attention moved between checkpoints",
                                    .examples = examples,
                                    .table = table,
                                    .size = sizeof(struct drift_opt),
                                    .least = 0,
                                    .most = 2,
                                    .run = run};
