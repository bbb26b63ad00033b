/* data/store/run.h -- the directory of a run. Public header.
 *
 *     RUN/run.h5                     what people read (record.h), replaced whole
 *     RUN/checkpoints/task_00.h5     the initial model, task_01.h5 after the first task ...
 *     RUN/checkpoints/step_000000420.h5   what resuming needs; the newest ones are kept
 *     RUN/lock                       flock, held for the life of the writer
 *
 * One process writes; any number read, without a lock: files appear whole, and are replaced
 * or removed, never changed. The lock is the kernel's, so it goes with its holder, however
 * that ends. */
#ifndef DS_DATA_STORE_RUN_H
#define DS_DATA_STORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"
#include "data/store/bundle.h"
#include "data/store/file.h"

enum { DS_PATH_MAX = 1024, DS_RUN_PATH_MAX = DS_PATH_MAX + 64 };

/* The states of files that were read and found whole; the last ones. */
enum { DS_RUN_WHOLE = 8 };

struct ds_run {
    char path[DS_PATH_MAX];
    int lock; /* descriptor of RUN/lock while writing, or -1 */
    struct ds_file_state whole[DS_RUN_WHOLE];
    int wholes; /* found so far */
};

/* Makes RUN, with the folders above it, and opens it for writing. DS_CANTCREATE when there
 * is anything of that name, unless it is a folder in which nothing was begun. */
int ds_run_create(struct ds_run *run, const char *path, struct ds_err *err);

/* Whether a folder holds nothing but what is left when a writer is killed before it had
 * anything to keep: a lock, temporary files, an empty folder of checkpoints. */
bool ds_run_unbegun(const char *folder);

/* Opens an existing run. Writing: DS_BUSY at once when somebody else does; temporary files
 * that a killed writer left are removed. Reading takes no lock. DS_NOINPUT, DS_DATA. */
int ds_run_write(struct ds_run *run, const char *path, struct ds_err *err);
int ds_run_read(struct ds_run *run, const char *path, struct ds_err *err);

/* ds_bundle_save (h5.h) into the run. DS_IO when RUN is not the folder any more that was opened
 * for writing, because it was moved, removed or replaced: what is there now may be another's.
 */
int ds_run_save(struct ds_run *run, const struct ds_bundle *b, const char *path,
                struct ds_err *err);

/* Gives up the lock; a zeroed or closed run is fine. */
void ds_run_close(struct ds_run *run);

/* Paths inside the run. */
void ds_run_record_path(char to[DS_RUN_PATH_MAX], const struct ds_run *run);
void ds_run_task_path(char to[DS_RUN_PATH_MAX], const struct ds_run *run, int task);
void ds_run_step_path(char to[DS_RUN_PATH_MAX], const struct ds_run *run, long step);

/* Numbers of the step checkpoints, newest first; free them. */
int ds_run_steps(const struct ds_run *run, long **steps, int *count, struct ds_err *err);

/* Loads the newest step checkpoint that is whole into an empty bundle. Each damaged one that
 * was passed over leaves a line in notes (cut to `size`, "" when there is none).
 * DS_NOINPUT when none is there, DS_DATA when all are damaged. */
int ds_run_newest_step(const struct ds_run *run, struct ds_bundle *b, long *step, char *notes,
                       size_t size, struct ds_err *err);

/* Removes step checkpoints older than the newest `keep` that verify; damaged ones count for
 * nothing. One that ds_run_save read back, or this call before, is read again only when its
 * state changed (file.h). Call it after a new one was published. */
int ds_run_keep_steps(struct ds_run *run, int keep, struct ds_err *err);

/* Removes all step checkpoints: the run is finished. */
int ds_run_drop_steps(struct ds_run *run, struct ds_err *err);

/* RUN, RUN@3 (after task 3), RUN@0 (the initial model), RUN@last. What follows the last '@' of
 * the last path component is the checkpoint. DS_USAGE for anything else after an '@'. */
enum { DS_CHECKPOINT_NONE = -1, DS_CHECKPOINT_LAST = -2 };

struct ds_address {
    char run[DS_PATH_MAX];
    int checkpoint; /* 0 .., DS_CHECKPOINT_NONE, DS_CHECKPOINT_LAST */
};

int ds_address_parse(struct ds_address *a, const char *text, struct ds_err *err);

/* The file of a checkpoint; the newest one where the address names none, or the last.
 * DS_NOINPUT when the run, or any checkpoint in it, is not there. */
int ds_run_file(char *file, size_t size, const struct ds_address *a, struct ds_err *err);

#endif
