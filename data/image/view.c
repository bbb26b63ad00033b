/* data/image/view.c -- a few bytes of a file at a time. See the header. */
#define _GNU_SOURCE
#include "data/image/view_int.h"

#include <errno.h>
#include <unistd.h>

const unsigned char *ds_view_at(struct ds_view *v, size_t offset, size_t n)
{
    ssize_t got;

    if (n > DS_VIEW_MOST || offset > v->size || n > v->size - offset)
        return NULL;
    if (v->bytes)
        return v->bytes + offset;
    if (offset < v->from || offset + n > v->from + v->held) {
        do
            got = pread(v->fd, v->hold, DS_VIEW_HOLD, (off_t)offset);
        while (got < 0 && errno == EINTR);
        v->from = offset;
        v->held = got < 0 ? 0 : (size_t)got;
    }
    return n <= v->held ? v->hold + (offset - v->from) : NULL;
}
