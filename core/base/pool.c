/* core/base/pool.c -- one set of worker threads. See the header.
 *
 * The caller is worker 0. A run hands out piece numbers from one atomic counter; waiting
 * is on condition variables: a step has two hand-overs of some microseconds each, and a
 * viewer may leave the pool idle for minutes. */
#define _GNU_SOURCE
#include "core/base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum { MAX_WORKS = 4, MAX_THREADS = 256 };

struct helper {
    struct ds_pool *pool;
    pthread_t thread;
    int worker;
};

struct ds_pool {
    pthread_mutex_t lock;
    pthread_cond_t start, finish;
    struct ds_work works[MAX_WORKS];
    int total, threads;
    unsigned generation; /* counts runs; under lock */
    int active;          /* helpers still in this run; under lock */
    int quit;
    atomic_int next;
    struct helper helpers[];
};

/* A denormal operand slows a multiplication a hundredfold, and none of ours means anything. */
static unsigned flush_denormals(void)
{
#if defined(__x86_64__)
    const unsigned before = _mm_getcsr();

    _mm_setcsr(before | 0x8040u); /* FTZ | DAZ */
    return before;
#else
    return 0;
#endif
}

static void restore_denormals(unsigned before)
{
#if defined(__x86_64__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

static void work_through(struct ds_pool *pool, int worker)
{
    for (;;) {
        int piece = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        const struct ds_work *w = pool->works;

        if (piece >= pool->total)
            return;
        while (piece >= w->count)
            piece -= w++->count;
        w->job(w->with, piece, worker);
    }
}

static void *helper_main(void *arg)
{
    struct helper *self = arg;
    struct ds_pool *pool = self->pool;
    unsigned seen = 0;

    flush_denormals();
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->generation == seen && !pool->quit)
            pthread_cond_wait(&pool->start, &pool->lock);
        if (pool->quit)
            break;
        seen = pool->generation;
        pthread_mutex_unlock(&pool->lock);
        work_through(pool, self->worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->active == 0)
            pthread_cond_signal(&pool->finish);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

int ds_pool_new(struct ds_pool **out, int threads, struct ds_err *err)
{
    struct ds_pool *pool;

    if (threads <= 0)
        threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (threads < 1)
        threads = 1;
    if (threads > MAX_THREADS)
        return ds_fail(err, DS_USAGE, "threads is %d, at most %d are supported", threads,
                       MAX_THREADS);
    pool = calloc(1, sizeof *pool + (size_t)threads * sizeof(struct helper));
    if (!pool)
        return ds_fail(err, DS_NOMEM, "out of memory for %d threads", threads);
    pool->threads = 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->finish, NULL);
    for (int i = 1; i < threads; i++) {
        struct helper *h = &pool->helpers[i];

        *h = (struct helper){.pool = pool, .worker = i};
        if (pthread_create(&h->thread, NULL, helper_main, h)) {
            ds_pool_free(pool);
            return ds_fail(err, DS_NOMEM,
                           "out of memory: thread %d of %d cannot be started; lower --threads",
                           i + 1, threads);
        }
        pool->threads = i + 1;
    }
    *out = pool;
    return 0;
}

void ds_pool_free(struct ds_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->quit = 1;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->helpers[i].thread, NULL);
    pthread_cond_destroy(&pool->start);
    pthread_cond_destroy(&pool->finish);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

int ds_pool_threads(const struct ds_pool *pool)
{
    return pool ? pool->threads : 1;
}

static void run_alone(const struct ds_work *works, int n_works)
{
    for (int w = 0; w < n_works; w++)
        for (int piece = 0; piece < works[w].count; piece++)
            works[w].job(works[w].with, piece, 0);
}

void ds_pool_run(struct ds_pool *pool, const struct ds_work *works, int n_works)
{
    const unsigned before = flush_denormals();

    if (!pool || pool->threads == 1) {
        run_alone(works, n_works);
        restore_denormals(before);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->total = 0;
    for (int w = 0; w < n_works && w < MAX_WORKS; w++) {
        pool->works[w] = works[w];
        pool->total += works[w].count;
    }
    atomic_store(&pool->next, 0);
    pool->active = pool->threads - 1;
    pool->generation++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);

    work_through(pool, 0);

    pthread_mutex_lock(&pool->lock);
    while (pool->active)
        pthread_cond_wait(&pool->finish, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    restore_denormals(before);
}
