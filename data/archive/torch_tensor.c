/* data/archive/torch_tensor.c -- storages and tensors of PyTorch. See torch_int.h. */
#include <stdio.h>
#include <string.h>

#include "data/store/name.h"
#include "data/archive/torch_int.h"

enum { KEY_MAX = 128 };

/* Types without a place here are known by their size, so that others are found behind them. */
static const struct ds_torch_type types[] = {
    {"FloatStorage", "float32", 4, true, DS_F32},
    {"HalfStorage", "float16", 2, true, DS_F16},
    {"BFloat16Storage", "bfloat16", 2, true, DS_BF16},
    {"DoubleStorage", "float64", 8, true, DS_F64},
    {"LongStorage", "int64", 8, true, DS_I64},
    {"IntStorage", "int32", 4, true, DS_I32},
    {"ShortStorage", "int16", 2, true, DS_I16},
    {"CharStorage", "int8", 1, true, DS_I8},
    {"ByteStorage", "uint8", 1, true, DS_U8},
    {"BoolStorage", "bool", 1, true, DS_U8},
    {"UntypedStorage", "", 1, false, DS_U8},
    {"ComplexFloatStorage", "complex64", 8, false, DS_U8},
    {"ComplexDoubleStorage", "complex128", 16, false, DS_U8},
    {"QInt8Storage", "qint8", 1, false, DS_U8},
    {"QUInt8Storage", "quint8", 1, false, DS_U8},
    {"QInt32Storage", "qint32", 4, false, DS_U8},
    {"", "uint16", 2, false, DS_U8},
    {"", "uint32", 4, false, DS_U8},
    {"", "uint64", 8, false, DS_U8},
    {"", "float8_e4m3fn", 1, false, DS_U8},
    {"", "float8_e5m2", 1, false, DS_U8},
    {"", "float8_e4m3fnuz", 1, false, DS_U8},
    {"", "float8_e5m2fnuz", 1, false, DS_U8},
};

/* The last part of a name in torch: torch.FloatStorage, torch.cuda.FloatStorage. */
static const char *last_part(const char *name)
{
    return !strncmp(name, "torch.", 6) ? strrchr(name, '.') + 1 : NULL;
}

const struct ds_torch_type *ds_torch_storage_type(const char *name)
{
    const char *last = last_part(name);

    for (size_t i = 0; last && *last && i < sizeof types / sizeof *types; i++)
        if (!strcmp(last, types[i].storage))
            return &types[i];
    return NULL;
}

const struct ds_torch_type *ds_torch_dtype(const char *name)
{
    const char *last = last_part(name);

    for (size_t i = 0; last && *last && i < sizeof types / sizeof *types; i++)
        if (!strcmp(last, types[i].dtype))
            return &types[i];
    return NULL;
}

/* (key, first element, elements) of another storage, which PyTorch before 1.6 could save. */
static bool read_view(struct ds_storage *s, const struct ds_value *view)
{
    const struct ds_value *item;

    s->viewed = -1;
    if (view->kind == DS_P_NONE)
        return true;
    if (view->kind != DS_P_TUPLE || view->node->count != 3)
        return false;
    item = view->node->item;
    if (item[1].kind != DS_P_INT || item[2].kind != DS_P_INT)
        return false;
    s->first = item[1].whole;
    s->viewed = item[2].whole;
    return s->first >= 0 && s->viewed >= 0 && s->first <= s->count &&
           s->viewed <= s->count - s->first;
}

int ds_torch_storage(struct ds_torch *t, struct ds_node *node)
{
    const struct ds_value *id = &node->item[0], *item;
    struct ds_storage *s;
    const char *what, *key;

    if (node->storage)
        return 0;
    if (id->kind != DS_P_TUPLE || id->node->count < 5)
        return ds_fail(t->err, DS_DATA, "%s: its pickle refers to something that is no storage",
                       t->file);
    item = id->node->item;
    what = ds_value_text(&item[0]);
    key = ds_value_text(&item[2]);
    if (!what || strcmp(what, "storage") || item[1].kind != DS_P_NAME || !key ||
        ds_utf8_unprintable(key, strlen(key)) >= 0 || item[4].kind != DS_P_INT ||
        item[4].whole < 0)
        return ds_fail(t->err, DS_DATA, "%s: its pickle refers to something that is no storage",
                       t->file);
    if (!(s = ds_heap_take(&t->a->own->heap, sizeof *s, t->err)))
        return t->err->code;
    *s = (struct ds_storage){.key = key, .count = item[4].whole, .viewed = -1};
    if (!(s->type = ds_torch_storage_type(ds_value_text(&item[1]))))
        return ds_fail(t->err, DS_DATA,
                       "%s: its pickle has a storage of %.100s, which is not known", t->file,
                       ds_value_text(&item[1]));
    if (id->node->count > 5 && !read_view(s, &item[5]))
        return ds_fail(t->err, DS_DATA, "%s: the part of the storage '%.100s' is not in it",
                       t->file, s->key);
    node->storage = s;
    return 0;
}

/* The zip entry of a storage, checked to hold what is declared. */
static int find_numbers(struct ds_torch *t, struct ds_storage *s, const char *name)
{
    char path[DS_ZIP_NAME_MAX + KEY_MAX + 16];
    struct ds_zip_entry *e = NULL;
    int64_t need;

    if (s->data)
        return 0;
    if (t->zip && strlen(s->key) <= KEY_MAX) {
        snprintf(path, sizeof path, "%s/data/%s", t->root, s->key);
        e = ds_zip_lookup(t->zip, path);
    }
    if (!e)
        return ds_fail(
            t->err, DS_DATA,
            "%s: '%.255s' needs the storage '%.100s', which is not there; download the "
            "file again",
            t->file, name, s->key);
    if (__builtin_mul_overflow(s->count, s->type->size, &need) || (uint64_t)need > e->size)
        return ds_fail(
            t->err, DS_DATA,
            "%s: the storage '%s' declares %lld numbers of %d bytes and has %llu bytes",
            t->file, s->key, (long long)s->count, s->type->size, (unsigned long long)e->size);
    if (ds_zip_read(t->zip, e, &t->a->own->heap, t->err))
        return t->err->code;
    s->data = e->data;
    return 0;
}

/* A tuple of whole numbers, bare or as torch.Size. -1 when it is none, or too long. */
static int read_wholes(int64_t out[DS_RANK_MAX], const struct ds_value *v)
{
    const struct ds_node *node = v->node;

    if (v->kind == DS_P_OBJECT && node->item[DS_OBJECT_CALLEE].kind == DS_P_NAME &&
        node->item[DS_OBJECT_CALLEE].node->role == DS_ROLE_SIZE &&
        node->item[DS_OBJECT_ARGS].node->count == 1) {
        v = &node->item[DS_OBJECT_ARGS].node->item[0];
        node = v->node;
    }
    if ((v->kind != DS_P_TUPLE && v->kind != DS_P_LIST) || node->count > DS_RANK_MAX)
        return -1;
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->item[i].kind != DS_P_INT)
            return -1;
        out[i] = node->item[i].whole;
    }
    return (int)node->count;
}

/* The type that the 7th argument names, over a storage of bytes. */
static const struct ds_torch_type *third_type(const struct ds_node *args)
{
    const char *name = args->count > 6 ? ds_value_text(&args->item[6]) : NULL;

    return name ? ds_torch_dtype(name) : NULL;
}

int ds_torch_tensor(struct ds_torch *t, enum ds_pickle_role role, const struct ds_node *args,
                    const char *name)
{
    struct ds_stored made = {.name = name};
    int64_t stride[DS_RANK_MAX], first, have;
    const struct ds_torch_type *type;
    struct ds_storage *s;

    if (ds_name_check(name, t->err))
        return ds_while(t->err, "%s", t->file);
    if (args->count < 4 || args->item[0].kind != DS_P_PERSISTENT ||
        args->item[1].kind != DS_P_INT)
        return ds_fail(t->err, DS_DATA,
                       "%s: '%.255s' is no tensor of storage, offset, size and stride", t->file,
                       name);
    first = args->item[1].whole;
    made.rank = read_wholes(made.dims, &args->item[2]);
    if (made.rank < 0 || read_wholes(stride, &args->item[3]) != made.rank)
        return ds_fail(t->err, DS_DATA,
                       "%s: '%.255s' has no size and stride of at most %d numbers", t->file,
                       name, DS_RANK_MAX);
    if (ds_torch_storage(t, args->item[0].node))
        return t->err->code;
    s = args->item[0].node->storage;
    type = role == DS_ROLE_TENSOR_3 ? third_type(args) : s->type;
    if (!type)
        return ds_archive_skip(t->a, name, "unknown type", t->err);
    if (!type->known)
        return ds_archive_skip(t->a, name, *type->dtype ? type->dtype : "untyped", t->err);
    if (find_numbers(t, s, name))
        return t->err->code;
    have = (s->viewed < 0 ? s->count : s->viewed) * s->type->size / type->size;
    if (first < 0 || first > have)
        return ds_fail(t->err, DS_DATA, "%s: '%.255s' begins outside its storage", t->file,
                       name);
    made.type = type->type;
    made.data = s->data + (s->first * s->type->size + first * type->size);
    return ds_archive_add(t->a, t->file, &made, stride, have - first, t->err);
}
