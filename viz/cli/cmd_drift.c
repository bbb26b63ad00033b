/* viz/cli/cmd_drift.c -- driftscope drift: how far did attention move? */
#include "viz/cli/cmd_drift.h"

#include <stdio.h>
#include <string.h>

#include "analysis/drift/linkage_sheet.h"
#include "analysis/drift/moment.h"
#include "data/store/file.h"
#include "data/store/run.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_model.h"

enum { OWN = 1, PREVIOUS, FIRST }; /* words of --reference behind auto */

const char *const ds_drift_bys[] = {"auto",  "layer",    "class", "task",
                                    "image", "timeline", "head",  NULL};
const char *const ds_drift_references[] = {"auto", "own", "previous", "first", NULL};

static const char *const whats[] = {"maps", "features", "weights", NULL};

#define AT(field) DS_OPT_AT(ds_drift_opt, field)
static const struct ds_opt table[] = {
    {"what", "maps", "NAME", "maps of attention, features, or weights (without pictures)",
     AT(what), .choice = whats, .group = "what is measured"},
    {"metric", "relfro", "LIST", "ways to compare, e.g. relfro,js,iou, or all; see --list",
     AT(metric)},
    {"by", "auto", "NAME", "one row per what; auto: timeline for a RUN, else layer", AT(by),
     .choice = ds_drift_bys},
    {"layer", "mean", "N", "class and task rows: layer 1 .. L, last, or mean over all",
     AT(layer)},
    {"reference", "auto", "NAME", "what one run is compared with; auto: own", AT(reference),
     .choice = ds_drift_references},
    {"unlearned", "no", "", "also images of tasks not learned at the reference", AT(unlearned)},
    {"list", "no", "", "show the metrics and stop", AT(list)},
    {"images", "", "PATH", "a picture or a folder: compare any two networks on it", AT(images),
     .group = "pictures"},
    {"labels", "", "FILE", "class names for --link and --class: number TAB id TAB name",
     AT(labels)},
    {"resample", "no", "", "other grid: B's maps onto A's patches, by area", AT(resample)},
    {"cache", "yes", "", "runs keep what their checkpoints saw, in RUN/cache", AT(cache)},
    {"noise", "", "jitter[:N]", "noise floor: the first network on N jittered copies (4)",
     AT(noise), .group = "beyond drift"},
    {"null", "", "OTHER", "noise floor: the first network against its equal, another seed",
     AT(null)},
    {"link", "no", "", "per image, drift against margin loss and flips (forgetting)", AT(link)},
    DS_SHEET_ROWS(ds_drift_opt),
    DS_LOOK_ROWS(ds_drift_opt),
    DS_MODEL_ROWS(ds_drift_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope drift runs/arcl                          the whole timeline, layer by layer\n"
    "driftscope drift runs/arcl --metric all -o drift.csv\n"
    "driftscope drift runs/arcl@1 runs/arcl@5 --by class\n"
    "driftscope drift runs/finetune@5 runs/arcl@5 --metric js,iou --json\n"
    "driftscope drift a.safetensors b.safetensors --images photos/ --metric js,iou\n"
    "driftscope drift runs/arcl@1 runs/arcl@5 --images photos/ --by class\n"
    "driftscope drift runs/arcl --images photos/          every checkpoint, once\n"
    "driftscope drift vit.h5 tuned.pth --images photos/ --source raw --by head\n"
    "driftscope drift a.h5 b.h5 --images photos/ --noise jitter:8 --by head --source raw\n"
    "driftscope drift runs/arcl@1 runs/arcl@5 --link\n"
    "driftscope drift runs/arcl@1 runs/arcl@5 --what weights --layer last\n"
    "driftscope drift --list";

int ds_drift_layer(int *layer, const char *text, int layers, struct ds_err *err)
{
    int number = 0;

    *layer = -1;
    if (!strcmp(text, "mean"))
        return 0;
    if (!strcmp(text, "last"))
        number = layers;
    else
        for (const char *c = text; *c; c++)
            number = *c >= '0' && *c <= '9' && number <= layers ? 10 * number + (*c - '0')
                                                                : layers + 1;
    if (number < 1 || number > layers)
        return ds_fail(err, DS_USAGE, "--layer %s: expected 1 to %d, last or mean", text,
                       layers);
    *layer = number - 1;
    return 0;
}

/* One run against itself, or two moments against each other. */
static int read_want(struct ds_drift_sheet_want *w, const struct ds_drift_opt *o, int n,
                     const struct ds_moment *a, const struct ds_moment *b, struct ds_err *err)
{
    *w = (struct ds_drift_sheet_want){.unlearned = o->unlearned,
                                      .threads = o->look.threads,
                                      .stat = ds_sheet_stat(&o->sheet)};
    if (ds_metric_list(w->metric, &w->metrics, o->metric, err) ||
        ds_drift_layer(&w->layer, o->layer, a->record.layers, err))
        return err->code;
    if (n == 2 && o->reference != DS_DRIFT_AUTO)
        return ds_fail(err, DS_USAGE, "--reference %s is for one run; here %s is the reference",
                       ds_drift_references[o->reference], a->name);
    if (n == 2 && o->by - 1 == DS_BY_TIMELINE)
        return ds_fail(err, DS_USAGE, "--by timeline is for one run, two addresses are given");
    if (o->by - 1 == DS_BY_HEAD)
        return ds_fail(err, DS_USAGE,
                       "--by head compares the raw attention of every head, which runs do not "
                       "keep; give --images PATH --source raw");
    w->by = o->by                           ? (enum ds_drift_by)(o->by - 1)
            : n == 2 || a->named || o->link ? DS_BY_LAYER
                                            : DS_BY_TIMELINE;
    w->reference = n == 2                     ? DS_REF_GIVEN
                   : o->reference == PREVIOUS ? DS_REF_PREVIOUS
                   : o->reference == FIRST    ? DS_REF_FIRST
                                              : DS_REF_OWN;
    w->given = a->checkpoint;
    w->target = n == 2 ? b->checkpoint : a->checkpoint;
    return 0;
}

const char *ds_drift_title(enum ds_drift_by by)
{
    static const char *const text[] = {"attention drift by layer",
                                       "attention drift by class",
                                       "attention drift by task",
                                       "attention drift by image",
                                       "attention drift by layer over the timeline",
                                       "attention drift by head"};

    return text[by];
}

/* Only a run keeps maps; a network by itself needs pictures. */
static int check_run(const char *address, struct ds_err *err)
{
    struct ds_address at;
    char path[DS_PATH_MAX + 16];

    if (ds_address_parse(&at, address, err))
        return err->code;
    snprintf(path, sizeof path, "%s/run.h5", at.run);
    if (ds_file_absent(path) && !ds_file_absent(address))
        return ds_fail(
            err, DS_USAGE,
            "%s: is not a run, so it keeps no maps to compare; give pictures to look "
            "at with --images PATH",
            address);
    return 0;
}

static bool says_something(const struct ds_model_want *m)
{
    return m->heads || m->eps > 0 || *m->act || *m->mean || *m->std || *m->recipe || m->size ||
           m->pool || *m->prefix;
}

/* What only goes with pictures says so, instead of being passed over. */
static int check_options(const struct ds_drift_opt *o, struct ds_err *err)
{
    const char *maps = ds_look_opt_odd(&o->look);
    const char *word = o->resample                    ? "--resample"
                       : *o->noise                    ? "--noise"
                       : o->what == DS_DRIFT_FEATURES ? "--what features"
                       : says_something(&o->model)    ? "what a file does not say (--heads ...)"
                                                      : NULL;

    if (maps)
        return ds_fail(
            err, DS_USAGE,
            "%s: a run keeps the rollout of the CLS row; other maps want pictures to "
            "look at: --images PATH",
            maps);
    if (word)
        return ds_fail(err, DS_USAGE, "%s goes with --images PATH", word);
    if (o->link && *o->null)
        return ds_fail(err, DS_USAGE, "--link and --null are two questions; ask one");
    return 0;
}

int ds_drift_deliver(const struct ds_drift_opt *o, const struct ds_drift_side *before,
                     const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                     const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_sheet s = {0};
    int code;

    if (o->link) {
        ds_sheet_begin(&s, "linkage", "drift against forgetting");
        code = ds_linkage_sheet(&s, before, after, want, o->by == DS_DRIFT_AUTO, err);
    } else {
        ds_sheet_begin(&s, "drift", ds_drift_title(want->by));
        code = ds_drift_sheet(&s, before, after, want, err);
    }
    if (!code)
        code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    return code;
}

/* --null: another run as the floor of the first. */
static int open_null(struct ds_moment *m, struct ds_drift_null *null, char *text, size_t size,
                     const struct ds_drift_opt *o, const char *reference, struct ds_err *err)
{
    if (check_run(o->null, err) || ds_moment_open(m, o->null, err))
        return err->code;
    snprintf(text, size, "%s against %s", reference, o->null);
    *null = (struct ds_drift_null){text, 1, &m->record, m->checkpoint};
    return 0;
}

/* The moments that are compared, and the floor. */
struct moments {
    struct ds_moment a, b, null;
    struct ds_drift_null floor;
    char text[2200];
};

static int open_moments(struct moments *m, const struct ds_drift_opt *o, int n, char **operand,
                        struct ds_err *err)
{
    for (int i = 0; i < n; i++)
        if (check_run(operand[i], err))
            return err->code;
    if (ds_moment_open(&m->a, operand[0], err) ||
        (n == 2 && ds_moment_open(&m->b, operand[1], err)))
        return err->code;
    return *o->null
               ? open_null(&m->null, &m->floor, m->text, sizeof m->text, o, operand[0], err)
               : 0;
}

static int measure(const struct ds_drift_opt *o, int n, char **operand,
                   const struct ds_tone *tone, struct ds_err *err)
{
    struct moments m = {0};
    struct ds_drift_sheet_want want;
    struct ds_drift_side before, after;
    bool same;
    int code;

    if ((code = check_options(o, err)) || (code = open_moments(&m, o, n, operand, err)) ||
        (code = read_want(&want, o, n, &m.a, &m.b, err)))
        goto done;
    same = n == 1 || (*m.a.record.uuid && !strcmp(m.a.record.uuid, m.b.record.uuid));
    before = (struct ds_drift_side){&m.a.record, m.a.name, NULL};
    after = same ? before : (struct ds_drift_side){&m.b.record, m.b.name, NULL};
    want.null = *o->null ? &m.floor : NULL;
    code = ds_drift_deliver(o, &before, &after, &want, tone, err);

done:
    ds_moment_close(&m.null);
    ds_moment_close(&m.b);
    ds_moment_close(&m.a);
    return code;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_drift_opt *o = opt;
    struct ds_sheet s;
    int code;

    if (!o->list && n == 0)
        return ds_fail(err, DS_USAGE,
                       "drift wants RUN, RUN@T or two of them; see driftscope "
                       "drift --help");
    if (!o->list && o->what == DS_DRIFT_WEIGHTS && n != 2)
        return ds_fail(err, DS_USAGE, "--what weights compares two networks, one is given");
    if (!o->list && o->what == DS_DRIFT_WEIGHTS)
        return ds_drift_weights(o, operand, tone, err);
    if (!o->list && *o->images && n == 1)
        return ds_drift_timeline(o, operand[0], tone, err);
    if (!o->list && *o->images)
        return ds_drift_duo(o, operand, tone, err);
    if (!o->list)
        return measure(o, n, operand, tone, err);
    ds_metric_sheet(&s);
    code = ds_sheet_deliver(&s, &o->sheet, tone, err);
    ds_sheet_clear(&s);
    return code;
}

const struct ds_cmd ds_cmd_drift = {.name = "drift",
                                    .operands = "RUN[@T] [RUN@T]|MODEL MODEL",
                                    .about = "measure how attention moved between checkpoints",
                                    .examples = examples,
                                    .table = table,
                                    .size = sizeof(struct ds_drift_opt),
                                    .least = 0,
                                    .most = 2,
                                    .run = run};
