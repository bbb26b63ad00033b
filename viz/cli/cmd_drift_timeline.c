/* viz/cli/cmd_drift_timeline.c -- driftscope drift RUN --images PATH: every checkpoint of a run
 * looks at the pictures once. See cmd_drift.h.
 *
 * The maps become the record of a run whose evaluation images are these pictures. Where every
 * folder is a class of the run (where its tasks are domains: a domain), its pictures belong to
 * that task, and drift is measured from the checkpoint after it (--reference own); elsewhere from
 * the checkpoint before. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/look/look_pair.h"
#include "analysis/drift/moment.h"
#include "core/base/size.h"
#include "data/store/file.h"
#include "data/store/run.h"
#include "viz/cli/cmd_drift.h"

enum { OWN = 1, PREVIOUS, FIRST }; /* words of --reference behind auto */

struct timeline {
    struct ds_moment run;
    struct ds_drift_pictures p;
    struct ds_drift_seen first; /* the first checkpoint's look: names, labels, grid */
    struct ds_record all;       /* arrays below are its own, the rest is borrowed */
    float *maps, *split;
    int *task;
    bool tasks_known;
};

static int check_options(const struct ds_drift_opt *o, struct ds_err *err)
{
    const char *word = o->link                        ? "--link"
                       : *o->noise                    ? "--noise"
                       : *o->null                     ? "--null"
                       : o->what == DS_DRIFT_FEATURES ? "--what features"
                       : o->by - 1 == DS_BY_HEAD      ? "--by head"
                       : o->resample                  ? "--resample"
                                                      : NULL;

    if (word)
        return ds_fail(err, DS_USAGE,
                       "%s compares two networks; name both checkpoints, as RUN@1 RUN@5", word);
    return 0;
}

static int check_run(const struct ds_address *at, const char *run, struct ds_err *err)
{
    char path[DS_PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/run.h5", at->run);
    if (ds_file_absent(path) && !ds_file_absent(run))
        return ds_fail(
            err, DS_USAGE,
            "%s: is not a run; --images compares two networks, or all checkpoints of "
            "one run",
            run);
    return 0;
}

/* The task of a folder: that of the run's class, or its domain, of that name; -1 for none. */
static int task_of_folder(const struct ds_record *run, const char *folder)
{
    for (int t = 0; run->domain_name && t < run->tasks; t++)
        if (!strcmp(run->domain_name[t], folder))
            return t;
    for (int c = 0; !run->domain_name && c < run->classes; c++)
        if (!strcmp(run->class_name[c], folder))
            return run->class_task[c];
    return -1;
}

static int find_tasks(struct timeline *t, struct ds_err *err)
{
    const struct ds_record *run = &t->run.record, *seen = &t->first.look.record;
    int found = 0;

    t->task = calloc((size_t)seen->images + (size_t)seen->classes, sizeof *t->task);
    if (!t->task)
        return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", seen->images);
    for (int k = 0; k < seen->classes; k++) {
        int *task = &t->task[seen->images + k];

        *task = task_of_folder(run, seen->class_name[k]);
        found += *task >= 0;
    }
    t->tasks_known = found == seen->classes;
    for (int i = 0; i < seen->images; i++)
        t->task[i] = t->tasks_known ? t->task[seen->images + seen->label[i]] : 0;
    return 0;
}

static int begin(struct timeline *t, struct ds_err *err)
{
    const struct ds_record *run = &t->run.record, *seen = &t->first.look.record;
    const size_t cells = (size_t)seen->images * (size_t)seen->layers;
    const size_t checkpoints = (size_t)t->run.checkpoint + 1;

    if (find_tasks(t, err))
        return err->code;
    assert(cells && seen->patches > 0);
    t->maps = malloc(ds_sizes(checkpoints, cells, (size_t)seen->patches, sizeof *t->maps));
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): no factor is 0 */
    t->split = malloc(checkpoints * cells * sizeof *t->split);
    if (!t->maps || !t->split)
        return ds_fail(err, DS_NOMEM, "out of memory for the maps of %zu checkpoints",
                       checkpoints);
    t->all = t->first.shown;
    t->all.rollout = t->maps;
    t->all.split = t->split;
    t->all.task = t->task;
    t->all.tasks = run->tasks;
    t->all.done = t->run.checkpoint + 1;
    t->all.seed = run->seed;
    memcpy(t->all.method, run->method, sizeof run->method);
    memcpy(t->all.uuid, run->uuid, sizeof run->uuid);
    return 0;
}

/* The same pictures on the same grid as at the first checkpoint. */
static int take(struct timeline *t, const struct ds_drift_seen *s, int checkpoint,
                struct ds_err *err)
{
    const struct ds_record *r = &s->shown, *all = &t->all;
    const size_t cells = (size_t)all->images * (size_t)all->layers;
    const size_t at = (size_t)checkpoint * cells;

    if (r->images != all->images || r->layers != all->layers || r->patches != all->patches ||
        memcmp(r->id, all->id, (size_t)r->images * sizeof *r->id) != 0)
        return ds_fail(err, DS_DATA,
                       "%s: sees other pictures, or on another grid, than the first checkpoint",
                       s->name);
    memcpy(t->maps + at * (size_t)all->patches, r->rollout,
           cells * (size_t)all->patches * sizeof *t->maps);
    memcpy(t->split + at, r->split, cells * sizeof *t->split);
    return 0;
}

static int look_at(struct timeline *t, int checkpoint, const char *run,
                   const struct ds_drift_opt *o, const struct ds_tone *tone, struct ds_err *err)
{
    char name[1200];
    struct ds_drift_seen other = {0};
    struct ds_drift_seen *s = checkpoint ? &other : &t->first;
    int code;

    snprintf(name, sizeof name, "%s@%d", run, checkpoint);
    if (!(code = ds_drift_seen_open(s, name, o, &t->p.g, tone, err)) &&
        !(code = ds_drift_seen_look(s, &t->p, tone, err)) &&
        (checkpoint || !(code = begin(t, err))))
        code = take(t, s, checkpoint, err);
    s->name = run;
    ds_drift_seen_close(&other);
    return code;
}

static int read_want(struct ds_drift_sheet_want *w, const struct timeline *t,
                     const struct ds_drift_opt *o, struct ds_err *err)
{
    const int reference = o->reference ? o->reference : t->tasks_known ? OWN : PREVIOUS;

    if (!t->tasks_known && (reference == OWN || o->by - 1 == DS_BY_TASK))
        return ds_fail(err, DS_USAGE,
                       "%s needs the task of every picture: folders named as %s of the run; "
                       "here some are not",
                       reference == OWN ? "--reference own" : "--by task",
                       t->run.record.domain_name ? "domains" : "classes");
    w->reference = reference == OWN     ? DS_REF_OWN
                   : reference == FIRST ? DS_REF_FIRST
                                        : DS_REF_PREVIOUS;
    w->by = o->by ? (enum ds_drift_by)(o->by - 1) : t->run.named ? DS_BY_LAYER : DS_BY_TIMELINE;
    w->target = t->run.checkpoint;
    w->unlearned = o->unlearned || !t->tasks_known;
    w->threads = o->look.threads;
    return 0;
}

static void end(struct timeline *t)
{
    free(t->maps);
    free(t->split);
    free(t->task);
    ds_drift_seen_close(&t->first);
    ds_gather_clear(&t->p.g);
    ds_moment_close(&t->run);
}

int ds_drift_timeline(const struct ds_drift_opt *o, const char *run, const struct ds_tone *tone,
                      struct ds_err *err)
{
    struct timeline t = {0};
    struct ds_drift_words words;
    struct ds_drift_sheet_want want = {.looks = &words.looks, .stat = ds_sheet_stat(&o->sheet)};
    struct ds_drift_side side;
    struct ds_address at;
    int code;

    if ((code = check_options(o, err)) || (code = ds_address_parse(&at, run, err)) ||
        (code = check_run(&at, run, err)) || (code = ds_moment_open(&t.run, run, err)) ||
        (code = ds_metric_list(want.metric, &want.metrics, o->metric, err)) ||
        (code = ds_drift_layer(&want.layer, o->layer, t.run.record.layers, err)) ||
        (code = ds_drift_pictures_open(&t.p, o, err)))
        goto done;
    for (int m = 0; m <= t.run.checkpoint && !code; m++)
        code = look_at(&t, m, at.run, o, tone, err);
    if (code || (code = read_want(&want, &t, o, err)))
        goto done;
    ds_drift_words_of(&words, &t.first, &t.first, o, t.p.g.count);
    side = (struct ds_drift_side){&t.all, run, NULL};
    code = ds_drift_deliver(o, &side, &side, &want, tone, err);

done:
    end(&t);
    return code;
}
