/* data/image/view.c -- a few bytes of a file at a time. See the header. */
#define _GNU_SOURCE
#include "data/image/view_int.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

/* Reads until the block is full, the file ends or reading fails. */
static size_t fill(struct ds_view *v)
{
    size_t held = 0;
    ssize_t got;

    do {
        got = pread(v->fd, v->hold + held, DS_VIEW_HOLD - held, (off_t)(v->from + held));
        held += got > 0 ? (size_t)got : 0;
    } while (held < DS_VIEW_HOLD && (got > 0 || (got < 0 && errno == EINTR)));
    if (got < 0)
        v->failed = errno;
    return held;
}

const unsigned char *ds_view_at(struct ds_view *v, size_t offset, size_t n)
{
    assert(n <= DS_VIEW_MOST);
    if (offset > v->size || n > v->size - offset)
        return NULL;
    if (v->bytes)
        return v->bytes + offset;
    if (offset < v->from || offset + n > v->from + v->held) {
        v->from = offset;
        v->held = fill(v);
    }
    return n <= v->held && !v->failed ? v->hold + (offset - v->from) : NULL;
}
