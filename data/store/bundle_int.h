/* data/store/bundle_int.h -- what the store's own files share about names. Room only. */
#ifndef DS_DATA_STORE_BUNDLE_INT_H
#define DS_DATA_STORE_BUNDLE_INT_H

#include "core/base/err.h"
#include "data/store/name.h"

enum {
    DS_ARRAYS_MAX = 65536, /* arrays in a bundle */
    DS_NOTES_MAX = 4096    /* notes in one place */
};

/* strdup, or NULL after recording DS_NOMEM. */
char *ds_text_copy(const char *text, struct ds_err *err);

#endif
