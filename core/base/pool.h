/* core/base/pool.h -- one set of worker threads. Public header.
 *
 * Work is cut into pieces by its author, never by the number of threads: piece i computes
 * the same bytes whichever worker takes it, so 1, 2 or 8 threads give the same result.
 *
 *     ds_pool_run(pool, &(struct ds_work){job, with, count}, 1);
 *
 * returns when every piece is done. Several works may run side by side (a training step
 * and the preparation of the next batch); pieces are started in the order given. A NULL
 * pool runs everything in the caller. Jobs must not call ds_pool_run on the same pool. */
#ifndef DS_CORE_BASE_POOL_H
#define DS_CORE_BASE_POOL_H

#include "core/base/err.h"

/* worker is 0 .. threads-1: an index into per-worker memory, and nothing else. */
typedef void ds_pool_job(void *with, int piece, int worker);

struct ds_work {
    ds_pool_job *job;
    void *with;
    int count;
};

struct ds_pool;

/* threads 0 means one per online processor. Workers flush denormals to zero. */
int ds_pool_new(struct ds_pool **pool, int threads, struct ds_err *err);
void ds_pool_free(struct ds_pool *pool);
int ds_pool_threads(const struct ds_pool *pool);
void ds_pool_run(struct ds_pool *pool, const struct ds_work *works, int n_works);

#endif
