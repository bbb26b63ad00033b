/* analysis/drift/weight_sheet.c -- how far the weights moved, as a table. */
#include "analysis/drift/weight_sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metric/weight.h"
#include "core/base/pool.h"

enum { STEPS = 300 }; /* of the power iteration */

/* A row: a matrix or vector of both networks, or all heads of a layer. */
struct item {
    char part[64];
    int layer, rows, columns; /* columns 0: no matrix */
    const float *a, *b;
    size_t count;
    double change, norm_a, norm_b, rank_a, rank_b;
    bool doubtful; /* a singular value that did not converge */
    bool failed;   /* out of memory */
};

/* QK and OV of the heads of one layer. */
struct circuit {
    int layer;
    double *qk, *ov; /* [H] */
    bool failed;
};

struct weights {
    const struct ds_model *a, *b;
    struct item *item;
    int items;
    struct circuit *circuit;
    int circuits;
    double *change; /* of the circuits */
};

static double norm_of(const float *w, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)w[i] * (double)w[i];
    return sqrt(sum);
}

static double rank_of(struct item *i, const float *w)
{
    double *scratch = malloc(ds_top_singular_scratch(i->columns) * sizeof *scratch), rank;
    struct ds_top_singular top;

    if (!scratch) {
        i->failed = true;
        return NAN;
    }
    ds_top_singular_of(&top, w, i->rows, i->columns, STEPS, scratch);
    rank = ds_stable_rank(w, i->rows, i->columns, &top);
    i->doubtful |= !top.converged && !isnan(rank);
    free(scratch);
    return rank;
}

static void measure(void *with, int piece, int worker)
{
    struct item *i = &((struct weights *)with)->item[piece];

    (void)worker;
    i->change = ds_weight_change(i->a, i->b, i->count);
    i->norm_a = norm_of(i->a, i->count);
    i->norm_b = norm_of(i->b, i->count);
    i->rank_a = i->columns ? rank_of(i, i->a) : NAN;
    i->rank_b = i->columns ? rank_of(i, i->b) : NAN;
}

static void measure_heads(void *with, int piece, int worker)
{
    struct weights *w = with;
    struct circuit *c = &w->circuit[piece];
    const struct ds_vit_shape *s = &w->a->vit.shape;
    float *const *p = w->a->view.block[c->layer], *const *q = w->b->view.block[c->layer];
    double *scratch = malloc(ds_circuit_scratch(s->dim, s->heads) * sizeof *scratch);

    (void)worker;
    c->failed = !scratch;
    if (!scratch)
        return;
    ds_qk_change(c->qk, p[DS_QKV_W], q[DS_QKV_W], s->dim, s->heads, scratch);
    ds_ov_change(c->ov, p[DS_QKV_W], p[DS_PROJ_W], q[DS_QKV_W], q[DS_PROJ_W], s->dim, s->heads,
                 scratch);
    free(scratch);
}

static void add(struct weights *w, const char *part, const struct ds_tensor *t,
                const struct ds_tensor *u, size_t first, size_t count, int rows, int columns)
{
    struct item *i = &w->item[w->items++];

    *i = (struct item){.layer = t->layer,
                       .rows = rows,
                       .columns = columns,
                       .a = w->a->params + t->at + first,
                       .b = w->b->params + u->at + first,
                       .count = count};
    snprintf(i->part, sizeof i->part, "%s", part);
}

/* Behind the tensor itself, its thirds. */
static void add_tensor(struct weights *w, const struct ds_tensor *t, const struct ds_tensor *u)
{
    static const char *const third[] = {"q", "k", "v"};
    const int rows = t->dims[0];
    const int columns = t->rank > 1 && rows > 1 ? (int)(t->count / (size_t)rows) : 0;
    const bool qkv = t->part == DS_QKV_W || t->part == DS_QKV_B;
    char name[64];

    add(w, t->name, t, u, 0, t->count, rows, columns);
    for (size_t i = 0; qkv && i < 3; i++) {
        const char *dot = strrchr(t->name, '.');
        const size_t count = t->count / 3;

        snprintf(name, sizeof name, "blocks.%d.attn.%s%s", t->layer, third[i], dot);
        add(w, name, t, u, i * count, count, rows / 3, columns);
    }
}

static bool alike(const struct ds_tensor *t, const struct ds_tensor *u)
{
    return t->rank == u->rank && !memcmp(t->dims, u->dims, (size_t)t->rank * sizeof *t->dims);
}

/* What is compared, and a note of what is not. */
static void pair_up(struct weights *w, struct ds_sheet *s, const char *name_a,
                    const char *name_b, int layer)
{
    const struct ds_tensors *a = &w->a->vit.tensors, *b = &w->b->vit.tensors;

    for (int i = 0; i < a->count; i++) {
        const struct ds_tensor *t = &a->row[i], *u = ds_tensors_lookup(b, t->name);

        if (layer >= 0 && t->layer != layer)
            continue;
        if (u && alike(t, u))
            add_tensor(w, t, u);
        else
            ds_sheet_note(s, u ? "%s: left out, shapes differ" : "%s: left out, only in %s",
                          t->name, name_a);
    }
    for (int i = 0; i < b->count; i++)
        if ((layer < 0 || b->row[i].layer == layer) && !ds_tensors_lookup(a, b->row[i].name))
            ds_sheet_note(s, "%s: left out, only in %s", b->row[i].name, name_b);
}

static int check(const struct ds_vit_shape *s, const char *name_a, const struct ds_vit_shape *t,
                 const char *name_b, struct ds_err *err)
{
    if (s->depth != t->depth || s->dim != t->dim || s->heads != t->heads)
        return ds_fail(err, DS_USAGE,
                       "%s has %d layers of width %d with %d heads, %s %d of %d with %d: their "
                       "weights do not correspond",
                       name_a, s->depth, s->dim, s->heads, name_b, t->depth, t->dim, t->heads);
    return 0;
}

static int alloc(struct weights *w, int layer, struct ds_err *err)
{
    const struct ds_vit_shape *s = &w->a->vit.shape;
    const size_t heads = (size_t)s->heads;

    w->circuits = layer >= 0 ? 1 : s->depth;
    w->item = calloc(4 * (size_t)w->a->vit.tensors.count, sizeof *w->item);
    w->circuit = calloc((size_t)w->circuits, sizeof *w->circuit);
    w->change = calloc(2 * heads * (size_t)w->circuits, sizeof *w->change);
    if (!w->item || !w->circuit || !w->change)
        return ds_fail(err, DS_NOMEM, "out of memory for a table of weights");
    for (int i = 0; i < w->circuits; i++)
        w->circuit[i] =
            (struct circuit){layer >= 0 ? layer : i, w->change + 2 * heads * (size_t)i,
                             w->change + 2 * heads * (size_t)i + heads, false};
    return 0;
}

static int run(struct weights *w, int threads, struct ds_err *err)
{
    struct ds_pool *pool;
    bool failed = false;

    if (ds_pool_new(&pool, threads, err))
        return err->code;
    ds_pool_run(pool,
                (struct ds_work[]){{measure, w, w->items}, {measure_heads, w, w->circuits}}, 2);
    ds_pool_free(pool);
    for (int i = 0; i < w->items; i++)
        failed |= w->item[i].failed;
    for (int i = 0; i < w->circuits; i++)
        failed |= w->circuit[i].failed;
    return failed ? ds_fail(err, DS_NOMEM, "out of memory for weights") : 0;
}

static void columns(struct ds_sheet *s)
{
    static const char *const reals[] = {"norm_before", "norm_after", "stable_rank_before",
                                        "stable_rank_after"};

    ds_sheet_add(s, "layer", DS_CELL_TEXT);
    ds_sheet_add(s, "part", DS_CELL_TEXT);
    ds_sheet_add(s, "count", DS_CELL_INT);
    ds_sheet_column(s, &(struct ds_column){"change", .type = DS_CELL_REAL, .digits = 6});
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        ds_sheet_add(s, reals[i], DS_CELL_REAL);
}

static void key_cells(struct ds_sheet *s, int layer, const char *part, size_t count)
{
    char text[16] = "-";

    if (layer >= 0)
        snprintf(text, sizeof text, "%d", layer + 1);
    ds_sheet_text(s, text);
    ds_sheet_text(s, part);
    ds_sheet_int(s, (int64_t)count);
}

static void circuit_rows(struct ds_sheet *s, const struct weights *w, bool ov)
{
    const struct ds_vit_shape *shape = &w->a->vit.shape;
    char part[32];

    for (int i = 0; i < w->circuits; i++)
        for (int h = 0; h < shape->heads; h++) {
            const struct circuit *c = &w->circuit[i];

            snprintf(part, sizeof part, "%s head %d", ov ? "OV" : "QK", h + 1);
            key_cells(s, c->layer, part,
                      2 * (size_t)shape->dim * (size_t)(shape->dim / shape->heads));
            ds_sheet_real(s, (ov ? c->ov : c->qk)[h]);
            for (int k = 0; k < 4; k++)
                ds_sheet_real(s, NAN);
        }
}

static void rows(struct ds_sheet *s, const struct weights *w)
{
    int doubtful = 0, empty = 0;

    for (int i = 0; i < w->items; i++) {
        const struct item *it = &w->item[i];

        key_cells(s, it->layer, it->part, it->count);
        ds_sheet_real(s, it->change);
        ds_sheet_real(s, it->norm_a);
        ds_sheet_real(s, it->norm_b);
        ds_sheet_real(s, it->rank_a);
        ds_sheet_real(s, it->rank_b);
        doubtful += it->doubtful;
        empty += isnan(it->change);
    }
    circuit_rows(s, w, false);
    circuit_rows(s, w, true);
    if (empty)
        ds_sheet_note(s, "change: %d undefined (all 0 before)", empty);
    if (doubtful)
        ds_sheet_note(s,
                      "stable rank: the largest singular value of %d tensors did not converge "
                      "to 1e-8 in %d steps; theirs is an upper bound",
                      doubtful, STEPS);
}

int ds_weight_sheet(struct ds_sheet *s, const struct ds_model *a, const char *name_a,
                    const struct ds_model *b, const char *name_b,
                    const struct ds_weight_sheet_want *want, struct ds_err *err)
{
    struct weights w = {.a = a, .b = b};
    int code;

    if ((code = check(&a->vit.shape, name_a, &b->vit.shape, name_b, err)) ||
        (code = alloc(&w, want->layer, err)))
        goto done;
    columns(s);
    pair_up(&w, s, name_a, name_b, want->layer);
    if ((code = run(&w, want->threads, err)))
        goto done;
    rows(s, &w);
    ds_sheet_note(s, "before: %s; after: %s; reference: %s", name_a, name_b, name_a);
    ds_sheet_note(s,
                  "change: |W - W0| / |W0| (Frobenius); of a head, of its QK circuit W_q' W_k "
                  "(who attends to whom) or OV circuit W_o W_v (what is moved), blind to turns "
                  "inside the head; stable rank: |W|^2 / sigma_1^2");

done:
    free(w.change);
    free(w.circuit);
    free(w.item);
    return code;
}
