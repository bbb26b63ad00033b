/* core/base/turn.c -- several workers, one sum, in a fixed order. See the header.
 *
 * A wait is rare and as short as one matrix product: spinning for some microseconds costs less
 * than sleeping. With more threads than processors it may be longer, so others are let in. */
#include "core/base/turn.h"

#include <sched.h>
#include <stddef.h>

enum { SPINS = 2000 };

void ds_turn_wait(struct ds_turn turn, int place)
{
    if (!turn.next)
        return;
    for (int spins = 0; __atomic_load_n(&turn.next[place], __ATOMIC_ACQUIRE) != turn.mine;
         spins++)
        if (spins > SPINS)
            sched_yield();
#if defined(__x86_64__)
        else
            __builtin_ia32_pause();
#endif
}

void ds_turn_pass(struct ds_turn turn, int place)
{
    if (turn.next)
        __atomic_store_n(&turn.next[place], turn.mine + 1, __ATOMIC_RELEASE);
}
