/* viz/viewer/look.c -- the numbers of one view: maps, ranges, masks, drift. See viewer.h.
 *
 * Renewed only when something it depends on changed. The range of the colours: `auto` takes
 * each map's own, `shared` that of both, `fixed` what was set; clip cuts percentiles off. */
#include "viz/viewer/viewer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/retain/split.h"

void ds_sight_clear(struct ds_sight *k)
{
    free(k->map[0]);
    free(k->map[1]);
    free(k->diff);
    free(k->drift);
    free(k->over_time);
    free(k->mean);
    memset(k, 0, sizeof *k);
}

static int take_room(struct ds_sight *k, const struct ds_record *r, int checkpoints)
{
    const size_t p = (size_t)r->patches, l = (size_t)r->layers;

    ds_sight_clear(k);
    k->map[0] = calloc(p, sizeof(float));
    k->map[1] = calloc(p, sizeof(float));
    k->diff = calloc(p, sizeof(float));
    k->drift = calloc(l, sizeof(double));
    k->mean = calloc(l, sizeof(double));
    k->over_time = calloc((size_t)checkpoints, sizeof(double));
    return k->map[0] && k->map[1] && k->diff && k->drift && k->mean && k->over_time ? 0 : -1;
}

/* The patch that asks, from 1: the pinned one, or while none is the one under the pointer. */
static int asking(const struct ds_viewer *v)
{
    return v->view.pick ? v->view.pick : v->hover_patch + 1;
}

static uint64_t key_of(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->image, w->run_a,  w->run_b,
                     w->a,     w->b,      w->layer,
                     w->head,  w->origin, w->origin == DS_FROM_QUERY ? asking(v) : 0,
                     w->span,  w->manual};
    const double x[] = {w->lo, w->hi, w->clip, w->threshold};
    const uint64_t held[] = {v->pair.key, v->heads[0].key, v->heads[1].key};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, x, sizeof x);
    h = ds_mix(h, held, sizeof held);
    h = ds_mix(h, &v->heads[0].failed, sizeof(bool));
    h = ds_mix(h, &v->heads[1].failed, sizeof(bool));
    h = ds_mix(h, v->run, sizeof v->run);
    return ds_mix(h, w->metric, strlen(w->metric));
}

/* One row of an attention matrix, or the mean of its rows, without the prefix. */
static void row_of(float *to, const float *a, int tokens, int prefix, int patches, int row)
{
    const int from = row < 0 ? 0 : row, until = row < 0 ? tokens : row + 1;

    for (int p = 0; p < patches; p++) {
        double sum = 0;

        for (int r = from; r < until; r++)
            sum += (double)a[r * tokens + prefix + p];
        to[p] = (float)(sum / (until - from));
    }
}

static const float *head_matrix(const struct ds_viewer *v, int side, int layer, int head)
{
    const struct ds_heads *h = &v->heads[side].heads;
    const size_t square = (size_t)h->tokens * (size_t)h->tokens;

    if (!h->attention || ds_viewer_heads(v, side) != DS_HEADS_HERE || layer >= h->layers ||
        head >= h->heads)
        return NULL;
    return h->attention + ((size_t)layer * (size_t)h->heads + (size_t)head) * square;
}

static void explain(struct ds_viewer *v, int side)
{
    const struct ds_view *w = &v->view;
    struct ds_sight *k = &v->look;
    const struct ds_record *r = &ds_viewer_side(v, side)->record;

    if (w->head && v->heads[side].failed)
        snprintf(k->why[side], sizeof k->why[side], "%s", v->heads[side].why);
    else if (w->head)
        snprintf(k->why[side], sizeof k->why[side], "reading the weights of checkpoint %d",
                 ds_viewer_checkpoint(v, side));
    else if (w->origin == DS_FROM_SECOND)
        snprintf(k->why[side], sizeof k->why[side],
                 "no second maps are kept here; driftscope attend --source raw, gradient or "
                 "chefer keeps them");
    else if (w->origin == DS_FROM_QUERY && !asking(v))
        snprintf(k->why[side], sizeof k->why[side],
                 "no patch asks: point at one, click to pin it, or press i");
    else
        snprintf(k->why[side], sizeof k->why[side],
                 "attention is kept for the first %d images only; %s with --probe-images",
                 r->probe, ds_subject_is_maps(ds_viewer_side(v, side)) ? "attend" : "train");
}

/* The map of a side into k->map; its adaptive split. */
static void fill_side(struct ds_viewer *v, int side, double *scratch)
{
    const struct ds_view *w = &v->view;
    const struct ds_subject *s = ds_viewer_side(v, side);
    const struct ds_record *r = &s->record;
    struct ds_sight *k = &v->look;
    const int m = ds_viewer_checkpoint(v, side), i = w->image - 1, l = w->layer - 1;
    const float *a;
    int row = w->origin == DS_FROM_MEAN ? -1 : 0;

    if (w->head || w->origin == DS_FROM_SECOND) { /* what a file of maps keeps beside it */
        a = w->head ? ds_subject_head(s, i, l, w->head - 1, &k->split[side])
                    : ds_subject_second(s, i, l, &k->split[side]);
        if (a)
            memcpy(k->map[side], a, (size_t)r->patches * sizeof(float));
        else if (!w->head)
            explain(v, side);
        k->ok[side] = a != NULL;
        if (a || !w->head)
            return;
    }
    if (w->origin == DS_FROM_ROLLOUT && !w->head) {
        memcpy(k->map[side], ds_subject_map(s, m, i, l), (size_t)r->patches * sizeof(float));
        k->split[side] = ds_subject_split(s, m, i, l);
        k->ok[side] = true;
        return;
    }
    a = w->head ? head_matrix(v, side, l, w->head - 1) : ds_subject_attention(s, m, i, l);
    if (w->origin == DS_FROM_QUERY)
        row = asking(v) ? r->prefix + asking(v) - 1 : -2;
    if (!a || row == -2) {
        explain(v, side);
        return;
    }
    row_of(k->map[side], a, r->tokens, r->prefix, r->patches, row);
    k->ok[side] = true;
    k->split[side] = NAN;
    for (int p = 0; p < r->patches; p++)
        if (!isfinite(k->map[side][p]))
            return;
    k->split[side] = ds_split_point(k->map[side], r->patches, DS_SPLIT_ECDF, 0, NULL, scratch);
}

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The finite values of one or both maps, sorted; percentiles of them. */
static void range_of(const struct ds_sight *k, int first, int last, int patches, double clip,
                     double *lo, double *hi)
{
    float *room = malloc(2 * (size_t)patches * sizeof *room);
    int n = 0, cut;

    *lo = 0;
    *hi = 1;
    for (int side = first; room && side <= last; side++)
        for (int p = 0; k->ok[side] && p < patches; p++)
            if (isfinite(k->map[side][p]))
                room[n++] = k->map[side][p];
    if (n) {
        qsort(room, (size_t)n, sizeof *room, ascending);
        cut = (int)(clip / 100 * n);
        cut = 2 * cut >= n ? (n - 1) / 2 : cut;
        *lo = (double)room[cut];
        *hi = (double)room[n - 1 - cut];
    }
    free(room);
}

static void ranges(struct ds_viewer *v, int patches)
{
    const struct ds_view *w = &v->view;
    struct ds_sight *k = &v->look;

    range_of(k, 0, 1, patches, 0, &k->least, &k->largest);
    for (int side = 0; side < 2; side++) {
        if (w->span == DS_SPAN_FIXED) {
            k->lo[side] = w->lo;
            k->hi[side] = w->hi;
        } else {
            const bool own = w->span == DS_SPAN_AUTO;

            range_of(k, own ? side : 0, own ? side : 1, patches, w->clip, &k->lo[side],
                     &k->hi[side]);
        }
    }
}

static void masks(struct ds_viewer *v, int patches)
{
    struct ds_sight *k = &v->look;

    for (int side = 0; side < 2; side++)
        if (v->view.manual)
            k->split[side] = v->view.threshold;
    for (int p = 0; p < patches; p++) {
        const bool a = k->ok[0] && isfinite(k->map[0][p]) && (double)k->map[0][p] > k->split[0];
        const bool b = k->ok[1] && isfinite(k->map[1][p]) && (double)k->map[1][p] > k->split[1];

        k->protect[0] += a;
        k->protect[1] += b;
        k->both += a && b;
        k->either += a || b;
        k->bad[0] += k->ok[0] && !isfinite(k->map[0][p]);
        k->bad[1] += k->ok[1] && !isfinite(k->map[1][p]);
        k->diff[p] = k->ok[0] && k->ok[1] ? k->map[1][p] - k->map[0][p] : 0;
        if (isfinite(k->diff[p]))
            k->most = fmax(k->most, fabs((double)k->diff[p]));
    }
    k->iou = k->either ? (double)k->both / k->either : 1;
}

/* This image's rollout in every layer, A to B, and in this layer from A to every checkpoint. */
static void drifts(struct ds_viewer *v, double *p, double *q, void *scratch)
{
    const struct ds_subject *sa = ds_viewer_side(v, 0), *sb = ds_viewer_side(v, 1);
    const struct ds_metric *metric = ds_viewer_metric(v);
    struct ds_metric_ctx ctx = {.scratch = scratch};
    struct ds_sight *k = &v->look;
    const int i = v->view.image - 1, n = sa->record.patches;
    const int checkpoints = sb->record.done;

    for (int at = 0; at < k->layers + checkpoints; at++) {
        const bool layer = at < k->layers;
        const int l = layer ? at : v->view.layer - 1;
        const int m = layer ? v->view.b : at - k->layers;
        const float *x = ds_subject_map(sa, v->view.a, i, l), *y = ds_subject_map(sb, m, i, l);

        for (int j = 0; j < n; j++) {
            p[j] = (double)x[j];
            q[j] = (double)y[j];
        }
        ctx.split_p = ds_subject_split(sa, v->view.a, i, l);
        ctx.split_q = ds_subject_split(sb, m, i, l);
        *(layer ? &k->drift[l] : &k->over_time[m]) = ds_metric_value(metric, p, q, n, &ctx);
    }
}

/* Which images count for a mean: those whose task was learned at A, as `driftscope drift A B`
 * has it (at B, where A is the initial model). */
static int learned_at(const struct ds_viewer *v)
{
    return v->view.a > 0 ? v->view.a : v->view.b;
}

static void means(struct ds_viewer *v)
{
    const struct ds_drift *d = &v->pair.drift;
    struct ds_sight *k = &v->look;
    const int learned = learned_at(v);

    for (int l = 0; l < k->layers; l++) {
        double sum = 0;
        int n = 0, all = 0;

        for (int i = 0; d->value && l < d->layers && i < d->images; i++) {
            const double x = d->value[(size_t)i * (size_t)d->layers + (size_t)l];
            const bool counts = learned == 0 || d->task[i] < learned;

            all += counts;
            if (!counts || isnan(x))
                continue;
            sum += x;
            n++;
        }
        k->mean[l] = n ? sum / n : NAN;
        k->compared = all;
    }
}

/* One range for the film: every checkpoint of B's run. */
static void film_range(struct ds_viewer *v)
{
    const struct ds_subject *s = ds_viewer_side(v, 1);
    struct ds_sight *k = &v->look;

    k->film_lo = INFINITY;
    k->film_hi = -INFINITY;
    for (int m = 0; m < s->record.done; m++) {
        const float *map = ds_subject_map(s, m, v->view.image - 1, v->view.layer - 1);

        for (int p = 0; p < s->record.patches; p++)
            if (isfinite(map[p])) {
                k->film_lo = fmin(k->film_lo, (double)map[p]);
                k->film_hi = fmax(k->film_hi, (double)map[p]);
            }
    }
    if (k->film_lo > k->film_hi)
        k->film_lo = 0, k->film_hi = 1;
}

int ds_sight_renew(struct ds_viewer *v)
{
    const struct ds_record *r;
    struct ds_sight *k = &v->look;
    double *room;
    void *scratch;
    uint64_t key;
    int n;

    if (!ds_viewer_ready(v))
        return 0;
    key = key_of(v);
    if (key == k->key)
        return 0;
    r = &v->run[0]->record;
    n = r->patches;
    room = malloc((2 * (size_t)n + ds_split_scratch(n)) * sizeof *room);
    scratch = malloc(ds_metric_scratch(n));
    if (room && scratch && !take_room(k, r, ds_viewer_side(v, 1)->record.done)) {
        k->layers = r->layers;
        fill_side(v, 0, room + 2 * n);
        fill_side(v, 1, room + 2 * n);
        ranges(v, n);
        masks(v, n);
        drifts(v, room, room + n, scratch);
        means(v);
        film_range(v);
        k->key = key;
    }
    free(scratch);
    free(room);
    return k->key == key ? 0 : -1;
}
