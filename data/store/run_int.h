/* data/store/run_int.h -- what the files of the run share. For data/store/run*.c only. */
#ifndef DS_DATA_STORE_RUN_INT_H
#define DS_DATA_STORE_RUN_INT_H

#include "data/store/run.h"

/* A file in this state, as it was before it was read, is whole. */
void ds_run_note_whole(struct ds_run *run, const struct ds_file_state *state);

#endif
