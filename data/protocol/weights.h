/* data/protocol/weights.h -- weights of a network, from and to files. Public header. */
#ifndef DS_DATA_PROTOCOL_WEIGHTS_H
#define DS_DATA_PROTOCOL_WEIGHTS_H

#include "core/vit/vit.h"
#include "data/store/bundle.h"

/* Reads what an address names into a bundle: RUN@t (RUN alone: its last checkpoint), a
 * checkpoint file, or a .safetensors file. `file` gets the path of the file read. */
int ds_weights_open(struct ds_bundle *b, char *file, size_t size, const char *address,
                    struct ds_err *err);

/* All parameters but the head's, by timm name; every one must be there, finite, and of the
 * right shape. */
int ds_weights_trunk(float *params, const struct ds_vit *v, const struct ds_bundle *b,
                     const char *file, struct ds_err *err);

#endif
