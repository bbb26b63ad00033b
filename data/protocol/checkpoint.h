/* data/protocol/checkpoint.h -- a learner's state as a file, and back. Public header.
 *
 * A checkpoint is a bundle: the learner's arrays under their names (model/blocks.0..., head/,
 * retain/, gauss/, and for a task in progress optim/, progress/), and notes on the root that
 * say what network it is. share/doc/run-file.md lists them. */
#ifndef DS_DATA_PROTOCOL_CHECKPOINT_H
#define DS_DATA_PROTOCOL_CHECKPOINT_H

#include "core/learn/learner.h"
#include "data/store/bundle.h"

/* kind: "task" or "step". passing: also what a task in progress needs. Weights and
 * moments stay the learner's: write the bundle before its next step. */
int ds_checkpoint_pack(struct ds_bundle *b, struct ds_learner *l, const char *kind,
                       const char *config, bool passing, struct ds_err *err);

/* The arrays back into a learner of the same shape and options. DS_DATA names what is missing
 * or of another size. */
int ds_checkpoint_unpack(struct ds_learner *l, const struct ds_bundle *b, const char *file,
                         bool passing, struct ds_err *err);

/* The network a checkpoint holds, from its notes. */
int ds_checkpoint_shape(struct ds_vit_shape *s, const struct ds_bundle *b, const char *file,
                        struct ds_err *err);

#endif
