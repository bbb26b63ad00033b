/* data/store/bundle_int.h -- what the store's own files share about names. Room only. */
#ifndef DS_DATA_STORE_BUNDLE_INT_H
#define DS_DATA_STORE_BUNDLE_INT_H

#include <stddef.h>
#include "core/base/err.h"
#include "data/store/bundle.h"
#include "data/store/name.h"

enum {
    DS_ARRAYS_MAX = 65536, /* arrays in a bundle */
    DS_NOTES_MAX = 4096    /* notes in one place */
};

/* Names one dimension: n bytes. */
int ds_array_label_one(struct ds_array *a, int dim, const char *label, size_t n,
                       struct ds_err *err);

/* strdup, or NULL after recording DS_NOMEM. */
char *ds_text_copy(const char *text, struct ds_err *err);

#endif
