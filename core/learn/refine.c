/* core/learn/refine.c -- re-training the joined head. See the header. */
#include "core/learn/refine.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/arena.h"
#include "core/base/rng.h"
#include "core/learn/gauss.h"
#include "core/learn/optim.h"
#include "core/ops/gemm.h"
#include "core/ops/linear.h"
#include "core/ops/loss.h"

/* |z_t| per task into size[t]; returns their mean over the tasks. */
static double task_norms(double *size, const float *z, int classes, const int *class_task)
{
    double mean = 0;
    int tasks = 0;

    for (int k = 0; k < classes; k++)
        size[k] = 0;
    for (int k = 0; k < classes; k++) {
        size[class_task[k]] += (double)z[k] * (double)z[k];
        tasks = class_task[k] >= tasks ? class_task[k] + 1 : tasks;
    }
    for (int t = 0; t < tasks; t++) {
        size[t] = sqrt(size[t]) + 1e-7;
        mean += size[t] / tasks;
    }
    for (int t = 0; t < tasks; t++)
        size[t] *= tasks;
    return mean;
}

static const double pi = 3.14159265358979323846;

double ds_refine_norm_loss(float *z, const int *y, int n, int classes, const int *class_task,
                           double norm, double share, double *tasks)
{
    double loss = 0;

    for (int i = 0; i < n; i++, z += classes) {
        const double mean = task_norms(tasks, z, classes, class_task), cool = 1 / (norm * mean);
        double peak = (double)z[0], sum = 0, along = 0;

        for (int k = 1; k < classes; k++)
            peak = fmax(peak, (double)z[k]);
        for (int k = 0; k < classes; k++)
            sum += exp(((double)z[k] - peak) * cool);
        /* cppcheck-suppress invalidFunctionArg ; the peak itself adds 1 */
        loss += log(sum) - ((double)z[y[i]] - peak) * cool;
        for (int k = 0; k < classes; k++)
            along += (exp(((double)z[k] - peak) * cool) / sum - (k == y[i])) * (double)z[k];
        for (int k = 0; k < classes; k++) {
            const double d = exp(((double)z[k] - peak) * cool) / sum - (k == y[i]);

            /* tasks[t] is |z_t| times the number of tasks: dmean/dz_k = z_k / it */
            z[k] = (float)(share * cool *
                           (d - along / mean * (double)z[k] / tasks[class_task[k]]));
        }
    }
    return loss;
}

double ds_refine_step(float *weight, float *bias, float *vweight, float *vbias, const float *x,
                      const int *y, int n, int d, int classes, const struct ds_refine *r,
                      float *work)
{
    const struct ds_optim sgd = {.kind = DS_SGD, .momentum = r->momentum,
                                 .nesterov = !(r->norm > 0)};
    const struct ds_update on_weight = {.rate = r->rate, .decay = r->decay, .factor = 1};
    const struct ds_update on_bias = {.rate = r->rate, .factor = 1};
    const size_t cells = (size_t)classes * (size_t)d;
    float *logits = work, *dweight = logits + (size_t)n * (size_t)classes;
    float *dbias = dweight + cells;
    double loss;
    int hits = 0;

    ds_rows_fill(logits, (size_t)classes, bias, n, classes);
    ds_gemm_nt(logits, classes, x, d, weight, d, n, classes, d, 1, 1);
    if (r->norm > 0) {
        float *rest = dbias + classes; /* doubles begin on an even place */

        loss = ds_refine_norm_loss(logits, y, n, classes, r->class_task, r->norm, 1.0 / n,
                                   (double *)(void *)(rest + ((rest - work) & 1)));
    } else {
        loss = ds_loss_cross_entropy(logits, &hits, logits, y, n, classes, 0, classes,
                                     r->temperature, 1.0 / n);
    }
    ds_gemm_tn(dweight, d, logits, classes, x, d, classes, d, n, 1, 0);
    memset(dbias, 0, (size_t)classes * sizeof *dbias);
    ds_rows_sum(dbias, logits, (size_t)classes, NULL, 0, n, classes);
    ds_optim_step(weight, vweight, NULL, dweight, NULL, cells, &sgd, &on_weight);
    ds_optim_step(bias, vbias, NULL, dbias, NULL, (size_t)classes, &sgd, &on_bias);
    return loss / n;
}

/* Everything one refinement works with. */
struct refining {
    const float *mean, *root;
    int d, classes;
    const struct ds_refine *r;
    uint64_t stream; /* of the epoch */
    float *z, *x;    /* [classes samples][d] */
    float *batch, *work, *velocity;
    int *order, *label;
};

static void draw_class(void *with, int k, int worker)
{
    const struct refining *f = with;
    const size_t at = (size_t)k * (size_t)f->r->samples * (size_t)f->d;
    const size_t count = (size_t)f->r->samples * (size_t)f->d;
    const uint64_t stream = ds_rng_sub(f->stream, (uint64_t)k);

    (void)worker;
    for (size_t i = 0; i < count; i++)
        f->z[at + i] = (float)ds_rng_normal(stream, i);
    ds_gauss_place(f->x + at, f->z + at, f->mean + (size_t)k * (size_t)f->d,
                   f->root + (size_t)k * (size_t)f->d * (size_t)f->d, f->r->samples, f->d);
}

static double refine_epoch(float *weight, float *bias, const struct refining *f)
{
    const int total = f->classes * f->r->samples;
    const size_t d = (size_t)f->d, cells = (size_t)f->classes * d;
    double loss = 0;

    for (int i = 0; i < total; i++)
        f->order[i] = i;
    ds_rng_shuffle(ds_rng_stream(f->stream, "order"), f->order, total);
    for (int at = 0; at < total; at += f->r->batch) {
        const int n = total - at < f->r->batch ? total - at : f->r->batch;

        for (int i = 0; i < n; i++) {
            memcpy(f->batch + (size_t)i * d, f->x + (size_t)f->order[at + i] * d,
                   d * sizeof *f->batch);
            f->label[i] = f->order[at + i] / f->r->samples;
        }
        loss += n * ds_refine_step(weight, bias, f->velocity, f->velocity + cells, f->batch,
                                   f->label, n, f->d, f->classes, f->r, f->work);
    }
    return loss / total;
}

static int take(struct refining *f, struct ds_arena *arena, struct ds_err *err)
{
    const size_t d = (size_t)f->d, k = (size_t)f->classes, batch = (size_t)f->r->batch;
    const size_t total = k * (size_t)f->r->samples;

    for (int pass = 0; pass < 2; pass++) {
        f->z = ds_arena_floats(arena, total * d);
        f->x = ds_arena_floats(arena, total * d);
        f->batch = ds_arena_floats(arena, batch * d);
        f->work = ds_arena_floats(arena, batch * k + k * d + 3 * k + 1);
        f->velocity = ds_arena_floats(arena, k * d + k);
        f->order = ds_arena_ints(arena, total);
        f->label = ds_arena_ints(arena, batch);
        if (!pass && ds_arena_reserve(arena, err))
            return err->code;
    }
    return 0;
}

int ds_refine_head(float *weight, float *bias, const float *mean, const float *root, int d,
                   int classes, const struct ds_refine *r, uint64_t seed, struct ds_pool *pool,
                   double *loss_out, struct ds_err *err)
{
    struct ds_refine now = *r;
    struct refining f = {.mean = mean, .root = root, .d = d, .classes = classes, .r = &now};
    const uint64_t stream = ds_rng_stream(seed, "refine");
    struct ds_arena arena = {0};
    double loss = 0;
    int code = 0;

    if ((long)classes * r->samples > INT_MAX)
        return ds_fail(err, DS_USAGE, "%d features of each of %d classes are more than %d to refine "
                       "with; lower --refine-samples", r->samples, classes, INT_MAX);
    if (take(&f, &arena, err))
        return err->code;
    for (int epoch = 0; epoch < r->epochs && !code; epoch++) {
        now.rate = r->norm > 0 ? r->rate * (1 + cos(pi * epoch / r->epochs)) / 2 : r->rate;
        f.stream = ds_rng_sub(stream, (uint64_t)epoch);
        ds_pool_run(pool, &(struct ds_work){draw_class, &f, classes}, 1);
        loss = refine_epoch(weight, bias, &f);
        if (!isfinite(loss))
            code = ds_fail(err, DS_INTERNAL,
                           "head refinement: the loss is not finite in epoch %d; lower "
                           "%s (%g)",
                           epoch + 1, r->norm > 0 ? "--align-lr" : "--refine-lr", r->rate);
    }
    if (loss_out)
        *loss_out = loss;
    ds_arena_clear(&arena);
    return code;
}
