/* data/store/name.h -- which names and texts may be stored. Public header. */
#ifndef DS_DATA_STORE_NAME_H
#define DS_DATA_STORE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"

/* Well-formed UTF-8 without NUL: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool ds_utf8_valid(const char *text, size_t n);

/* The first byte that is no part of printable UTF-8 (a control, or malformed), or -1. */
long ds_utf8_unprintable(const char *text, size_t n);

/* A name as bundle.h demands it. DS_DATA. */
int ds_name_check(const char *name, struct ds_err *err);

#endif
