/* data/weights/verify.c -- does a network answer as its authors' code did? See the header. */
#include "data/weights/verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ops/gemm.h"
#include "core/vit/infer.h"
#include "data/archive/archive.h"

/* Everything of one comparison; arrays are [images][...]. */
struct comparing {
    const struct ds_model *m;
    struct ds_archive side;
    const char *path;
    float *x, *want, *mine; /* input, answers of the sidecar, answers here */
    float **attention;      /* [L] of the sidecar, or NULL where it has none */
    double *worst;          /* [threads] */
    size_t pixels, width;   /* of one image; of one answer */
    int images;
};

static const struct ds_stored *one_of(const struct ds_archive *a, const char *const *names)
{
    const struct ds_stored *t = NULL;

    for (; !t && *names; names++)
        t = ds_archive_lookup(a, *names);
    return t;
}

static int load(float **to, const struct comparing *c, const struct ds_stored *t,
                const int64_t *dims, int rank, struct ds_err *err)
{
    bool same = t->rank == rank;

    for (int i = 0; same && i < rank; i++)
        same = t->dims[i] == dims[i];
    if (!same)
        return ds_fail(err, DS_DATA, "%s: '%s' does not have the dimensions of this network",
                       c->path, t->name);
    *to = malloc((size_t)ds_stored_count(t) * sizeof **to + 1);
    if (!*to)
        return ds_fail(err, DS_NOMEM, "out of memory for '%s' of %s", t->name, c->path);
    ds_stored_floats(*to, t);
    return 0;
}

static int load_attention(struct comparing *c, struct ds_err *err)
{
    const struct ds_vit_shape *s = &c->m->vit.shape;
    const int64_t n = ds_tokens(s), dims[4] = {c->images, s->heads, n, n};

    c->attention = calloc((size_t)s->depth, sizeof *c->attention);
    if (!c->attention)
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (int l = 0; l < s->depth; l++) {
        const struct ds_stored *t;
        char name[32];

        snprintf(name, sizeof name, "attn.%d", l);
        t = ds_archive_lookup(&c->side, name);
        if (t && load(&c->attention[l], c, t, dims, 4, err))
            return err->code;
    }
    return 0;
}

static int load_sidecar(struct comparing *c, const char **what, struct ds_err *err)
{
    static const char *const inputs[] = {"x", "input", "pixel_values", NULL};
    const struct ds_vit_shape *s = &c->m->vit.shape;
    const struct ds_stored *x = one_of(&c->side, inputs), *answer;
    int64_t dims[4] = {0, s->channels, s->height, s->width};

    *what = s->classes ? "logits" : "feature";
    answer = ds_archive_lookup(&c->side, *what);
    if (!x || !answer || x->rank != 4)
        return ds_fail(err, DS_DATA,
                       "%s: has no 'x' [images, channels, height, width] and '%s'", c->path,
                       *what);
    dims[0] = x->dims[0];
    if (dims[0] < 1 || dims[0] > 4096)
        return ds_fail(err, DS_DATA, "%s: %lld images, expected 1 to 4096", c->path,
                       (long long)dims[0]);
    c->images = (int)dims[0];
    c->pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width;
    c->width = (size_t)(s->classes ? s->classes : ds_feature_width(s));
    if (load(&c->x, c, x, dims, 4, err))
        return err->code;
    dims[1] = (int64_t)c->width;
    c->mine = calloc((size_t)c->images * c->width, sizeof *c->mine);
    if (!c->mine)
        return ds_fail(err, DS_NOMEM, "out of memory for %d answers", c->images);
    return load(&c->want, c, answer, dims, 2, err) || load_attention(c, err) ? (int)err->code
                                                                             : 0;
}

static int fetch(void *with, int first, int count, float *images, int *label,
                 struct ds_err *err)
{
    const struct comparing *c = with;

    (void)err;
    memcpy(images, c->x + (size_t)first * c->pixels,
           (size_t)count * c->pixels * sizeof *images);
    memset(label, 0, (size_t)count * sizeof *label);
    return 0;
}

/* What is not finite differs without end: fmax would pass it over. */
static double worse(double worst, float want, float mine)
{
    const double apart = fabs((double)want - (double)mine);

    return isfinite(apart) ? fmax(worst, apart) : INFINITY;
}

static void sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                 int worker)
{
    const struct comparing *c = with;
    const struct ds_vit_shape *s = &c->m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), layer = (size_t)s->heads * n * n;
    const size_t images = (size_t)work->images;

    (void)label;
    memcpy(c->mine + (size_t)first * c->width, s->classes ? work->logits : work->feature,
           images * c->width * sizeof *c->mine);
    for (int l = 0; l < s->depth; l++) {
        const float *want = c->attention[l] ? c->attention[l] + (size_t)first * layer : NULL;

        for (size_t k = 0; want && k < images * layer; k++)
            c->worst[worker] = worse(c->worst[worker], want[k], work->layer[l].attn[k]);
    }
}

static void judge(struct ds_verdict *v, const struct comparing *c, int threads)
{
    double lo = INFINITY, hi = -INFINITY, worst = 0;

    for (size_t k = 0; k < (size_t)c->images * c->width; k++) {
        lo = fmin(lo, (double)c->want[k]);
        hi = fmax(hi, (double)c->want[k]);
        worst = worse(worst, c->want[k], c->mine[k]);
    }
    v->images = c->images;
    v->answers = hi > lo ? worst / (hi - lo) : worst;
    for (int l = 0; l < c->m->vit.shape.depth; l++)
        v->layers += c->attention[l] != NULL;
    for (int t = 0; t < threads; t++)
        v->attention = fmax(v->attention, c->worst[t]);
    v->equal = v->answers <= DS_VERIFY_LOGITS && v->attention <= DS_VERIFY_ATTENTION;
}

static int run(struct ds_verdict *v, struct comparing *c, int threads, struct ds_err *err)
{
    const struct ds_vit_view *w = &c->m->view;
    const struct ds_feed feed = {.count = c->images, .with = c, .fetch = fetch};
    struct ds_infer infer = {0};
    struct ds_pool *pool = NULL;
    int code = ds_pool_new(&pool, threads, err);

    threads = code ? 0 : ds_pool_threads(pool);
    c->worst = calloc((size_t)threads + 1, sizeof *c->worst);
    if (!code && !c->worst)
        code = ds_fail(err, DS_NOMEM, "out of memory");
    code = code ||
           ds_infer_open(&infer, &c->m->vit, DS_WANT_ATTENTION | DS_WANT_FULL, pool, err) ||
           ds_infer_run(&infer, w, w->outside[DS_HEAD_W], w->outside[DS_HEAD_B],
                        c->m->vit.shape.classes, &feed, sink, c, NULL, err);
    if (!code)
        judge(v, c, threads);
    ds_infer_close(&infer);
    ds_pool_free(pool);
    return code ? (int)err->code : 0;
}

int ds_model_verify(struct ds_verdict *v, const struct ds_model *m, const char *path,
                    int threads, struct ds_err *err)
{
    struct comparing c = {.m = m, .path = path};
    int code;

    *v = (struct ds_verdict){0};
    ds_blas_begin();
    code = ds_archive_open(&c.side, path, err) || load_sidecar(&c, &v->what, err) ||
           run(v, &c, threads, err);
    for (int l = 0; c.attention && l < m->vit.shape.depth; l++)
        free(c.attention[l]);
    free(c.attention);
    free(c.worst);
    free(c.mine);
    free(c.want);
    free(c.x);
    ds_archive_close(&c.side);
    return code ? (int)err->code : 0;
}
