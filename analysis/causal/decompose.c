/* analysis/causal/decompose.c -- what moved the attention: queries, keys, or tokens? See the
 * header.
 *
 * S and T go through their blocks side by side. After a block its normalised tokens y1 are
 * still there; the four projections of both weights on both tokens are made anew, all by the
 * same products, so that equal weights and tokens give equal bits and drift 0 is exactly 0. */
#include "analysis/causal/decompose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/ops/gemm.h"
#include "core/ops/linear.h"

/* Memory of one worker beside its pair of networks. */
struct bench {
    float *q[2][2];           /* [weights of side][tokens of side] [queries][C] */
    float *k[2][2];           /* [room N][C] */
    float *score;             /* [queries of a picture][N] */
    double *a[DS_COALITIONS]; /* the same as probabilities */
};

struct ds_decomposing {
    struct ds_decomposition *r;
    struct ds_decompose_want want;
    struct ds_duo duo;
    struct bench *bench; /* [threads] */
    struct ds_arena arena;
    int queries; /* of a picture: 1 or N */
};

void ds_shapley(double share[DS_MOVERS], const double v[DS_COALITIONS])
{
    for (int i = 0; i < DS_MOVERS; i++) {
        const int me = 1 << i, a = 1 << (i + 1) % DS_MOVERS, b = 1 << (i + 2) % DS_MOVERS;

        share[i] = (v[me] - v[0]) / 3 + (v[a | me] - v[a]) / 6 + (v[b | me] - v[b]) / 6 +
                   (v[a | b | me] - v[a | b]) / 3;
    }
}

/* p ln(p / m) vanishes with p; halves of numbers near the smallest may be 0 already. */
static double half_kl(double p, double m)
{
    return p > 1e-300 ? p * log2(p / m) / 2 : 0;
}

double ds_row_distance(enum ds_row_distance d, const double *p, const double *q, int rows,
                       int n)
{
    double sum = 0, square = 0, whole = 0;

    for (int i = 0; i < rows * n; i++) {
        const double diff = q[i] - p[i], m = (p[i] + q[i]) / 2;

        if (d == DS_ROW_TV)
            sum += fabs(diff) / 2;
        else if (d == DS_ROW_JS)
            sum += half_kl(p[i], m) + half_kl(q[i], m);
        square += diff * diff;
        whole += p[i] * p[i];
    }
    return d == DS_ROW_RELFRO ? sqrt(square / whole) : fmax(0, sum / rows);
}

static void softmax(double *a, const float *score, int rows, int n)
{
    for (int r = 0; r < rows; r++, a += n, score += n) {
        float top = score[0];
        double sum = 0;

        for (int i = 1; i < n; i++)
            top = score[i] > top ? score[i] : top;
        for (int i = 0; i < n; i++)
            sum += a[i] = exp((double)(score[i] - top));
        for (int i = 0; i < n; i++)
            a[i] /= sum;
    }
}

/* out [rows][C], ld apart, = y W^T + b of one third of qkv; y's rows ldy apart. */
static void project(float *out, const float *y, int ldy, const struct ds_model *m, int layer,
                    int third, int rows)
{
    const int c = m->vit.shape.dim;
    const size_t at = (size_t)third * (size_t)c;
    const float *bias = m->view.block[layer][DS_QKV_B];

    ds_rows_fill(out, (size_t)c, bias ? bias + at : NULL, rows, c);
    ds_gemm_nt(out, c, y, ldy, m->view.block[layer][DS_QKV_W] + at * (size_t)c, c, rows, c, c,
               1, 1);
}

/* Four queries and four keys of a layer, whose blocks have just run. */
static void project_all(const struct ds_decomposing *k, struct bench *b,
                        struct ds_duo_worker *w, int layer)
{
    const struct ds_vit_shape *s = &k->duo.model[0]->vit.shape;
    const int images = w->work[0].images, tokens = ds_tokens(s), c = s->dim;
    const int step = k->queries == 1 ? tokens : 1;

    for (int x = 0; x < 2; x++) {
        const float *y = w->work[x].layer[layer].y1;

        for (int side = 0; side < 2; side++) {
            project(b->q[side][x], y, step * c, k->duo.model[side], layer, 0,
                    images * k->queries);
            project(b->k[side][x], y, c, k->duo.model[side], layer, 1, images * tokens);
        }
    }
}

/* The eight attentions of one picture and head, and what they say. */
static void share_out(const struct ds_decomposing *k, struct bench *b, int image, int layer,
                      int head, size_t at)
{
    const struct ds_vit_shape *s = &k->duo.model[0]->vit.shape;
    const int n = ds_tokens(s), c = s->dim, d = c / s->heads;
    const size_t q = ((size_t)image * (size_t)k->queries * (size_t)c) + (size_t)(head * d);
    const size_t key = ((size_t)image * (size_t)n * (size_t)c) + (size_t)(head * d);
    const float scale = 1.0f / sqrtf((float)d);
    double v[DS_COALITIONS];

    for (int set = 0; set < DS_COALITIONS; set++) {
        const int wq = !!(set & DS_BY_QUERY_WEIGHTS), wk = !!(set & DS_BY_KEY_WEIGHTS);
        const int x = !!(set & DS_BY_TOKENS);

        ds_gemm_nt(b->score, n, b->q[wq][x] + q, c, b->k[wk][x] + key, c, k->queries, n, d,
                   scale, 0);
        softmax(b->a[set], b->score, k->queries, n);
        v[set] = ds_row_distance(k->want.distance, b->a[0], b->a[set], k->queries, n);
    }
    at = (at * (size_t)s->depth + (size_t)layer) * (size_t)s->heads + (size_t)head;
    ds_shapley(k->r->share + at * DS_MOVERS, v);
    k->r->total[at] = v[DS_COALITIONS - 1];
}

static void piece(void *with, struct ds_duo_worker *w, int first, int count, int worker)
{
    const struct ds_decomposing *k = with;
    const struct ds_vit_shape *s = &k->duo.model[0]->vit.shape;
    struct bench *b = &k->bench[worker];

    for (int side = 0; side < 2; side++)
        ds_vit_begin(&k->duo.model[side]->vit, &k->duo.model[side]->view, &w->work[side],
                     w->images[side], count);
    for (int l = 0; l < s->depth; l++) {
        for (int side = 0; side < 2; side++)
            ds_vit_block(&k->duo.model[side]->vit, &k->duo.model[side]->view, &w->work[side], l,
                         NULL);
        project_all(k, b, w, l);
        for (int i = 0; i < count; i++)
            for (int h = 0; h < s->heads; h++)
                share_out(k, b, i, l, h, (size_t)first + (size_t)i);
    }
}

/* Run twice: to count, and to take. */
static void take(struct ds_decomposing *k)
{
    const struct ds_vit_shape *s = &k->duo.model[0]->vit.shape;
    const size_t threads = (size_t)k->duo.threads, room = (size_t)k->duo.room;
    const size_t tokens = (size_t)ds_tokens(s), c = (size_t)s->dim, n = (size_t)k->queries;

    k->bench = ds_arena_take(&k->arena, threads * sizeof *k->bench);
    for (size_t i = 0; i < threads; i++) {
        struct bench planned = {0}, *b = k->bench ? &k->bench[i] : &planned;

        for (int side = 0; side < 4; side++) {
            b->q[side / 2][side % 2] = ds_arena_floats(&k->arena, room * n * c);
            b->k[side / 2][side % 2] = ds_arena_floats(&k->arena, room * tokens * c);
        }
        b->score = ds_arena_floats(&k->arena, n * tokens);
        for (int set = 0; set < DS_COALITIONS; set++)
            b->a[set] = ds_arena_doubles(&k->arena, n * tokens);
    }
}

static int alloc(struct ds_decomposition *r, const struct ds_vit_shape *s, int count,
                 struct ds_err *err)
{
    const size_t heads = (size_t)s->depth * (size_t)s->heads;

    *r = (struct ds_decomposition){.count = count, .layers = s->depth, .heads = s->heads};
    r->total = calloc((size_t)count + 1, heads * sizeof *r->total);
    r->share = calloc((size_t)count + 1, heads * DS_MOVERS * sizeof *r->share);
    return r->total && r->share ? 0
                                : ds_fail(err, DS_NOMEM,
                                          "out of memory for shares of %d "
                                          "pictures",
                                          count);
}

void ds_decomposition_clear(struct ds_decomposition *r)
{
    free(r->share);
    free(r->total);
    *r = (struct ds_decomposition){0};
}

static int set_up(struct ds_decomposing *k, const struct ds_model *s, const struct ds_model *t,
                  const struct ds_shown *shown, struct ds_err *err)
{
    const bool all = k->want.all_rows || !s->vit.shape.cls;

    if (ds_duo_check(s, t, true, err) ||
        ds_duo_open(&k->duo, s, t, shown, all ? DS_WANT_FULL : 0, k->want.threads, err) ||
        alloc(k->r, &s->vit.shape, shown->count, err))
        return err->code;
    k->r->all_rows = all;
    k->queries = all ? ds_tokens(&s->vit.shape) : 1;
    take(k);
    if (ds_arena_reserve(&k->arena, err))
        return err->code;
    take(k);
    return 0;
}

int ds_decomposing_open(struct ds_decomposing **out, struct ds_decomposition *r,
                        const struct ds_model *s, const struct ds_model *t,
                        const struct ds_shown *shown, const struct ds_decompose_want *want,
                        struct ds_err *err)
{
    struct ds_decomposing *k = calloc(1, sizeof *k);

    *out = NULL;
    *r = (struct ds_decomposition){0};
    if (!k)
        return ds_fail(err, DS_NOMEM, "out of memory");
    k->r = r;
    k->want = *want;
    if (set_up(k, s, t, shown, err)) {
        ds_decomposing_close(k);
        return err->code;
    }
    *out = k;
    return 0;
}

int ds_decomposing_next(struct ds_decomposing *k, int *done, struct ds_err *err)
{
    return ds_duo_next(&k->duo, piece, k, done, err);
}

void ds_decomposing_close(struct ds_decomposing *k)
{
    if (!k)
        return;
    ds_arena_clear(&k->arena);
    ds_duo_close(&k->duo);
    free(k);
}
