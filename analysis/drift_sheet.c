/* analysis/drift_sheet.c -- drift, as a table. */
#include "analysis/drift_sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What a sheet is being made from, and what went by so far. */
struct work {
    struct ds_sheet *sheet;
    const struct ds_drift_side *before, *after;
    const struct ds_drift_sheet_want *want;
    struct ds_stat_want stat; /* its index grows: rows are resampled independently */
    int undefined[DS_METRIC_COUNT][DS_UNDEFINED_COUNT], empty[DS_METRIC_COUNT];
    int compared; /* images, at most over the targets */
};

/* Said once in the notes for people, in every row for machines. */
static void machine_column(struct ds_sheet *s, const char *name)
{
    struct ds_column c = {.type = DS_CELL_TEXT, .machine = true};

    snprintf(c.name, sizeof c.name, "%s", name);
    ds_sheet_column(s, &c);
}

/* The columns before the statistics: which metric, and which part of the drift. */
static void key_columns(const struct work *w)
{
    static const char *const part[] = {"layer", "class", "task", "image", "layer", "layer"};
    struct ds_sheet *s = w->sheet;
    const bool picture = w->want->by == DS_BY_IMAGE && w->want->looks;

    if (w->want->run_column)
        ds_sheet_add(s, "run", DS_CELL_TEXT);
    ds_sheet_add(s, "metric", DS_CELL_TEXT);
    machine_column(s, "unit");
    machine_column(s, "normalisation");
    machine_column(s, "reference");
    if (!w->want->looks)
        ds_sheet_add(s, "target", DS_CELL_INT);
    ds_sheet_add(s, picture ? "picture" : part[w->want->by], DS_CELL_TEXT);
    if (w->want->by == DS_BY_HEAD)
        ds_sheet_add(s, "head", DS_CELL_TEXT);
    if (w->want->by == DS_BY_CLASS || w->want->by == DS_BY_TASK)
        machine_column(s, "layer");
}

static void columns(const struct work *w)
{
    static const char *const stats[] = {"mean", "sd", "median", "q1", "q3", "lo", "hi"};
    char name[32];

    key_columns(w);
    if (w->want->by != DS_BY_IMAGE) {
        ds_sheet_add(w->sheet, "n", DS_CELL_INT);
        ds_sheet_add(w->sheet, "undefined", DS_CELL_INT);
        for (size_t i = 0; i < sizeof stats / sizeof *stats; i++)
            ds_sheet_add(w->sheet, stats[i], DS_CELL_REAL);
        return;
    }
    if (!w->want->looks)
        ds_sheet_add(w->sheet, "id", DS_CELL_INT);
    ds_sheet_add(w->sheet, "class", DS_CELL_TEXT);
    if (!w->want->looks) {
        ds_sheet_add(w->sheet, "task", DS_CELL_INT);
        ds_sheet_add(w->sheet, "from", DS_CELL_INT);
    }
    ds_sheet_add(w->sheet, "mean", DS_CELL_REAL);
    for (int l = 0; l < w->before->record->layers; l++) {
        snprintf(name, sizeof name, "layer_%d", l + 1);
        ds_sheet_add(w->sheet, name, DS_CELL_REAL);
    }
}

static void layer_text(char *text, size_t size, int layer)
{
    if (layer < 0)
        snprintf(text, size, "mean");
    else
        snprintf(text, size, "%d", layer + 1);
}

static void reference_text(char *text, size_t size, const struct work *w)
{
    if (w->want->looks)
        snprintf(text, size, "%s", w->before->name);
    else if (w->want->reference != DS_REF_GIVEN)
        snprintf(text, size, "%s", ds_reference_text(w->want->reference));
    else
        snprintf(text, size, "@%d", w->want->given);
}

static void key_cells(const struct work *w, const struct ds_drift *d, const char *part)
{
    const struct ds_metric *m = d->want.metric;
    char text[1024];

    if (w->want->run_column)
        ds_sheet_text(w->sheet, w->after->name);
    ds_sheet_text(w->sheet, m->key);
    ds_sheet_text(w->sheet, m->unit);
    ds_sheet_text(w->sheet, ds_normalise_text(m->normalise));
    reference_text(text, sizeof text, w);
    ds_sheet_text(w->sheet, text);
    if (!w->want->looks)
        ds_sheet_int(w->sheet, d->want.target);
    ds_sheet_text(w->sheet, part);
    if (w->want->by == DS_BY_CLASS || w->want->by == DS_BY_TASK) {
        layer_text(text, sizeof text, w->want->layer);
        ds_sheet_text(w->sheet, text);
    }
}

/* The statistics of one part: the cells behind the keys. */
static void stat_cells(struct ds_sheet *sheet, const struct ds_stat *s)
{
    const double value[] = {s->mean, s->sd, s->median, s->q1, s->q3, s->lo, s->hi};

    ds_sheet_int(sheet, s->n);
    ds_sheet_int(sheet, s->undefined);
    for (size_t i = 0; i < sizeof value / sizeof *value; i++)
        ds_sheet_real(sheet, value[i]);
}

/* A row of statistics over a part; none where no image was compared. */
static int stat_row(struct work *w, const struct ds_drift *d, struct ds_drift_part part,
                    const char *name, const char *head, struct ds_err *err)
{
    struct ds_stat s;
    int code;

    w->stat.index++;
    if ((code = ds_drift_stat(&s, d, part, &w->stat, err)))
        return code;
    if (s.n + s.undefined == 0)
        return 0;
    key_cells(w, d, name);
    if (head)
        ds_sheet_text(w->sheet, head);
    stat_cells(w->sheet, &s);
    return 0;
}

static int layer_rows(struct work *w, const struct ds_drift *d, struct ds_err *err)
{
    char name[16];
    int code = 0;

    for (int l = 0; l <= d->layers && !code; l++) {
        const int layer = l < d->layers ? l : -1; /* the mean over layers comes last */

        layer_text(name, sizeof name, layer);
        code = stat_row(w, d, (struct ds_drift_part){layer, -1, -1}, name, NULL, err);
    }
    return code;
}

static int head_rows(struct work *w, const struct ds_drift *d, struct ds_err *err)
{
    const int heads = w->want->looks->heads;
    char layer[16], head[16];
    int code = 0;

    for (int i = 0; i <= d->layers && !code; i++) {
        const int at = i < d->layers ? i : -1; /* the mean over all heads comes last */

        layer_text(layer, sizeof layer, at < 0 ? -1 : at / heads);
        layer_text(head, sizeof head, at < 0 ? -1 : at % heads);
        code = stat_row(w, d, (struct ds_drift_part){at, -1, -1}, layer, head, err);
    }
    return code;
}

static int class_rows(struct work *w, const struct ds_drift *d, struct ds_err *err)
{
    const struct ds_record *r = w->before->record;
    int code = 0;

    for (int k = 0; k < r->classes && !code; k++)
        code = stat_row(w, d, (struct ds_drift_part){w->want->layer, k, -1}, r->class_name[k],
                        NULL, err);
    return code;
}

static int task_rows(struct work *w, const struct ds_drift *d, struct ds_err *err)
{
    char name[16];
    int code = 0;

    for (int t = 0; t < w->before->record->tasks && !code; t++) {
        snprintf(name, sizeof name, "%d", t + 1);
        code = stat_row(w, d, (struct ds_drift_part){w->want->layer, -1, t}, name, NULL, err);
    }
    return code;
}

static int image_rows(struct work *w, const struct ds_drift *d, struct ds_err *err)
{
    const struct ds_record *r = w->before->record;
    double *means = malloc((size_t)d->images * sizeof *means);
    char name[16];
    int n = 0;

    if (!means)
        return ds_fail(err, DS_NOMEM, "no memory for %d values", d->images);
    ds_drift_values(means, d, (struct ds_drift_part){-1, -1, -1});
    for (int i = 0; i < d->images; i++) {
        const int label = d->label[i];

        if (d->from[i] < 0)
            continue;
        snprintf(name, sizeof name, "%d", i + 1);
        key_cells(w, d, w->want->looks ? w->want->looks->picture[i] : name);
        if (!w->want->looks)
            ds_sheet_int(w->sheet, r->id[i]);
        ds_sheet_text(w->sheet, label >= 0 && label < r->classes ? r->class_name[label] : "?");
        if (!w->want->looks) {
            ds_sheet_int(w->sheet, d->task[i] + 1);
            ds_sheet_int(w->sheet, d->from[i]);
        }
        ds_sheet_real(w->sheet, means[n++]);
        for (int l = 0; l < d->layers; l++)
            ds_sheet_real(w->sheet, d->value[(size_t)i * (size_t)d->layers + (size_t)l]);
    }
    free(means);
    return 0;
}

static int rows(struct work *w, int metric, int target, struct ds_err *err)
{
    static int (*const of[])(struct work *, const struct ds_drift *, struct ds_err *) = {
        layer_rows, class_rows, task_rows, image_rows, layer_rows, head_rows};
    const struct ds_drift_sheet_want *want = w->want;
    const struct ds_drift_want one = {want->metric[metric], want->reference, want->given,
                                      target, want->unlearned};
    struct ds_drift d;
    int code;

    if ((code = ds_drift_of(&d, w->before->record, w->after->record, &one, err)))
        return code;
    for (int i = 0; i < DS_UNDEFINED_COUNT; i++)
        w->undefined[metric][i] += d.undefined[i];
    w->empty[metric] += d.empty;
    w->compared = d.compared > w->compared ? d.compared : w->compared;
    code = of[want->by](w, &d, err);
    ds_drift_clear(&d);
    return code;
}

static void note_side(const struct work *w, const char *word, const struct ds_drift_side *side)
{
    const struct ds_record *r = side->record;

    if (side->about)
        ds_sheet_note(w->sheet, "%s: %s (%s)", word, side->name, side->about);
    else
        ds_sheet_note(w->sheet, "%s: %s (method %s, seed %lld, uuid %s)", word, side->name,
                      r->method, (long long)r->seed, r->uuid);
}

static void note_looks(const struct work *w)
{
    const struct ds_drift_looks *l = w->want->looks;
    const struct ds_record *r = w->before->record;

    ds_sheet_note(w->sheet,
                  "map: %s, over %d patches (%d x %d), prefix columns dropped; %d "
                  "layers",
                  l->map, r->patches, r->grid_h, r->grid_w,
                  l->heads ? r->layers / l->heads : r->layers);
    if (l->resampled)
        ds_sheet_note(w->sheet, "grid: %s", l->resampled);
    ds_sheet_note(w->sheet, "reference: %s", w->before->name);
    ds_sheet_note(w->sheet, "images: %d pictures, %d classes (folders); %d left out", r->images,
                  r->classes, l->broken);
}

static void note_reference(const struct work *w)
{
    static const char *const meaning[] = {
        "own, the checkpoint right after the image's own task",
        "previous, the checkpoint before the target",
        "first, the initial model",
    };
    const struct ds_drift_sheet_want *want = w->want;

    if (want->reference == DS_REF_GIVEN)
        ds_sheet_note(w->sheet, "reference: checkpoint %d of %s", want->given, w->before->name);
    else
        ds_sheet_note(w->sheet, "reference: %s", meaning[want->reference]);
    ds_sheet_note(w->sheet, "images: %s; up to %d of %d compared",
                  want->unlearned ? "all evaluation images"
                  : want->reference == DS_REF_OWN
                      ? "those of tasks learned before the target"
                      : "those of tasks learned at the reference (at the target, where the "
                        "reference is the initial model)",
                  w->compared, w->before->record->images);
}

static void note_metric(const struct work *w, int i)
{
    const struct ds_metric *m = w->want->metric[i];

    ds_sheet_note(w->sheet, "%s: %s = %s; unit %s; maps %s; %s means less drift", m->key,
                  m->name, m->formula, m->unit, ds_normalise_text(m->normalise),
                  ds_better_text(m->better));
    for (int why = 1; why < DS_UNDEFINED_COUNT; why++)
        if (w->undefined[i][why])
            ds_sheet_note(w->sheet, "%s: %d values undefined (%s), left out", m->key,
                          w->undefined[i][why], ds_undefined_text((enum ds_undefined)why));
    if (w->empty[i])
        ds_sheet_note(w->sheet, "%s: %d values are 1 because both masks are empty", m->key,
                      w->empty[i]);
}

static void note_aggregation(const struct work *w)
{
    const struct ds_stat_want *s = &w->want->stat;
    char layer[16];

    layer_text(layer, sizeof layer, w->want->layer);
    if (w->want->by == DS_BY_CLASS || w->want->by == DS_BY_TASK)
        ds_sheet_note(w->sheet, "layer: %s", layer);
    ds_sheet_note(w->sheet,
                  "aggregation: per image first, then over images; layer 'mean' is each "
                  "image's mean over layers%s",
                  w->want->by == DS_BY_HEAD ? " and heads" : "");
    if (w->want->by == DS_BY_IMAGE)
        return;
    ds_sheet_note(w->sheet, "sd: sample; quartiles: type 7");
    if (s->resamples > 0)
        ds_sheet_note(w->sheet,
                      "lo, hi: %g %% interval of the mean over images, %s bootstrap, B = %d, "
                      "seed %llu",
                      100 * s->level, s->kind == DS_BCA ? "BCa" : "percentile", s->resamples,
                      (unsigned long long)s->seed);
    else
        ds_sheet_note(w->sheet, "lo, hi: not asked for");
}

static void note_runs(const struct work *w)
{
    const struct ds_record *r = w->before->record;

    if (w->before->record == w->after->record) {
        note_side(w, "run", w->before);
    } else {
        note_side(w, "before", w->before);
        note_side(w, "after", w->after);
        ds_sheet_note(w->sheet, "classes and tasks are those of %s", w->before->name);
    }
    ds_sheet_note(w->sheet,
                  "map: CLS row of the layer-wise rollout over %d patches (%d x %d), prefix "
                  "columns dropped; %d layers",
                  r->patches, r->grid_h, r->grid_w, r->layers);
    note_reference(w);
}

static void notes(const struct work *w)
{
    if (w->want->looks) {
        note_side(w, "before", w->before);
        note_side(w, "after", w->after);
        note_looks(w);
    } else {
        note_runs(w);
    }
    for (int i = 0; i < w->want->metrics; i++)
        note_metric(w, i);
    note_aggregation(w);
}

static int nothing(const struct work *w, struct ds_err *err)
{
    if (w->want->reference == DS_REF_OWN)
        return ds_fail(
            err, DS_USAGE,
            "%s: nothing to compare: no task was learned before checkpoint %d; a later "
            "checkpoint or --reference first compares",
            w->before->name,
            w->want->target >= 0 ? w->want->target : w->after->record->done - 1);
    return ds_fail(err, DS_USAGE, "%s: nothing to compare: no image's task was learned by then",
                   w->before->name);
}

int ds_drift_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                   const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                   struct ds_err *err)
{
    struct work w = {
        .sheet = s, .before = before, .after = after, .want = want, .stat = want->stat};
    const int last = want->target >= 0 ? want->target : after->record->done - 1;
    /* there is no step into checkpoint 0, and no reference before it */
    const int first = want->by == DS_BY_TIMELINE && last > 0 ? 1 : last;
    int code = 0;

    if (want->layer >= before->record->layers)
        return ds_fail(err, DS_USAGE, "%s: there is no layer %d; it has %d", before->name,
                       want->layer + 1, before->record->layers);
    if (s->columns == 0)
        columns(&w);
    for (int i = 0; i < want->metrics && !code; i++)
        for (int t = first; t <= last && !code; t++)
            code = rows(&w, i, t, err);
    if (code)
        return code == DS_NOMEM ? code : ds_while(err, "%s", before->name);
    if (w.compared == 0)
        return nothing(&w, err);
    notes(&w);
    return 0;
}

static void range_text(char *text, size_t size, const struct ds_metric *m)
{
    if (isinf(m->lo))
        snprintf(text, size, "(-inf, inf)");
    else if (isinf(m->hi))
        snprintf(text, size, "[%g, inf)", m->lo);
    else
        snprintf(text, size, "[%g, %g]", m->lo, m->hi);
}

void ds_metric_sheet(struct ds_sheet *s)
{
    static const char *const names[] = {"group", "key", "name", "unit", "range"};
    char range[32];

    ds_sheet_begin(s, "metrics",
                   "ways two attention maps differ: p the reference, q the target");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ds_sheet_add(s, names[i], DS_CELL_TEXT);
    machine_column(s, "symmetric");
    ds_sheet_add(s, "normalisation", DS_CELL_TEXT);
    ds_sheet_add(s, "better", DS_CELL_TEXT);
    ds_sheet_add(s, "formula", DS_CELL_TEXT);
    for (const struct ds_metric *m = ds_metrics; m->key; m++) {
        range_text(range, sizeof range, m);
        ds_sheet_text(s, ds_metric_group_text(m->group));
        ds_sheet_text(s, m->key);
        ds_sheet_text(s, m->name);
        ds_sheet_text(s, m->unit);
        ds_sheet_text(s, range);
        ds_sheet_text(s, m->symmetric ? "yes" : "no");
        ds_sheet_text(s, ds_normalise_text(m->normalise));
        ds_sheet_text(s, ds_better_text(m->better));
        ds_sheet_text(s, m->formula);
    }
    ds_sheet_note(s, "--metric takes keys, groups and 'all'");
    ds_sheet_note(s, "masks: two empty ones give 1 and are counted; undefined values are "
                     "counted by reason and left out");
}
