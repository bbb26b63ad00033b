/* data/store/json.h -- JSON of strangers: measured before it is read. Public header.
 *
 * A parser takes memory by what a text says, not by its length: 16 MiB of "[0,0,0" are 400 MB
 * of values. So the text is measured before: nested at most 8 deep, at most 65536 keys in the
 * outermost object, and at most DS_JSON_MEMORY bytes by a rough count (a value 40 bytes, a text
 * 64 and its length, a key 32 more, a list 128, an object 256). Whether it is JSON at all, the
 * parser says. */
#ifndef DS_DATA_STORE_JSON_H
#define DS_DATA_STORE_JSON_H

#include <stddef.h>
#include "core/base/err.h"

enum { DS_JSON_DEPTH = 8, DS_JSON_KEYS = 65536, DS_JSON_MEMORY = 32 << 20 };

/* `file` begins the sentence. DS_DATA. */
int ds_json_measure(const char *text, size_t n, const char *file, struct ds_err *err);

/* Takes one entry of an object, which is gone afterwards; or records why not and says so. */
struct json_t;
typedef int ds_json_take(void *with, const char *key, struct json_t *value);

/* Every entry of a JSON object in turn, until one is not taken: of many entries one is in
 * memory at a time, and DS_JSON_MEMORY is for each. An object inside has no key twice; whether
 * the outermost has, the taker sees. `file` begins the sentences. DS_DATA, and what take says.
 */
int ds_json_entries(const char *text, size_t n, const char *file, ds_json_take *take,
                    void *with, struct ds_err *err);

#endif
