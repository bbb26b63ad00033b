/* data/protocol/features.c -- what a frozen trunk says of an image, computed once. See
 * session_int.h.
 *
 * Where only the head learns (frozen, ncm, ranpac, fecam, or --trainable head), the feature of
 * an image is the same at every epoch and checkpoint. The trunk is shown one image at a time,
 * everywhere, so that it is also the same in any batch, pass and order of classes: it depends
 * on the network and the picture alone. Hence one table per part of the data set, filled when
 * an image is asked for the first time:
 *
 *   training images   by steps that see pictures as a clean pass does (no augmentation, no
 *                     training recipe, no replay), and by the passes at the end of a task
 *   test images       by evaluations
 *
 * With --feature-folder tables begin with what earlier runs left there (features_kept.c). The
 * evaluation images have maps besides; their features come with the first look at them.
 *
 * A part of more than MOST floats has no table: that, and --no-feature-cache, change seconds
 * and nothing else. */
#include "data/protocol/features_int.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 28 };

static const struct ds_source *source_of(const struct ds_session *s, enum ds_part part)
{
    return part == DS_TRAIN ? s->train : s->test;
}

static size_t width(const struct ds_session *s)
{
    return (size_t)s->learner->vit.shape.dim;
}

int ds_features_open(struct ds_session *s, struct ds_err *err)
{
    struct ds_features *f = &s->features;

    *f =
        (struct ds_features){.on = s->opt.feature_cache && ds_learner_frozen_trunk(s->learner)};
    for (int part = 0; part < 2 && f->on; part++) {
        struct ds_feature_table *t = &f->table[part];
        const int *n = part == DS_TRAIN ? s->stream.n_train : s->stream.n_test;
        const size_t pictures = (size_t)ds_source_info(source_of(s, part))->count;
        size_t images = 0;

        for (int k = 0; k < s->stream.tasks; k++)
            images += (size_t)n[k];
        if (images > MOST / width(s))
            continue;
        if (!(t->row_of = malloc((pictures + 1) * sizeof *t->row_of)))
            return ds_fail(err, DS_NOMEM, "out of memory for %zu pictures", pictures);
        memset(t->row_of, -1, pictures * sizeof *t->row_of);
    }
    return 0;
}

void ds_features_close(struct ds_session *s)
{
    struct ds_features *f = &s->features;

    for (int part = 0; part < 2; part++) {
        free(f->table[part].row_of);
        free(f->table[part].feature);
        free(f->table[part].picture);
    }
    ds_feature_file_clear(&f->file);
    free(f->batch);
    free(f->eval);
    *f = (struct ds_features){0};
}

bool ds_features_of_steps(const struct ds_session *s)
{
    return s->features.table[DS_TRAIN].row_of && s->rows.epochs && !s->opt.pad &&
           !s->opt.flip && !s->has_recipe && !s->learner->replay;
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

static int clean_pass(float *to, struct ds_session *s, enum ds_part part, const int *index,
                      int n, struct ds_err *err)
{
    const struct ds_learner *l = s->learner;
    struct keeping k = {to, width(s)};
    struct ds_pictures pictures;
    const struct ds_feed feed = ds_pictures_feed(&pictures, s, source_of(s, part), index, n);
    struct ds_infer infer;
    int code = ds_infer_open(&infer, &l->vit, DS_WANT_ALONE, s->pool, err) ||
               ds_infer_run(&infer, &l->view, NULL, NULL, 0, &feed, keep, &k, NULL, err);

    ds_infer_close(&infer);
    return code ? (int)err->code : 0;
}

static int make_room(struct ds_feature_table *t, int more, size_t c, struct ds_err *err)
{
    const size_t rows = (size_t)t->rows + (size_t)more;
    float *feature = realloc(t->feature, rows * c * sizeof *feature);
    uint64_t *picture;

    if (feature)
        t->feature = feature;
    if ((picture = realloc(t->picture, rows * sizeof *picture)))
        t->picture = picture;
    if (!feature || !picture)
        return ds_fail(err, DS_NOMEM,
                       "out of memory for the features of %zu images; --no-feature-cache does "
                       "without",
                       rows);
    memset(t->picture + t->rows, 0, (size_t)more * sizeof *t->picture);
    return 0;
}

/* Rows for images[n] that have none: those of the folder first, the rest computed. */
static int learn(struct ds_session *s, enum ds_part part, int *image, int n, struct ds_err *err)
{
    struct ds_feature_table *t = &s->features.table[part];
    const size_t c = width(s);
    uint64_t *picture;
    int found, code;

    if (make_room(t, n, c, err))
        return err->code;
    picture = t->picture + t->rows;
    found = ds_features_recall(s, source_of(s, part), image, picture, n,
                               t->feature + (size_t)t->rows * c);
    code = found == n ? 0
                      : clean_pass(t->feature + (size_t)(t->rows + found) * c, s, part,
                                   image + found, n - found, err);
    if (code)
        return code;
    for (int i = 0; i < n; i++)
        t->row_of[image[i]] = t->rows + i;
    t->rows += n;
    s->features.computed += n - found;
    return 0;
}

static int ensure(struct ds_session *s, enum ds_part part, const int *index, int n,
                  struct ds_err *err)
{
    const struct ds_feature_table *t = &s->features.table[part];
    int *image = malloc(((size_t)n + 1) * sizeof *image), missing = 0, code = 0;

    if (!image)
        return ds_fail(err, DS_NOMEM, "out of memory for %d images", n);
    for (int i = 0; i < n; i++)
        if (t->row_of[index[i]] < 0)
            image[missing++] = index[i];
    if (missing)
        code = learn(s, part, image, missing, err);
    free(image);
    return code;
}

int ds_features_of(float **feature, struct ds_session *s, enum ds_part part, const int *index,
                   int n, struct ds_err *err)
{
    const struct ds_feature_table *t = &s->features.table[part];
    const size_t c = width(s);

    *feature = NULL;
    if (!t->row_of)
        return 0;
    if (ensure(s, part, index, n, err))
        return err->code;
    if (!(*feature = malloc(((size_t)n * c + 1) * sizeof **feature)))
        return ds_fail(err, DS_NOMEM, "out of memory for the features of %d images", n);
    for (int i = 0; i < n; i++)
        memcpy(*feature + (size_t)i * c, t->feature + (size_t)t->row_of[index[i]] * c,
               c * sizeof **feature);
    return 0;
}

int ds_features_task(struct ds_session *s, struct ds_err *err)
{
    struct ds_features *f = &s->features;

    free(f->batch);
    f->batch = NULL;
    ds_learner_known(s->learner, NULL);
    if (!ds_features_of_steps(s))
        return 0;
    f->batch = malloc(((size_t)s->opt.batch * width(s) + 1) * sizeof *f->batch);
    if (!f->batch)
        return ds_fail(err, DS_NOMEM, "out of memory for a batch");
    return ensure(s, DS_TRAIN, s->rows.index, s->rows.n, err);
}

void ds_features_batch(struct ds_session *s, const struct ds_batch *batch)
{
    const struct ds_features *f = &s->features;
    const struct ds_feature_table *t = &f->table[DS_TRAIN];
    const size_t c = width(s);

    if (!f->batch)
        return;
    for (int i = 0; i < batch->count; i++)
        memcpy(f->batch + (size_t)i * c, t->feature + (size_t)t->row_of[batch->index[i]] * c,
               c * sizeof *f->batch);
    ds_learner_known(s->learner, f->batch);
}
