/* data/store/bundle_int.h -- what the store's own files share about names. Room only. */
#ifndef DS_DATA_STORE_BUNDLE_INT_H
#define DS_DATA_STORE_BUNDLE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"

enum {
    DS_ARRAYS_MAX = 65536, /* arrays in a bundle */
    DS_NOTES_MAX = 4096    /* notes in one place */
};

/* Well-formed UTF-8 without NUL: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool ds_utf8_valid(const char *text, size_t n);

/* The first byte that is no part of printable UTF-8 (a control, or malformed), or -1. */
long ds_utf8_unprintable(const char *text, size_t n);

/* A name as bundle.h demands it. DS_DATA. */
int ds_name_check(const char *name, struct ds_err *err);

/* strdup, or NULL after recording DS_NOMEM. */
char *ds_text_copy(const char *text, struct ds_err *err);

#endif
