/* analysis/look/look_cache.c -- looks that were taken before. */
#define _GNU_SOURCE
#include "analysis/look/look_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/hash.h"
#include "core/base/rng.h"
#include "core/base/version.h"
#include "data/store/file.h"
#include "data/store/h5.h"

enum { FORMAT = 1 };
static const size_t PICTURE_BYTES = (size_t)1 << 30;

int ds_pictures_hash(uint64_t *hash, const struct ds_gathered *g, bool skip_broken,
                     struct ds_err *err)
{
    *hash = ds_rng_stream(0, "pictures");
    for (int i = 0; i < g->count; i++) {
        unsigned char *bytes = NULL;
        struct ds_err why = {0};
        size_t n = 0;

        if (ds_file_read(&bytes, &n, g->path[i], PICTURE_BYTES, &why)) {
            if (!skip_broken || why.code == DS_NOMEM) {
                *err = why;
                return why.code;
            }
        }
        *hash = ds_hash(*hash, g->path[i], strlen(g->path[i]));
        *hash = ds_rng_sub(*hash, (uint64_t)g->class_of[i]);
        *hash = ds_hash(*hash, bytes, n);
        free(bytes);
    }
    for (int k = 0; k < g->classes; k++)
        *hash = ds_hash(*hash, g->class_name[k], strlen(g->class_name[k]));
    return 0;
}

static void put_shape(FILE *f, const struct ds_vit_shape *s)
{
    fprintf(
        f, "shape %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %.17g %d %d %d %d %d %d %d\n",
        s->height, s->width, s->channels, s->patch, s->dim, s->depth, s->heads, s->hidden,
        s->classes, s->registers, s->cls, s->qkv_bias, s->layer_scale, s->embed_prefix,
        s->pool_mean, s->fc_norm, s->eps, s->dist, s->head_dist, s->head_concat, s->pre_norm,
        s->no_patch_bias, s->swiglu, (int)s->act);
}

static void put_want(FILE *f, const struct ds_look_want *w, int folders)
{
    fprintf(f, "source %d fusion %d discard %.17g norm %d start %d row %d target %d\n",
            (int)w->source, (int)w->rule.fusion, w->rule.discard, (int)w->rule.norm, w->start,
            w->row, w->target);
    fprintf(f, "by_head %d by_largest %d features %d skip_broken %d jitter %d seed %llu\n",
            w->by_head, w->by_largest, w->features, w->skip_broken, w->jitter,
            w->jitter ? (unsigned long long)w->seed : 0);
    fprintf(f, "truth");
    for (int i = 0; w->truth && i < folders; i++)
        fprintf(f, " %d", w->truth[i]);
    fputc('\n', f);
}

int ds_look_key(char **key, const struct ds_model *m, const struct ds_gathered *g,
                uint64_t pictures, const struct ds_look_want *w, struct ds_err *err)
{
    const uint64_t params = ds_hash(ds_rng_stream(0, "parameters"), m->params,
                                    m->vit.tensors.total * sizeof *m->params);
    size_t n;
    FILE *f = open_memstream(key, &n);
    bool failed;

    if (!f)
        return ds_fail(err, DS_NOMEM, "out of memory");
    fprintf(f, "look %d of driftscope %s\nparameters %016llx\n", FORMAT, DS_VERSION,
            (unsigned long long)params);
    put_shape(f, &m->vit.shape);
    fprintf(f, "recipe %s\n", m->recipe);
    for (int c = 0; c < m->vit.shape.channels && c < 4; c++)
        fprintf(f, "channel %.17g %.17g\n", m->mean[c], m->std[c]);
    fprintf(f, "pictures %d of %016llx\n", g->count, (unsigned long long)pictures);
    put_want(f, w, g->classes);
    failed = ferror(f) != 0;
    if (fclose(f) || failed) {
        free(*key);
        *key = NULL;
        return ds_fail(err, DS_NOMEM, "out of memory");
    }
    return 0;
}

void ds_look_cache_path(char *path, size_t size, const char *run, const char *key)
{
    snprintf(path, size, "%s/cache/look-%016llx.h5", run,
             (unsigned long long)ds_hash(ds_rng_stream(0, "key"), key, strlen(key)));
}

/* A fresh copy of an array of the file, if it is there as expected. */
static bool take(float **to, const struct ds_bundle *b, const char *name, int rank,
                 const int64_t *dims)
{
    struct ds_err ignored = {0};
    const struct ds_array *a = ds_bundle_need(b, "", name, DS_F32, rank, dims, &ignored);
    const size_t size = a ? (size_t)ds_array_count(a) * sizeof(float) : 0;

    *to = a ? malloc(size + 1) : NULL;
    if (*to)
        memcpy(*to, a->data, size);
    return *to != NULL;
}

static char **take_texts(const struct ds_bundle *b, const char *name, int64_t count)
{
    struct ds_err ignored = {0};
    const struct ds_array *a =
        ds_bundle_need(b, "", name, DS_STRING, 1, (const int64_t[]){count}, &ignored);
    char **to = a ? calloc((size_t)count + 1, sizeof *to) : NULL;

    for (int64_t i = 0; to && i < count; i++)
        if (!(to[i] = strdup(((char **)a->data)[i]))) {
            for (int64_t k = 0; k < i; k++)
                free(to[k]);
            free(to);
            return NULL;
        }
    return to;
}

static bool has_key(const struct ds_bundle *b, const char *key)
{
    const struct ds_array *a = ds_bundle_lookup(b, "cache/key");

    return a && a->type == DS_STRING && ds_array_count(a) == 1 &&
           !strcmp(((char **)a->data)[0], key);
}

static bool take_maps(struct ds_look *l, const struct ds_bundle *b)
{
    const struct ds_record *r = &l->record;
    const int64_t n = r->images, layers = r->layers, patches = r->patches, heads = r->heads;
    const struct ds_array *width = ds_bundle_lookup(b, "attend/feature");
    bool good = true;

    if (ds_bundle_lookup(b, "attend/map"))
        good = take(&l->map, b, "attend/map", 3, (const int64_t[]){n, layers, patches}) &&
               take(&l->split, b, "attend/map_split", 2, (const int64_t[]){n, layers});
    if (good && ds_bundle_lookup(b, "attend/head"))
        good =
            take(&l->head, b, "attend/head", 4, (const int64_t[]){n, layers, heads, patches}) &&
            take(&l->head_split, b, "attend/head_split", 3,
                 (const int64_t[]){n, layers, heads});
    if (good && width) {
        good = take(&l->feature, b, "attend/feature", 2, (const int64_t[]){n, -1}) &&
               width->dims[1] > 0 && width->dims[1] < INT32_MAX;
        l->width = good ? (int)width->dims[1] : 0;
    }
    return good;
}

static bool take_look(struct ds_look *l, const struct ds_bundle *b, const char *path)
{
    const struct ds_array *why = ds_bundle_lookup(b, "attend/left_out");
    struct ds_err ignored = {0};

    if (ds_record_unpack(&l->record, b, path, &ignored) || l->record.done != 1 ||
        l->record.images < 1 || !(l->path = take_texts(b, "attend/path", l->record.images)))
        return false;
    if (why && why->type == DS_STRING && ds_array_count(why) < INT32_MAX) {
        l->broken_why = take_texts(b, "attend/left_out", ds_array_count(why));
        l->broken = l->broken_why ? (int)ds_array_count(why) : 0;
    }
    return take_maps(l, b);
}

bool ds_look_cache_load(struct ds_look *l, const char *path, const char *key)
{
    struct ds_err ignored = {0};
    struct ds_bundle b = {0};
    bool good = !ds_bundle_load(&b, path, &ignored) && has_key(&b, key);

    *l = (struct ds_look){0};
    if (good && !(good = take_look(l, &b, path)))
        ds_look_clear(l);
    ds_bundle_clear(&b);
    return good;
}

static int make_folder(const char *path, struct ds_err *err)
{
    char folder[4096];
    char *slash;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    if (mkdir(folder, 0777) && errno != EEXIST)
        return ds_fail(err, DS_CANTCREATE, "%s: %s", folder, strerror(errno));
    return 0;
}

int ds_look_cache_save(const struct ds_look *l, const char *path, const char *key,
                       struct ds_err *err)
{
    struct ds_bundle b = {0};
    int code;

    if ((code = make_folder(path, err)) || (code = ds_look_pack(&b, l, err)))
        goto done;
    if (!ds_bundle_strings(&b, "cache/key", &key, 1, "key", err) ||
        (l->broken &&
         !ds_bundle_strings(&b, "attend/left_out", (const char *const *)l->broken_why,
                            l->broken, "picture", err)))
        code = err->code;
    else
        code = ds_bundle_save(&b, path, err);

done:
    ds_bundle_clear(&b);
    return code;
}
