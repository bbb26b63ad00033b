/* data/archive/unpack.c -- the bytes of a zip entry, checked. See zip_int.h. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "data/archive/zip_int.h"

enum { PORTION = 1 << 30 }; /* zlib counts in unsigned int */

static int damaged(const struct ds_zip *z, const struct ds_zip_entry *e, const char *how,
                   struct ds_err *err)
{
    return ds_fail(err, DS_DATA, "%s: its entry '%s' is damaged: %s; download it again",
                   z->file, e->name, how);
}

/* Exactly `size` bytes from exactly `packed` bytes. */
static bool inflate_all(z_stream *s, const unsigned char *from, uint64_t packed, uint64_t size)
{
    uint64_t in = packed, out = size;
    int state = Z_OK;

    s->next_in = (unsigned char *)(uintptr_t)from;
    while (state == Z_OK) {
        const unsigned give = in < PORTION ? (unsigned)in : PORTION;
        const unsigned room = out < PORTION ? (unsigned)out : PORTION;

        s->avail_in = give;
        s->avail_out = room;
        state = inflate(s, Z_NO_FLUSH);
        in -= give - s->avail_in;
        out -= room - s->avail_out;
    }
    return state == Z_STREAM_END && !in && !out;
}

static int unpack(unsigned char *to, const struct ds_zip *z, const struct ds_zip_entry *e,
                  struct ds_err *err)
{
    z_stream s = {.next_out = to};
    bool whole;

    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for unpacking", z->file);
    whole = inflate_all(&s, z->bytes + e->at, e->packed, e->size);
    inflateEnd(&s);
    return whole ? 0 : damaged(z, e, "it does not unpack to the size that is promised", err);
}

int ds_zip_read(const struct ds_zip *z, struct ds_zip_entry *e, struct ds_heap *heap,
                struct ds_err *err)
{
    const unsigned char *data = z->bytes + e->at;
    int code;

    if (e->data)
        return 0;
    if (e->method) {
        unsigned char *room = ds_heap_take(heap, (size_t)e->size + 1, err);

        if (!room)
            return ds_while(err, "%s", z->file);
        if ((code = unpack(room, z, e, err)))
            return code;
        data = room;
    }
    if ((e->method || e->sum) && crc32_z(0, data, (size_t)e->size) != e->sum)
        return damaged(z, e, "its checksum is wrong", err);
    e->data = data;
    return 0;
}
