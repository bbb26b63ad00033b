/* data/source/order_int.h -- in which order the classes are learned. For this room only. */
#ifndef DS_DATA_SOURCE_ORDER_INT_H
#define DS_DATA_SOURCE_ORDER_INT_H

#include "core/base/err.h"
#include "data/source/stream.h"

/* label[K]: the data-set labels in the order `want` asks for. DS_NOINPUT, DS_DATA (a class
 * unknown, twice, or missing in the file), DS_NOMEM. */
int ds_order_find(int *label, const struct ds_source_info *info,
                  const struct ds_stream_want *want, struct ds_err *err);

#endif
