/* data/source/order_int.h -- in which order classes or domains are learned. For this room
 * only. */
#ifndef DS_DATA_SOURCE_ORDER_INT_H
#define DS_DATA_SOURCE_ORDER_INT_H

#include "core/base/err.h"
#include "data/source/stream.h"

/* What is put in order: the classes of a set, or its domains. */
struct ds_ordered {
    const char *set, *word, *words; /* the set's name; "class", "classes" */
    const char *const *name;        /* [count] */
    int count;
};

/* number[count]: the set's numbers in the order `want` asks for. DS_NOINPUT, DS_DATA (a name
 * unknown, twice, or missing in the file), DS_NOMEM. */
int ds_order_find(int *number, const struct ds_ordered *of, const struct ds_stream_want *want,
                  struct ds_err *err);

#endif
