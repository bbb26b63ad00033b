/* tests/fuzz/folder.h -- a temporary folder for targets whose format is several files. */
#ifndef DS_TESTS_FUZZ_FOLDER_H
#define DS_TESTS_FUZZ_FOLDER_H

#include <stddef.h>
#include "data/source/source.h"

/* The folder, made when first asked for and removed at the end of the process. */
const char *ds_fuzz_folder(void);

/* Writes FOLDER/name, replacing what was there. */
void ds_fuzz_put(const char *name, const void *bytes, size_t n);

/* Opens the part and, when that works, reads every picture and checks every label. */
void ds_fuzz_source(enum ds_part part);

#endif
