/* data/store/bundle.c -- named arrays with notes. See the header. */
#include "data/store/bundle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [DS_U8] = {"uint8", 1},    [DS_I32] = {"int32", 4},     [DS_I64] = {"int64", 8},
    [DS_F16] = {"float16", 2}, [DS_BF16] = {"bfloat16", 2}, [DS_F32] = {"float32", 4},
    [DS_F64] = {"float64", 8}, [DS_STRING] = {"string", 0}, [DS_I8] = {"int8", 1},
    [DS_I16] = {"int16", 2},
};

size_t ds_type_size(enum ds_type type)
{
    return types[type].size;
}

const char *ds_type_name(enum ds_type type)
{
    return types[type].name;
}

int64_t ds_array_count(const struct ds_array *a)
{
    int64_t count = 1;

    for (int i = 0; i < a->rank; i++)
        count *= a->dims[i];
    return count;
}

static void array_clear(struct ds_array *a)
{
    if (a->type == DS_STRING && a->data)
        for (int64_t i = 0, n = ds_array_count(a); i < n; i++)
            free(((char **)a->data)[i]);
    if (!a->borrowed)
        free(a->data);
    free(a->name);
    ds_notes_clear(&a->notes);
    for (int i = 0; a->axis && i < a->rank; i++) {
        free(a->axis[i].label);
        free(a->axis[i].scale);
    }
    free(a->axis);
    *a = (struct ds_array){0};
}

void ds_bundle_clear(struct ds_bundle *b)
{
    for (int i = 0; i < b->count; i++)
        array_clear(&b->array[i]);
    for (int i = 0; i < b->groups; i++) {
        free(b->group[i].group);
        ds_notes_clear(&b->group[i].notes);
    }
    free(b->array);
    free(b->group);
    free(b->slot);
    *b = (struct ds_bundle){0};
}

/* The slot of that name: where it is, or the empty one where it belongs. */
static int *slot_of(const struct ds_bundle *b, const char *name)
{
    const uint32_t mask = (uint32_t)b->slots - 1;
    uint32_t at = 2166136261u; /* FNV-1a */

    for (const char *c = name; *c; c++)
        at = (at ^ (unsigned char)*c) * 16777619u;
    for (at &= mask; b->slot[at]; at = (at + 1) & mask)
        if (!strcmp(b->array[b->slot[at] - 1].name, name))
            break;
    return &b->slot[at];
}

struct ds_array *ds_bundle_lookup(const struct ds_bundle *b, const char *name)
{
    const int found = b->slots ? *slot_of(b, name) : 0;

    return found ? &b->array[found - 1] : NULL;
}

/* Room for one more; the table of names stays at most half full. */
static int make_room(struct ds_bundle *b, struct ds_err *err)
{
    const int room = b->room ? 2 * b->room : 16;
    struct ds_array *array;
    int *slot;

    if (b->count < b->room)
        return 0;
    if (b->count >= DS_ARRAYS_MAX)
        return ds_fail(err, DS_DATA, "more than %d arrays", DS_ARRAYS_MAX);
    if (!(array = realloc(b->array, (size_t)room * sizeof *array)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    b->array = array;
    if (!(slot = calloc(2 * (size_t)room, sizeof *slot)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    free(b->slot);
    b->slot = slot;
    b->slots = 2 * room;
    b->room = room;
    for (int i = 0; i < b->count; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): arrays that count have names */
        *slot_of(b, b->array[i].name) = i + 1;
    return 0;
}

/* Elements and bytes of a shape; dimensions of 0 do not excuse absurd other ones. */
static int measure(const char *name, enum ds_type type, int rank, const int64_t *dims,
                   size_t *count, size_t *bytes, struct ds_err *err)
{
    const size_t each = type == DS_STRING ? sizeof(char *) : ds_type_size(type);
    int64_t whole = (int64_t)each;
    bool empty = false;

    if (rank < 0 || rank > DS_RANK_MAX)
        return ds_fail(err, DS_DATA, "'%s' has %d dimensions, at most %d are allowed", name,
                       rank, DS_RANK_MAX);
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return ds_fail(err, DS_DATA, "'%s' has a dimension of %lld", name,
                           (long long)dims[i]);
        empty = empty || dims[i] == 0;
        if (dims[i] > 0 && __builtin_mul_overflow(whole, dims[i], &whole))
            return ds_fail(err, DS_DATA, "'%s' is larger than can be addressed", name);
    }
    *bytes = empty ? 0 : (size_t)whole;
    *count = *bytes / each;
    return 0;
}

static int fill_strings(char **to, const char *const *from, size_t count, const char *name,
                        struct ds_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = from ? from[i] : "";

        if (!ds_utf8_valid(text, strlen(text)))
            return ds_fail(err, DS_DATA, "string %zu of '%s' is not valid UTF-8", i, name);
        if (!(to[i] = ds_text_copy(text, err)))
            return err->code;
    }
    return 0;
}

/* The data of a new array: a copy, or zeros. */
static int fill(struct ds_array *a, const void *from, size_t count, size_t bytes,
                struct ds_err *err)
{
    const bool copies = from && bytes && a->type != DS_STRING;

    if (!(a->data = copies ? malloc(bytes) : calloc(bytes ? bytes : 1, 1)))
        return ds_fail(err, DS_NOMEM, "out of memory: '%s' needs %.1f MB", a->name,
                       (double)bytes / 1e6);
    if (copies)
        memcpy(a->data, from, bytes);
    return a->type == DS_STRING ? fill_strings(a->data, from, count, a->name, err) : 0;
}

static struct ds_array *add(struct ds_bundle *b, struct ds_array a, const char *name, int rank,
                            const int64_t *dims, const void *data, struct ds_err *err)
{
    struct ds_array *made = NULL;
    size_t count = 0, bytes = 0;

    if (ds_name_check(name, err) || measure(name, a.type, rank, dims, &count, &bytes, err))
        return NULL;
    if (ds_bundle_lookup(b, name)) {
        ds_fail(err, DS_DATA, "there are two arrays '%s'", name);
        return NULL;
    }
    if (make_room(b, err) || !(a.name = ds_text_copy(name, err)))
        return NULL;
    a.rank = rank;
    for (int i = 0; i < rank; i++)
        a.dims[i] = dims[i];
    if (!a.borrowed && fill(&a, data, count, bytes, err))
        goto done;
    made = &b->array[b->count++];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): where there is room is an array */
    *made = a;
    *slot_of(b, name) = b->count;

done:
    if (!made)
        array_clear(&a);
    return made;
}

struct ds_array *ds_bundle_add(struct ds_bundle *b, const char *name, enum ds_type type,
                               int rank, const int64_t *dims, const void *data,
                               struct ds_err *err)
{
    return add(b, (struct ds_array){.type = type}, name, rank, dims, data, err);
}

struct ds_array *ds_bundle_borrow(struct ds_bundle *b, const char *name, enum ds_type type,
                                  int rank, const int64_t *dims, const void *data,
                                  struct ds_err *err)
{
    const struct ds_array a = {.type = type, .data = (void *)data, .borrowed = true};

    return add(b, a, name, rank, dims, NULL, err);
}
