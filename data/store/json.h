/* data/store/json.h -- whether a JSON text is small enough to be read. Public header.
 *
 * A parser takes memory by what a text says, not by its length: 16 MiB of "[0,0,0" are 400 MB
 * of values. So the text is measured before: nested at most 8 deep, at most 65536 keys in the
 * outermost object, and at most DS_JSON_MEMORY bytes by a rough count (a value 40 bytes, a key
 * 96, a list 128, an object 256). Whether it is JSON at all, the parser says. */
#ifndef DS_DATA_STORE_JSON_H
#define DS_DATA_STORE_JSON_H

#include <stddef.h>
#include "core/base/err.h"

enum { DS_JSON_DEPTH = 8, DS_JSON_KEYS = 65536, DS_JSON_MEMORY = 80 << 20 };

/* `file` begins the sentence. DS_DATA. */
int ds_json_measure(const char *text, size_t n, const char *file, struct ds_err *err);

#endif
