/* data/store/safetensors_load.c -- safetensors into a bundle. See safetensors.h. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/file.h"
#include "data/store/safetensors.h"
#include "data/store/safetensors_int.h"

static const size_t file_max = (size_t)32 << 30;

/* A row of the header. */
struct entry {
    const char *name, *dtype; /* borrowed from the JSON */
    enum ds_type type;
    int rank;
    int64_t dims[DS_RANK_MAX];
    size_t begin, end;
};

struct header {
    const char *file;
    struct entry *entry;
    size_t count, data; /* bytes of numbers after the header */
    struct ds_err *err;
};

static int refuse(const struct header *h, const char *name, const char *why)
{
    return ds_fail(h->err, DS_DATA, "%s: '%s' %s", h->file, name, why);
}

static int read_type(const struct header *h, struct entry *e, const json_t *dtype)
{
    const char *word = json_string_value(dtype);

    if (!word)
        return refuse(h, e->name, "has no dtype");
    for (int i = 0; i < DS_ST_TYPES; i++)
        if (!strcmp(word, ds_st_types[i].name)) {
            e->dtype = ds_st_types[i].name;
            e->type = ds_st_types[i].type;
            return 0;
        }
    if (strlen(word) > 16 || ds_utf8_unprintable(word, strlen(word)) >= 0)
        return refuse(h, e->name, "has a dtype that is no word");
    return ds_fail(h->err, DS_DATA,
                   "%s: '%s' has dtype %s, expected F64, F32, F16, BF16, I64, I32, U8 or BOOL",
                   h->file, e->name, word);
}

/* The shape, and the bytes that it needs. */
static int read_shape(const struct header *h, struct entry *e, const json_t *shape,
                      size_t *bytes)
{
    const json_t *item;
    size_t i, need = ds_type_size(e->type);

    if (!json_is_array(shape))
        return refuse(h, e->name, "has no shape");
    if (json_array_size(shape) > DS_RANK_MAX)
        return refuse(h, e->name, "has more than 8 dimensions");
    e->rank = (int)json_array_size(shape);
    json_array_foreach(shape, i, item)
    {
        e->dims[i] = json_integer_value(item);
        if (!json_is_integer(item) || e->dims[i] < 0)
            return refuse(h, e->name, "has a dimension that is not a whole number");
        if (__builtin_mul_overflow(need, (size_t)e->dims[i], &need))
            return refuse(h, e->name, "is larger than can be addressed");
    }
    *bytes = need;
    return 0;
}

static int read_offsets(const struct header *h, struct entry *e, const json_t *offsets,
                        size_t bytes)
{
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);

    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return refuse(h, e->name, "has no pair of data_offsets");
    if (json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return refuse(h, e->name, "has data_offsets that run backwards");
    e->begin = (size_t)json_integer_value(begin);
    e->end = (size_t)json_integer_value(end);
    if (e->end > h->data)
        return ds_fail(h->err, DS_DATA,
                       "%s: '%s' ends at byte %zu of the data, which have %zu; the file is cut "
                       "off or not safetensors",
                       h->file, e->name, e->end, h->data);
    if (e->end - e->begin != bytes)
        return ds_fail(h->err, DS_DATA, "%s: '%s' takes %zu bytes, its shape needs %zu",
                       h->file, e->name, e->end - e->begin, bytes);
    return 0;
}

static int read_entry(struct header *h, const char *name, const json_t *row)
{
    struct entry *e = &h->entry[h->count];
    size_t bytes = 0;
    int code;

    if (ds_name_check(name, h->err))
        return ds_while(h->err, "%s", h->file);
    e->name = name;
    if (!json_is_object(row))
        return refuse(h, name, "is not described by an object");
    if ((code = read_type(h, e, json_object_get(row, "dtype"))) ||
        (code = read_shape(h, e, json_object_get(row, "shape"), &bytes)) ||
        (code = read_offsets(h, e, json_object_get(row, "data_offsets"), bytes)))
        return code;
    if (json_object_size(row) != 3)
        return refuse(h, name, "has other fields than dtype, shape and data_offsets");
    h->count++;
    return 0;
}

static int read_metadata(struct ds_bundle *b, const struct header *h, json_t *metadata)
{
    struct ds_notes *notes = ds_bundle_notes(b, "", h->err);
    const char *key;
    json_t *value;

    if (!notes)
        return h->err->code;
    if (!json_is_object(metadata))
        return refuse(h, "__metadata__", "is not an object");
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return refuse(h, "__metadata__", "has a value that is not text");
        if (ds_note_text(notes, key, json_string_value(value), h->err))
            return ds_while(h->err, "%s: __metadata__", h->file);
    }
    return 0;
}

static int read_header(struct ds_bundle *b, struct header *h, json_t *root)
{
    const char *name;
    json_t *row;
    int code;

    if (!json_is_object(root))
        return ds_fail(h->err, DS_DATA, "%s: its header is not a JSON object", h->file);
    if (json_object_size(root) > DS_ARRAYS_MAX)
        return ds_fail(h->err, DS_DATA, "%s: has more than %d arrays", h->file, DS_ARRAYS_MAX);
    if (!(h->entry = calloc(json_object_size(root) + 1, sizeof *h->entry)))
        return ds_fail(h->err, DS_NOMEM, "out of memory");
    json_object_foreach(root, name, row)
    {
        code =
            strcmp(name, "__metadata__") ? read_entry(h, name, row) : read_metadata(b, h, row);
        if (code)
            return code;
    }
    return 0;
}

/* By place; an empty array stands before the one that begins at the same byte. */
static int by_offset(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int add_arrays(struct ds_bundle *b, const struct header *h, const unsigned char *data)
{
    size_t at = 0;

    qsort(h->entry, h->count, sizeof *h->entry, by_offset);
    for (size_t i = 0; i < h->count; i++) {
        const struct entry *e = &h->entry[i];
        struct ds_array *a;

        if (e->begin != at)
            return ds_fail(h->err, DS_DATA,
                           "%s: '%s' begins at byte %zu of the data, expected %zu%s", h->file,
                           e->name, e->begin, at,
                           e->begin < at ? " (arrays overlap)" : " (there is a hole)");
        at = e->end;
        if (!(a = ds_bundle_add(b, e->name, e->type, e->rank, e->dims, data + e->begin,
                                h->err)))
            return ds_while(h->err, "%s", h->file);
        if (!strcmp(e->dtype, "BOOL") && ds_note_text(&a->notes, "dtype", "BOOL", h->err))
            return h->err->code;
    }
    if (at != h->data)
        return ds_fail(h->err, DS_DATA, "%s: has %zu bytes of data, its arrays take %zu",
                       h->file, h->data, at);
    return 0;
}

/* The header's length, checked against the file. */
static int frame(struct header *h, size_t *length, const unsigned char *bytes, size_t n)
{
    uint64_t says = 0;

    if (n < DS_ST_LENGTH)
        return ds_fail(h->err, DS_DATA,
                       "%s: has %zu bytes, even an empty safetensors file has 10", h->file, n);
    for (int i = 0; i < DS_ST_LENGTH; i++)
        says |= (uint64_t)bytes[i] << (8 * i);
    if (says > n - DS_ST_LENGTH)
        return ds_fail(
            h->err, DS_DATA,
            "%s: its header would have %llu bytes, the file has %zu; it is cut off or "
            "not safetensors",
            h->file, (unsigned long long)says, n);
    if (says > DS_ST_HEADER_MAX)
        return ds_fail(h->err, DS_DATA, "%s: its header has %llu bytes, at most %d are read",
                       h->file, (unsigned long long)says, DS_ST_HEADER_MAX);
    *length = (size_t)says;
    h->data = n - DS_ST_LENGTH - *length;
    return 0;
}

int ds_safetensors_load(struct ds_bundle *b, const char *path, struct ds_err *err)
{
    struct header h = {.file = path, .err = err};
    unsigned char *bytes = NULL;
    size_t n, length = 0;
    json_error_t bad;
    json_t *root = NULL;
    int code;

    if ((code = ds_file_read(&bytes, &n, path, file_max, err)))
        return code;
    if ((code = frame(&h, &length, bytes, n)))
        goto done;
    root = json_loadb((const char *)bytes + DS_ST_LENGTH, length, JSON_REJECT_DUPLICATES, &bad);
    if (!root)
        code = ds_fail(err, DS_DATA,
                       "%s: its header is not JSON with unique keys (%s at byte %d)", path,
                       json_error_code(&bad) == json_error_duplicate_key ? "a key comes twice"
                                                                         : "a mistake",
                       bad.position);
    else if (!(code = read_header(b, &h, root)))
        code = add_arrays(b, &h, bytes + DS_ST_LENGTH + length);

done:
    json_decref(root);
    free(h.entry);
    free(bytes);
    if (code)
        ds_bundle_clear(b);
    return code;
}
