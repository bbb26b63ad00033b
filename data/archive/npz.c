/* data/archive/npz.c -- zip archives: NumPy's arrays here, PyTorch's in torch_zip.c.
 * See archive.h. */
#include <stdio.h>
#include <string.h>

#include "data/archive/archive_int.h"
#include "data/archive/npy_int.h"
#include "data/archive/torch_int.h"
#include "data/archive/zip_int.h"

static bool ends(const char *name, const char *with)
{
    const size_t n = strlen(name), m = strlen(with);

    return n >= m && !strcmp(name + n - m, with);
}

/* The numbers in the other byte order, as fresh memory. */
static const unsigned char *swap(struct ds_archive *a, const unsigned char *from, size_t n,
                                 size_t each, struct ds_err *err)
{
    unsigned char *to = ds_heap_take(&a->own->heap, n, err);

    for (size_t i = 0; to && i < n; i += each)
        for (size_t k = 0; k < each; k++)
            to[i + k] = from[i + each - 1 - k];
    return to;
}

static int add_array(struct ds_archive *a, const char *file, struct ds_stored *t,
                     const struct ds_npy *npy, size_t have, struct ds_err *err)
{
    const size_t each = ds_type_size(npy->type);
    int64_t stride[DS_RANK_MAX], next = 1;
    size_t need = each;

    t->type = npy->type;
    t->rank = npy->rank;
    for (int i = 0; i < npy->rank; i++) {
        t->dims[i] = npy->dims[i];
        stride[i] = next;
        if (npy->dims[i] && __builtin_mul_overflow(next, npy->dims[i], &next))
            return ds_fail(err, DS_DATA, "%s: '%s' is larger than can be addressed", file,
                           t->name);
    }
    for (int i = 0; i < npy->rank; i++)
        if (__builtin_mul_overflow(need, (size_t)npy->dims[i], &need))
            return ds_fail(err, DS_DATA, "%s: '%s' is larger than can be addressed", file,
                           t->name);
    if (need != have)
        return ds_fail(err, DS_DATA, "%s: '%s' has %zu bytes of numbers, its shape needs %zu",
                       file, t->name, have, need);
    if (npy->swapped && !(t->data = swap(a, t->data, have, each, err)))
        return ds_while(err, "%s", file);
    return ds_archive_add(a, file, t, npy->fortran ? stride : NULL, (int64_t)(have / each),
                          err);
}

static int read_entry(struct ds_archive *a, const struct ds_zip *z, struct ds_zip_entry *e,
                      struct ds_err *err)
{
    char name[DS_ZIP_NAME_MAX + 1], where[2 * DS_ZIP_NAME_MAX];
    struct ds_stored t = {.name = name};
    struct ds_npy npy;
    int code;

    snprintf(name, sizeof name, "%.*s", (int)(strlen(e->name) - strlen(".npy")), e->name);
    snprintf(where, sizeof where, "%.400s: '%s'", z->file, name);
    if ((code = ds_zip_read(z, e, &a->own->heap, err)) ||
        (code = ds_npy_parse(&npy, e->data, (size_t)e->size, where, err)))
        return code;
    if (!npy.known)
        return ds_archive_skip(a, name, npy.descr, err);
    t.data = e->data + npy.numbers;
    return add_array(a, z->file, &t, &npy, (size_t)e->size - npy.numbers, err);
}

static int read_arrays(struct ds_archive *a, const struct ds_zip *z, struct ds_err *err)
{
    int code = 0, arrays = 0;

    a->container = "npz";
    for (int i = 0; i < z->count && !code; i++)
        if (ends(z->entry[i].name, ".npy")) {
            code = read_entry(a, z, &z->entry[i], err);
            arrays++;
        }
    if (!code && !arrays)
        code = ds_fail(err, DS_DATA,
                       "%s: is a zip archive with neither NumPy arrays nor a PyTorch pickle%s",
                       z->file,
                       ds_zip_lookup(z, "model.weights.h5")
                           ? " (Keras packs so); export the model as safetensors"
                           : "");
    return code;
}

int ds_zip_weights_open(struct ds_archive *a, const struct ds_whole *m, struct ds_err *err)
{
    char root[DS_ZIP_NAME_MAX + 1];
    struct ds_zip z = {0};
    int code;

    if ((code = ds_zip_open(&z, m->bytes, m->n, m->path, err)))
        return code;
    code = ds_torch_root(root, sizeof root, &z) ? ds_torch_zip(a, &z, root, err)
                                                : read_arrays(a, &z, err);
    ds_zip_clear(&z);
    return code;
}
