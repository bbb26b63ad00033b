/* data/source/reader_int.h -- a file read once, front to back, to its exact end.
 *
 * For formats whose header says how long they are: what follows must be exactly that, not a
 * byte less, not a byte more. A gzip file is unpacked on the way, with its checksum and
 * length verified; whether it is one is told by its first bytes, not by its name. */
#ifndef DS_DATA_SOURCE_READER_INT_H
#define DS_DATA_SOURCE_READER_INT_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

struct ds_reader;

/* DS_NOINPUT, DS_DATA (not a regular file), DS_NOMEM. */
int ds_reader_open(struct ds_reader **out, const char *path, struct ds_err *err);
void ds_reader_close(struct ds_reader *r);

/* The most bytes this file can deliver: its size, a thousand times that when packed. Headers
 * that promise more are lies, to be refused before memory is asked for. */
uint64_t ds_reader_limit(const struct ds_reader *r);

/* The next n bytes, all of them. DS_DATA when the file ends before or cannot be unpacked. */
int ds_reader_read(struct ds_reader *r, void *into, size_t n, struct ds_err *err);

/* DS_DATA unless everything was read and, when packed, the checksum agrees. */
int ds_reader_end(struct ds_reader *r, struct ds_err *err);

#endif
