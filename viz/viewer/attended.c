/* viz/viewer/attended.c -- reading what `driftscope attend` kept. See the header. */
#define _GNU_SOURCE
#include "viz/viewer/attended.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_texts(char **text, int n)
{
    for (int i = 0; text && i < n; i++)
        free(text[i]);
    free(text);
}

void ds_attended_clear(struct ds_attended *a)
{
    free_texts(a->path, a->images);
    free_texts(a->class_name, a->classes);
    free(a->best);
    free(a->share);
    free(a->map);
    free(a->split);
    free(a->head);
    free(a->head_split);
    *a = (struct ds_attended){0};
}

bool ds_config_value(const char *config, const char *key, char *to, size_t size)
{
    const size_t n = strlen(key);

    for (const char *at = config; at && *at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (!strncmp(at, key, n) && !strncmp(at + n, " = ", 3)) {
            snprintf(to, size, "%.*s", (int)strcspn(at + n + 3, "\r\n"), at + n + 3);
            return true;
        }
    }
    return false;
}

/* A fresh copy of an array of these dims. */
static int copy(void **to, const struct ds_bundle *b, const char *file, const char *name,
                enum ds_type type, int rank, const int64_t *dims, struct ds_err *err)
{
    const struct ds_array *a = ds_bundle_need(b, file, name, type, rank, dims, err);
    size_t bytes;

    if (!a)
        return (int)err->code;
    bytes = (size_t)ds_array_count(a) * ds_type_size(type);
    *to = malloc(bytes + 1);
    if (!*to)
        return ds_fail(err, DS_NOMEM, "%s: no memory for '%s'", file, name);
    memcpy(*to, a->data, bytes);
    return 0;
}

static int copy_texts(char ***to, int *n, const struct ds_bundle *b, const char *file,
                      const char *name, int64_t count, struct ds_err *err)
{
    const struct ds_array *a =
        ds_bundle_need(b, file, name, DS_STRING, 1, (const int64_t[]){count}, err);

    if (!a)
        return (int)err->code;
    if (ds_array_count(a) > INT32_MAX / 8)
        return ds_fail(err, DS_DATA, "%s: '%s' holds %lld texts: more than anybody reads", file,
                       name, (long long)ds_array_count(a));
    *n = (int)ds_array_count(a);
    *to = calloc((size_t)*n + 1, sizeof **to);
    for (int i = 0; *to && i < *n; i++)
        if (!((*to)[i] = strdup(((char **)a->data)[i])))
            break;
    if (!*to || (*n && !(*to)[*n - 1]))
        return ds_fail(err, DS_NOMEM, "%s: no memory for '%s'", file, name);
    return 0;
}

static int read_answers(struct ds_attended *a, const struct ds_bundle *b, const char *file,
                        struct ds_err *err)
{
    const int64_t dims[] = {a->images, -1};
    const struct ds_array *best;
    int64_t same[2];
    int code;

    if (ds_bundle_lookup(b, "attend/class_name") &&
        (code = copy_texts(&a->class_name, &a->classes, b, file, "attend/class_name", -1, err)))
        return code;
    if (!ds_bundle_lookup(b, "attend/top_class"))
        return 0;
    if (!(best = ds_bundle_need(b, file, "attend/top_class", DS_I32, 2, dims, err)))
        return (int)err->code;
    if (best->dims[1] > 1 << 20)
        return ds_fail(err, DS_DATA, "%s: 'attend/top_class' keeps %lld classes a picture",
                       file, (long long)best->dims[1]);
    a->top = (int)best->dims[1];
    same[0] = a->images;
    same[1] = a->top;
    if ((code = copy((void **)&a->best, b, file, "attend/top_class", DS_I32, 2, same, err)) ||
        (code = copy((void **)&a->share, b, file, "attend/top_share", DS_F32, 2, same, err)))
        return code;
    for (size_t i = 0; i < (size_t)a->images * (size_t)a->top; i++)
        if (a->best[i] < 0 || (a->class_name && a->best[i] >= a->classes))
            return ds_fail(err, DS_DATA, "%s: 'attend/top_class' names class %d; there are %d",
                           file, a->best[i], a->classes);
    return 0;
}

static int read_maps(struct ds_attended *a, const struct ds_bundle *b,
                     const struct ds_record *r, const char *file, struct ds_err *err)
{
    const int64_t n = r->images, layers = r->layers, heads = r->heads, patches = r->patches;
    int code;

    if (ds_bundle_lookup(b, "attend/map") &&
        ((code = copy((void **)&a->map, b, file, "attend/map", DS_F32, 3,
                      (const int64_t[]){n, layers, patches}, err)) ||
         (code = copy((void **)&a->split, b, file, "attend/map_split", DS_F32, 2,
                      (const int64_t[]){n, layers}, err))))
        return code;
    if (ds_bundle_lookup(b, "attend/head") &&
        ((code = copy((void **)&a->head, b, file, "attend/head", DS_F32, 4,
                      (const int64_t[]){n, layers, heads, patches}, err)) ||
         (code = copy((void **)&a->head_split, b, file, "attend/head_split", DS_F32, 3,
                      (const int64_t[]){n, layers, heads}, err))))
        return code;
    return 0;
}

int ds_attended_read(struct ds_attended *a, const struct ds_bundle *b,
                     const struct ds_record *r, const char *file, struct ds_err *err)
{
    int code;

    *a = (struct ds_attended){0};
    if (!ds_bundle_lookup(b, "attend/path"))
        return 0;
    if ((code = copy_texts(&a->path, &a->images, b, file, "attend/path", r->images, err)) ||
        (code = read_answers(a, b, file, err)) || (code = read_maps(a, b, r, file, err)))
        return code;
    if (!ds_config_value(r->config, "source", a->source, sizeof a->source))
        snprintf(a->source, sizeof a->source, "second maps");
    return 0;
}

const char *ds_attended_name(const struct ds_attended *a, int image)
{
    const char *slash = strrchr(a->path[image], '/');

    return slash && slash[1] ? slash + 1 : a->path[image];
}

const char *ds_attended_class(const struct ds_attended *a, int image, int rank, char *to,
                              size_t size)
{
    int k;

    *to = 0;
    if (!a->best || rank >= a->top)
        return to;
    k = a->best[(size_t)image * (size_t)a->top + (size_t)rank];
    if (a->class_name)
        snprintf(to, size, "%s", a->class_name[k]);
    else
        snprintf(to, size, "class %d", k);
    return to;
}
