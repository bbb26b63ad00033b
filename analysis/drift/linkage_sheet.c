/* analysis/drift/linkage_sheet.c -- does drift go with forgetting? As a table. */
#include "analysis/drift/linkage_sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/drift/drift_sheet_int.h"

static const double LEVEL = 0.95;

/* One metric between two checkpoints, with the margins of its images. */
struct linking {
    struct ds_drift_work *w;
    struct ds_drift drift;
    struct ds_linkage_data data;
    double *loss, *margin; /* [N] */
    int *flip;             /* [N] */
    int measured;          /* images with margins */
};

static void columns(struct ds_sheet *s, const struct ds_drift_work *w)
{
    static const struct ds_column reals[] = {{"rho", .digits = 3, .stars = 4},
                                             {"lo", .digits = 3},
                                             {"hi", .digits = 3},
                                             {"p", .digits = 4},
                                             {"q", .digits = 4},
                                             {"partial", .digits = 3},
                                             {"partial_lo", .digits = 3},
                                             {"partial_hi", .digits = 3},
                                             {"partial_p", .digits = 4}};
    static const struct ds_column curve[] = {{"auroc", .digits = 3},
                                             {"auroc_lo", .digits = 3},
                                             {"auroc_hi", .digits = 3},
                                             {"auroc_p", .digits = 4}};

    if (w->want->run_column)
        ds_sheet_add(s, "run", DS_CELL_TEXT);
    ds_sheet_add(s, "metric", DS_CELL_TEXT);
    ds_sheet_add(s, "by", DS_CELL_TEXT);
    ds_sheet_add(s, "part", DS_CELL_TEXT);
    ds_sheet_add(s, "n", DS_CELL_INT);
    ds_sheet_add(s, "undefined", DS_CELL_INT);
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        struct ds_column c = reals[i];

        c.type = DS_CELL_REAL;
        ds_sheet_column(s, &c);
    }
    ds_sheet_add(s, "flipped", DS_CELL_INT);
    ds_sheet_add(s, "kept", DS_CELL_INT);
    for (size_t i = 0; i < sizeof curve / sizeof *curve; i++) {
        struct ds_column c = curve[i];

        c.type = DS_CELL_REAL;
        ds_sheet_column(s, &c);
    }
}

static bool in_part(const struct linking *l, struct ds_drift_part part, int image)
{
    return (part.label < 0 || part.label == l->drift.label[image]) &&
           (part.task < 0 || part.task == l->drift.task[image]);
}

static void row(const struct linking *l, const struct ds_linkage *one, const char *by,
                const char *part)
{
    struct ds_sheet *s = l->w->sheet;
    int apart = 0; /* images that were not compared: no cases */

    for (int i = 0; i < l->drift.images; i++)
        apart += l->drift.from[i] < 0 && in_part(l, one->part, i);
    if (one->rank.n + one->rank.undefined == apart)
        return;
    if (l->w->want->run_column)
        ds_sheet_text(s, l->w->after->name);
    ds_sheet_text(s, l->drift.want.metric->key);
    ds_sheet_text(s, by);
    ds_sheet_text(s, part);
    ds_sheet_int(s, one->rank.n);
    ds_sheet_int(s, one->rank.undefined - apart);
    ds_sheet_real(s, one->rank.value);
    ds_sheet_real(s, one->rank.lo);
    ds_sheet_real(s, one->rank.hi);
    ds_sheet_real(s, one->rank.p);
    ds_sheet_real(s, one->q);
    ds_sheet_real(s, one->partial.value);
    ds_sheet_real(s, one->partial.lo);
    ds_sheet_real(s, one->partial.hi);
    ds_sheet_real(s, one->partial.p);
    ds_sheet_int(s, one->auroc.positives);
    ds_sheet_int(s, one->auroc.negatives);
    ds_sheet_real(s, one->auroc.value);
    ds_sheet_real(s, one->auroc.lo);
    ds_sheet_real(s, one->auroc.hi);
    ds_sheet_real(s, one->auroc.p);
}

static void part_text(char *text, size_t size, const struct linking *l, enum ds_linkage_by by,
                      int at)
{
    const struct ds_record *r = l->w->before->record;
    const struct ds_drift_looks *looks = l->w->want->looks;
    const int heads = looks && looks->heads ? looks->heads : 0;

    if (by == DS_LINK_CLASS)
        snprintf(text, size, "%s", at < r->classes ? r->class_name[at] : "?");
    else if (by == DS_LINK_LAYER && heads)
        snprintf(text, size, "%d.%d", at / heads + 1, at % heads + 1);
    else
        snprintf(text, size, "%d", at + 1);
}

/* Layers, classes or tasks; behind the layers their mean, which is no test of its own. */
static int section(struct linking *l, enum ds_linkage_by by, struct ds_err *err)
{
    static const char *const word[] = {"layer", "class", "task"};
    const struct ds_drift_looks *looks = l->w->want->looks;
    const char *name = by == DS_LINK_LAYER && looks && looks->heads ? "layer.head" : word[by];
    const int n = ds_linkage_rows(&l->data, by);
    struct ds_linkage *each = calloc((size_t)(n > 0 ? n : 1), sizeof *each), mean;
    char part[256];
    int code;

    if (!each)
        return ds_fail(err, DS_NOMEM, "no memory for %d rows", n);
    code = ds_linkage_each(each, &l->data, by, l->w->want->layer, LEVEL, err);
    for (int i = 0; i < n && !code; i++) {
        part_text(part, sizeof part, l, by, i);
        row(l, &each[i], name, part);
    }
    if (!code && by == DS_LINK_LAYER &&
        !(code =
              ds_linkage_of(&mean, &l->data, (struct ds_drift_part){-1, -1, -1}, LEVEL, err))) {
        mean.q = NAN;
        row(l, &mean, name, "mean");
    }
    free(each);
    return code;
}

static int sections(struct linking *l, bool every, struct ds_err *err)
{
    const enum ds_drift_by by = l->w->want->by;
    int code = 0;

    if (every || by == DS_BY_LAYER || by == DS_BY_HEAD)
        code = section(l, DS_LINK_LAYER, err);
    /* pictures have no tasks */
    if (!code && ((every && !l->w->want->looks) || by == DS_BY_TASK))
        code = section(l, DS_LINK_TASK, err);
    if (!code && (every || by == DS_BY_CLASS))
        code = section(l, DS_LINK_CLASS, err);
    return code;
}

static int link_metric(struct ds_drift_work *w, int metric, bool every, struct ds_err *err)
{
    const struct ds_drift_sheet_want *want = w->want;
    const struct ds_record *r = w->before->record;
    const size_t n = (size_t)r->images + 1;
    const int target = want->target >= 0 ? want->target : w->after->record->done - 1;
    const struct ds_drift_want one = {want->metric[metric], want->reference, want->given,
                                      target, want->unlearned};
    struct linking l = {.w = w};
    int code;

    if ((code = ds_drift_with(&l.drift, r, w->after->record, &one, w->pool, err)))
        return code;
    l.loss = malloc(2 * n * sizeof *l.loss);
    l.margin = l.loss ? l.loss + n : NULL;
    l.flip = malloc(n * sizeof *l.flip);
    if (!l.loss || !l.flip) {
        code = ds_fail(err, DS_NOMEM, "no memory to link %d images", r->images);
        goto done;
    }
    ds_linkage_margins(l.loss, l.margin, l.flip, &l.drift, r, w->after->record);
    l.data = (struct ds_linkage_data){r->images, l.drift.layers, l.drift.value, l.loss,
                                      l.margin,  l.flip,         r->label,      r->task};
    w->compared = l.drift.compared;
    for (int i = 0; i < DS_UNDEFINED_COUNT; i++)
        w->undefined[metric][i] += l.drift.undefined[i];
    for (int i = 0; i < r->images; i++)
        l.measured += !isnan(l.loss[i]);
    if (!l.measured)
        code = ds_fail(err, DS_USAGE,
                       "no image has a margin at both checkpoints: the reference has to be one "
                       "that has learned (not the initial model)");
    else
        code = sections(&l, every, err);

done:
    free(l.flip);
    free(l.loss);
    ds_drift_clear(&l.drift);
    return code;
}

static void notes(const struct ds_drift_work *w)
{
    char layer[16];

    ds_drift_layer_text(layer, sizeof layer, w->want->layer);
    ds_drift_note_sides(w);
    for (int i = 0; i < w->want->metrics; i++)
        ds_drift_note_metric(w, i);
    ds_sheet_note(w->sheet,
                  "an image is a case; loss: margin (logit of its class - best other) at the "
                  "reference - margin now; tasks and classes at layer '%s'",
                  layer);
    ds_sheet_note(w->sheet,
                  "rho: Spearman of drift and loss, lo and hi 95 %% (Fieller); partial: the "
                  "same given the margin at the reference; q: Benjamini and Hochberg over the "
                  "rows of a metric that are of a kind; *** q < 0.001, ** < 0.01, * < 0.05");
    ds_sheet_note(w->sheet,
                  "auroc: area under the ROC curve of drift telling images right before and "
                  "wrong now (flipped) from those right in both (kept), lo and hi 95 %% "
                  "(DeLong, logit); below 0.5 where a metric's larger values mean less drift");
}

int ds_linkage_sheet(struct ds_sheet *s, const struct ds_drift_side *before,
                     const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                     bool every, struct ds_err *err)
{
    struct ds_drift_work w = {.sheet = s, .before = before, .after = after, .want = want};
    int code;

    if (want->layer >= before->record->layers)
        return ds_fail(err, DS_USAGE, "%s: there is no layer %d; it has %d", before->name,
                       want->layer + 1, before->record->layers);
    if ((code = ds_pool_new(&w.pool, want->threads, err)))
        return code;
    if (s->columns == 0)
        columns(s, &w);
    for (int i = 0; i < want->metrics && !code; i++)
        code = link_metric(&w, i, every, err);
    ds_pool_free(w.pool);
    if (code)
        return code == DS_NOMEM ? code : ds_while(err, "%s", before->name);
    notes(&w);
    return 0;
}
