/* data/archive/torch_legacy.c -- what torch.save wrote before PyTorch 1.6. See torch_int.h.
 *
 *     pickles: 0x1950a86a20f9469cfc6c, 1001, {"little_endian": True, ...}, the object,
 *              the keys of its storages
 *     for each key: elements (8 bytes, little-endian), numbers */
#include <stdlib.h>
#include <string.h>

#include "data/store/name.h"
#include "data/archive/torch_int.h"

struct legacy {
    struct ds_torch t;
    const struct ds_whole *m;
    size_t at;
    struct ds_storage **stored; /* of the object, by key */
    size_t count;
};

/* The next pickle of the file. */
static int next(struct legacy *l, struct ds_pickle *p)
{
    int code = ds_pickle_read(p, l->m->bytes + l->at, l->m->n - l->at, l->t.file, l->t.err);

    if (!code)
        l->at += p->length;
    return code;
}

static int refuse(const struct legacy *l, const char *why)
{
    return ds_fail(l->t.err, DS_DATA, "%s: %s", l->t.file, why);
}

static bool is_big_endian(const struct ds_value *info)
{
    uint32_t count;
    const struct ds_value *pair = ds_torch_pairs(info, &count);

    for (uint32_t i = 0; i + 1 < count; i += 2) {
        const char *key = ds_value_text(&pair[i]);

        if (key && !strcmp(key, "little_endian"))
            return pair[i + 1].kind == DS_P_BOOL && !pair[i + 1].whole;
    }
    return false;
}

/* The three pickles in front of the object. */
static int read_head(struct legacy *l)
{
    static const unsigned char magic[10] = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

    for (int i = 0; i < 3; i++) {
        struct ds_pickle p = {0};
        const struct ds_value *v = &p.result;
        int code = next(l, &p);

        if (code)
            return code;
        if (i == 0 && (v->kind != DS_P_BYTES || v->node->count != sizeof magic ||
                       memcmp(v->node->text, magic, sizeof magic)))
            code = refuse(l, "does not begin with the number of torch.save");
        else if (i == 1 && (v->kind != DS_P_INT || v->whole != 1001))
            code = refuse(l, "has another protocol than 1001; load and save it again with a "
                             "newer PyTorch");
        else if (i == 2 && is_big_endian(v))
            code = refuse(l, "its numbers are big-endian; load it and save it again on the "
                             "machine that most people have");
        ds_pickle_clear(&p);
        if (code)
            return code;
    }
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(struct ds_storage *const *)a)->key, (*(struct ds_storage *const *)b)->key);
}

/* A network that was saved whole refers to its classes so, with their source. */
static bool is_class(const struct ds_node *node)
{
    const struct ds_value *id = &node->item[0];
    const char *what =
        id->kind == DS_P_TUPLE && id->node->count ? ds_value_text(&id->node->item[0]) : NULL;

    return what && !strcmp(what, "module");
}

/* The storages that the object refers to; each key is of one type and size. */
static int collect(struct legacy *l, const struct ds_pickle *p)
{
    size_t n = 0;

    for (struct ds_node *node = p->persistent; node; node = node->before, n++)
        if (!is_class(node) && ds_torch_storage(&l->t, node))
            return l->t.err->code;
    if (!(l->stored = malloc((n + 1) * sizeof *l->stored)))
        return ds_fail(l->t.err, DS_NOMEM, "out of memory");
    for (struct ds_node *node = p->persistent; node; node = node->before)
        if (node->storage)
            l->stored[l->count++] = node->storage;
    qsort(l->stored, l->count, sizeof *l->stored, by_key);
    for (size_t i = 1; i < l->count; i++) {
        const struct ds_storage *x = l->stored[i - 1], *y = l->stored[i];

        if (!strcmp(x->key, y->key) && (x->type != y->type || x->count != y->count))
            return ds_fail(l->t.err, DS_DATA, "%s: the storage '%.100s' has two types or sizes",
                           l->t.file, x->key);
    }
    return 0;
}

/* All references to one key find its numbers. */
static int place(struct legacy *l, const char *key)
{
    const struct ds_storage wanted = {.key = key}, *pointer = &wanted;
    struct ds_storage **found =
        bsearch(&pointer, l->stored, l->count, sizeof *l->stored, by_key);
    const size_t left = l->m->n - l->at;
    int64_t bytes;

    if (!found)
        return ds_fail(l->t.err, DS_DATA, "%s: has a storage '%.100s' that no tensor uses",
                       l->t.file, key);
    while (found > l->stored && !strcmp(found[-1]->key, key))
        found--;
    if ((*found)->data)
        return ds_fail(l->t.err, DS_DATA, "%s: has the storage '%.100s' twice", l->t.file, key);
    if (left < 8 || __builtin_mul_overflow((*found)->count, (*found)->type->size, &bytes) ||
        (uint64_t)bytes > left - 8)
        return ds_fail(l->t.err, DS_DATA,
                       "%s: ends in the storage '%.100s'; it is cut off, download it again",
                       l->t.file, key);
    if (ds_little(l->m->bytes + l->at, 8) != (uint64_t)(*found)->count)
        return ds_fail(l->t.err, DS_DATA,
                       "%s: the storage '%.100s' has %lld numbers, %lld expected", l->t.file,
                       key, (long long)ds_little(l->m->bytes + l->at, 8),
                       (long long)(*found)->count);
    for (; found < l->stored + l->count && !strcmp((*found)->key, key); found++)
        (*found)->data = l->m->bytes + l->at + 8;
    l->at += 8 + (size_t)bytes;
    return 0;
}

static int read_storages(struct legacy *l)
{
    struct ds_pickle keys = {0};
    int code = next(l, &keys);

    if (!code && keys.result.kind != DS_P_LIST)
        code = refuse(l, "has no list of storages behind its pickle");
    for (uint32_t i = 0; !code && i < keys.result.node->count; i++) {
        const char *key = ds_value_text(&keys.result.node->item[i]);

        code = key && ds_utf8_unprintable(key, strlen(key)) < 0
                   ? place(l, key)
                   : refuse(l, "has a storage without a name");
    }
    ds_pickle_clear(&keys);
    if (!code && l->at != l->m->n)
        code = ds_fail(l->t.err, DS_DATA, "%s: has %zu bytes behind its last storage",
                       l->t.file, l->m->n - l->at);
    return code;
}

int ds_legacy_open(struct ds_archive *a, const struct ds_whole *m, struct ds_err *err)
{
    struct ds_pickle object = {0};
    struct legacy l = {.m = m, .t = {.a = a, .file = m->path, .pickle = &object, .err = err}};
    int code;

    a->container = "PyTorch legacy pickle";
    if ((code = read_head(&l)) || (code = next(&l, &object)))
        return code;
    if (!(code = collect(&l, &object)) && !(code = read_storages(&l)))
        code = ds_torch_walk(&l.t);
    free(l.stored);
    ds_pickle_clear(&object);
    return code;
}
