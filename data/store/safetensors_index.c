/* data/store/safetensors_index.c -- the header of a safetensors file, checked. See
 * safetensors.h. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/json.h"
#include "data/store/safetensors.h"
#include "data/store/safetensors_int.h"

struct header {
    const char *file;
    struct ds_safetensors_index *x;
    size_t data;   /* bytes of numbers after the header */
    bool metadata; /* met */
    struct ds_err *err;
};

static int refuse(const struct header *h, const char *name, const char *why)
{
    return ds_fail(h->err, DS_DATA, "%s: '%s' %s", h->file, name, why);
}

static int read_type(const struct header *h, struct ds_safetensors_row *e, const json_t *dtype)
{
    const char *word = json_string_value(dtype);

    if (!word)
        return refuse(h, e->name, "has no dtype");
    for (int i = 0; i < DS_ST_TYPES; i++)
        if (!strcmp(word, ds_st_types[i].name)) {
            e->truth = !strcmp(word, "BOOL");
            e->type = ds_st_types[i].type;
            return 0;
        }
    if (strlen(word) > 16 || ds_utf8_unprintable(word, strlen(word)) >= 0)
        return refuse(h, e->name, "has a dtype that is no word");
    return ds_fail(h->err, DS_DATA,
                   "%s: '%s' has dtype %s, expected F64, F32, F16, BF16, I64, I32, I16, I8, U8 "
                   "or BOOL",
                   h->file, e->name, word);
}

/* The shape, and the bytes that it needs. */
static int read_shape(const struct header *h, struct ds_safetensors_row *e, const json_t *shape,
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

static int read_offsets(const struct header *h, struct ds_safetensors_row *e,
                        const json_t *offsets, size_t bytes)
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

/* A row that counts as soon as it has its name, so that clearing finds it. */
static struct ds_safetensors_row *new_row(const struct header *h, const char *name)
{
    struct ds_safetensors_index *x = h->x;
    const int room = x->room ? 2 * x->room : 64;
    struct ds_safetensors_row *grown;
    char *copy;

    if (x->count == x->room) {
        if (!(grown = realloc(x->row, (size_t)room * sizeof *grown))) {
            ds_fail(h->err, DS_NOMEM, "out of memory");
            return NULL;
        }
        x->row = grown;
        x->room = room;
    }
    if (!(copy = ds_text_copy(name, h->err)))
        return NULL;
    x->row[x->count] = (struct ds_safetensors_row){.name = copy};
    return &x->row[x->count++];
}

static int read_entry(const struct header *h, const char *name, const json_t *row)
{
    struct ds_safetensors_row *e;
    size_t bytes = 0;
    int code;

    if (ds_name_check(name, h->err))
        return ds_while(h->err, "%s", h->file);
    if (!json_is_object(row))
        return refuse(h, name, "is not described by an object");
    if (!(e = new_row(h, name)))
        return h->err->code;
    if ((code = read_type(h, e, json_object_get(row, "dtype"))) ||
        (code = read_shape(h, e, json_object_get(row, "shape"), &bytes)) ||
        (code = read_offsets(h, e, json_object_get(row, "data_offsets"), bytes)))
        return code;
    if (json_object_size(row) != 3)
        return refuse(h, name, "has other fields than dtype, shape and data_offsets");
    return 0;
}

static int read_metadata(struct header *h, json_t *metadata)
{
    const char *key;
    json_t *value;

    if (h->metadata)
        return refuse(h, "__metadata__", "comes twice");
    h->metadata = true;
    if (!json_is_object(metadata))
        return refuse(h, "__metadata__", "is not an object");
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return refuse(h, "__metadata__", "has a value that is not text");
        if (ds_note_text(&h->x->meta, key, json_string_value(value), h->err))
            return ds_while(h->err, "%s: __metadata__", h->file);
    }
    return 0;
}

static int take(void *with, const char *name, json_t *value)
{
    struct header *h = with;

    return strcmp(name, "__metadata__") ? read_entry(h, name, value) : read_metadata(h, value);
}

static int by_name(const void *a, const void *b)
{
    const struct ds_safetensors_row *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static void sort(const struct ds_safetensors_index *x, int order(const void *, const void *))
{
    if (x->count)
        qsort(x->row, (size_t)x->count, sizeof *x->row, order);
}

static int check_names(const struct header *h)
{
    sort(h->x, by_name);
    for (int i = 1; i < h->x->count; i++)
        if (!strcmp(h->x->row[i].name, h->x->row[i - 1].name))
            return refuse(h, h->x->row[i].name, "comes twice");
    return 0;
}

/* By place; an empty array stands before the one that begins at the same byte. */
static int by_offset(const void *a, const void *b)
{
    const struct ds_safetensors_row *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* In the order of their numbers the arrays cover them, each byte once. */
static int check_cover(const struct header *h)
{
    size_t at = 0;

    sort(h->x, by_offset);
    for (int i = 0; i < h->x->count; i++) {
        const struct ds_safetensors_row *e = &h->x->row[i];

        if (e->begin != at)
            return ds_fail(h->err, DS_DATA,
                           "%s: '%s' begins at byte %zu of the data, expected %zu%s", h->file,
                           e->name, e->begin, at,
                           e->begin < at ? " (arrays overlap)" : " (there is a hole)");
        at = e->end;
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

int ds_safetensors_parse(struct ds_safetensors_index *x, const unsigned char *bytes, size_t n,
                         const char *file, struct ds_err *err)
{
    struct header h = {.file = file, .x = x, .err = err};
    size_t length = 0;
    int code;

    if ((code = frame(&h, &length, bytes, n)))
        return code;
    x->numbers = DS_ST_LENGTH + length;
    if ((code = ds_json_entries((const char *)bytes + DS_ST_LENGTH, length, file, take, &h,
                                err)) ||
        (code = check_names(&h)) || (code = check_cover(&h)))
        ds_safetensors_clear(x);
    return code;
}

void ds_safetensors_clear(struct ds_safetensors_index *x)
{
    for (int i = 0; i < x->count; i++)
        free(x->row[i].name);
    free(x->row);
    ds_notes_clear(&x->meta);
    *x = (struct ds_safetensors_index){0};
}
