/* viz/cli/cmd_info.h -- what driftscope info says of runs and of files. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_INFO_H
#define DS_VIZ_CLI_CMD_INFO_H

#include <jansson.h>
#include <stdbool.h>
#include "core/base/err.h"
#include "data/store/bundle.h"
#include "data/store/record.h"
#include "data/store/run.h"

/* A run: its record in words, or as JSON (NULL: out of memory). `all`: every option, not only
 * those that differ from the defaults. */
void ds_info_run_text(const struct ds_record *r, const struct ds_run *run, bool all);
json_t *ds_info_run_json(const struct ds_record *r, const struct ds_run *run);

/* Bytes of RUN/checkpoints/<name>, -1 when it is not there. */
long long ds_info_size(const struct ds_run *run, const char *name);

/* Mean over tasks 0..after of correct/total, in rows of T. */
double ds_info_accuracy(const struct ds_record *r, const int *correct, int after);

/* Key and value of the next "key = value" line of an INI text; NULL at its end. */
const char *ds_info_line(const char *text, char *key, size_t key_size, char *value,
                         size_t value_size);

/* A file of arrays. `norms`: also their Euclidean norm and range. */
int ds_info_file_text(const struct ds_bundle *b, const char *file, bool norms,
                      struct ds_err *err);
json_t *ds_info_file_json(const struct ds_bundle *b, const char *file);

#endif
