/* viz/cli/json.h -- a result as JSON on standard output. For viz/cli only. */
#ifndef DS_VIZ_CLI_JSON_H
#define DS_VIZ_CLI_JSON_H

#include <jansson.h>
#include "core/base/err.h"

/* Prints `root` (NULL: out of memory on the way here) and a newline, and gives it up. Whether
 * it could be written is main.c's question, as for all output. */
int ds_json_print(json_t *root, struct ds_err *err);

/* Once, before anything else: memory for JSON is there, or the program ends with 71 and one line.
 * The builders of documents need not look, and none is printed with a row missing. */
void ds_json_begin(void);

/* A number, or null where it is not finite: JSON has no NaN. */
json_t *ds_json_real(double value);

/* A text, or null where it is NULL or not UTF-8. */
json_t *ds_json_text(const char *text);

#endif
