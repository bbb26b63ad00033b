/* analysis/drift/linkage.c -- does drift go with forgetting? */
#include "analysis/drift/linkage.h"

#include <math.h>
#include <stdlib.h>
#include "analysis/stat/stat_test.h"

/* The cases of one part. */
struct cases {
    double *drift, *loss, *margin; /* [n] */
    int *flip;
    int n;
};

static double drift_of(const struct ds_linkage_data *d, int image, int layer)
{
    const double *value = d->drift + (size_t)image * (size_t)d->layers;
    double sum = 0;
    int n = 0;

    if (layer >= 0)
        return value[layer];
    for (int l = 0; l < d->layers; l++)
        if (!isnan(value[l])) {
            sum += value[l];
            n++;
        }
    return n ? sum / n : NAN;
}

static void collect(struct cases *c, const struct ds_linkage_data *d, struct ds_drift_part part)
{
    for (int i = 0; i < d->images; i++) {
        if ((part.label >= 0 && part.label != d->label[i]) ||
            (part.task >= 0 && part.task != d->task[i]))
            continue;
        c->drift[c->n] = drift_of(d, i, part.layer);
        c->loss[c->n] = d->loss[i];
        c->margin[c->n] = d->margin[i];
        c->flip[c->n] = d->flip[i];
        c->n++;
    }
}

void ds_linkage_margins(double *loss, double *margin, int *flip, const struct ds_drift *drift,
                        const struct ds_record *before, const struct ds_record *after)
{
    const size_t n = (size_t)drift->images;

    for (size_t i = 0; i < n; i++) {
        const size_t now = (size_t)drift->want.target * n + i;
        size_t then;

        loss[i] = margin[i] = NAN;
        flip[i] = -1;
        if (drift->from[i] < 0)
            continue;
        then = (size_t)drift->from[i] * n + i;
        margin[i] = (double)before->margin[then];
        loss[i] = margin[i] - (double)after->margin[now];
        if (before->predicted[then] == before->label[i])
            flip[i] = after->predicted[now] != after->label[i];
    }
}

int ds_linkage_of(struct ds_linkage *l, const struct ds_linkage_data *data,
                  struct ds_drift_part part, double level, struct ds_err *err)
{
    const size_t room = (size_t)(data->images > 0 ? data->images : 1);
    double *memory = malloc(3 * room * sizeof *memory);
    struct cases c = {.flip = malloc(room * sizeof *c.flip)};
    int code;

    *l = (struct ds_linkage){.part = part, .q = NAN};
    if (!memory || !c.flip) {
        code = ds_fail(err, DS_NOMEM, "no memory to link %d images", data->images);
        goto done;
    }
    c.drift = memory;
    c.loss = memory + room;
    c.margin = memory + 2 * room;
    collect(&c, data, part);
    if ((code = ds_spearman_of(&l->rank, c.drift, c.loss, c.n, level, err)) ||
        (code = ds_partial_of(&l->partial, c.drift, c.loss, c.margin, c.n, level, err)) ||
        (code = ds_auroc_of(&l->auroc, c.drift, c.flip, c.n, level, err)))
        goto done;
    l->q = l->rank.p;

done:
    free(c.flip);
    free(memory);
    return code;
}

int ds_linkage_rows(const struct ds_linkage_data *data, enum ds_linkage_by by)
{
    const int *group = by == DS_LINK_CLASS ? data->label : data->task;
    int most = -1;

    if (by == DS_LINK_LAYER)
        return data->layers;
    for (int i = 0; i < data->images; i++)
        most = group[i] > most ? group[i] : most;
    return most + 1;
}

int ds_linkage_each(struct ds_linkage *rows, const struct ds_linkage_data *data,
                    enum ds_linkage_by by, int layer, double level, struct ds_err *err)
{
    const int n = ds_linkage_rows(data, by);
    double *p = malloc((size_t)(n > 0 ? n : 1) * sizeof *p);
    int code = 0;

    if (!p)
        return ds_fail(err, DS_NOMEM, "no memory for %d rows", n);
    for (int i = 0; i < n && !code; i++) {
        const struct ds_drift_part part = {by == DS_LINK_LAYER ? i : layer,
                                           by == DS_LINK_CLASS ? i : -1,
                                           by == DS_LINK_TASK ? i : -1};

        code = ds_linkage_of(rows + i, data, part, level, err);
        p[i] = rows[i].rank.p;
    }
    if (!code && !(code = ds_false_discovery(p, p, n, err)))
        for (int i = 0; i < n; i++)
            rows[i].q = p[i];
    free(p);
    return code;
}
