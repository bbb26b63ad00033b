/* tests/fuzz/fuzz.h -- what a fuzz target offers: to libFuzzer, and to replay.c. */
#ifndef DS_TESTS_FUZZ_FUZZ_H
#define DS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

/* Reads the bytes as a file of its format; a crash, a report or an abort is a finding. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Seed number i: a sound small file, written to out (at most `room` bytes). Its length, or 0
 * behind the last one. Random bytes never get past a magic number; seeds do. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room);

/* For targets, where something was refused: it is one sentence and has a code, or we abort.
 * ds_fuzz_judge, unless NULL, looks at it, too. */
void ds_fuzz_refused(const struct ds_err *err);
extern void (*ds_fuzz_judge)(const struct ds_err *err);

/* n bytes for the target itself; this never fails, whatever failing.c does to malloc. */
void *ds_fuzz_take(size_t n);

#endif
