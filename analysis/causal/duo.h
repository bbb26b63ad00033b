/* analysis/causal/duo.h -- two networks side by side over the same pictures. Public header.
 *
 *     ds_duo_open(&p, s, t, &shown, want, threads, err)
 *     ... memory of one's own for p.room pictures and p.threads workers ...
 *     while (done < shown.count) ds_duo_next(&p, job, with, &done, err)
 *     ds_duo_close(&p)
 *
 * Pictures come in pieces that fit in cache; a piece is one call of the job with its pictures
 * loaded for both sides (index 0: S, 1: T). Pieces and steps do not depend on the number of
 * threads, and results belong at places given by the picture's number. */
#ifndef DS_ANALYSIS_CAUSAL_DUO_H
#define DS_ANALYSIS_CAUSAL_DUO_H

#include <stdatomic.h>
#include "analysis/causal/shown.h"
#include "core/base/pool.h"
#include "core/vit/vit.h"

struct ds_duo_worker {
    struct ds_vit_work work[2]; /* of each side */
    float *images[2];           /* [room][C][H][W], normalised */
    uint8_t *bytes;
    struct ds_room room;
};

/* Pictures first .. first + count are in w->images. */
typedef void ds_duo_job(void *with, struct ds_duo_worker *w, int first, int count, int worker);

struct ds_duo {
    const struct ds_model *model[2];
    const struct ds_shown *shown;
    unsigned want; /* what both sides' works keep; DS_WANT_FULL where one side needs all rows */
    int room, threads;
    struct ds_pool *pool;
    struct ds_duo_worker *worker; /* [threads] */
    struct ds_arena arena;
    int done;
};

/* Whether attention of one network means something in the other: the same depth, heads, grid,
 * prefix tokens (and, where they are asked for, width). DS_DATA with the first difference. */
int ds_duo_check(const struct ds_model *s, const struct ds_model *t, bool width,
                 struct ds_err *err);

/* shown borrows until close. DS_USAGE, DS_NOMEM. */
int ds_duo_open(struct ds_duo *p, const struct ds_model *s, const struct ds_model *t,
                const struct ds_shown *shown, unsigned want, int threads, struct ds_err *err);
int ds_duo_next(struct ds_duo *p, ds_duo_job *job, void *with, int *done, struct ds_err *err);
void ds_duo_close(struct ds_duo *p);

#endif
