/* data/image/view_int.h -- a few bytes of a file at a time, from memory or from disk.
 *
 * For finding out a picture's shape without reading it all: headers may lie behind a large
 * profile or thumbnail. Nothing is allocated; every access is checked against the end. */
#ifndef DS_DATA_IMAGE_VIEW_INT_H
#define DS_DATA_IMAGE_VIEW_INT_H

#include <stddef.h>
#include <stdint.h>

enum { DS_VIEW_HOLD = 4096, DS_VIEW_MOST = 64 };

struct ds_view {
    const unsigned char *bytes; /* the whole file, or NULL: then fd is read */
    int fd;
    int failed;  /* errno of a read that failed: from then on nothing is there */
    size_t size; /* of the file */
    size_t from, held;
    unsigned char hold[DS_VIEW_HOLD];
};

/* n <= DS_VIEW_MOST bytes at `offset`, valid until the next call; NULL beyond the end of the
 * file, and where it cannot be read. */
const unsigned char *ds_view_at(struct ds_view *v, size_t offset, size_t n);

static inline uint32_t ds_big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#endif
