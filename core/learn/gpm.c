/* core/learn/gpm.c -- which directions the inputs of attention use. See the header. */
#include "core/learn/gpm_int.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/size.h"
#include "core/ops/dense.h"
#include "core/ops/gemm.h"

/* Squares a worker needs: a product, its square, singular vectors; then vectors of length C. */
enum { SQUARES = 3, VECTORS = 4 };

static size_t room_of(size_t c)
{
    return SQUARES * c * c + VECTORS * c;
}

static void plan(struct ds_gpm *g, const struct ds_learner *l)
{
    const size_t c = (size_t)g->c, n = (size_t)g->layers;

    g->rank = ds_arena_ints(&g->arena, n);
    g->retain = ds_arena_ints(&g->arena, n);
    g->basis = ds_arena_doubles(&g->arena, ds_sizes(n, c, c, 1));
    g->second = ds_arena_doubles(&g->arena, ds_sizes(n, c, c, 1));
    g->room = ds_arena_doubles(&g->arena, (size_t)ds_pool_threads(l->pool) * room_of(c));
}

int ds_gpm_open(struct ds_gpm *g, const struct ds_learner *l, struct ds_err *err)
{
    *g = (struct ds_gpm){.layers = l->vit.shape.depth, .c = l->vit.shape.dim};
    plan(g, l);
    if (ds_arena_reserve(&g->arena, err))
        return ds_while(err, "bases of %d blocks", g->layers);
    plan(g, l);
    return 0;
}

void ds_gpm_close(struct ds_gpm *g)
{
    ds_arena_clear(&g->arena);
    *g = (struct ds_gpm){0};
}

/* A lane is a fixed share of the images and has its own sums. */
struct looking {
    struct ds_learner *l;
    const struct ds_feed *feed;
    float *images; /* [threads][room][pixels] */
    size_t pixels;
    atomic_int failed;
    struct ds_err *err;
};

static void look_lane(void *with, int lane, int worker)
{
    struct looking *k = with;
    struct ds_learner *l = k->l;
    struct ds_vit_work *work = &l->work[worker];
    const int c = l->vit.shape.dim, tokens = ds_tokens(&l->vit.shape);
    const int end = (int)((long)k->feed->count * (lane + 1) / DS_LANES);
    float *sum = l->grad + (size_t)lane * l->lane_size;
    float *images = k->images + (size_t)worker * (size_t)work->room * k->pixels;
    struct ds_err err;
    int at = (int)((long)k->feed->count * lane / DS_LANES), none = 0;

    memset(sum, 0, (size_t)l->vit.shape.depth * (size_t)c * (size_t)c * sizeof *sum);
    for (int n; at < end; at += n) {
        n = end - at < work->room ? end - at : work->room;
        if (k->feed->fetch(k->feed->with, at, n, images, NULL, &err)) {
            if (atomic_compare_exchange_strong(&k->failed, &none, 1))
                *k->err = err;
            return;
        }
        ds_vit_begin(&l->vit, &l->view, work, images, n);
        for (int b = 0; b < l->vit.shape.depth; b++) {
            ds_vit_block(&l->vit, &l->view, work, b, NULL);
            ds_gemm_tn(sum + (size_t)b * (size_t)c * (size_t)c, c, work->layer[b].y1, c,
                       work->layer[b].y1, c, c, c, n * tokens, 1, 1);
        }
    }
}

int ds_gpm_look(struct ds_gpm *g, struct ds_learner *l, const struct ds_feed *feed,
                struct ds_err *err)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t cells = (size_t)g->layers * (size_t)g->c * (size_t)g->c;
    const double share = 1.0 / ((double)feed->count * ds_tokens(s));
    struct looking k = {.l = l,
                        .feed = feed,
                        .err = err,
                        .pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width};

    k.images = malloc(ds_sizes((size_t)ds_pool_threads(l->pool), (size_t)l->work[0].room, k.pixels,
                               sizeof *k.images));
    if (!k.images)
        return ds_fail(err, DS_NOMEM, "out of memory for pictures");
    ds_pool_run(l->pool, &(struct ds_work){look_lane, &k, DS_LANES}, 1);
    free(k.images);
    if (atomic_load(&k.failed))
        return err->code;
    memset(g->second, 0, cells * sizeof *g->second);
    for (int lane = 0; lane < DS_LANES; lane++)
        for (size_t i = 0; i < cells; i++)
            g->second[i] += share * (double)l->grad[(size_t)lane * l->lane_size + i];
    return 0;
}

/* to [rows][c] = a [rows][c] b [c][c] */
static void product(double *to, const double *a, const double *b, size_t rows, size_t c)
{
    for (size_t i = 0; i < rows; i++) {
        memset(to + i * c, 0, c * sizeof *to);
        for (size_t k = 0; k < c; k++)
            for (size_t j = 0; j < c; j++)
                to[i * c + j] += a[i * c + k] * b[k * c + j];
    }
}

/* to [c][c] = M M^T C, or (I - M M^T) C; part [rank][c] is scratch. */
static void project(double *to, const double *basis, size_t rank, const double *second,
                    size_t c, bool complement, double *part)
{
    product(part, basis, second, rank, c);
    if (complement)
        memcpy(to, second, c * c * sizeof *to);
    else
        memset(to, 0, c * c * sizeof *to);
    for (size_t k = 0; k < rank; k++)
        for (size_t i = 0; i < c; i++) {
            const double share = complement ? -basis[k * c + i] : basis[k * c + i];

            for (size_t j = 0; j < c; j++)
                to[i * c + j] += share * part[k * c + j];
        }
}

/* Left singular vectors (rows of u) and squared singular values of m [c][columns]. */
static int left_vectors(double *u, double *energy, const double *m, size_t c, size_t columns,
                        double *square, double *work)
{
    for (size_t i = 0; i < c; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;

            for (size_t k = 0; k < columns; k++)
                sum += m[i * columns + k] * m[j * columns + k];
            square[i * c + j] = square[j * c + i] = sum;
        }
    if (ds_eigen(energy, u, square, (int)c, work))
        return -1;
    for (size_t i = 0; i < c; i++)
        energy[i] = energy[i] > 0 ? energy[i] : 0;
    return 0;
}

struct job {
    struct ds_gpm *g;
    float *rows;
    int rank;
    bool first;
    double threshold;
    atomic_int failed;
};

/* What a block works with. */
struct place {
    double *basis, *product, *square, *u, *energy, *work;
    const double *second;
    size_t c;
};

static struct place place_of(const struct job *j, int layer, int worker)
{
    const size_t c = (size_t)j->g->c, at = (size_t)layer * c * c;
    double *room = j->g->room + (size_t)worker * room_of(c);

    return (struct place){j->g->basis + at,  room,
                          room + c * c,      room + 2 * c * c,
                          room + 3 * c * c,  room + 3 * c * c + c,
                          j->g->second + at, c};
}

/* The square is free until left_vectors fills it: it lends its place to the projection. */
static int singular(const struct place *p, const struct job *j, int layer)
{
    const size_t rank = j->first ? 0 : (size_t)j->g->rank[layer];

    project(p->product, p->basis, rank, p->second, p->c, j->first || !j->g->retain[layer],
            p->square);
    return left_vectors(p->u, p->energy, p->product, p->c, p->c, p->square, p->work);
}

static void start_layer(void *with, int layer, int worker)
{
    struct job *j = with;
    const struct place p = place_of(j, layer, worker);

    if (singular(&p, j, layer)) {
        atomic_store(&j->failed, 1);
        return;
    }
    for (size_t i = 0; i < (size_t)j->rank * p.c; i++)
        j->rows[(size_t)layer * (size_t)j->rank * p.c + i] = (float)p.u[i];
}

static int run(struct job *j, ds_pool_job *each, struct ds_learner *l, struct ds_err *err)
{
    ds_pool_run(l->pool, &(struct ds_work){each, j, j->g->layers}, 1);
    return atomic_load(&j->failed)
               ? ds_fail(err, DS_INTERNAL, "inflora: the inputs of attention are not finite")
               : 0;
}

int ds_gpm_start(float *rows, int rank, struct ds_gpm *g, struct ds_learner *l, bool first,
                 struct ds_err *err)
{
    struct job j = {.g = g, .rows = rows, .rank = rank, .first = first};

    return run(&j, start_layer, l, err);
}

static double sum_of(const double *a, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i];
    return sum;
}

/* |C|^2, the sum of its squared singular values */
static double energy_of(const double *second, size_t c)
{
    double sum = 0;

    for (size_t i = 0; i < c * c; i++)
        sum += second[i] * second[i];
    return sum;
}

/* Appends singular vectors until the energy reached is the threshold's share. */
static void grow(const struct place *p, int *rank, double total, double threshold, bool first)
{
    double reached = first ? 0 : (total - sum_of(p->energy, p->c)) / total;
    size_t r = 0, room = p->c - (size_t)*rank;

    while (r < room && (first ? reached + p->energy[r] / total : reached) < threshold) {
        reached += p->energy[r] / total;
        r++;
    }
    r = first && !r ? 1 : r;
    memcpy(p->basis + (size_t)*rank * p->c, p->u, r * p->c * sizeof *p->basis);
    *rank += (int)r;
}

/* Takes out of M what the task has used: left vectors of M - U U^T M. */
static int shrink(const struct place *p, int *rank, double total, double threshold)
{
    const size_t c = p->c, q = (size_t)*rank;
    double left = sum_of(p->energy, c) / total;
    size_t r = 0;

    while (r < q && left >= 1 - threshold) {
        left -= p->energy[r] / total;
        r++;
    }
    if (!r)
        return 0;
    for (size_t i = 0; i < q; i++) { /* row i of the basis is column i of M */
        double *column = p->basis + i * c;

        for (size_t k = 0; k < r; k++) {
            const double *u = p->u + k * c;
            double along = 0;

            for (size_t a = 0; a < c; a++)
                along += u[a] * column[a];
            for (size_t a = 0; a < c; a++)
                column[a] -= along * u[a];
        }
    }
    for (size_t a = 0; a < c; a++)
        for (size_t i = 0; i < q; i++)
            p->product[a * q + i] = p->basis[i * c + a];
    if (left_vectors(p->u, p->energy, p->product, c, q, p->square, p->work))
        return -1;
    memcpy(p->basis, p->u, (q - r) * c * sizeof *p->basis);
    *rank = (int)(q - r);
    return 0;
}

/* A basis of more than half becomes that of the rest. */
static int turn_over(const struct place *p, int *rank)
{
    const size_t c = p->c, q = (size_t)*rank;

    for (size_t a = 0; a < c; a++)
        for (size_t i = 0; i < q; i++)
            p->product[a * q + i] = p->basis[i * c + a];
    if (left_vectors(p->u, p->energy, p->product, c, q, p->square, p->work))
        return -1;
    memcpy(p->basis, p->u + q * c, (c - q) * c * sizeof *p->basis);
    *rank = (int)(c - q);
    return 0;
}

static void update_layer(void *with, int layer, int worker)
{
    struct job *j = with;
    struct ds_gpm *g = j->g;
    const struct place p = place_of(j, layer, worker);
    const double total = energy_of(p.second, p.c);
    int code = singular(&p, j, layer);

    if (!(total > 0))
        code = -1;
    if (!code && j->first)
        g->rank[layer] = g->retain[layer] = 0;
    if (!code && g->retain[layer])
        code = shrink(&p, &g->rank[layer], total, j->threshold);
    else if (!code)
        grow(&p, &g->rank[layer], total, j->threshold, j->first);
    if (!code && !g->retain[layer] && 2 * g->rank[layer] > g->c) {
        code = turn_over(&p, &g->rank[layer]);
        g->retain[layer] = 1;
    }
    if (code)
        atomic_store(&j->failed, 1);
}

int ds_gpm_update(struct ds_gpm *g, struct ds_learner *l, bool first, double threshold,
                  struct ds_err *err)
{
    struct job j = {.g = g, .first = first, .threshold = threshold};

    return run(&j, update_layer, l, err);
}

int ds_gpm_arrays(struct ds_gpm *g, ds_state_visit *visit, void *with, struct ds_err *err)
{
    const size_t n = (size_t)g->layers, c = (size_t)g->c;

    if (visit(with, "method/inflora/rank", DS_STATE_I32, g->rank, n, err) ||
        visit(with, "method/inflora/retain", DS_STATE_I32, g->retain, n, err))
        return err->code;
    for (size_t i = 0; i < n; i++)
        if (g->rank[i] < 0 || g->rank[i] > g->c)
            return ds_fail(err, DS_DATA, "a basis of %d directions in a space of %d",
                           g->rank[i], g->c);
    return visit(with, "method/inflora/basis", DS_STATE_F64, g->basis, n * c * c, err);
}
