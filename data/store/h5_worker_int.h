/* data/store/h5_worker_int.h -- the two sides of the reading process. Room only. */
#ifndef DS_DATA_STORE_H5_WORKER_INT_H
#define DS_DATA_STORE_H5_WORKER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

/* Memory for a file of n bytes: the file, its arrays, one of them in libhdf5's hands. */
#define DS_H5_SPACE(n) (3 * (n) + ((size_t)256 << 20))

enum { DS_H5_FILE_GIB = 8 }; /* the largest file that is read */

/* Gives up everything that reading a file of that size does not need. */
int ds_h5_limit(size_t file_size, struct ds_err *err);

/* Seconds that a child has besides those for the size of its file; for tests. */
void ds_h5_worker_patience(int seconds);

/* Whether a child reads; then it does. */
bool ds_h5_worker_used(void);
int ds_h5_worker_load(struct ds_bundle *b, const char *path, struct ds_err *err);

#endif
