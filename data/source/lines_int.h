/* data/source/lines_int.h -- a small text file as a list of its lines.
 *
 * Lines are trimmed; empty ones are left out. The text becomes class names, which end up in
 * tables, figures and HDF5: only printable UTF-8 is let in. */
#ifndef DS_DATA_SOURCE_LINES_INT_H
#define DS_DATA_SOURCE_LINES_INT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"

enum { DS_LINES_BYTES = 1 << 20, DS_NAME_BYTES = 255 };

struct ds_lines {
    char *text;
    char **line; /* [count] into text */
    int *number; /* [count] 1-based line numbers in the file */
    int count;
};

/* DS_NOINPUT, DS_DATA (over DS_LINES_BYTES, not printable UTF-8), DS_NOMEM. */
int ds_lines_load(struct ds_lines *l, const char *path, struct ds_err *err);
void ds_lines_clear(struct ds_lines *l);

/* Whether a name is 1 to DS_NAME_BYTES bytes of UTF-8 without control characters. */
bool ds_name_fits(const char *name);

#endif
