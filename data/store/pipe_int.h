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

/* Fills an empty bundle, which is empty again on failure; never takes more memory than `most`
 * bytes, nor much of it before the bytes are there. A message that ends early sets *cut: then
 * the sender knows why. The sender's failure arrives as if it had happened here. */
int ds_pipe_receive(struct ds_bundle *b, int fd, size_t most, const char *file, bool *cut,
                    struct ds_err *err);

#endif
