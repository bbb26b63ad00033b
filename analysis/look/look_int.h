/* analysis/look/look_int.h -- what the files behind look.h share. For look*.c only. */
#ifndef DS_ANALYSIS_LOOK_LOOK_INT_H
#define DS_ANALYSIS_LOOK_LOOK_INT_H

#include "analysis/look/look.h"
#include "core/retain/relevance.h"
#include "core/retain/split.h"
#include "core/retain/stream.h"
#include "core/vit/infer.h"
#include "data/image/recipe.h"
#include "data/image/transform.h"

/* One worker's memory: what its attention tap writes, and scratch. */
struct ds_look_worker {
    struct ds_looking *looking;
    int first;                            /* number of the first image of the piece at hand */
    struct ds_rollout_stream own, second; /* the record's rollout; another by the rule */
    float *rows;                          /* raw: [room][L][H][N] */
    struct ds_relevance relevance;
    float *relevant; /* [room][L][N] */
    double *split;   /* scratch */
};

struct ds_looking {
    struct ds_look *look;
    const struct ds_model *m;
    const struct ds_gathered *pictures;
    struct ds_look_want want;
    struct ds_recipe recipe;
    struct ds_pixel_scale scale;
    struct ds_pool *pool;
    struct ds_infer infer;
    struct ds_arena arena;
    struct ds_look_worker *worker; /* [threads] */
    void **tap_with;               /* [threads] */
    bool streams_second;           /* second maps are a rollout of their own */
    unsigned forward;              /* what the maps ask of the forward pass */
    unsigned relevance_room;
    struct ds_err *broken; /* [N] code 0: the picture was read; or NULL */
    int done;
    double began;
};

/* look_read.c: the recipe and its refusals; images of a feed; how far jitter moves, whether it
 * mirrors a picture, and maps [count][P] mirrored. */
int ds_look_prepare(struct ds_looking *k, struct ds_err *err);
int ds_look_fetch(void *with, int first, int count, float *images, int *label,
                  struct ds_err *err);
bool ds_look_mirrored(const struct ds_looking *k, int at);
void ds_look_mirror(float *maps, size_t count, const struct ds_vit_shape *s);

/* look_keep.c: leaves the pictures that are marked, in their order; keep[images]. */
void ds_look_keep(struct ds_look *l, const bool *keep);

/* Takes the pictures with a failure out of the result. DS_DATA when none is left. */
int ds_look_drop_broken(struct ds_look *l, const struct ds_err *broken, struct ds_err *err);

/* look_maps.c: the tap of a worker, and the sink of a finished piece. */
void ds_look_tap(void *with, int layer, int image, int head, float *tile);
void ds_look_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                  int worker);

#endif
