/* data/protocol/init.h -- a run that begins with somebody's network. Public header.
 *
 * --init FILE takes any network of data/weights/model.h. The network of the run is then the
 * file's: its width, depth, heads, patch and all else replace the rows of the table "Network",
 * so that the configuration of the run is true and resuming needs no file. Heads of the file
 * are left behind; every task gets a fresh one. Where the run leaves them to `auto` or 0, mean,
 * deviation and input size are the file's, too: pretrained networks want their own. */
#ifndef DS_DATA_PROTOCOL_INIT_H
#define DS_DATA_PROTOCOL_INIT_H

#include "data/protocol/options.h"
#include "data/weights/model.h"

/* Opens o->init and fills the options from it. Close the model also after a failure. */
int ds_init_open(struct ds_model *m, struct ds_train_opt *o, struct ds_err *err);

/* All parameters but the heads, into those of `v`. The position embedding is resized as timm
 * does it, kernels of three channels are summed for grey pictures. DS_DATA names what differs. */
int ds_init_copy(float *params, const struct ds_vit *v, struct ds_model *m, struct ds_err *err);

/* Whether an option says what the file that init names says itself: the shape of the network. */
bool ds_init_decides(const char *key);

#endif
