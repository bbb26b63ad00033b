/* data/source/stream.h -- classes in an order, cut into tasks. Public header.
 *
 * A stream numbers the classes by position: position p is learned in task class_task[p].
 * The order is NumPy's: Generator(PCG64(seed)).shuffle(arange(K)), so that class splits agree
 * with published ones (vectors in tests/data/test_stream.c), or the natural order, or a file.
 */
#ifndef DS_DATA_SOURCE_STREAM_H
#define DS_DATA_SOURCE_STREAM_H

#include <stdint.h>
#include "core/base/err.h"
#include "data/source/source.h"

/* out[n] = NumPy's Generator(PCG64(seed)).shuffle(arange(n)). */
void ds_class_order(int *out, int n, uint64_t seed);

struct ds_stream {
    int tasks, classes;
    int *label;      /* [K] data-set label at position p */
    int *class_task; /* [K] */
    int *first;      /* [T+1] first position of each task: task t owns [first[t], first[t+1]) */
    int **train;     /* [T] indices into the training source, in its order */
    int *n_train;    /* [T] */
    int **test;      /* [T] */
    int *n_test;     /* [T] */
    int *position;   /* [K] position of a data-set label */
};

struct ds_stream_want {
    int tasks;
    int base;          /* classes of the first task; 0: all tasks equal */
    const char *order; /* "shuffle", "natural", or a file with one label or class name a line */
    uint64_t seed;
    int train_limit, test_limit; /* images per class, 0: all (the first ones in source order) */
};

/* DS_USAGE when classes do not divide into tasks (the sentence says which numbers would);
 * DS_DATA when a class has no images, the order file does not name each class once, or the
 * parts differ in classes or shape; DS_NOINPUT, DS_NOMEM. A name in the order file is looked
 * up among the class names first, then read as a label. On failure s is cleared. */
int ds_stream_open(struct ds_stream *s, const struct ds_source *train,
                   const struct ds_source *test, const struct ds_stream_want *want,
                   struct ds_err *err);
void ds_stream_clear(struct ds_stream *s);

#endif
