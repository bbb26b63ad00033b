/* data/store/file_int.h -- parts of files and folders. For the store and its tests only. */
#ifndef DS_DATA_STORE_FILE_INT_H
#define DS_DATA_STORE_FILE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

/* The checksum continued: crc32c(ab) = more(more(0, a), b). */
uint32_t ds_crc32c_more(uint32_t crc, const void *bytes, size_t n);

/* The same without special instructions. */
uint32_t ds_crc32c_portable(uint32_t crc, const void *bytes, size_t n);

/* Whether a file name is one that ds_file_publish gives its temporary files. */
bool ds_file_is_temporary(const char *name);

/* Makes the names in a folder durable. DS_IO. */
int ds_folder_sync(const char *folder, struct ds_err *err);

/* The folder part of a path: "." where there is none. DS_USAGE when it is too long. */
int ds_folder_of(char *folder, size_t size, const char *path, struct ds_err *err);

#endif
