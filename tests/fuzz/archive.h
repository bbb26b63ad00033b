/* tests/fuzz/archive.h -- a damaged file of weights is opened and, if it opens, read whole. */
#ifndef DS_TESTS_FUZZ_ARCHIVE_H
#define DS_TESTS_FUZZ_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

void ds_fuzz_archive(const uint8_t *bytes, size_t n);

/* The same twice: as it is, and with no checksum in a zip directory, because behind a wrong
 * checksum nothing else is ever reached. */
void ds_fuzz_zip(const uint8_t *bytes, size_t n);

#endif
