/* viz/viewer/window_thread.c -- the thread beside the drawing. See window_int.h. */
#include "viz/viewer/window_int.h"

static int work(void *with)
{
    struct ds_beside *b = with;

    SDL_LockMutex(b->mutex);
    while (!b->quit) {
        if (!b->given || b->done) {
            SDL_CondWait(b->cond, b->mutex);
            continue;
        }
        SDL_UnlockMutex(b->mutex);
        ds_task_run(&b->task); /* nobody else touches it until it is done */
        SDL_LockMutex(b->mutex);
        b->done = true;
        SDL_PushEvent(&(SDL_Event){.type = b->event});
    }
    SDL_UnlockMutex(b->mutex);
    return 0;
}

int ds_beside_start(struct ds_beside *b, struct ds_err *err)
{
    b->event = SDL_RegisterEvents(1);
    b->mutex = SDL_CreateMutex();
    b->cond = SDL_CreateCond();
    b->thread = b->mutex && b->cond ? SDL_CreateThread(work, "beside", b) : NULL;
    if (!b->thread)
        return ds_fail(err, DS_NOMEM, "no thread for the loader: %s", SDL_GetError());
    return 0;
}

void ds_beside_stop(struct ds_beside *b)
{
    if (b->thread) {
        SDL_LockMutex(b->mutex);
        b->quit = true;
        SDL_CondSignal(b->cond);
        SDL_UnlockMutex(b->mutex);
        SDL_WaitThread(b->thread, NULL);
        ds_task_clear(&b->task);
    }
    if (b->cond)
        SDL_DestroyCond(b->cond);
    if (b->mutex)
        SDL_DestroyMutex(b->mutex);
    *b = (struct ds_beside){0};
}

void ds_beside_give(struct ds_beside *b, struct ds_task *t)
{
    SDL_LockMutex(b->mutex);
    b->task = *t;
    b->given = true;
    b->done = false;
    SDL_CondSignal(b->cond);
    SDL_UnlockMutex(b->mutex);
}

bool ds_beside_take(struct ds_beside *b, struct ds_task *t)
{
    bool done;

    SDL_LockMutex(b->mutex);
    done = b->given && b->done;
    if (done) {
        *t = b->task;
        b->task = (struct ds_task){0};
        b->given = b->done = false;
    }
    SDL_UnlockMutex(b->mutex);
    return done;
}
