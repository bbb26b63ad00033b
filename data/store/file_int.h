/* data/store/file_int.h -- parts of files and folders. For the store and its tests only. */
#ifndef DS_DATA_STORE_FILE_INT_H
#define DS_DATA_STORE_FILE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/err.h"

/* An existing regular file, opened; its size. -1 after recording why not. */
int ds_file_open(const char *path, size_t *size, struct ds_err *err);

/* ds_file_read of a file that is open, and stays so; `path` is for the sentence. */
int ds_file_read_open(unsigned char **bytes, size_t *n, int fd, const char *path, size_t limit,
                      struct ds_err *err);

/* Up to n bytes, whatever signals come; fewer only at the end. -1: see errno. */
ssize_t ds_fd_read(int fd, void *to, size_t n);

/* All n bytes, whatever signals come. -1: see errno. */
int ds_fd_write(int fd, const void *from, size_t n);

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
