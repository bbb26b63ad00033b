/* data/protocol/features.c -- what a frozen trunk says of an image, computed once. See
 * session_int.h.
 *
 * Where only the head learns (frozen, ncm, ranpac, fecam, or --trainable head), the feature of
 * an image is the same at every epoch and every checkpoint. It is kept in memory:
 *
 *   of the task's training images   from one clean pass before the first step, for methods that
 *                                   take steps, where a step sees the pictures as that pass
 * does (no augmentation, no training recipe, no replay) of the test images of a task    from
 * the first evaluation that sees them of the evaluation images        from the first look;
 * their maps are copied from there
 *
 * A run that is resumed computes them again. Features of one part (training or test) that need
 * more than MOST floats are not kept: that, and --no-feature-cache, change seconds and nothing
 * else: steps and that pass show the frozen trunk one image at a time (lane.c), and evaluations
 * ask for the same pieces again (infer.h). The passes at the end of a task run as ever. */
#include "data/protocol/session_int.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 28 };

int ds_features_open(struct ds_session *s, struct ds_err *err)
{
    struct ds_features *f = &s->features;
    const size_t dim = (size_t)s->learner->vit.shape.dim;
    size_t test = 0;

    *f =
        (struct ds_features){.on = s->opt.feature_cache && ds_learner_frozen_trunk(s->learner)};
    for (int t = 0; t < s->stream.tasks; t++)
        test += (size_t)s->stream.n_test[t];
    f->keeps_test = f->on && test <= MOST / dim;
    f->test = calloc((size_t)s->stream.tasks, sizeof *f->test);
    return f->test ? 0 : ds_fail(err, DS_NOMEM, "out of memory for %d tasks", s->stream.tasks);
}

static void forget_task(struct ds_features *f)
{
    free(f->train);
    free(f->row_of);
    free(f->batch);
    f->train = f->batch = NULL;
    f->row_of = NULL;
}

void ds_features_close(struct ds_session *s)
{
    struct ds_features *f = &s->features;

    forget_task(f);
    for (int t = 0; f->test && t < s->stream.tasks; t++)
        free(f->test[t]);
    free(f->test);
    free(f->eval);
    *f = (struct ds_features){0};
}

bool ds_features_of_steps(const struct ds_session *s)
{
    return s->features.on && s->rows.epochs && !s->opt.pad && !s->opt.flip && !s->has_recipe &&
           !s->learner->replay && (size_t)s->rows.n <= MOST / (size_t)s->learner->vit.shape.dim;
}

struct keeping {
    float *to;
    size_t c;
};

static void keep(void *with, const struct ds_vit_work *work, const int *label, int first,
                 int worker)
{
    const struct keeping *k = with;

    (void)label;
    (void)worker;
    memcpy(k->to + (size_t)first * k->c, work->feature,
           (size_t)work->images * k->c * sizeof(float));
}

static int clean_pass(struct ds_session *s, struct ds_err *err)
{
    const struct ds_learner *l = s->learner;
    struct keeping k = {s->features.train, (size_t)l->vit.shape.dim};
    struct ds_pictures pictures;
    const struct ds_feed feed =
        ds_pictures_feed(&pictures, s, s->train, s->rows.index, s->rows.n);
    struct ds_infer infer;
    int code = ds_infer_open(&infer, &l->vit, DS_WANT_ALONE, s->pool, err) ||
               ds_infer_run(&infer, &l->view, NULL, NULL, 0, &feed, keep, &k, NULL, err);

    ds_infer_close(&infer);
    return code ? (int)err->code : 0;
}

int ds_features_task(struct ds_session *s, struct ds_err *err)
{
    struct ds_features *f = &s->features;
    const size_t c = (size_t)s->learner->vit.shape.dim, n = (size_t)s->rows.n;
    const int pictures = ds_source_info(s->train)->count;

    forget_task(f);
    ds_learner_known(s->learner, NULL);
    if (!ds_features_of_steps(s))
        return 0;
    f->train = malloc((n * c + 1) * sizeof *f->train);
    f->row_of = malloc(((size_t)pictures + 1) * sizeof *f->row_of);
    f->batch = malloc(((size_t)s->opt.batch * c + 1) * sizeof *f->batch);
    if (!f->train || !f->row_of || !f->batch)
        return ds_fail(err, DS_NOMEM,
                       "out of memory for the features of %zu images; --no-feature-cache does "
                       "without",
                       n);
    for (size_t i = 0; i < n; i++)
        f->row_of[s->rows.index[i]] = (int)i;
    return clean_pass(s, err);
}

void ds_features_batch(struct ds_session *s, const struct ds_batch *batch)
{
    const struct ds_features *f = &s->features;
    const size_t c = (size_t)s->learner->vit.shape.dim;

    if (!f->train)
        return;
    for (int i = 0; i < batch->count; i++)
        memcpy(f->batch + (size_t)i * c, f->train + (size_t)f->row_of[batch->index[i]] * c,
               c * sizeof *f->batch);
    ds_learner_known(s->learner, f->batch);
}

float *ds_features_test(struct ds_session *s, int task)
{
    const size_t c = (size_t)s->learner->vit.shape.dim, n = (size_t)s->stream.n_test[task];

    return s->features.keeps_test ? malloc((n * c + 1) * sizeof(float)) : NULL;
}
