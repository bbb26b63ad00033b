/* data/protocol/resolve_int.h -- the parts of resolving options. For this room only. */
#ifndef DS_DATA_PROTOCOL_RESOLVE_INT_H
#define DS_DATA_PROTOCOL_RESOLVE_INT_H

#include "data/protocol/options.h"

/* resolve_method.c: l->method, l->set, replay and head refinement. DS_USAGE. */
int ds_resolve_method(struct ds_learner_opt *l, const struct ds_train_opt *o,
                      struct ds_err *err);

#endif
