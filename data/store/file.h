/* data/store/file.h -- files are read whole and published whole. Public header.
 *
 * Publishing: a temporary file beside the target (O_EXCL | O_NOFOLLOW), write, fsync, close,
 * rename, fsync of the folder. A disk without room for it is refused before that. A failure
 * leaves the old file untouched and no temporary one;
 * a failed fsync is a failed save and is never retried (PostgreSQL's fsyncgate). Only the last
 * fsync, that of the folder, can fail with the new file in place: the sentence says so.
 * From 1 MiB on, memory that begins at a multiple of DS_FILE_BLOCK is written past the page
 * cache (O_DIRECT), which costs a fraction; anything else is written as ever.
 * Targets that exist must be regular files: nothing is written through a symbolic link. */
#ifndef DS_DATA_STORE_FILE_H
#define DS_DATA_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

enum { DS_FILE_BLOCK = 4096 };

/* DS_CANTCREATE, DS_IO. */
int ds_file_publish(const char *path, const void *bytes, size_t n, struct ds_err *err);

/* The whole file in fresh memory (free it). Larger than `limit` is refused before reading.
 * DS_NOINPUT, DS_DATA, DS_IO. */
int ds_file_read(unsigned char **bytes, size_t *n, const char *path, size_t limit,
                 struct ds_err *err);

/* Whether the file holds exactly these bytes: what was published is read back, from the disk
 * itself where it is large and the file system lets us. DS_IO. */
int ds_file_verify(const char *path, const void *bytes, size_t n, struct ds_err *err);

/* The code of a file or folder that cannot be opened, listed or examined, for the reason in
 * errno: DS_NOINPUT where it is not there or is not ours to read, DS_NOMEM, or DS_IO where the
 * system failed, so that the file may well be there. */
enum ds_code ds_open_code(int why);

/* Whether there is a folder of that name; a link to nowhere is none. Fails with ds_open_code
 * where the system cannot tell. */
int ds_folder_there(bool *folder, const char *path, struct ds_err *err);

/* Whether nothing is there. What cannot be looked at (a failing disk) is there: who opens it
 * learns what is wrong. */
bool ds_file_absent(const char *path);

/* What differs between a file and anything that is ever in its place: its ctime (seconds and
 * nanoseconds) is the kernel's to set. All fields fill all bytes. */
struct ds_file_state {
    uint64_t device, node;
    int64_t size, changed, nanoseconds;
};

/* What is there now. False: nothing, or nothing that can be looked at. */
bool ds_file_state(struct ds_file_state *state, const char *path);

/* CRC-32C (Castagnoli): "123456789" gives 0xe3069283. */
uint32_t ds_crc32c(const void *bytes, size_t n);

#endif
