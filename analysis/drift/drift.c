/* analysis/drift/drift.c -- how far attention moved between two checkpoints. */
#include "analysis/drift/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/pool.h"

enum { PIECE = 8 }; /* images a worker takes at once */

/* The maps of two checkpoints, and memory for one pair of them. */
struct pair {
    const struct ds_record *before, *after;
    double *p, *q; /* [P] */
    struct ds_metric_ctx ctx;
};

/* All pairs, in pieces. */
struct measuring {
    struct ds_drift *d;
    struct pair *pair;  /* [threads] */
    unsigned char *why; /* [N][L] enum ds_undefined, and EMPTY */
};

enum { EMPTY = 128 };

static size_t row_at(const struct ds_record *r, int checkpoint, int image, int layer)
{
    return ((size_t)checkpoint * (size_t)r->images + (size_t)image) * (size_t)r->layers +
           (size_t)layer;
}

static double load_map(double *map, const struct ds_record *r, size_t row)
{
    const float *from = r->rollout + row * (size_t)r->patches;

    for (int i = 0; i < r->patches; i++)
        map[i] = from[i];
    return r->split[row];
}

static double compare(struct pair *pair, const struct ds_metric *metric, size_t row_before,
                      size_t row_after)
{
    pair->ctx.split_p = load_map(pair->p, pair->before, row_before);
    pair->ctx.split_q = load_map(pair->q, pair->after, row_after);
    return ds_metric_value(metric, pair->p, pair->q, pair->before->patches, &pair->ctx);
}

/* The reference checkpoint of an image, or -1 where it is not compared. */
static int reference(const struct ds_drift_want *w, int task, int tasks)
{
    const int from = w->reference == DS_REF_OWN        ? (task < tasks ? task + 1 : tasks)
                     : w->reference == DS_REF_PREVIOUS ? w->target - 1
                     : w->reference == DS_REF_FIRST    ? 0
                                                       : w->given;
    const int learned = from > 0 ? from : w->target;

    if (task < 0 || task >= tasks)
        return -1;
    if (w->reference == DS_REF_OWN)
        return from < w->target ? from : -1;
    if (w->unlearned || task < learned || (from == 0 && w->target == 0))
        return from;
    return -1;
}

static int check_checkpoint(const struct ds_record *r, int checkpoint, struct ds_err *err)
{
    if (checkpoint < 0 || checkpoint >= r->done)
        return ds_fail(err, DS_USAGE, "there is no checkpoint %d; 0 to %d are stored",
                       checkpoint, r->done - 1);
    return 0;
}

static int check(const struct ds_record *before, const struct ds_record *after,
                 const struct ds_drift_want *w, struct ds_err *err)
{
    int code;

    if (before->images < 1 || before->layers < 1 || before->patches < 1 || !before->rollout ||
        !before->split)
        return ds_fail(err, DS_DATA, "no rollout maps of evaluation images are stored");
    if ((code = check_checkpoint(after, w->target, err)))
        return code;
    if (w->reference == DS_REF_PREVIOUS && w->target == 0)
        return ds_fail(err, DS_USAGE,
                       "checkpoint 0 is the initial model: nothing is before it");
    if (w->reference == DS_REF_GIVEN && (code = check_checkpoint(before, w->given, err)))
        return code;
    if (before == after)
        return 0;
    if (w->reference != DS_REF_GIVEN)
        return ds_fail(
            err, DS_USAGE,
            "two runs are compared at a checkpoint each; a reference of '%s' needs one",
            ds_reference_text(w->reference));
    return ds_drift_comparable(before, after, err);
}

static void measure_image(struct measuring *m, struct pair *pair, int image)
{
    struct ds_drift *d = m->d;
    const size_t at = (size_t)image * (size_t)d->layers;
    const int from = d->from[image];

    for (int l = 0; l < d->layers; l++) {
        d->value[at + (size_t)l] = NAN;
        if (from < 0)
            continue;
        d->value[at + (size_t)l] =
            compare(pair, d->want.metric, row_at(pair->before, from, image, l),
                    row_at(pair->after, d->want.target, image, l));
        m->why[at + (size_t)l] =
            (unsigned char)((unsigned)pair->ctx.why | (pair->ctx.empty ? EMPTY : 0));
    }
}

static void measure_piece(void *with, int piece, int worker)
{
    struct measuring *m = with;

    for (int i = piece * PIECE; i < (piece + 1) * PIECE && i < m->d->images; i++)
        measure_image(m, &m->pair[worker], i);
}

/* Counts in the order of the images, whoever measured them. */
static void count(struct ds_drift *d, const unsigned char *why)
{
    for (int i = 0; i < d->images; i++) {
        if (d->from[i] < 0)
            continue;
        d->compared++;
        for (int l = 0; l < d->layers; l++) {
            const unsigned char one = why[(size_t)i * (size_t)d->layers + (size_t)l];

            d->undefined[one & ~EMPTY]++;
            d->empty += (one & EMPTY) != 0;
        }
    }
}

static int alloc_pair(struct pair *pair, const struct ds_record *before,
                      const struct ds_record *after)
{
    const size_t p = (size_t)before->patches;

    *pair = (struct pair){.before = before, .after = after};
    pair->ctx.height = before->grid_h;
    pair->ctx.width = before->grid_w;
    pair->p = calloc(2 * p, sizeof *pair->p);
    pair->q = pair->p ? pair->p + p : NULL;
    pair->ctx.scratch = malloc(ds_metric_scratch(before->patches));
    return !pair->p || !pair->ctx.scratch;
}

int ds_drift_with(struct ds_drift *d, const struct ds_record *before,
                  const struct ds_record *after, const struct ds_drift_want *want,
                  struct ds_pool *pool, struct ds_err *err)
{
    const int threads = pool ? ds_pool_threads(pool) : 1;
    struct measuring m = {.d = d};
    bool missing = false;
    int code;

    *d = (struct ds_drift){.want = *want};
    if ((code = check(before, after, want, err)))
        return code;
    d->images = before->images;
    d->layers = before->layers;
    d->label = before->label;
    d->task = before->task;
    d->value = calloc((size_t)d->images, (size_t)d->layers * sizeof *d->value);
    d->from = calloc((size_t)d->images, sizeof *d->from);
    m.why = calloc((size_t)d->images, (size_t)d->layers);
    m.pair = calloc((size_t)threads, sizeof *m.pair);
    for (int t = 0; m.pair && t < threads; t++)
        missing |= alloc_pair(&m.pair[t], before, after);
    if (!d->value || !d->from || !m.why || !m.pair || missing) {
        code = ds_fail(err, DS_NOMEM, "no memory to compare %d images", d->images);
        goto done;
    }
    for (int i = 0; i < d->images; i++)
        d->from[i] = reference(want, d->task[i], before->tasks);
    ds_pool_run(pool, &(struct ds_work){measure_piece, &m, (d->images + PIECE - 1) / PIECE}, 1);
    count(d, m.why);

done:
    for (int t = 0; m.pair && t < threads; t++) {
        free(m.pair[t].ctx.scratch);
        free(m.pair[t].p);
    }
    free(m.pair);
    free(m.why);
    if (code)
        ds_drift_clear(d);
    return code;
}

int ds_drift_of(struct ds_drift *d, const struct ds_record *before,
                const struct ds_record *after, const struct ds_drift_want *want,
                struct ds_err *err)
{
    return ds_drift_with(d, before, after, want, NULL, err);
}

void ds_drift_clear(struct ds_drift *d)
{
    free(d->value);
    free(d->from);
    d->value = NULL;
    d->from = NULL;
}

int ds_drift_comparable(const struct ds_record *a, const struct ds_record *b,
                        struct ds_err *err)
{
    const size_t picture = (size_t)a->height * (size_t)a->width * 3;

    if (a->grid_h != b->grid_h || a->grid_w != b->grid_w || a->patches != b->patches)
        return ds_fail(err, DS_DATA, "the grids differ: %d x %d patches here, %d x %d there",
                       a->grid_h, a->grid_w, b->grid_h, b->grid_w);
    if (a->layers != b->layers)
        return ds_fail(err, DS_DATA, "the models differ: %d layers here, %d there", a->layers,
                       b->layers);
    if (a->images != b->images)
        return ds_fail(err, DS_DATA,
                       "the evaluation images differ: %d here, %d there; train both runs with "
                       "the same data and limits",
                       a->images, b->images);
    if (a->height != b->height || a->width != b->width)
        return ds_fail(err, DS_DATA,
                       "the evaluation images differ: %d x %d here, %d x %d there", a->height,
                       a->width, b->height, b->width);
    for (int i = 0; i < a->images; i++)
        if (a->id[i] != b->id[i] ||
            memcmp(a->pixels + (size_t)i * picture, b->pixels + (size_t)i * picture, picture))
            return ds_fail(err, DS_DATA,
                           "the evaluation images differ: number %d is image %lld of the test "
                           "set here, %lld there; train both runs with the same data and class "
                           "order",
                           i + 1, (long long)a->id[i], (long long)b->id[i]);
    return 0;
}

static double image_mean(const double *value, int layers)
{
    double sum = 0;
    int n = 0;

    for (int l = 0; l < layers; l++)
        if (!isnan(value[l])) {
            sum += value[l];
            n++;
        }
    return n ? sum / n : NAN;
}

int ds_drift_values(double *out, const struct ds_drift *d, struct ds_drift_part part)
{
    int n = 0;

    for (int i = 0; i < d->images; i++) {
        const double *value = d->value + (size_t)i * (size_t)d->layers;

        if (d->from[i] < 0 || (part.label >= 0 && part.label != d->label[i]) ||
            (part.task >= 0 && part.task != d->task[i]))
            continue;
        out[n++] = part.layer >= 0 ? value[part.layer] : image_mean(value, d->layers);
    }
    return n;
}

int ds_drift_stat(struct ds_stat *s, const struct ds_drift *d, struct ds_drift_part part,
                  const struct ds_stat_want *want, struct ds_err *err)
{
    double *values = malloc((size_t)d->images * sizeof *values);
    int code;

    if (!values)
        return ds_fail(err, DS_NOMEM, "no memory for %d values", d->images);
    code = ds_stat_of(s, values, ds_drift_values(values, d, part), want, err);
    free(values);
    return code;
}

const char *ds_reference_text(enum ds_reference r)
{
    static const char *const text[] = {"own", "previous", "first", "given"};

    return text[r];
}
