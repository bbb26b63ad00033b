/* analysis/causal/duo.c -- two networks side by side over the same pictures. See the header. */
#include "analysis/causal/duo.h"

#include <stdlib.h>
#include <string.h>
#include "core/ops/gemm.h"

/* Rows of a piece, pictures of a piece, attention kept of one side, pieces of a step. */
enum { ROWS = 1024, MOST = 32, KEPT_FLOATS = 32 << 20, STEP = 32 };

int ds_duo_check(const struct ds_model *s, const struct ds_model *t, bool width,
                 struct ds_err *err)
{
    const struct ds_vit_shape *a = &s->vit.shape, *b = &t->vit.shape;
    const struct {
        const char *what, *remedy;
        int a, b;
    } list[] = {
        {"layers", "", a->depth, b->depth},
        {"heads", "", a->heads, b->heads},
        {"rows of patches", "; --image-size brings both to one grid", ds_grid_h(a),
         ds_grid_h(b)},
        {"columns of patches", "; --image-size brings both to one grid", ds_grid_w(a),
         ds_grid_w(b)},
        {"prefix tokens", "", ds_prefix(a), ds_prefix(b)},
        {"channels of width", "", a->dim, width ? b->dim : a->dim},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].a != list[i].b)
            return ds_fail(err, DS_DATA,
                           "%s has %d %s, %s has %d: attention of one means nothing in the "
                           "other%s",
                           s->file, list[i].a, list[i].what, t->file, list[i].b,
                           list[i].remedy);
    if (a->cls != b->cls || a->dist != b->dist)
        return ds_fail(err, DS_DATA,
                       "%s and %s differ in their prefix tokens: attention of one means "
                       "nothing in the other",
                       s->file, t->file);
    return 0;
}

static int piece_size(const struct ds_vit_shape *s, unsigned want)
{
    const size_t n = (size_t)ds_tokens(s);
    const size_t each = n * n * (size_t)s->heads * (size_t)s->depth;
    const int fit = ROWS / ds_tokens(s), kept = (int)(KEPT_FLOATS / each);
    const int most = (want & DS_WANT_ATTENTION) && kept < fit ? kept : fit;

    return most < 1 ? 1 : most > MOST ? MOST : most;
}

static void take(struct ds_duo *p)
{
    const size_t threads = (size_t)p->threads;
    const size_t pixels =
        (size_t)p->shown->channels * (size_t)p->shown->height * (size_t)p->shown->width;

    p->worker = ds_arena_take(&p->arena, threads * sizeof *p->worker);
    for (size_t i = 0; i < threads; i++) {
        struct ds_duo_worker planned = {0}, *w = p->worker ? &p->worker[i] : &planned;

        for (int side = 0; side < 2; side++) {
            w->images[side] = ds_arena_floats(&p->arena, (size_t)p->room * pixels);
            ds_vit_work_take(&w->work[side], &p->model[side]->vit, p->room, p->want, NULL,
                             false, &p->arena);
        }
        w->bytes = ds_arena_take(&p->arena, pixels);
    }
}

int ds_duo_open(struct ds_duo *p, const struct ds_model *s, const struct ds_model *t,
                const struct ds_shown *shown, unsigned want, int threads, struct ds_err *err)
{
    const struct ds_vit_shape *a = &s->vit.shape, *b = &t->vit.shape;

    *p = (struct ds_duo){.model = {s, t}, .shown = shown, .want = want};
    if (ds_vit_narrow(a, want) != ds_vit_narrow(b, want))
        p->want |= DS_WANT_FULL;
    p->room = piece_size(a, p->want);
    ds_blas_begin();
    if (ds_pool_new(&p->pool, threads, err))
        return err->code;
    p->threads = ds_pool_threads(p->pool);
    take(p);
    if (ds_arena_reserve(&p->arena, err))
        return err->code;
    take(p);
    return 0;
}

void ds_duo_close(struct ds_duo *p)
{
    for (int i = 0; p->worker && i < p->threads; i++)
        ds_room_clear(&p->worker[i].room);
    ds_pool_free(p->pool);
    ds_arena_clear(&p->arena);
    *p = (struct ds_duo){0};
}

struct step {
    struct ds_duo *p;
    ds_duo_job *job;
    void *with;
    int count, pieces;
    atomic_int failed; /* 1: somebody holds `err` */
    struct ds_err *err;
};

static int load(const struct ds_duo *p, struct ds_duo_worker *w, int first, int count,
                struct ds_err *err)
{
    const size_t pixels =
        (size_t)p->shown->channels * (size_t)p->shown->height * (size_t)p->shown->width;

    for (int i = 0; i < count; i++) {
        float *const side[2] = {w->images[0] + (size_t)i * pixels,
                                w->images[1] + (size_t)i * pixels};

        if (ds_shown_read(p->shown, first + i, side, w->bytes, &w->room, err))
            return err->code;
    }
    return 0;
}

static void piece(void *with, int i, int worker)
{
    struct step *s = with;
    struct ds_duo *p = s->p;
    const int from = s->count * i / s->pieces, to = s->count * (i + 1) / s->pieces;
    struct ds_err err;
    int none = 0;

    if (atomic_load(&s->failed))
        return;
    if (load(p, &p->worker[worker], p->done + from, to - from, &err)) {
        if (atomic_compare_exchange_strong(&s->failed, &none, 1))
            *s->err = err;
        return;
    }
    s->job(s->with, &p->worker[worker], p->done + from, to - from, worker);
}

int ds_duo_next(struct ds_duo *p, ds_duo_job *job, void *with, int *done, struct ds_err *err)
{
    const int rest = p->shown->count - p->done, most = STEP * p->room;
    struct step s = {
        .p = p, .job = job, .with = with, .count = rest < most ? rest : most, .err = err};

    s.pieces = (s.count + p->room - 1) / p->room;
    ds_pool_run(p->pool, &(struct ds_work){piece, &s, s.pieces}, 1);
    if (atomic_load(&s.failed))
        return err->code;
    p->done += s.count;
    *done = p->done;
    return 0;
}
