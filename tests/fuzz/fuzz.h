/* tests/fuzz/fuzz.h -- what a fuzz target offers: to libFuzzer, and to replay.c. */
#ifndef DS_TESTS_FUZZ_FUZZ_H
#define DS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Reads the bytes as a file of its format; a crash, a report or an abort is a finding. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Seed number i: a sound small file, written to out (at most `room` bytes). Its length, or 0
 * behind the last one. Random bytes never get past a magic number; seeds do. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room);

#endif
