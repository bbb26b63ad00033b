/* data/archive/shards.c -- weights in several files, and in folders. See archive.h.
 *
 * An index is JSON: {"metadata": ..., "weight_map": {"blocks.0.norm1.weight": "part-1.bin"}}.
 * The files stand beside it; a name that leads elsewhere is refused. Every tensor of the map
 * must be in the file that the map says; tensors that only the files know are kept, too. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/store/file.h"
#include "data/store/json.h"
#include "data/store/name.h"
#include "data/archive/archive_int.h"

enum { PATH_LENGTH = 4096 };

/* A row of the map. */
struct part {
    const char *name, *file;
};

static int by_file(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    const int order = strcmp(x->file, y->file);

    return order ? order : strcmp(x->name, y->name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_file(const char *index, const char *name, struct ds_err *err)
{
    const size_t n = strlen(name);

    if (!n || n > DS_NAME_MAX || ds_utf8_unprintable(name, n) >= 0)
        return ds_fail(err, DS_DATA, "%s: its weight_map names a file by no printable text",
                       index);
    if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
        return ds_fail(err, DS_DATA,
                       "%s: its weight_map leads to '%s', expected a file beside it", index,
                       name);
    return 0;
}

static int read_map(struct part **parts, size_t *count, const char *index, json_t *map,
                    struct ds_err *err)
{
    int code;

    if (!json_is_object(map) || !json_object_size(map))
        return ds_fail(err, DS_DATA,
                       "%s: is JSON without a weight_map, expected the index of a "
                       "model in several files",
                       index);
    if (json_object_size(map) > DS_TENSORS_MAX)
        return ds_fail(err, DS_DATA, "%s: has more than %d tensors", index, DS_TENSORS_MAX);
    if (!(*parts = calloc(json_object_size(map), sizeof **parts)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (void *at = json_object_iter(map); at; at = json_object_iter_next(map, at)) {
        const char *name = json_object_iter_key(at);
        const char *file = json_string_value(json_object_iter_value(at));

        if (!file)
            return ds_fail(err, DS_DATA, "%s: its weight_map has a value that is no text",
                           index);
        if ((code = check_file(index, file, err)))
            return code;
        if (ds_name_check(name, err))
            return ds_while(err, "%s", index);
        (*parts)[(*count)++] = (struct part){.name = name, .file = file};
    }
    qsort(*parts, *count, sizeof **parts, by_file);
    return 0;
}

/* The tensors of the archive from `first` on are those of one file: are the map's there? */
static int check_part(const struct ds_archive *a, int first, const char *index,
                      const struct part *part, size_t count, struct ds_err *err)
{
    const size_t have = (size_t)(a->count - first);
    const char **names = malloc((have + 1) * sizeof *names);
    const char *missing = NULL;

    if (!names)
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (size_t i = 0; i < have; i++)
        names[i] = a->tensor[first + (int)i].name;
    qsort(names, have, sizeof *names, by_text);
    for (size_t i = 0; i < count && !missing; i++)
        if (!bsearch(&part[i].name, names, have, sizeof *names, by_text))
            missing = part[i].name;
    free(names);
    if (missing)
        return ds_fail(err, DS_DATA,
                       "%s: '%.255s' should be in '%s' and is not; download both again", index,
                       missing, part->file);
    return 0;
}

/* Where a path leads when links are followed, or NULL after recording why nowhere. */
static char *follow(const char *path, struct ds_err *err)
{
    char *real = realpath(path, NULL);

    if (!real)
        ds_fail(err, DS_IO, "%s: cannot be followed (%s)", path, strerror(errno));
    return real;
}

/* The folder of the file that it leads to. */
static char *real_folder(const char *path, struct ds_err *err)
{
    char *real = follow(path, err);

    if (real)
        *strrchr(real, '/') = '\0';
    return real;
}

/* A name beside the index may be a link. Its file must be in the folder of the index, or where
 * the index itself is a link to: a cache that keeps all files elsewhere looks like that. */
static int check_beside(const char *index, const char *path, const char *name,
                        struct ds_err *err)
{
    const char *slash = strrchr(index, '/');
    char *part = real_folder(path, err), *linked = part ? real_folder(index, err) : NULL;
    char *folder = NULL, here[PATH_LENGTH];
    int code = 0;

    snprintf(here, sizeof here, "%.*s.", slash ? (int)(slash - index) + 1 : 0, index);
    if (!linked || !(folder = follow(here, err)))
        code = (int)err->code;
    else if (strcmp(part, linked) != 0 && strcmp(part, folder) != 0)
        code =
            ds_fail(err, DS_DATA,
                    "%s: '%s' is a link out of its folder, expected a file beside it; put it "
                    "there",
                    index, name);
    free(part);
    free(linked);
    free(folder);
    return code;
}

static int open_part(struct ds_archive *a, const char *index, const struct part *part,
                     size_t count, struct ds_err *err)
{
    const char *slash = strrchr(index, '/');
    const int first = a->count;
    char path[PATH_LENGTH];
    struct stat is;
    int code;

    snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - index) + 1 : 0, index,
             part->file);
    if (stat(path, &is))
        return ds_fail(err, DS_NOINPUT,
                       "%s: needs '%s' beside it, which is missing; download all "
                       "files of the model",
                       index, part->file);
    if ((code = check_beside(index, path, part->file, err)) ||
        (code = ds_archive_file(a, path, true, err)))
        return code;
    return check_part(a, first, index, part, count, err);
}

static const char *sharded(const char *container)
{
    return !strcmp(container, "safetensors") ? "sharded safetensors" : "sharded PyTorch zip";
}

static int open_parts(struct ds_archive *a, const char *index, const struct part *part,
                      size_t count, struct ds_err *err)
{
    const char *container = NULL;

    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && !strcmp(part[to].file, part[from].file); to++)
            ;
        if (open_part(a, index, part + from, to - from, err))
            return err->code;
        if (container && strcmp(container, a->container))
            return ds_fail(err, DS_DATA, "%s: its files are %s and %s, expected one kind",
                           index, container, a->container);
        container = a->container;
    }
    assert(container); /* an index has parts */
    if (strcmp(container, "safetensors") && strcmp(container, "PyTorch zip"))
        return ds_fail(err, DS_DATA,
                       "%s: its files are %s, expected safetensors or PyTorch zip", index,
                       container);
    a->container = sharded(container);
    return 0;
}

int ds_shards_open(struct ds_archive *a, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    struct part *parts = NULL;
    json_t *root = NULL;
    size_t n, count = 0;
    json_error_t bad;
    int code;

    if ((code = ds_file_read(&bytes, &n, path, DS_JSON_MAX, err)))
        return code;
    if ((code = ds_json_measure((const char *)bytes, n, path, err)))
        goto done;
    root = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, &bad);
    if (!root)
        code = ds_fail(err, DS_DATA, "%s: is not JSON with unique keys (at byte %d)", path,
                       bad.position);
    else if (!(code = read_map(&parts, &count, path, json_object_get(root, "weight_map"), err)))
        code = open_parts(a, path, parts, count, err);

done:
    free(parts);
    json_decref(root);
    free(bytes);
    return code;
}

int ds_folder_weights(char *path, size_t size, const char *folder, struct ds_err *err)
{
    static const char *const names[] = {"model.safetensors.index.json", "model.safetensors",
                                        "pytorch_model.bin.index.json", "pytorch_model.bin"};
    struct stat is;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t n = (size_t)snprintf(path, size, "%s/%s", folder, names[i]);

        if (n < size && !stat(path, &is))
            return 0;
    }
    return ds_fail(err, DS_NOINPUT, "%s: holds no weights; looked for %s, %s, %s and %s",
                   folder, names[0], names[1], names[2], names[3]);
}
