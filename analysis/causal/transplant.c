/* analysis/causal/transplant.c -- one network with the attention of another frozen in. See the
 * header.
 */
#include "analysis/causal/transplant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { S, T };

/* Memory of one worker beside its pair of networks. */
struct bench {
    struct ds_vit_work host[2]; /* of each side, for its transplants */
    float *tokens[2];           /* [L][room][N][C] entering each block of the side as it is */
    int *truth[2];              /* [room] the right answer in each side's numbers */
    int restored;
};

struct ds_transplanting {
    struct ds_transplant *r;
    struct ds_transplant_want want;
    struct ds_duo duo;
    struct bench *bench; /* [threads] */
    struct ds_arena arena;
    struct ds_vit_view cross; /* S with the queries and keys of T */
    float *qkv;               /* [L] weights and biases of it */
};

static bool hosts(const struct ds_transplanting *k, int side)
{
    return k->want.direction[side == T ? DS_FORWARD : DS_CONVERSE];
}

/* ---- answers ---- */

static void fill(struct ds_answers *a, float **margin, unsigned char **hit, size_t n,
                 bool tasks)
{
    for (int p = 0; p < 1 + tasks; p++, *margin += n, *hit += n) {
        a->margin[p] = *margin;
        a->hit[p] = *hit;
    }
}

static int alloc(struct ds_transplanting *k, struct ds_err *err)
{
    struct ds_transplant *r = k->r;
    const struct ds_shown *w = k->duo.shown;
    const size_t directions = (size_t)hosts(k, S) + (size_t)hosts(k, T);
    const size_t series = 2 + directions * (size_t)k->want.grafts, n = (size_t)w->count;
    size_t cells, bytes;
    unsigned char *hit;
    float *margin;

    *r = (struct ds_transplant){
        .count = w->count, .grafts = k->want.grafts, .tasks = ds_shown_tasks(w)};
    if (__builtin_mul_overflow(series * (1u + r->tasks), n, &cells) ||
        __builtin_mul_overflow(cells, sizeof *margin + sizeof *hit, &bytes) ||
        !(r->memory = calloc(bytes + 1, 1)))
        return ds_fail(err, DS_NOMEM, "out of memory for %zu answers to %zu pictures", series,
                       n);
    margin = r->memory;
    hit = (unsigned char *)(margin + cells);
    fill(&r->base[S], &margin, &hit, n, r->tasks);
    fill(&r->base[T], &margin, &hit, n, r->tasks);
    for (int d = 0; d < 2; d++) {
        if (!k->want.direction[d])
            continue;
        r->mixed[d] = calloc((size_t)r->grafts + 1, sizeof *r->mixed[d]);
        if (!r->mixed[d])
            return ds_fail(err, DS_NOMEM, "out of memory for %d transplants", r->grafts);
        for (int g = 0; g < r->grafts; g++)
            fill(&r->mixed[d][g], &margin, &hit, n, r->tasks);
    }
    return 0;
}

void ds_transplant_clear(struct ds_transplant *r)
{
    free(r->mixed[0]);
    free(r->mixed[1]);
    free(r->memory);
    *r = (struct ds_transplant){0};
}

/* The first of the largest logits wins, as in every evaluation here. */
static void judge(unsigned char *hit, float *margin, const float *z, int right,
                  const int *among, int n)
{
    float other = -INFINITY;
    bool first = true, beaten = false;

    for (int i = 0; i < n; i++) {
        const int c = among ? among[i] : i;

        if (c == right)
            first = false; /* classes after the right one must be larger to win */
        else {
            other = z[c] > other ? z[c] : other;
            beaten = beaten || z[c] > z[right] || (first && z[c] == z[right]);
        }
    }
    *hit = !beaten;
    *margin = n > 1 ? z[right] - other : NAN;
}

/* The answers of a side's head to pictures first .. of the piece. */
static void answer(const struct ds_transplanting *k, struct ds_answers *a,
                   const struct bench *b, const struct ds_vit_work *work, int side, int first)
{
    const struct ds_shown *w = k->duo.shown;
    const int classes = k->duo.model[side]->vit.shape.classes;

    for (int i = 0; i < work->images; i++) {
        const float *z = work->logits + (size_t)i * (size_t)classes;
        const int at = first + i, g = w->group[at], right = b->truth[side][i];

        judge(&a->hit[DS_CLASS_INCREMENTAL][at], &a->margin[DS_CLASS_INCREMENTAL][at], z, right,
              NULL, classes);
        if (k->r->tasks)
            judge(&a->hit[DS_TASK_INCREMENTAL][at], &a->margin[DS_TASK_INCREMENTAL][at], z,
                  right, w->choice[side] + w->first_choice[g],
                  w->first_choice[g + 1] - w->first_choice[g]);
    }
}

static int best(const float *z, int n)
{
    int top = 0;

    for (int i = 1; i < n; i++)
        top = z[i] > z[top] ? i : top;
    return top;
}

/* What counts as right in this piece; S has just answered. */
static void find_truth(const struct ds_transplanting *k, struct bench *b,
                       const struct ds_vit_work *work, int first)
{
    const struct ds_shown *w = k->duo.shown;
    const int classes = k->duo.model[S]->vit.shape.classes;

    for (int i = 0; i < work->images; i++)
        for (int side = 0; side < 2; side++)
            b->truth[side][i] = w->truth == DS_TRUTH_LABELS
                                    ? w->class_of[side][first + i]
                                    : best(work->logits + (size_t)i * (size_t)classes, classes);
}

/* ---- the networks ---- */

/* What the tap knows: whose attention, and where it goes. */
struct grafting {
    const struct ds_vit_work *donor;
    const bool *on; /* [L][H], NULL: everywhere */
    int layers, heads, tokens;
};

/* The donor has kept every tile of the piece, [B][H][queries][N]. */
static void replace(void *with, int layer, int image, int head, float *tile)
{
    const struct grafting *g = with;
    const int queries = g->donor->narrow && layer == g->layers - 1 ? 1 : g->tokens;
    const size_t size = (size_t)queries * (size_t)g->tokens;
    const size_t at = (size_t)image * (size_t)g->heads + (size_t)head;

    if (!g->on || g->on[layer * g->heads + head])
        memcpy(tile, g->donor->layer[layer].attn + at * size, size * sizeof *tile);
}

/* A side as it is: attention kept by its work, tokens by the bench where grafts go on from
 * them. */
static void run_base(const struct ds_transplanting *k, struct bench *b, struct ds_duo_worker *w,
                     int side, int count)
{
    const struct ds_model *m = k->duo.model[side];
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t each = (size_t)ds_tokens(s) * (size_t)s->dim;
    struct ds_vit_work *work = &w->work[side];

    ds_vit_begin(&m->vit, &m->view, work, w->images[side], count);
    for (int l = 0; l < s->depth; l++) {
        if (hosts(k, side))
            memcpy(b->tokens[side] + (size_t)l * (size_t)k->duo.room * each, work->layer[l].x,
                   (size_t)count * each * sizeof(float));
        ds_vit_block(&m->vit, &m->view, work, l, NULL);
    }
    ds_vit_end(&m->vit, &m->view, work);
    ds_logits_forward(&m->vit, &m->view, work);
}

/* From the lowest layer that is replaced: below it nothing differs. */
static void run_graft(const struct ds_transplanting *k, struct bench *b,
                      const struct ds_duo_worker *w, int host, const struct ds_graft *graft)
{
    const struct ds_model *m = k->duo.model[host];
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t each = (size_t)ds_tokens(s) * (size_t)s->dim;
    const struct ds_vit_work *base = &w->work[host];
    struct grafting g = {&w->work[1 - host], graft->on, s->depth, s->heads, ds_tokens(s)};
    const struct ds_vit_taps taps = {.attn = {.with = &g, .attention = replace}};
    struct ds_vit_work *work = &b->host[host];
    int low = 0;

    while (low < s->depth - 1 &&
           !memchr(graft->on + low * s->heads, 1, (size_t)s->heads * sizeof(bool)))
        low++;
    work->images = base->images;
    work->narrow = base->narrow;
    memcpy(work->layer[low].x, b->tokens[host] + (size_t)low * (size_t)k->duo.room * each,
           (size_t)base->images * each * sizeof(float));
    for (int l = low; l < s->depth; l++)
        ds_vit_block(&m->vit, &m->view, work, l, &taps);
    ds_vit_end(&m->vit, &m->view, work);
    ds_logits_forward(&m->vit, &m->view, work);
}

/* Everything but queries and keys is that of S, and attention is frozen: S again. */
static void run_check(const struct ds_transplanting *k, struct bench *b,
                      const struct ds_duo_worker *w)
{
    const struct ds_vit *v = &k->duo.model[S]->vit;
    const struct ds_vit_shape *s = &v->shape;
    struct grafting g = {&w->work[S], NULL, s->depth, s->heads, ds_tokens(s)};
    const struct ds_vit_taps taps = {.attn = {.with = &g, .attention = replace}};
    struct ds_vit_work *work = &b->host[S];
    const size_t row = (size_t)s->classes;

    ds_vit_forward(v, &k->cross, work, w->images[S], w->work[S].images, &taps);
    ds_logits_forward(v, &k->cross, work);
    for (int i = 0; i < work->images; i++)
        b->restored += !memcmp(work->logits + (size_t)i * row,
                               w->work[S].logits + (size_t)i * row, row * sizeof(float));
}

static void piece(void *with, struct ds_duo_worker *w, int first, int count, int worker)
{
    const struct ds_transplanting *k = with;
    struct bench *b = &k->bench[worker];

    for (int side = 0; side < 2; side++) {
        run_base(k, b, w, side, count);
        if (side == S)
            find_truth(k, b, &w->work[S], first);
        answer(k, &k->r->base[side], b, &w->work[side], side, first);
    }
    for (int d = 0; d < 2; d++)
        for (int g = 0; k->want.direction[d] && g < k->want.grafts; g++) {
            const int host = d == DS_FORWARD ? T : S;

            run_graft(k, b, w, host, &k->want.graft[g]);
            answer(k, &k->r->mixed[d][g], b, &b->host[host], host, first);
        }
    if (k->want.check)
        run_check(k, b, w);
}

/* ---- in steps ---- */

/* S's parameters, but for the rows of qkv that make queries and keys. */
static int cross(struct ds_transplanting *k, struct ds_err *err)
{
    const struct ds_vit_shape *s = &k->duo.model[S]->vit.shape;
    const struct ds_vit_view *from[2] = {&k->duo.model[S]->view, &k->duo.model[T]->view};
    const size_t c = (size_t)s->dim, depth = (size_t)s->depth, each = 3 * c * (c + 1);

    k->cross = *from[S];
    k->cross.block = calloc(depth, sizeof *k->cross.block);
    k->qkv = malloc(depth * each * sizeof *k->qkv);
    if (!k->cross.block || !k->qkv)
        return ds_fail(err, DS_NOMEM, "out of memory for the check");
    for (size_t l = 0; l < depth; l++) {
        float *const weight = k->qkv + l * each, *const bias = weight + 3 * c * c;

        memcpy(k->cross.block[l], from[S]->block[l], sizeof *k->cross.block);
        memcpy(weight, from[T]->block[l][DS_QKV_W], 2 * c * c * sizeof *weight);
        memcpy(weight + 2 * c * c, from[S]->block[l][DS_QKV_W] + 2 * c * c,
               c * c * sizeof *weight);
        k->cross.block[l][DS_QKV_W] = weight;
        if (!from[S]->block[l][DS_QKV_B])
            continue;
        memcpy(bias, from[S]->block[l][DS_QKV_B], 3 * c * sizeof *bias);
        if (from[T]->block[l][DS_QKV_B])
            memcpy(bias, from[T]->block[l][DS_QKV_B], 2 * c * sizeof *bias);
        k->cross.block[l][DS_QKV_B] = bias;
    }
    return 0;
}

/* Run twice: to count, and to take. */
static void take(struct ds_transplanting *k)
{
    const size_t threads = (size_t)k->duo.threads, room = (size_t)k->duo.room;

    k->bench = ds_arena_take(&k->arena, threads * sizeof *k->bench);
    for (size_t i = 0; i < threads; i++) {
        struct bench planned = {0}, *b = k->bench ? &k->bench[i] : &planned;

        for (int side = 0; side < 2; side++) {
            const struct ds_vit *v = &k->duo.model[side]->vit;
            const struct ds_vit_shape *s = &v->shape;
            const size_t tokens = (size_t)ds_tokens(s) * (size_t)s->dim;

            b->truth[side] = ds_arena_ints(&k->arena, room);
            if (hosts(k, side) || (side == S && k->want.check))
                ds_vit_work_take(&b->host[side], v, k->duo.room,
                                 k->duo.want & ~(unsigned)DS_WANT_ATTENTION, NULL, false,
                                 &k->arena);
            if (hosts(k, side))
                b->tokens[side] = ds_arena_floats(&k->arena, (size_t)s->depth * room * tokens);
        }
    }
}

static int set_up(struct ds_transplanting *k, const struct ds_model *s,
                  const struct ds_model *t, const struct ds_shown *shown, struct ds_err *err)
{
    if (ds_duo_check(s, t, k->want.check, err) || ds_shown_check_heads(shown, s, t, err) ||
        ds_duo_open(&k->duo, s, t, shown, DS_WANT_ATTENTION, k->want.threads, err) ||
        alloc(k, err) || (k->want.check && cross(k, err)))
        return err->code;
    take(k);
    if (ds_arena_reserve(&k->arena, err))
        return err->code;
    take(k);
    return 0;
}

int ds_transplanting_open(struct ds_transplanting **out, struct ds_transplant *r,
                          const struct ds_model *s, const struct ds_model *t,
                          const struct ds_shown *shown, const struct ds_transplant_want *want,
                          struct ds_err *err)
{
    struct ds_transplanting *k = calloc(1, sizeof *k);

    *out = NULL;
    *r = (struct ds_transplant){0};
    if (!k)
        return ds_fail(err, DS_NOMEM, "out of memory");
    k->r = r;
    k->want = *want;
    if (set_up(k, s, t, shown, err)) {
        ds_transplanting_close(k);
        return err->code;
    }
    *out = k;
    return 0;
}

int ds_transplanting_next(struct ds_transplanting *k, int *done, struct ds_err *err)
{
    if (ds_duo_next(&k->duo, piece, k, done, err))
        return err->code;
    k->r->restored = 0;
    for (int i = 0; i < k->duo.threads; i++)
        k->r->restored += k->bench[i].restored;
    return 0;
}

void ds_transplanting_close(struct ds_transplanting *k)
{
    if (!k)
        return;
    ds_arena_clear(&k->arena);
    ds_duo_close(&k->duo);
    free(k->cross.block);
    free(k->qkv);
    free(k);
}
