/* data/store/safetensors_save.c -- a bundle into safetensors. See safetensors.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/file.h"
#include "data/store/safetensors.h"
#include "data/store/safetensors_int.h"

static size_t bytes_of(const struct ds_array *a)
{
    return (size_t)ds_array_count(a) * ds_type_size(a->type);
}

/* The wider type first, so that everything is aligned; then by name. */
static int by_width(const void *a, const void *b)
{
    const struct ds_array *x = *(const struct ds_array *const *)a;
    const struct ds_array *y = *(const struct ds_array *const *)b;
    const size_t wide = ds_type_size(x->type), other = ds_type_size(y->type);

    return wide != other ? (wide > other ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct ds_note *const *)a)->key,
                  (*(const struct ds_note *const *)b)->key);
}

static const char *dtype_of(const struct ds_array *a)
{
    const struct ds_note *note = ds_note_lookup(&a->notes, "dtype");

    if (a->type == DS_U8 && note && note->type == DS_NOTE_TEXT && !strcmp(note->text, "BOOL"))
        return "BOOL";
    for (int i = 0; i < DS_ST_TYPES; i++)
        if (ds_st_types[i].type == a->type)
            return ds_st_types[i].name;
    return NULL;
}

static json_t *note_value(const struct ds_note *note)
{
    char number[64];

    if (note->type == DS_NOTE_TEXT)
        return json_string(note->text);
    if (note->type == DS_NOTE_INT)
        snprintf(number, sizeof number, "%lld", (long long)note->whole);
    else
        snprintf(number, sizeof number, "%.17g", note->real);
    return json_string(number);
}

/* The root's notes as "__metadata__", sorted. */
static int add_metadata(json_t *root, const struct ds_bundle *b, struct ds_err *err)
{
    const struct ds_notes *notes = ds_bundle_notes_lookup(b, "");
    const struct ds_note **sorted;
    json_t *metadata;
    int code = 0;

    if (!notes || !notes->count)
        return 0;
    if (!(sorted = malloc((size_t)notes->count * sizeof *sorted)) ||
        json_object_set_new(root, "__metadata__", metadata = json_object())) {
        free(sorted);
        return ds_fail(err, DS_NOMEM, "out of memory");
    }
    for (int i = 0; i < notes->count; i++)
        sorted[i] = &notes->note[i];
    qsort(sorted, (size_t)notes->count, sizeof *sorted, by_key);
    for (int i = 0; i < notes->count && !code; i++) {
        if (sorted[i]->type == DS_NOTE_TEXTS)
            code =
                ds_fail(err, DS_DATA, "the note '%s' is a list, safetensors holds single texts",
                        sorted[i]->key);
        else if (json_object_set_new(metadata, sorted[i]->key, note_value(sorted[i])))
            code = ds_fail(err, DS_NOMEM, "out of memory");
    }
    free(sorted);
    return code;
}

static int add_row(json_t *root, const struct ds_array *a, size_t begin, struct ds_err *err)
{
    json_t *row = json_object(), *shape = json_array(), *offsets = json_array();
    int bad = 0;

    /* From the inside out: what cannot be inserted is gone. */
    for (int i = 0; i < a->rank; i++)
        bad |= json_array_append_new(shape, json_integer(a->dims[i]));
    bad |= json_array_append_new(offsets, json_integer((json_int_t)begin));
    bad |= json_array_append_new(offsets,
                                 json_integer((json_int_t)begin + (json_int_t)bytes_of(a)));
    bad |= json_object_set_new(row, "dtype", json_string(dtype_of(a)));
    bad |= json_object_set_new(row, "shape", shape);
    bad |= json_object_set_new(row, "data_offsets", offsets);
    bad |= json_object_set_new(root, a->name, row);
    return bad ? ds_fail(err, DS_NOMEM, "out of memory") : 0;
}

/* The header as text, and the bytes of numbers that follow it. */
static char *build_header(const struct ds_bundle *b, const struct ds_array *const *sorted,
                          size_t *data, struct ds_err *err)
{
    json_t *root = json_object();
    char *text = NULL;
    int code;

    *data = 0;
    code = root ? add_metadata(root, b, err) : ds_fail(err, DS_NOMEM, "out of memory");
    for (int i = 0; i < b->count && !code; i++) {
        const struct ds_array *a = sorted[i];

        if (a->type == DS_STRING)
            code =
                ds_fail(err, DS_DATA, "'%s' holds strings, safetensors holds numbers", a->name);
        else if (!strcmp(a->name, "__metadata__"))
            code = ds_fail(err, DS_DATA, "'__metadata__' cannot be the name of an array");
        else
            code = add_row(root, a, *data, err);
        *data += bytes_of(a);
    }
    if (!code && !(text = json_dumps(root, JSON_COMPACT)))
        ds_fail(err, DS_NOMEM, "out of memory");
    json_decref(root);
    return text;
}

/* Length, header padded with spaces to a multiple of eight, numbers. */
static unsigned char *assemble(const struct ds_bundle *b, const struct ds_array *const *sorted,
                               const char *header, size_t data, size_t *n, struct ds_err *err)
{
    const size_t text = strlen(header), padded = (text + 7) / 8 * 8;
    unsigned char *bytes, *at;

    if (padded > DS_ST_HEADER_MAX) {
        ds_fail(err, DS_DATA,
                "its safetensors header would have %zu bytes, at most %d are read", padded,
                DS_ST_HEADER_MAX);
        return NULL;
    }
    *n = DS_ST_LENGTH + padded + data;
    if (!(bytes = malloc(*n))) {
        ds_fail(err, DS_NOMEM, "out of memory: %.1f MB are needed", (double)*n / 1e6);
        return NULL;
    }
    for (int i = 0; i < DS_ST_LENGTH; i++)
        bytes[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    memset(bytes + DS_ST_LENGTH, ' ', padded);
    memcpy(bytes + DS_ST_LENGTH, header, text);
    at = bytes + DS_ST_LENGTH + padded;
    for (int i = 0; i < b->count; i++) {
        memcpy(at, sorted[i]->data, bytes_of(sorted[i]));
        at += bytes_of(sorted[i]);
    }
    return bytes;
}

int ds_safetensors_save(const struct ds_bundle *b, const char *path, struct ds_err *err)
{
    const struct ds_array **sorted = malloc(((size_t)b->count + 1) * sizeof *sorted);
    unsigned char *bytes = NULL;
    char *header = NULL;
    size_t data, n;
    int code;

    if (!sorted)
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (int i = 0; i < b->count; i++)
        sorted[i] = &b->array[i];
    qsort(sorted, (size_t)b->count, sizeof *sorted, by_width);
    if (!(header = build_header(b, sorted, &data, err)) ||
        !(bytes = assemble(b, sorted, header, data, &n, err)))
        code = ds_while(err, "%s", path);
    else if (!(code = ds_file_publish(path, bytes, n, err)))
        code = ds_file_verify(path, bytes, n, err);
    free(bytes);
    free(header);
    free(sorted);
    return code;
}
