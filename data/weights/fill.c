/* data/weights/fill.c -- the numbers of a file into the parameters of a network.
 *
 * Every tensor of the network takes one part of the file, or three thirds; every part is
 * taken once, so that nothing is forgotten in silence. Shapes must agree once dimensions of 1
 * are left out. Numbers are rounded to float32 once, and must be finite. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/weights/model_int.h"

struct filling {
    const struct ds_describing *d;
    float *params;
    bool *used; /* [parts] */
    struct ds_err *err;
};

/* dims without ones; returns how many are left. */
static int squeeze(int64_t out[DS_RANK_MAX], const int64_t *dims, int rank)
{
    int n = 0;

    for (int i = 0; i < rank; i++)
        if (dims[i] != 1)
            out[n++] = dims[i];
    return n;
}

static bool same_dims(const struct ds_stored *t, const int64_t *want, int rank, bool jax)
{
    int64_t a[DS_RANK_MAX] = {0}, b[DS_RANK_MAX] = {0};
    const int n = squeeze(a, t->dims, t->rank), m = squeeze(b, want, rank);

    if (n == m && !memcmp(a, b, (size_t)n * sizeof *a))
        return true;
    /* JAX splits dimensions by heads: [D, H, dh] for [D, H dh], [H, dh] for [H dh] */
    if (jax && rank > 0 && t->rank == rank + 1) {
        int64_t count = 1, whole = 1;

        for (int i = 0; i < t->rank; i++)
            count *= t->dims[i];
        for (int i = 0; i < rank; i++)
            whole *= want[i];
        return count == whole &&
               (t->dims[0] == want[0] || t->dims[t->rank - 1] == want[rank - 1] || rank == 1);
    }
    return false;
}

static int refuse_dims(const struct filling *f, const struct ds_part_of *p, const int64_t *want,
                       int rank)
{
    char here[100] = "", there[100] = "";
    size_t n = 0, m = 0;

    for (int i = 0; i < p->stored.rank && n < sizeof here; i++)
        n += (size_t)snprintf(here + n, sizeof here - n, "%s%lld", i ? " x " : "",
                              (long long)p->stored.dims[i]);
    for (int i = 0; i < rank && m < sizeof there; i++)
        m += (size_t)snprintf(there + m, sizeof there - m, "%s%lld", i ? " x " : "",
                              (long long)want[i]);
    return ds_fail(f->err, DS_DATA,
                   "%s: '%.100s' is %s, expected %s as in the rest of the network", f->d->path,
                   p->original, here, there);
}

static int take(struct filling *f, float *to, const struct ds_part_of *p, const int64_t *want,
                int rank)
{
    const enum ds_type type = p->stored.type;

    if (type != DS_F32 && type != DS_F16 && type != DS_BF16 && type != DS_F64)
        return ds_fail(
            f->err, DS_DATA,
            "%s: '%.100s' has the type %s; quantised weights are not read, save them as "
            "floats",
            f->d->path, p->original, ds_type_name(type));
    if (!same_dims(&p->stored, want, rank, strchr(f->d->parts->naming->anchor, '/') != NULL))
        return refuse_dims(f, p, want, rank);
    ds_stored_floats(to, &p->stored);
    ds_archive_rest(f->d->archive, &p->stored);
    f->used[p - f->d->parts->part] = true;
    return 0;
}

/* queries, keys and values from three tensors, one below the other. */
static int take_thirds(struct filling *f, const struct ds_tensor *t)
{
    const int64_t want[2] = {t->dims[0] / 3, t->rank > 1 ? t->dims[1] : 1};

    for (int i = 0; i < 3; i++) {
        const struct ds_part_of *p = ds_parts_lookup(f->d->parts, t->name, "qkv"[i]);

        if (!p)
            return ds_fail(f->err, DS_DATA, "%s: has no %s of block %d (%s)", f->d->path,
                           i == 0   ? "queries"
                           : i == 1 ? "keys"
                                    : "values",
                           t->layer, t->name);
        if (take(f, f->params + t->at + (size_t)i * (t->count / 3), p, want, t->rank))
            return f->err->code;
    }
    return 0;
}

/* A position embedding with rows for tokens that get none here: they go into the tokens, as
 * timm does with DINOv2 (a sum moves from the running of the network into its weights). */
static int take_folded(struct filling *f, const struct ds_vit *v, const struct ds_tensor *t)
{
    const struct ds_part_of *p = ds_parts_lookup(f->d->parts, t->name, 0);
    const struct ds_vit_shape *s = &v->shape;
    const int front = s->cls + s->dist;
    const int64_t want[3] = {1, t->dims[1] + front, s->dim};
    float *all = calloc(t->count + (size_t)front * (size_t)s->dim, sizeof *all);
    int code;

    if (!all)
        return ds_fail(f->err, DS_NOMEM, "out of memory for a position embedding");
    code = take(f, all, p, want, 3);
    for (int i = 0; i < front && !code; i++) {
        const struct ds_tensor *token =
            ds_tensors_lookup(&v->tensors, i == 0 && s->cls ? "cls_token" : "dist_token");

        for (int c = 0; c < s->dim; c++)
            f->params[token->at + (size_t)c] += all[i * s->dim + c];
    }
    if (!code)
        memcpy(f->params + t->at, all + front * s->dim, t->count * sizeof *all);
    free(all);
    return code;
}

static int fill_one(struct filling *f, const struct ds_vit *v, const struct ds_tensor *t)
{
    const struct ds_part_of *p = ds_parts_lookup(f->d->parts, t->name, 0);
    int64_t want[4];

    for (int i = 0; i < t->rank; i++)
        want[i] = t->dims[i];
    if (p && t->part == DS_POS && f->d->fold)
        return take_folded(f, v, t);
    if (p)
        return take(f, f->params + t->at, p, want, t->rank);
    if (t->part == DS_QKV_W || t->part == DS_QKV_B)
        return take_thirds(f, t);
    if (t->part == DS_HEAD_B || t->part == DS_HEAD_DIST_B) {
        memset(f->params + t->at, 0, t->count * sizeof(float));
        return 0;
    }
    return ds_fail(f->err, DS_DATA, "%s: has no %s (under its %s name); it is cut, or no ViT",
                   f->d->path, t->name, f->d->parts->naming->name);
}

static int check_used(const struct filling *f)
{
    const struct ds_parts *parts = f->d->parts;

    for (int i = 0; i < parts->count; i++)
        if (!f->used[i])
            return ds_fail(
                f->err, DS_DATA,
                "%s: '%.100s' has no place in the network that the other tensors make",
                f->d->path, parts->part[i].original);
    return 0;
}

static int check_finite(const struct filling *f, const struct ds_vit *v)
{
    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *t = &v->tensors.row[i];
        const float *value = f->params + t->at;
        float sum = 0; /* not finite as soon as one value is not; inf - inf is NaN */

#pragma omp simd reduction(+ : sum)
        for (size_t k = 0; k < t->count; k++)
            sum += value[k] * 0.0f;
        if (sum != 0.0f)
            return ds_fail(
                f->err, DS_DATA,
                "%s: '%s' holds values that are not finite; these weights cannot be used",
                f->d->path, t->name);
    }
    return 0;
}

int ds_fill(float *params, const struct ds_vit *vit, const struct ds_describing *d,
            struct ds_err *err)
{
    struct filling f = {d, params, calloc((size_t)d->parts->count + 1, sizeof *f.used), err};
    int code = 0;

    if (!f.used)
        return ds_fail(err, DS_NOMEM, "out of memory for %d tensors", d->parts->count);
    for (int i = 0; i < vit->tensors.count && !code; i++)
        code = fill_one(&f, vit, &vit->tensors.row[i]);
    code = code || check_used(&f) || check_finite(&f, vit);
    free(f.used);
    return code ? (int)err->code : 0;
}
