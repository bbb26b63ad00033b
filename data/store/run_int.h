/* data/store/run_int.h -- what the files of the run share. For data/store/run*.c only. */
#ifndef DS_DATA_STORE_RUN_INT_H
#define DS_DATA_STORE_RUN_INT_H

#include <dirent.h>
#include "data/store/run.h"

/* A file in this state, as it was before it was read, is whole. */
void ds_run_note_whole(struct ds_run *run, const struct ds_file_state *state);

/* readdir, and errno says why there is no other entry: 0 at the end. */
struct dirent *ds_folder_next(DIR *dir);

/* The folder cannot be listed, for the reason in errno. DS_IO. */
int ds_folder_unlisted(const char *folder, struct ds_err *err);

#endif
