/* core/learn/method_fecam.c -- Mahalanobis distance to class means (FeCAM, NeurIPS 2023).
 *
 *     x = sign(f) |f|^power,   mu_c, S_c of the x of a class
 *     S <- S + s v I + s u (1 - I)       v mean of the diagonal, u of the rest, s the shrinkage
 *     S_ij <- S_ij / sqrt(S_ii S_jj)     a correlation
 *     score_c = - (x/|x| - mu/|mu|)^T S^-1 (x/|x| - mu/|mu|)
 *
 * The trunk is frozen, no step is taken. Tukey's power is meant for features that are never
 * negative; a ViT's are, hence the sign (released code leaves the transform out there). u goes
 * in as its magnitude allows: where it would make S indefinite, only the diagonal is shrunk.
 * Sums in double; mean and Cholesky factor are kept in float32. State: both; where tasks share
 * their classes, also number, mean and scatter sum (x - mu)(x - mu)^T of the x of each class,
 * to which the next task's are added (the union's are those of n1 + n2 images):
 *     scatter = scatter1 + scatter2 + n1 n2 / n d d^T,   d = mean2 - mean1 */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/size.h"
#include "core/learn/survey_int.h"
#include "core/ops/dense.h"

struct fecam {
    size_t c, k;
    float *mean, *root; /* [K][C] of unit length, [K][C][C] */
    double *room;       /* [threads][2 C] of an evaluation */
    double *centre, *scatter; /* [K][C], [K][C][C] lower half, where classes are shared */
    int *count;               /* [K] */
    struct ds_arena arena;
};

static void plan(struct fecam *e, const struct ds_learner *l)
{
    e->mean = ds_arena_floats(&e->arena, e->k * e->c);
    e->root = ds_arena_floats(&e->arena, ds_sizes(e->k, e->c, e->c, 1));
    e->room = ds_arena_doubles(&e->arena, (size_t)ds_pool_threads(l->pool) * 2 * e->c);
    if (!l->opt.shared_head)
        return;
    e->centre = ds_arena_doubles(&e->arena, e->k * e->c);
    e->scatter = ds_arena_doubles(&e->arena, ds_sizes(e->k, e->c, e->c, 1));
    e->count = ds_arena_ints(&e->arena, e->k);
}

static int open_fecam(struct ds_learner *l, struct ds_err *err)
{
    struct fecam *e = calloc(1, sizeof *e);

    l->state = e;
    if (!e)
        return ds_fail(err, DS_NOMEM, "out of memory");
    e->c = (size_t)l->vit.shape.dim;
    e->k = (size_t)l->vit.shape.classes;
    plan(e, l);
    if (ds_arena_reserve(&e->arena, err))
        return ds_while(err, "fecam: covariances of %zu classes", e->k);
    plan(e, l);
    return 0;
}

static void close_fecam(struct ds_learner *l)
{
    struct fecam *e = l->state;

    if (e)
        ds_arena_clear(&e->arena);
    free(e);
    l->state = NULL;
}

static void transform(double *x, const float *f, size_t c, double power)
{
    for (size_t i = 0; i < c; i++)
        x[i] = copysign(pow(fabs((double)f[i]), power), (double)f[i]);
}

static void unit(double *x, size_t c)
{
    double size = 0;

    for (size_t i = 0; i < c; i++)
        size += x[i] * x[i];
    for (size_t i = 0; i < c && size > 0; i++)
        x[i] /= sqrt(size);
}

static void classify_fecam(const struct ds_learner *l, const struct ds_vit_work *work,
                           int worker)
{
    const struct fecam *e = l->state;
    const size_t c = e->c;
    double *x = e->room + (size_t)worker * 2 * c, *y = x + c;

    for (int i = 0; i < work->images; i++) {
        transform(x, work->feature + (size_t)i * c, c, l->opt.set.fecam_power);
        unit(x, c);
        for (size_t k = 0; k < (size_t)l->seen; k++) {
            const float *root = e->root + k * c * c;
            double square = 0;

            for (size_t a = 0; a < c; a++) {
                double rest = x[a] - (double)e->mean[k * c + a];

                for (size_t b = 0; b < a; b++)
                    rest -= (double)root[a * c + b] * y[b];
                y[a] = rest / (double)root[a * c + a];
                square += y[a] * y[a];
            }
            work->logits[(size_t)i * e->k + k] = (float)-square;
        }
    }
}

struct fitting {
    struct ds_learner *l;
    const struct ds_survey *s;
    double *room;           /* [threads][2 C C + 2 C] */
    struct ds_err *failure; /* [count] */
};

static void statistics(double *mean, double *cov, double *x, const struct fitting *f, int k)
{
    const size_t c = ((const struct fecam *)f->l->state)->c;
    const int from = f->s->start[k], n = f->s->start[k + 1] - from;

    memset(mean, 0, c * sizeof *mean);
    memset(cov, 0, c * c * sizeof *cov);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++) {
            transform(x, f->s->feature + (size_t)f->s->of[from + i] * c, c,
                      f->l->opt.set.fecam_power);
            for (size_t a = 0; a < c; a++) {
                if (!pass)
                    mean[a] += x[a] / n;
                for (size_t b = 0; pass && b <= a; b++)
                    cov[a * c + b] += (x[a] - mean[a]) * (x[b] - mean[b]) / (n > 1 ? n - 1 : 1);
            }
        }
}

/* Joins what the class had before into mean and covariance, and keeps the union. */
static void pool(double *mean, double *cov, struct fecam *e, size_t class, int n)
{
    const size_t c = e->c;
    double *old = e->centre + class * c, *scatter = e->scatter + class * c * c;
    const double n1 = e->count[class], all = n1 + n;

    for (size_t a = 0; a < c; a++)
        for (size_t b = 0; b <= a; b++) {
            double *at = &scatter[a * c + b];

            *at += cov[a * c + b] * (n > 1 ? n - 1 : 1) +
                   n1 * n / all * (mean[a] - old[a]) * (mean[b] - old[b]);
            cov[a * c + b] = *at / (all > 1 ? all - 1 : 1);
        }
    for (size_t a = 0; a < c; a++)
        old[a] = mean[a] = (n1 * old[a] + n * mean[a]) / all;
    e->count[class] += n;
}

/* The shrunk correlation of a lower half, itself a lower half; a class without any spread gets
 * the identity. */
static void correlate(double *to, const double *cov, size_t c, double shrinkage, bool rest)
{
    double diagonal = 0, others = 0;

    for (size_t a = 0; a < c; a++)
        for (size_t b = 0; b <= a; b++)
            *(a == b ? &diagonal : &others) += cov[a * c + b];
    diagonal = diagonal / (double)c + (diagonal > 0 ? 0 : 1);
    others = c > 1 && rest ? 2 * others / ((double)c * (double)(c - 1)) : 0;
    for (size_t a = 0; a < c; a++)
        for (size_t b = 0; b <= a; b++) {
            const double va = cov[a * c + a] + (shrinkage + 1e-6) * diagonal;
            const double vb = cov[b * c + b] + (shrinkage + 1e-6) * diagonal;

            to[a * c + b] = a == b ? 1 : (cov[a * c + b] + shrinkage * others) / sqrt(va * vb);
        }
}

static void fit(void *with, int k, int worker)
{
    const struct fitting *f = with;
    struct fecam *e = f->l->state;
    const size_t c = e->c, class = (size_t)f->l->first + (size_t)k;
    const double shrinkage = f->l->opt.set.fecam_shrinkage;
    double *cov = f->room + (size_t)worker * (2 * c * c + 2 * c), *root = cov + c * c;
    double *mean = root + c * c, *x = mean + c;
    const int n = f->s->start[k + 1] - f->s->start[k];

    f->failure[k].code = DS_OK;
    statistics(mean, cov, x, f, k);
    if (e->count && n > 0)
        pool(mean, cov, e, class, n);
    correlate(root, cov, c, shrinkage, true);
    if (ds_cholesky(root, (int)c)) {
        correlate(root, cov, c, shrinkage, false);
        if (ds_cholesky(root, (int)c)) {
            ds_fail(&f->failure[k], DS_INTERNAL,
                    "fecam: the features of class %zu have no correlation of full rank; raise "
                    "--fecam-shrinkage (%g)",
                    class, shrinkage);
            return;
        }
    }
    unit(mean, c);
    for (size_t i = 0; i < c; i++)
        e->mean[class * c + i] = (float)mean[i];
    for (size_t i = 0; i < c * c; i++)
        e->root[class * c * c + i] = (float)root[i];
}

static int end_fecam(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim, count = (size_t)l->count;
    struct ds_survey s;
    struct fitting f = {.l = l, .s = &s};
    int code = 0;

    if (ds_survey_take(&s, l, feed, err))
        return err->code;
    f.room = malloc((size_t)ds_pool_threads(l->pool) * (2 * c * c + 2 * c) * sizeof *f.room);
    f.failure = calloc(count, sizeof *f.failure);
    if (f.room && f.failure)
        ds_pool_run(l->pool, &(struct ds_work){fit, &f, l->count}, 1);
    else
        code = ds_fail(err, DS_NOMEM, "out of memory for covariances");
    for (size_t k = 0; k < count && !code; k++)
        if (f.failure[k].code) {
            *err = f.failure[k];
            code = err->code;
        }
    free(f.room);
    free(f.failure);
    ds_survey_clear(&s);
    return code;
}

static int arrays_fecam(struct ds_learner *l, ds_state_visit *visit, void *with,
                        struct ds_err *err)
{
    struct fecam *e = l->state;

    const size_t k = e->k, c = e->c;

    if (visit(with, "method/fecam/mean", DS_STATE_F32, e->mean, k * c, err) ||
        visit(with, "method/fecam/root", DS_STATE_F32, e->root, k * c * c, err))
        return err->code;
    return e->count &&
                   (visit(with, "method/fecam/centre", DS_STATE_F64, e->centre, k * c, err) ||
                    visit(with, "method/fecam/scatter", DS_STATE_F64, e->scatter, k * c * c,
                          err) ||
                    visit(with, "method/fecam/count", DS_STATE_I32, e->count, k, err))
               ? (int)err->code
               : 0;
}

const struct ds_method ds_method_fecam = {
    .name = "fecam",
    .about = "Mahalanobis distance to class means of frozen features (FeCAM)",
    .trainable = "head",
    .untrained = true,
    .plain_head = true,
    .open = open_fecam,
    .close = close_fecam,
    .task_end = end_fecam,
    .classify = classify_fecam,
    .arrays = arrays_fecam,
};
