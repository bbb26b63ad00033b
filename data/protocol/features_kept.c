/* data/protocol/features_kept.c -- features that earlier runs left in a folder. See
 * session_int.h.
 *
 * A feature depends on the network (its shape, its weights but the head's), the normalisation,
 * the program, its kernels, precision and matrix library, and the picture's bytes as the recipe
 * made them. Of all but the last the key is a hash, and names the file; pictures are known by a
 * hash of their bytes, whatever data set, limit, order or recipe they come from. A folder that
 * cannot be read or written costs time, never a result: the session says so once, and goes on.
 */
#define _POSIX_C_SOURCE 200809L
#include "data/protocol/features_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/hash.h"
#include "core/base/rng.h"
#include "core/base/version.h"
#include "core/ops/cpu.h"
#include "core/ops/gemm.h"
#include "core/ops/mul.h"
#include "data/weights/shape_note.h"

static void say(struct ds_features *f, const char *what, const struct ds_err *why)
{
    if (!f->told)
        snprintf(f->note, sizeof f->note, "%s; %s", why->text, what);
    f->told = true;
}

static uint64_t hash_shape(uint64_t h, const struct ds_vit_shape *shape)
{
    struct ds_vit_shape s = *shape;
    struct ds_notes notes = {0};
    struct ds_err ignored = {0};

    s.classes = 1; /* of the head */
    ds_shape_notes_write(&notes, &s, &ignored);
    for (int i = 0; i < notes.count; i++) {
        const struct ds_note *n = &notes.note[i];

        h = ds_hash(h, n->key, strlen(n->key));
        h = ds_hash(h, &n->whole, sizeof n->whole);
        h = ds_hash(h, &n->real, sizeof n->real);
    }
    ds_notes_clear(&notes);
    return h;
}

static uint64_t make_key(const struct ds_session *s)
{
    const struct ds_learner *l = s->learner;
    const char *kernels = ds_cpu_name(ds_cpu());
    const char *products = ds_mul_name(l->vit.precision);
    const size_t channels = (size_t)l->vit.shape.channels;
    uint64_t h = ds_rng_stream(1, "features");

    h = ds_hash(h, DS_VERSION, sizeof DS_VERSION);
    h = ds_hash(h, ds_blas_about(), strlen(ds_blas_about()));
    h = ds_hash(h, kernels, strlen(kernels));
    h = ds_hash(h, products, strlen(products));
    h = ds_hash(h, &l->vit.precision, sizeof l->vit.precision);
    h = hash_shape(h, &l->vit.shape);
    h = ds_hash(h, s->mean, channels * sizeof *s->mean);
    h = ds_hash(h, s->std, channels * sizeof *s->std);
    for (int i = 0; i < l->vit.tensors.count; i++) {
        const struct ds_tensor *t = &l->vit.tensors.row[i];

        if (t->part == DS_HEAD_W || t->part == DS_HEAD_B)
            continue;
        h = ds_hash(h, t->name, strlen(t->name));
        h = ds_hash(h, l->params + t->at, t->count * sizeof *l->params);
    }
    return h;
}

/* Once, when the first feature is asked for: then the weights are there. */
static void open_file(struct ds_session *s)
{
    struct ds_features *f = &s->features;
    struct ds_err err = {0};

    if (f->path[0])
        return;
    f->key = make_key(s);
    snprintf(f->path, sizeof f->path, "%s/%016llx.h5", s->opt.feature_folder,
             (unsigned long long)f->key);
    if (ds_feature_file_load(&f->file, f->path, f->key, s->learner->vit.shape.dim, &err) &&
        err.code != DS_NOINPUT)
        say(f, "features are computed again", &err);
}

struct hashing {
    const struct ds_source *source;
    const int *image;
    uint64_t *picture;
    size_t bytes;
};

static void hash_picture(void *with, int i, int worker)
{
    const struct hashing *k = with;
    uint8_t *bytes = malloc(k->bytes);
    struct ds_room room = {0};
    struct ds_err ignored = {0}; /* whoever wants the picture itself will hear of it */

    (void)worker;
    k->picture[i] = 0;
    if (bytes && !ds_source_read_in(k->source, k->image[i], bytes, &room, &ignored))
        k->picture[i] = ds_hash(ds_rng_stream(0, "picture"), bytes, k->bytes);
    ds_room_clear(&room);
    free(bytes);
}

int ds_features_recall(struct ds_session *s, const struct ds_source *source, int *image,
                       uint64_t *picture, int n, float *feature)
{
    const struct ds_source_info *info = ds_source_info(source);
    const size_t c = (size_t)s->learner->vit.shape.dim;
    struct ds_features *f = &s->features;
    struct hashing k = {source, image, picture,
                        (size_t)info->channels * (size_t)info->height * (size_t)info->width};
    int found = 0;

    if (!s->opt.feature_folder[0])
        return 0;
    open_file(s);
    ds_pool_run(s->pool, &(struct ds_work){hash_picture, &k, n}, 1);
    for (int i = 0; i < n; i++) {
        const float *known = ds_feature_file_lookup(&f->file, picture[i]);
        const int at = image[found];
        const uint64_t hash = picture[found];

        if (!known)
            continue;
        memcpy(feature + (size_t)found * c, known, c * sizeof *feature);
        image[found] = image[i];
        picture[found++] = picture[i];
        image[i] = at;
        picture[i] = hash;
    }
    return found;
}

void ds_features_publish(struct ds_session *s)
{
    struct ds_features *f = &s->features;
    const size_t c = (size_t)s->learner->vit.shape.dim;
    const size_t most = (size_t)f->table[DS_TRAIN].rows + (size_t)f->table[DS_TEST].rows;
    struct ds_feature_row *row;
    struct ds_err err = {0};
    int n = 0;

    if (!s->opt.feature_folder[0] || !f->computed || !(row = malloc(most * sizeof *row)))
        return;
    for (int part = 0; part < 2; part++)
        for (int i = 0; i < f->table[part].rows; i++)
            if (f->table[part].picture[i])
                row[n++] = (struct ds_feature_row){f->table[part].picture[i],
                                                   f->table[part].feature + (size_t)i * c};
    if (ds_feature_file_add(f->path, f->key, (int)c, row, n, &err))
        say(f, "other runs will have to compute these features again", &err);
    f->computed = 0;
    free(row);
}
