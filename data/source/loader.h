/* data/source/loader.h -- batches, ready before they are needed. Public header.
 *
 * A loader turns (source, indices, seed, epoch, step) into normalised float batches. What a
 * batch holds is a pure function of these numbers: any thread count, any resume point, the
 * same bytes. Preparation is offered as a ds_work, to be run in the pool beside the training
 * step that uses the batch before it:
 *
 *     ds_loader_seek(l, epoch, step);             the next batch to prepare
 *     ds_pool_run(pool, ds_loader_work(l), 1);    the first one
 *     for (;;) {
 *         batch = ds_loader_batch(l);             the prepared one
 *         if (ds_loader_failed(l, err)) ...       a picture that cannot be decoded
 *         work = ds_loader_work(l);               the one after it, in the other buffer
 *         ds_learner_step(learner, batch, work, ...);   runs both
 *     }
 *
 * A picture is made by the training recipe, or else by the source's own; then come
 * zero-padded random crop (pad pixels each side), horizontal flip and rotation. Draws of an
 * image are from the streams (seed, "augment", epoch, position in epoch) and, of the recipe,
 * (seed, "recipe", epoch, position in epoch). */
#ifndef DS_DATA_SOURCE_LOADER_H
#define DS_DATA_SOURCE_LOADER_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/pool.h"
#include "data/source/source.h"

struct ds_batch {
    int count;     /* images */
    float *images; /* [count][C][H][W], (pixel/255 - mean) / std; NULL with names_only */
    int *label;    /* [count] class position in the stream (or the rotation, see below) */
    int *index;    /* [count] index in the source */
};

struct ds_loader_want {
    const struct ds_source *source;
    const int *indices; /* borrowed */
    int n_indices;
    const int *position; /* [K] data-set label -> class position */
    int batch;
    const struct ds_recipe *recipe; /* of training; NULL: the source's. Copied */
    bool shuffle;           /* by (seed, "shuffle", epoch); otherwise in the order given */
    int pad;                /* random crop after zero padding, 0: none */
    bool names_only;        /* no pictures: who needs only their labels and indices */
    bool flip;              /* horizontally, p = 1/2 */
    bool rotate;            /* turn by 90 degrees times a random 0..3, which becomes the label
                               (rotation prediction; square pictures) */
    double mean[4], std[4]; /* per channel */
    uint64_t seed;
};

struct ds_loader;

int ds_loader_open(struct ds_loader **out, const struct ds_loader_want *want,
                   struct ds_err *err);
void ds_loader_close(struct ds_loader *l);

int ds_loader_rows(const struct ds_loader *l);  /* indices it was given */
int ds_loader_steps(const struct ds_loader *l); /* batches per epoch; the last may be short */
void ds_loader_seek(struct ds_loader *l, int epoch, int step);

/* The work that prepares the next batch; advances to the one after it. Borrowed, valid until
 * the next call. Wraps into the next epoch. */
const struct ds_work *ds_loader_work(struct ds_loader *l);

/* The batch of the work last handed out (and run): valid until two works later. */
const struct ds_batch *ds_loader_batch(struct ds_loader *l);

/* The failure of the first picture of that batch that could not be read, or 0. Ask before
 * the next work. */
int ds_loader_failed(const struct ds_loader *l, struct ds_err *err);

#endif
