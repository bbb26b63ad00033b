/* data/archive/archive.c -- opening, looking up, closing. See the header. */
#include "data/archive/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/archive/archive_int.h"

enum { PATH_LENGTH = 4096 };

static int reserve_file(struct ds_archive *a, const char *path, struct ds_err *err)
{
    struct ds_whole *grown;

    if (a->own->files >= DS_FILES_MAX)
        return ds_fail(err, DS_DATA, "%s: belongs to a model in more than %d files", path,
                       DS_FILES_MAX);
    grown = realloc(a->own->file, ((size_t)a->own->files + 1) * sizeof *grown);
    if (!grown)
        return ds_fail(err, DS_NOMEM, "out of memory");
    a->own->file = grown;
    return 0;
}

int ds_archive_file(struct ds_archive *a, const char *path, bool part, struct ds_err *err)
{
    enum ds_container is = DS_IS_UNKNOWN;
    struct ds_whole *m;
    int code;

    if ((code = reserve_file(a, path, err)))
        return code;
    m = &a->own->file[a->own->files];
    if ((code = ds_whole_open(m, path, err)))
        return code;
    a->own->files++;
    if ((code = ds_sniff(&is, m->bytes, m->n, path, err)))
        return code;
    switch (is) {
    case DS_IS_SAFETENSORS:
        return ds_safetensors_open(a, m, err);
    case DS_IS_ZIP:
        return ds_zip_weights_open(a, m, err);
    case DS_IS_LEGACY:
        return ds_legacy_open(a, m, err);
    case DS_IS_HDF5:
        return ds_hdf5_open(a, m, err);
    case DS_IS_INDEX:
    case DS_IS_UNKNOWN:
        break;
    }
    if (part)
        return ds_fail(err, DS_DATA, "%s: is an index of files, expected a file of tensors",
                       path);
    return ds_shards_open(a, path, err);
}

struct named {
    const char *name;
    int at;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The order of names, in which equal ones are neighbours. */
static int sort_names(struct ds_archive *a, const char *path, struct ds_err *err)
{
    const size_t count = (size_t)a->count;
    struct named *named = malloc((count + 1) * sizeof *named);
    const char *twice = NULL;

    a->own->by_name = malloc((count + 1) * sizeof *a->own->by_name);
    if (!named || !a->own->by_name) {
        free(named);
        return ds_fail(err, DS_NOMEM, "out of memory");
    }
    for (int i = 0; i < a->count; i++)
        named[i] = (struct named){a->tensor[i].name, i};
    qsort(named, count, sizeof *named, by_name);
    for (int i = 0; i < a->count; i++) {
        a->own->by_name[i] = named[i].at;
        if (i && !strcmp(named[i - 1].name, named[i].name))
            twice = named[i].name;
    }
    free(named);
    if (twice)
        return ds_fail(err, DS_DATA, "%s: there are two tensors '%s'", path, twice);
    return 0;
}

/* What the readers passed over, as notes. */
static int finish(struct ds_archive *a, const char *path, struct ds_err *err)
{
    const struct ds_archive_own *own = a->own;
    int code;

    if ((code = sort_names(a, path, err)))
        return code;
    if (own->opaque && (ds_note_int(&a->meta, "opaque objects", own->opaque, err) ||
                        ds_note_texts(&a->meta, "opaque names", own->opaque_name, err)))
        return ds_while(err, "%s", path);
    if (own->skipped[0] && ds_note_texts(&a->meta, "skipped", own->skipped, err))
        return ds_while(err, "%s", path);
    return 0;
}

int ds_archive_open(struct ds_archive *a, const char *path, struct ds_err *err)
{
    char inside[PATH_LENGTH];
    struct stat is;
    int code = 0;

    *a = (struct ds_archive){0};
    if (!(a->own = calloc(1, sizeof *a->own)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (!stat(path, &is) && S_ISDIR(is.st_mode)) {
        code = ds_folder_weights(inside, sizeof inside, path, err);
        path = inside;
    }
    if (!code)
        code = ds_archive_file(a, path, false, err);
    if (!code)
        code = finish(a, path, err);
    if (code)
        ds_archive_close(a);
    return code;
}

void ds_archive_rest(const struct ds_archive *a, const struct ds_stored *t)
{
    int64_t reach = 1; /* elements from the first to the last; add.c has seen that they fit */

    for (int i = 0; i < t->rank; i++) {
        if (t->dims[i] < 1)
            return;
        reach += (t->dims[i] - 1) * t->stride[i];
    }
    for (int i = 0; i < a->own->files; i++)
        ds_whole_rest(&a->own->file[i], t->data, (size_t)reach * ds_type_size(t->type));
}

void ds_archive_close(struct ds_archive *a)
{
    if (a->own) {
        for (int i = 0; i < a->own->files; i++)
            ds_whole_close(&a->own->file[i]);
        free(a->own->file);
        free(a->own->by_name);
        ds_heap_clear(&a->own->heap);
        ds_bundle_clear(&a->own->bundle);
        free(a->own);
    }
    free(a->tensor);
    ds_notes_clear(&a->meta);
    *a = (struct ds_archive){0};
}

const struct ds_stored *ds_archive_lookup(const struct ds_archive *a, const char *name)
{
    int low = 0, high = a->count;

    while (low < high) {
        const int middle = low + (high - low) / 2, at = a->own->by_name[middle];
        const int order = strcmp(name, a->tensor[at].name);

        if (order == 0)
            return &a->tensor[at];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
