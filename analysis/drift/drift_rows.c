/* analysis/drift/drift_rows.c -- the rows of a drift sheet: which parts there are, and what is
 * said of each. See drift_sheet.h.
 *
 * A row is a part of the drift (a layer, a class ...) with statistics over its images. Rows are
 * computed side by side: each has a random stream of its own, by its number. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift/drift_sheet_int.h"

struct row {
    struct ds_drift_part part;
    const char *name;         /* class, or NULL: the number beside */
    int number, head;         /* layer or task from 0, -1: "mean"; head, DS_BY_HEAD */
    bool tested;              /* belongs to the family of false discoveries */
    struct ds_stat_want stat; /* with its own stream */
    struct ds_stat value;
    struct ds_excess excess;
    double q;
    struct ds_err err;
};

/* The rows of one metric, and the drift they are of. */
struct rows {
    const struct ds_drift_work *w;
    const struct ds_drift *d;
    const struct ds_drift *turned, *null; /* more is more drift; NULL without a floor */
    struct row *row;
    int count;
};

void ds_drift_layer_text(char *text, size_t size, int layer)
{
    if (layer < 0)
        snprintf(text, size, "mean");
    else
        snprintf(text, size, "%d", layer + 1);
}

static void add(struct rows *r, struct row row)
{
    row.q = NAN;
    r->row[r->count++] = row;
}

/* Layers (of every head), and their mean; classes; or tasks. */
static int list(struct rows *r, struct ds_err *err)
{
    const struct ds_drift_sheet_want *want = r->w->want;
    const struct ds_record *record = r->w->before->record;
    const bool by_layer =
        want->by == DS_BY_LAYER || want->by == DS_BY_TIMELINE || want->by == DS_BY_HEAD;
    const int heads = want->by == DS_BY_HEAD ? want->looks->heads : 1;
    const int count = by_layer                  ? r->d->layers + 1
                      : want->by == DS_BY_CLASS ? record->classes
                                                : record->tasks;

    r->row = calloc((size_t)count + 1, sizeof *r->row);
    if (!r->row)
        return ds_fail(err, DS_NOMEM, "no memory for %d rows", count);
    for (int i = 0; i < count; i++) {
        const int at = i < r->d->layers ? i : -1; /* the mean over layers comes last */

        if (by_layer)
            add(r, (struct row){.part = {at, -1, -1},
                                .number = at < 0 ? -1 : at / heads,
                                .head = at < 0 ? -1 : at % heads,
                                .tested = at >= 0});
        else if (want->by == DS_BY_CLASS)
            add(r, (struct row){.part = {want->layer, i, -1},
                                .name = record->class_name[i],
                                .tested = true});
        else
            add(r, (struct row){.part = {want->layer, -1, i}, .number = i, .tested = true});
    }
    return 0;
}

/* So that more is more drift. */
static void turn(double *x, size_t n, const struct ds_metric *m)
{
    for (size_t i = 0; i < n; i++)
        x[i] = m->better == DS_HIGHER      ? m->same - x[i]
               : m->better == DS_NEAR_ZERO ? fabs(x[i])
                                           : x[i];
}

static void compute_excess(struct row *row, const struct rows *r)
{
    const int images = r->d->images;
    double *x = malloc(2 * (size_t)images * sizeof *x);
    int n, m;

    if (!x) {
        ds_fail(&row->err, DS_NOMEM, "no memory for %d values", images);
        return;
    }
    n = ds_drift_values(x, r->turned, row->part);
    m = ds_drift_values(x + images, r->null, row->part);
    ds_excess_many(&row->excess, x, n, x + images, m, &row->stat, &row->err);
    free(x);
}

static void compute(void *with, int piece, int worker)
{
    const struct rows *r = with;
    struct row *row = &r->row[piece];

    (void)worker;
    if (!ds_drift_stat(&row->value, r->d, row->part, &row->stat, &row->err) && r->null)
        compute_excess(row, r);
}

/* q over the rows of the metric, the mean over layers left out: it is no test of its own. */
static int discoveries(struct rows *r, struct ds_err *err)
{
    double *p = malloc(((size_t)r->count + 1) * sizeof *p);
    int code;

    if (!p)
        return ds_fail(err, DS_NOMEM, "no memory for %d rows", r->count);
    for (int i = 0; i < r->count; i++)
        p[i] = r->row[i].tested ? r->row[i].excess.p : NAN;
    if (!(code = ds_false_discovery(p, p, r->count, err)))
        for (int i = 0; i < r->count; i++)
            r->row[i].q = p[i];
    free(p);
    return code;
}

static void reference_text(char *text, size_t size, const struct ds_drift_work *w)
{
    if (ds_drift_pair(w))
        snprintf(text, size, "%s", w->before->name);
    else if (w->want->reference != DS_REF_GIVEN)
        snprintf(text, size, "%s", ds_reference_text(w->want->reference));
    else
        snprintf(text, size, "@%d", w->want->given);
}

static void key_cells(const struct ds_drift_work *w, const struct ds_drift *d, const char *part)
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
    if (!ds_drift_pair(w))
        ds_sheet_int(w->sheet, d->want.target);
    ds_sheet_text(w->sheet, part);
    if (w->want->by == DS_BY_CLASS || w->want->by == DS_BY_TASK) {
        ds_drift_layer_text(text, sizeof text, w->want->layer);
        ds_sheet_text(w->sheet, text);
    }
}

static void stat_cells(struct ds_sheet *sheet, const struct ds_stat *s)
{
    const double value[] = {s->mean, s->sd, s->median, s->q1, s->q3, s->lo, s->hi};

    ds_sheet_int(sheet, s->n);
    ds_sheet_int(sheet, s->undefined);
    for (size_t i = 0; i < sizeof value / sizeof *value; i++)
        ds_sheet_real(sheet, value[i]);
}

/* A row; none where no image was compared. */
static void put(const struct rows *r, const struct row *row)
{
    const struct ds_drift_work *w = r->w;
    char number[16], head[16];

    if (row->value.n + row->value.undefined == 0)
        return;
    ds_drift_layer_text(number, sizeof number, row->number);
    ds_drift_layer_text(head, sizeof head, row->head);
    key_cells(w, r->d, row->name ? row->name : number);
    if (w->want->by == DS_BY_HEAD)
        ds_sheet_text(w->sheet, head);
    stat_cells(w->sheet, &row->value);
    if (!r->null)
        return;
    ds_sheet_real(w->sheet, row->excess.floor);
    ds_sheet_real(w->sheet, row->excess.excess);
    ds_sheet_real(w->sheet, row->excess.p);
    ds_sheet_real(w->sheet, row->q);
}

static int part_rows(struct ds_drift_work *w, struct rows r, struct ds_err *err)
{
    int code = list(&r, err);

    for (int i = 0; !code && i < r.count; i++) {
        w->stat.index++;
        r.row[i].stat = w->stat;
    }
    if (!code)
        ds_pool_run(w->pool, &(struct ds_work){compute, &r, r.count}, 1);
    for (int i = 0; i < r.count && !code; i++)
        if ((code = r.row[i].err.code))
            *err = r.row[i].err;
    if (!code && r.null)
        code = discoveries(&r, err);
    for (int i = 0; i < r.count && !code; i++) {
        put(&r, &r.row[i]);
        w->least = fmax(w->least, r.null ? r.row[i].excess.least : 0);
    }
    free(r.row);
    return code;
}

static int image_rows(struct ds_drift_work *w, const struct ds_drift *d, struct ds_err *err)
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

/* The drift under the null, image by image: the mean over the draws that are defined. */
static int null_of(struct ds_drift *floor, const struct ds_drift_work *w,
                   const struct ds_metric *metric, struct ds_err *err)
{
    const struct ds_drift_null *null = w->want->null;
    const size_t cells = (size_t)w->before->record->images * (size_t)w->before->record->layers;
    int *defined = calloc(cells, sizeof *defined), code = 0;

    assert(null->count > 0);
    if (!defined)
        return ds_fail(err, DS_NOMEM, "no memory for %zu values", cells);
    for (int i = 0; i < null->count && !code; i++) {
        const struct ds_drift_want one = {metric, DS_REF_GIVEN, w->want->given,
                                          null->checkpoint, w->want->unlearned};
        struct ds_drift d;

        if ((code = ds_drift_with(&d, w->before->record, &null->record[i], &one, w->pool, err)))
            break;
        turn(d.value, cells, metric);
        for (size_t k = 0; k < cells; k++) {
            const bool has = !isnan(d.value[k]);

            defined[k] += has;
            if (i > 0)
                floor->value[k] = isnan(floor->value[k]) ? d.value[k]
                                  : has                  ? floor->value[k] + d.value[k]
                                                         : floor->value[k];
        }
        if (i == 0)
            *floor = d;
        else
            ds_drift_clear(&d);
    }
    for (size_t k = 0; k < cells && !code; k++)
        floor->value[k] /= defined[k] ? defined[k] : 1;
    free(defined);
    return code;
}

/* Rows of statistics, with their excess over the noise floor where one is given. */
static int tested_rows(struct ds_drift_work *w, const struct ds_drift *d, struct ds_err *err)
{
    const size_t cells = (size_t)d->images * (size_t)d->layers;
    struct ds_drift turned = *d, floor = {0};
    int code;

    if (!w->want->null)
        return part_rows(w, (struct rows){.w = w, .d = d}, err);
    turned.value = malloc(cells * sizeof *turned.value);
    if (!turned.value)
        return ds_fail(err, DS_NOMEM, "no memory for %zu values", cells);
    memcpy(turned.value, d->value, cells * sizeof *turned.value);
    turn(turned.value, cells, d->want.metric);
    if (!(code = null_of(&floor, w, d->want.metric, err)))
        code =
            part_rows(w, (struct rows){.w = w, .d = d, .turned = &turned, .null = &floor}, err);
    ds_drift_clear(&floor);
    free(turned.value);
    return code;
}

int ds_drift_rows(struct ds_drift_work *w, int metric, int target, struct ds_err *err)
{
    const struct ds_drift_sheet_want *want = w->want;
    const struct ds_drift_want one = {want->metric[metric], want->reference, want->given,
                                      target, want->unlearned};
    struct ds_drift d;
    int code;

    if ((code = ds_drift_with(&d, w->before->record, w->after->record, &one, w->pool, err)))
        return code;
    for (int i = 0; i < DS_UNDEFINED_COUNT; i++)
        w->undefined[metric][i] += d.undefined[i];
    w->empty[metric] += d.empty;
    w->compared = d.compared > w->compared ? d.compared : w->compared;
    code = want->by == DS_BY_IMAGE ? image_rows(w, &d, err) : tested_rows(w, &d, err);
    ds_drift_clear(&d);
    return code;
}
