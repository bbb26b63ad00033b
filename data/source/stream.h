/* data/source/stream.h -- pictures in an order, cut into tasks. Public header.
 *
 * A stream of classes numbers the classes by position: position p is learned in task
 * class_task[p], and a task's pictures are those of its classes. A stream of domains has one
 * task for each domain of the source and all classes in every one of them (class_task is 0,
 * the first that teaches them; positions are the source's labels): its tasks share one head,
 * so which classes a task has says nothing about its pictures. ds_stream_task answers for both.
 *
 * The order of classes or domains is NumPy's: Generator(PCG64(seed)).shuffle(arange(K)), so that
 * class splits agree with published ones (vectors in tests/data/test_stream.c), or the natural
 * order, or a file. */
#ifndef DS_DATA_SOURCE_STREAM_H
#define DS_DATA_SOURCE_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/source/source.h"

/* out[n] = NumPy's Generator(PCG64(seed)).shuffle(arange(n)). */
void ds_class_order(int *out, int n, uint64_t seed);

enum ds_stream_kind {
    DS_STREAM_CLASS, /* every task brings new classes */
    DS_STREAM_DOMAIN /* every task brings a new domain of all classes */
};

struct ds_stream {
    enum ds_stream_kind kind;
    int tasks, classes;
    int *label;      /* [K] data-set label at position p */
    int *class_task; /* [K] first task that teaches it */
    int *first, *end; /* [T] task t teaches the positions [first[t], end[t]) */
    int *domain;      /* [T] of a stream of domains: the source's number; else NULL */
    int *domain_task; /* [domains] and back; else NULL */
    int **train;     /* [T] indices into the training source, in its order */
    int *n_train;    /* [T] */
    int **test;      /* [T] */
    int *n_test;     /* [T] */
    int *position;   /* [K] position of a data-set label */
};

struct ds_stream_want {
    enum ds_stream_kind kind;
    int tasks;         /* not read for domains: there are as many tasks */
    int base;          /* classes of the first task; 0: all tasks equal */
    const char *order; /* "shuffle", "natural", or a file with one label or class name a line;
                          of domains likewise */
    uint64_t seed;
    int train_limit, test_limit; /* images per class (and domain, where those are the tasks),
                                    0: all (the first ones in source order) */
};

/* DS_USAGE when classes do not divide into tasks (the sentence says which numbers would), or
 * the source has no domains; DS_DATA when a class has no images (or a domain none of a class),
 * the order file does not name each class or domain once, or the parts differ in classes,
 * domains or shape; DS_NOINPUT, DS_NOMEM. A name in the order file is looked up among the
 * names first, then read as a number. On failure s is cleared. */
int ds_stream_open(struct ds_stream *s, const struct ds_source *train,
                   const struct ds_source *test, const struct ds_stream_want *want,
                   struct ds_err *err);
void ds_stream_clear(struct ds_stream *s);

/* The task of a picture of either source. */
int ds_stream_task(const struct ds_stream *s, const struct ds_source *source, int index);

/* "class" or "domain", for sentences. */
const char *ds_stream_word(enum ds_stream_kind kind);

#endif
