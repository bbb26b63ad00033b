/* data/archive/zip_int.h -- the directory of a zip archive, read strictly. Room only.
 *
 * Sizes and places come from the central directory; only the lengths of name and extra field
 * in front of an entry come from its local header, whose own sizes may be zeros (PyTorch
 * writes them behind the data). Refused: names of more than 8 MiB in all, entries that overlap,
 * repeat a name or lead out of a folder, encryption, several disks, methods other than stored
 * and deflated, and directories that are not followed by their end. Deflated entries must give
 * exactly the bytes that the directory promises, at most 1100 times what is packed, and 8 GiB
 * in all. */
#ifndef DS_DATA_ARCHIVE_ZIP_INT_H
#define DS_DATA_ARCHIVE_ZIP_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/archive/heap_int.h"

enum {
    DS_ZIP_ENTRIES_MAX = 1 << 17,
    DS_ZIP_NAME_MAX = 512,
    DS_ZIP_NAMES_MAX = 8 << 20, /* bytes of memory, for all */
    DS_UNPACKED_RATIO = 1100
};

#define DS_UNPACKED_MAX ((uint64_t)8 << 30)

struct ds_zip_entry {
    const char *name;
    uint64_t head, at, packed, size; /* local header, data: bytes from the beginning */
    int method;
    uint32_t sum;              /* CRC-32 of the unpacked bytes */
    const unsigned char *data; /* NULL until read */
};

struct ds_zip {
    const unsigned char *bytes;
    size_t n;
    const char *file;
    struct ds_zip_entry *entry; /* in the order of the file */
    int count;
    struct ds_zip_entry **by_name;
    struct ds_heap names;
};

/* Fills a zeroed zip over bytes that outlive it; cleared again on failure. DS_DATA, DS_NOMEM.
 */
int ds_zip_open(struct ds_zip *z, const unsigned char *bytes, size_t n, const char *file,
                struct ds_err *err);
void ds_zip_clear(struct ds_zip *z);

/* The entry of that name, or NULL. */
struct ds_zip_entry *ds_zip_lookup(const struct ds_zip *z, const char *name);

/* The bytes of an entry, checked against its checksum once: where they are, or unpacked into
 * the heap. A stored entry with the checksum 0 has none (PyTorch can leave it out). */
int ds_zip_read(const struct ds_zip *z, struct ds_zip_entry *e, struct ds_heap *heap,
                struct ds_err *err);

#endif
