/* core/vit/watch.h -- looking for the first value that is not finite. For core/vit only. */
#ifndef DS_CORE_VIT_WATCH_H
#define DS_CORE_VIT_WATCH_H

#include <math.h>
#include <stdio.h>
#include "core/vit/vit.h"

/* Remembers op and layer the first time `count` values at p contain a NaN or an infinity.
 * NULL p, or no watch: nothing. */
static inline void ds_watch(const struct ds_vit_work *a, const char *op, int layer,
                            const float *p, size_t count)
{
    if (!a->watch || a->watch->found || !p)
        return;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(p[i])) {
            a->watch->found = true;
            a->watch->layer = layer;
            snprintf(a->watch->op, sizeof a->watch->op, "%s", op);
            return;
        }
}

#endif
