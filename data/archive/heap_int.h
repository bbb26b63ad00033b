/* data/archive/heap_int.h -- many small pieces of memory that go together. Room only.
 *
 * Pieces are never given back one by one. The limit is on the sum of what was asked for, and
 * is checked before memory is. */
#ifndef DS_DATA_ARCHIVE_HEAP_INT_H
#define DS_DATA_ARCHIVE_HEAP_INT_H

#include <stddef.h>
#include "core/base/err.h"

struct ds_heap {
    struct ds_heap_block *last;
    size_t used, limit; /* limit 0: none */
};

/* Aligned to 16 bytes, not zeroed; NULL after recording DS_NOMEM or, at the limit, DS_DATA. */
void *ds_heap_take(struct ds_heap *h, size_t n, struct ds_err *err);

/* Counts memory that is taken elsewhere, for the same purpose, against the limit. DS_DATA. */
int ds_heap_charge(struct ds_heap *h, size_t n, struct ds_err *err);

/* A copy of n bytes with a zero behind. */
char *ds_heap_text(struct ds_heap *h, const void *text, size_t n, struct ds_err *err);

void ds_heap_clear(struct ds_heap *h);

#endif
