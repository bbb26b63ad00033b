/* data/store/safetensors_load.c -- safetensors into a bundle. See safetensors.h. */
#include <stdlib.h>

#include "data/store/file.h"
#include "data/store/safetensors.h"

static const size_t file_max = (size_t)32 << 30;

static int add_arrays(struct ds_bundle *b, struct ds_safetensors_index *x,
                      const unsigned char *bytes, const char *path, struct ds_err *err)
{
    for (int i = 0; i < x->count; i++) {
        const struct ds_safetensors_row *e = &x->row[i];
        struct ds_array *a = ds_bundle_add(b, e->name, e->type, e->rank, e->dims,
                                           bytes + x->numbers + e->begin, err);

        if (!a)
            return ds_while(err, "%s", path);
        if (e->truth && ds_note_text(&a->notes, "dtype", "BOOL", err))
            return err->code;
    }
    if (x->meta.count) {
        struct ds_notes *root = ds_bundle_notes(b, "", err);

        if (!root)
            return err->code;
        *root = x->meta;
        x->meta = (struct ds_notes){0};
    }
    return 0;
}

int ds_safetensors_load(struct ds_bundle *b, const char *path, struct ds_err *err)
{
    struct ds_safetensors_index x = {0};
    unsigned char *bytes = NULL;
    size_t n;
    int code;

    if ((code = ds_file_read(&bytes, &n, path, file_max, err)))
        return code;
    if (!(code = ds_safetensors_parse(&x, bytes, n, path, err)))
        code = add_arrays(b, &x, bytes, path, err);
    ds_safetensors_clear(&x);
    free(bytes);
    if (code)
        ds_bundle_clear(b);
    return code;
}
