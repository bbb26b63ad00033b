/* data/store/feature_file.c -- what a network says of pictures, kept. See the header. */
#define _GNU_SOURCE
#include "data/store/feature_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/version.h"
#include "data/store/h5.h"

static const char format[] = "driftscope-features";

static int check(struct ds_feature_file *f, const char *path, uint64_t key, int dim,
                 struct ds_err *err)
{
    const struct ds_notes *root = ds_bundle_notes_lookup(&f->bundle, "");
    const struct ds_note *is = ds_note_lookup(root, "format"),
                         *of = ds_note_lookup(root, "key");
    const struct ds_array *a, *b;

    if (!is || is->type != DS_NOTE_TEXT || strcmp(is->text, format))
        return ds_fail(err, DS_DATA, "%s: holds no features", path);
    if (!of || of->type != DS_NOTE_INT || of->whole != (int64_t)key)
        return ds_fail(err, DS_DATA, "%s: holds the features of another network", path);
    if (!(a = ds_bundle_need(&f->bundle, path, "picture", DS_I64, 1, (const int64_t[]){-1},
                             err)) ||
        !(b = ds_bundle_need(&f->bundle, path, "feature", DS_F32, 2,
                             (const int64_t[]){a->dims[0], dim}, err)))
        return err->code;
    assert(a->dims[0] <= INT32_MAX); /* 8 GiB of a file are read */
    f->picture = a->data;
    f->feature = b->data;
    f->count = (int)a->dims[0];
    f->dim = dim;
    for (int i = 1; i < f->count; i++)
        if (f->picture[i] <= f->picture[i - 1])
            return ds_fail(err, DS_DATA, "%s: its pictures are out of order", path);
    return 0;
}

int ds_feature_file_load(struct ds_feature_file *f, const char *path, uint64_t key, int dim,
                         struct ds_err *err)
{
    int code;

    *f = (struct ds_feature_file){0};
    code = ds_bundle_load(&f->bundle, path, err);
    if (!code)
        code = check(f, path, key, dim, err);
    if (code)
        ds_feature_file_clear(f);
    return code;
}

void ds_feature_file_clear(struct ds_feature_file *f)
{
    ds_bundle_clear(&f->bundle);
    *f = (struct ds_feature_file){0};
}

const float *ds_feature_file_lookup(const struct ds_feature_file *f, uint64_t picture)
{
    int low = 0, high = f->count;

    while (low < high) {
        const int mid = low + (high - low) / 2;

        if (f->picture[mid] < picture)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->count && f->picture[low] == picture
               ? f->feature + (size_t)low * (size_t)f->dim
               : NULL;
}

static int by_picture(const void *a, const void *b)
{
    const struct ds_feature_row *x = a, *y = b;

    return x->picture < y->picture ? -1 : x->picture > y->picture;
}

/* Both lists, ascending, each picture once; the number of rows. */
static int merge(int64_t *picture, float *feature, const struct ds_feature_file *old,
                 const struct ds_feature_row *row, int rows, size_t dim)
{
    int n = 0;

    for (int i = 0, k = 0; i < old->count || k < rows;) {
        const bool mine = i == old->count || (k < rows && row[k].picture < old->picture[i]);
        const uint64_t at = mine ? row[k].picture : old->picture[i];
        const float *from = mine ? row[k].feature : old->feature + (size_t)i * dim;

        if (!n || (uint64_t)picture[n - 1] != at) {
            picture[n] = (int64_t)at;
            memcpy(feature + (size_t)n++ * dim, from, dim * sizeof *feature);
        }
        i += !mine;
        k += mine;
    }
    return n;
}

static int save(const char *path, uint64_t key, const int64_t *picture, const float *feature,
                int n, int dim, struct ds_err *err)
{
    const int64_t dims[2] = {n, dim};
    struct ds_bundle b = {0};
    struct ds_notes *root = ds_bundle_notes(&b, "", err);
    struct ds_array *a;
    int code = !root || ds_note_text(root, "format", format, err) ||
               ds_note_text(root, "creator_version", DS_VERSION, err) ||
               ds_note_int(root, "key", (int64_t)key, err) ||
               !(a = ds_bundle_add(&b, "picture", DS_I64, 1, dims, picture, err)) ||
               ds_array_label(a, "picture", err) ||
               !ds_bundle_floats(&b, "feature", feature, 2, dims, "picture channel", err) ||
               ds_bundle_save(&b, path, err);

    ds_bundle_clear(&b);
    return code ? (int)err->code : 0;
}

/* Held until it is closed, also when we are killed. -1 after recording why not. */
static int take_turn(const char *path, struct ds_err *err)
{
    char name[4096], folder[4096];
    const char *slash = strrchr(path, '/');
    int fd;

    snprintf(name, sizeof name, "%s.lock", path);
    for (const char *at = slash ? strchr(path + 1, '/') : NULL; at; at = strchr(at + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(at - path), path);
        if (mkdir(folder, 0777) && errno != EEXIST) {
            ds_fail(err, DS_CANTCREATE, "%s: the folder cannot be made (%s)", folder,
                    strerror(errno));
            return -1;
        }
    }
    fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    while (fd >= 0 && flock(fd, LOCK_EX)) {
        if (errno == EINTR)
            continue;
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        ds_fail(err, DS_CANTCREATE, "%s: cannot be locked (%s)", name, strerror(errno));
    return fd;
}

int ds_feature_file_add(const char *path, uint64_t key, int dim, struct ds_feature_row *row,
                        int rows, struct ds_err *err)
{
    struct ds_feature_file old;
    struct ds_err unusable = {0};
    const int lock = take_turn(path, err);
    size_t most;
    int64_t *picture;
    float *feature;
    int code;

    if (lock < 0)
        return err->code;
    ds_feature_file_load(&old, path, key, dim, &unusable); /* empty when it cannot be used */
    most = (size_t)old.count + (size_t)rows + 1;
    picture = malloc(most * sizeof *picture);
    feature = malloc(most * (size_t)dim * sizeof *feature);
    if (picture && feature) {
        qsort(row, (size_t)rows, sizeof *row, by_picture);
        rows = merge(picture, feature, &old, row, rows, (size_t)dim);
        code = save(path, key, picture, feature, rows, dim, err);
    } else
        code = ds_fail(err, DS_NOMEM, "%s: out of memory for %zu features", path, most - 1);
    ds_feature_file_clear(&old);
    free(picture);
    free(feature);
    close(lock);
    return code;
}
