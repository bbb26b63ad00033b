/* analysis/drift/drift_sheet.c -- drift, as a table. */
#include "analysis/drift/drift_sheet.h"

#include <math.h>
#include <stdio.h>

#include "analysis/drift/drift_sheet_int.h"

/* Said once in the notes for people, in every row for machines. */
static void machine_column(struct ds_sheet *s, const char *name)
{
    struct ds_column c = {.type = DS_CELL_TEXT, .machine = true};

    snprintf(c.name, sizeof c.name, "%s", name);
    ds_sheet_column(s, &c);
}

/* The columns before the statistics: which metric, and which part of the drift. */
static void key_columns(const struct ds_drift_work *w)
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
    if (!ds_drift_pair(w))
        ds_sheet_add(s, "target", DS_CELL_INT);
    ds_sheet_add(s, picture ? "picture" : part[w->want->by], DS_CELL_TEXT);
    if (w->want->by == DS_BY_HEAD)
        ds_sheet_add(s, "head", DS_CELL_TEXT);
    if (w->want->by == DS_BY_CLASS || w->want->by == DS_BY_TASK)
        machine_column(s, "layer");
}

/* People read the stars of q behind the excess. */
static void excess_columns(struct ds_sheet *s)
{
    ds_sheet_add(s, "floor", DS_CELL_REAL);
    ds_sheet_column(
        s, &(struct ds_column){"excess", .type = DS_CELL_REAL, .digits = 4, .stars = 2});
    ds_sheet_add(s, "p", DS_CELL_REAL);
    ds_sheet_add(s, "q", DS_CELL_REAL);
}

static void columns(const struct ds_drift_work *w)
{
    static const char *const stats[] = {"mean", "sd", "median", "q1", "q3", "lo", "hi"};
    char name[32];

    key_columns(w);
    if (w->want->by != DS_BY_IMAGE) {
        ds_sheet_add(w->sheet, "n", DS_CELL_INT);
        ds_sheet_add(w->sheet, "undefined", DS_CELL_INT);
        for (size_t i = 0; i < sizeof stats / sizeof *stats; i++)
            ds_sheet_add(w->sheet, stats[i], DS_CELL_REAL);
        if (w->want->null)
            excess_columns(w->sheet);
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

static int nothing(const struct ds_drift_work *w, struct ds_err *err)
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

/* A noise floor is that of one pair of checkpoints, and needs images to be cases. */
static int check_null(const struct ds_drift_sheet_want *want, struct ds_err *err)
{
    if (want->null && want->by == DS_BY_IMAGE)
        return ds_fail(err, DS_USAGE,
                       "a noise floor tests many images together: no --by image with it");
    if (want->null && (want->by == DS_BY_TIMELINE || want->reference != DS_REF_GIVEN))
        return ds_fail(err, DS_USAGE,
                       "a noise floor belongs to one pair of checkpoints; name both, as RUN@1 "
                       "RUN@5");
    return 0;
}

static int fill(struct ds_drift_work *w, struct ds_err *err)
{
    const struct ds_drift_sheet_want *want = w->want;
    const int last = want->target >= 0 ? want->target : w->after->record->done - 1;
    /* there is no step into checkpoint 0, and no reference before it */
    const int first = want->by == DS_BY_TIMELINE && last > 0 ? 1 : last;
    int code = 0;

    if (w->sheet->columns == 0)
        columns(w);
    for (int i = 0; i < want->metrics && !code; i++)
        for (int t = first; t <= last && !code; t++)
            code = ds_drift_rows(w, i, t, err);
    return code;
}

int ds_drift_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                   const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                   struct ds_err *err)
{
    struct ds_drift_work w = {
        .sheet = s, .before = before, .after = after, .want = want, .stat = want->stat};
    int code;

    if (want->layer >= before->record->layers)
        return ds_fail(err, DS_USAGE, "%s: there is no layer %d; it has %d", before->name,
                       want->layer + 1, before->record->layers);
    if ((code = check_null(want, err)) || (code = ds_pool_new(&w.pool, want->threads, err)))
        return code;
    code = fill(&w, err);
    ds_pool_free(w.pool);
    if (code)
        return code == DS_NOMEM ? code : ds_while(err, "%s", before->name);
    if (w.compared == 0)
        return nothing(&w, err);
    ds_drift_notes(&w);
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
