/* data/store/pipe_int.h -- a bundle through a pipe, to somebody who trusts nothing. Room only.
 *
 * Both ends are the same program, so numbers are as the machine has them, 8 bytes each; a text
 * is its length and its bytes. One message:
 *
 *     kind        0: a failure (code, sentence); 1: a bundle
 *     groups      count; each: name, notes
 *     arrays      count; each: name, type, rank, dims, numbers or texts, labels, notes
 *     scales      a text per array and dimension, "" where there is none
 *     END
 *
 * Notes: count; each: key, type, value. Labels are "" where there is none. */
#ifndef DS_DATA_STORE_PIPE_INT_H
#define DS_DATA_STORE_PIPE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

enum { DS_PIPE_FAILURE, DS_PIPE_BUNDLE };
static const uint64_t DS_PIPE_END = UINT64_C(0x656e64206f662069);

/* One message. -1: nobody listens any more. */
int ds_pipe_send(int fd, const struct ds_bundle *b);
int ds_pipe_send_failure(int fd, const struct ds_err *err);

/* What the receiver waits for, and what it takes. */
struct ds_pipe_limits {
    size_t most;   /* bytes of memory */
    int64_t until; /* milliseconds of ds_pipe_clock */
};

/* Milliseconds of a clock that nobody sets. */
int64_t ds_pipe_clock(void);

/* How a message ended: as it should, early (the sender knows why), or not in time. */
enum ds_pipe_end { DS_PIPE_WHOLE, DS_PIPE_CUT, DS_PIPE_LATE };

/* Fills an empty bundle, which is empty again on failure; never takes more memory than the
 * limit, nor much of it before the bytes are there. The sender's failure arrives as if it had
 * happened here. */
int ds_pipe_receive(struct ds_bundle *b, int fd, const struct ds_pipe_limits *limits,
                    const char *file, enum ds_pipe_end *end, struct ds_err *err);

#endif
