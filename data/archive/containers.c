/* data/archive/containers.c -- safetensors and driftscope's own HDF5 as archives.
 * See archive.h; what they are is known to data/store. */
#include <string.h>

#include "data/store/h5.h"
#include "data/store/safetensors.h"
#include "data/archive/archive_int.h"

static int add_rows(struct ds_archive *a, const struct ds_whole *m,
                    const struct ds_safetensors_index *x, struct ds_err *err)
{
    int code = 0;

    for (int i = 0; i < x->count && !code; i++) {
        const struct ds_safetensors_row *row = &x->row[i];
        struct ds_stored t = {.name = row->name,
                              .type = row->type,
                              .rank = row->rank,
                              .data = m->bytes + x->numbers + row->begin};

        memcpy(t.dims, row->dims, sizeof t.dims);
        code =
            ds_archive_add(a, m->path, &t, NULL,
                           (int64_t)((row->end - row->begin) / ds_type_size(row->type)), err);
    }
    for (int i = 0; i < x->meta.count && !code; i++)
        code = ds_note_text(&a->meta, x->meta.note[i].key, x->meta.note[i].text, err);
    return code;
}

int ds_safetensors_open(struct ds_archive *a, const struct ds_whole *m, struct ds_err *err)
{
    struct ds_safetensors_index x = {0};
    int code = ds_safetensors_parse(&x, m->bytes, m->n, m->path, err);

    a->container = "safetensors";
    if (!code)
        code = add_rows(a, m, &x, err);
    ds_safetensors_clear(&x);
    return code;
}

/* libhdf5 fills the bundle, in a process of its own. */
int ds_hdf5_open(struct ds_archive *a, struct ds_whole *m, struct ds_err *err)
{
    struct ds_bundle *b = &a->own->bundle;
    int code;

    if (b->count)
        return ds_fail(err, DS_DATA, "%s: is a file of driftscope, expected a part of a model",
                       m->path);
    a->container = "driftscope hdf5";
    ds_whole_forget(m);
    if ((code = ds_bundle_load(b, m->path, err)))
        return code;
    for (int i = 0; i < b->count && !code; i++) {
        const struct ds_array *array = &b->array[i];
        struct ds_stored t = {
            .name = array->name, .type = array->type, .rank = array->rank, .data = array->data};

        if (array->type == DS_STRING)
            continue;
        memcpy(t.dims, array->dims, sizeof t.dims);
        code = ds_archive_add(a, m->path, &t, NULL, ds_array_count(array), err);
    }
    return code;
}
