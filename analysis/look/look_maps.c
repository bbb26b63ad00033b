/* analysis/look/look_maps.c -- what is kept of a piece of images: maps, split points, answers.
 * See look.h. Everything is written to places given by the image's number, so the number of
 * threads changes nothing. */
#include <math.h>
#include <string.h>

#include "analysis/look/look_int.h"

/* Row `row` of a tile, or the mean of all. A narrow last layer has its CLS row only. */
static void row_of(float *to, const float *tile, int row, int tokens)
{
    const size_t n = (size_t)tokens;

    if (row >= 0) {
        memcpy(to, tile + (size_t)row * n, n * sizeof *to);
        return;
    }
    memset(to, 0, n * sizeof *to);
    for (size_t q = 0; q < n; q++)
        for (size_t j = 0; j < n; j++)
            to[j] += tile[q * n + j];
    for (size_t j = 0; j < n; j++)
        to[j] /= (float)tokens;
}

void ds_look_tap(void *with, int layer, int image, int head, float *tile)
{
    struct ds_look_worker *w = with;
    const struct ds_vit_shape *s = &w->looking->m->vit.shape;
    const struct ds_record *r = &w->looking->look->record;
    const int tokens = ds_tokens(s), at = w->first + image;
    const size_t square = (size_t)tokens * (size_t)tokens;

    if (at < r->probe)
        ds_rollout_mean_head(r->attention +
                                 ((size_t)at * (size_t)s->depth + (size_t)layer) * square,
                             tile, head, s->heads, square);
    ds_rollout_tap(&w->own, layer, image, head, tile);
    if (w->looking->streams_second)
        ds_rollout_tap(&w->second, layer, image, head, tile);
    if (w->rows)
        row_of(w->rows +
                   (((size_t)image * (size_t)s->depth + (size_t)layer) * (size_t)s->heads +
                    (size_t)head) *
                       (size_t)tokens,
               tile, w->looking->want.row, tokens);
}

/* map [L][P] = the heads' rows fused; heads [L][H][P] keeps them all. */
static void raw_maps(float *map, float *heads, const float *rows, const struct ds_looking *k)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), prefix = (size_t)ds_prefix(s), p = n - prefix;
    const enum ds_fusion fusion = k->want.rule.fusion;

    for (int l = 0; l < s->depth; l++, map += p)
        for (int h = 0; h < s->heads; h++, rows += n) {
            for (size_t j = 0; j < p; j++) {
                const float a = rows[prefix + j];

                if (h == 0)
                    map[j] = a;
                else if (fusion == DS_FUSE_MEAN)
                    map[j] += a;
                else
                    map[j] = fusion == DS_FUSE_MAX ? fmaxf(map[j], a) : fminf(map[j], a);
                if (h == s->heads - 1 && fusion == DS_FUSE_MEAN)
                    map[j] /= (float)s->heads;
            }
            if (heads) {
                memcpy(heads, rows + prefix, p * sizeof *heads);
                heads += p;
            }
        }
}

static void split_maps(float *split, const float *map, size_t maps,
                       const struct ds_vit_shape *s, double *scratch)
{
    const size_t p = (size_t)ds_patches(s);

    for (size_t i = 0; i < maps; i++)
        split[i] = (float)ds_split_point(map + i * p, (int)p, DS_SPLIT_ECDF, 0, NULL, scratch);
}

/* softmax over the classes, and the most likely of them; ties go to the lower class. */
static void answers(struct ds_look *l, const float *logits, size_t at)
{
    int *best = l->best + at * (size_t)l->top;
    float *share = l->share + at * (size_t)l->top;
    double sum = 0;
    float most = -INFINITY;

    for (int c = 0; c < l->classes; c++)
        most = fmaxf(most, logits[c]);
    for (int c = 0; c < l->classes; c++)
        sum += exp((double)logits[c] - (double)most);
    for (int t = 0; t < l->top; t++) {
        int top = -1;

        for (int c = 0; c < l->classes; c++) {
            bool taken = false;

            for (int i = 0; i < t && !taken; i++)
                taken = best[i] == c;
            if (!taken && (top < 0 || logits[c] > logits[top]))
                top = c;
        }
        best[t] = top;
        share[t] = (float)(exp((double)logits[top] - (double)most) / sum);
    }
    if (l->logits)
        memcpy(l->logits + at * (size_t)l->classes, logits,
               (size_t)l->classes * sizeof *l->logits);
}

/* How far the class that the folder means is ahead of the next, and the folder that the answer
 * means: -1 where it is none of them. */
static void judge(struct ds_looking *k, const float *logits, size_t at)
{
    struct ds_record *r = &k->look->record;
    const int *truth = k->want.truth, own = truth[r->label[at]];
    float other = -INFINITY;
    int best = 0;

    for (int c = 0; c < k->look->classes; c++) {
        best = logits[c] > logits[best] ? c : best;
        if (c != own)
            other = fmaxf(other, logits[c]);
    }
    r->predicted[at] = -1;
    for (int folder = r->classes - 1; folder >= 0; folder--)
        if (truth[folder] == best)
            r->predicted[at] = folder;
    if (own >= 0 && own < k->look->classes && isfinite(other))
        r->margin[at] = logits[own] - other;
}

static void second_maps(struct ds_looking *k, struct ds_look_worker *w, int i, size_t at)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), layers = (size_t)s->depth, p = (size_t)ds_patches(s);
    struct ds_look *l = k->look;
    float *map = l->map + at * layers * p;

    if (k->want.source == DS_LOOK_RAW)
        raw_maps(map, l->head ? l->head + at * layers * (size_t)s->heads * p : NULL,
                 w->rows + (size_t)i * layers * (size_t)s->heads * n, k);
    else
        ds_rollout_patches(map,
                           k->streams_second ? w->second.rows + (size_t)i * layers * n
                                             : w->relevant + (size_t)i * layers * n,
                           s);
    if (ds_look_mirrored(k, (int)at)) {
        ds_look_mirror(map, layers, s);
        if (l->head)
            ds_look_mirror(l->head + at * layers * (size_t)s->heads * p,
                           layers * (size_t)s->heads, s);
    }
    for (size_t layer = 0; k->want.by_largest && layer < layers; layer++)
        ds_rollout_by_largest(map + layer * p, (int)p);
    split_maps(l->split + at * layers, map, layers, s, w->split);
    if (l->head)
        split_maps(l->head_split + at * layers * (size_t)s->heads,
                   l->head + at * layers * (size_t)s->heads * p, layers * (size_t)s->heads, s,
                   w->split);
}

/* The images of the piece again, forward and backward, as many at once as fit. */
static void relevance(struct ds_looking *k, struct ds_look_worker *w, const float *images,
                      int n)
{
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const size_t pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width;
    const size_t rows = (size_t)s->depth * (size_t)ds_tokens(s);
    const int room = (int)k->relevance_room;
    int target[64];

    for (int i = 0; i < 64; i++)
        target[i] = k->want.target;
    for (int i = 0; i < n; i += room)
        ds_relevance_run(&w->relevance, &k->m->view, images + (size_t)i * pixels,
                         n - i < room ? n - i : room, target, w->relevant + (size_t)i * rows,
                         NULL);
}

void ds_look_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                  int worker)
{
    struct ds_looking *k = with;
    struct ds_look_worker *w = &k->worker[worker];
    struct ds_look *l = k->look;
    const struct ds_vit_shape *s = &k->m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), layers = (size_t)s->depth, p = (size_t)ds_patches(s);

    (void)label;
    if (w->relevant)
        relevance(k, w, k->infer.images[worker], work->images);
    for (int i = 0; i < work->images; i++) {
        const size_t at = (size_t)k->done + (size_t)first + (size_t)i;
        float *map = l->record.rollout + at * layers * p;

        ds_rollout_patches(map, w->own.rows + (size_t)i * layers * n, s);
        if (ds_look_mirrored(k, (int)at))
            ds_look_mirror(map, layers, s);
        if (l->feature)
            memcpy(l->feature + at * (size_t)l->width,
                   work->feature + (size_t)i * (size_t)l->width,
                   (size_t)l->width * sizeof *l->feature);
        split_maps(l->record.split + at * layers, map, layers, s, w->split);
        if (l->map)
            second_maps(k, w, i, at);
        if (l->classes)
            answers(l, work->logits + (size_t)i * (size_t)l->classes, at);
        if (l->classes && k->want.truth)
            judge(k, work->logits + (size_t)i * (size_t)l->classes, at);
    }
}
