/* data/protocol/weights.c -- weights of a network, from and to files. See the header. */
#include "data/protocol/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "data/protocol/checkpoint.h"
#include "data/store/h5.h"
#include "data/store/record.h"
#include "data/store/run.h"
#include "data/store/safetensors.h"

int ds_weights_open(struct ds_bundle *b, char *file, size_t size, const char *address,
                    struct ds_err *err)
{
    const size_t length = strlen(address);
    struct ds_address at;
    struct stat st;

    if (length > 12 && !strcmp(address + length - 12, ".safetensors")) {
        snprintf(file, size, "%s", address);
        return ds_safetensors_load(b, address, err);
    }
    if (ds_address_parse(&at, address, err))
        return err->code;
    if (!stat(at.run, &st) && S_ISREG(st.st_mode)) {
        snprintf(file, size, "%s", at.run);
        return ds_bundle_load(b, at.run, err);
    }
    return ds_run_file(file, size, &at, err) ? (int)err->code : ds_bundle_load(b, file, err);
}

static const struct ds_array *find(const struct ds_bundle *b, const char *file,
                                   const struct ds_tensor *t, struct ds_err *err)
{
    int64_t dims[4];
    char name[96];

    for (int i = 0; i < t->rank; i++)
        dims[i] = t->dims[i];
    snprintf(name, sizeof name, "model/%s", t->name);
    return ds_bundle_need(b, file, ds_bundle_lookup(b, name) ? name : t->name, DS_F32, t->rank,
                          dims, err);
}

int ds_weights_trunk(float *params, const struct ds_vit *v, const struct ds_bundle *b,
                     const char *file, struct ds_err *err)
{
    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *t = &v->tensors.row[i];
        const struct ds_array *a;
        const float *value;

        if (t->part == DS_HEAD_W || t->part == DS_HEAD_B)
            continue;
        a = find(b, file, t, err);
        if (!a)
            return err->code;
        value = a->data;
        for (size_t k = 0; k < t->count; k++)
            if (!isfinite(value[k]))
                return ds_fail(err, DS_DATA,
                               "%s: '%s' holds values that are not finite; these weights "
                               "cannot be used",
                               file, t->name);
        memcpy(params + t->at, value, t->count * sizeof *params);
    }
    return 0;
}
