/* tests/data/loader_help.h -- the set they read, counting allocations, opening loaders, taking
 * batches. For programs linked with --wrap=malloc,calloc,realloc: every allocation of the
 * library passes here. */
#ifndef DS_TESTS_DATA_LOADER_HELP_H
#define DS_TESTS_DATA_LOADER_HELP_H

#include <stdatomic.h>
#include "core/base/pool.h"
#include "data/source/loader.h"
#include "tests/data/source_help.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

static atomic_int allocations;

void *__wrap_malloc(size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    atomic_fetch_add(&allocations, 1);
    return __real_realloc(p, n);
}

/* The set both programs read: idx pictures, their places in a head of five classes, and a
 * loader without augmentation. */
enum { COUNT = 103, SIDE = 7, AREA = SIDE * SIDE, CLASSES = 5 };

static struct ds_source *source;
static int all[COUNT], position[CLASSES] = {3, 1, 4, 0, 2};

static inline int open_source(void **state)
{
    int label[COUNT];
    struct ds_err err;

    if (make_base(state))
        return -1;
    for (int i = 0; i < COUNT; i++) {
        all[i] = i;
        label[i] = i * i % CLASSES;
    }
    label[2] = 2; /* squares modulo 5 leave out 2 and 3 */
    label[7] = 3;
    put_idx("set", "train", label, COUNT, SIDE, SIDE);
    return ds_source_open(&source, in_base("set"), DS_TRAIN, 0, &err);
}

static inline int close_source(void **state)
{
    ds_source_close(source);
    return remove_base(state);
}

static inline struct ds_loader_want plain(void)
{
    return (struct ds_loader_want){.source = source,
                                   .indices = all,
                                   .n_indices = COUNT,
                                   .position = position,
                                   .batch = 16,
                                   .mean = {0.25},
                                   .std = {0.5},
                                   .seed = 11};
}

static inline struct ds_loader *opened(const struct ds_loader_want *want)
{
    struct ds_loader *l;
    struct ds_err err;

    if (ds_loader_open(&l, want, &err))
        fail_msg("%s", err.text);
    return l;
}

static inline const struct ds_batch *next(struct ds_loader *l, struct ds_pool *pool)
{
    struct ds_err err;

    ds_pool_run(pool, ds_loader_work(l), 1);
    assert_int_equal(ds_loader_failed(l, &err), 0);
    return ds_loader_batch(l);
}

static inline void refused(const struct ds_loader_want *want, const char *words)
{
    struct ds_loader *l;
    struct ds_err err = {0};

    assert_int_not_equal(ds_loader_open(&l, want, &err), 0);
    assert_null(l);
    assert_says(err, DS_USAGE, words);
}

#endif
