/* core/vit/infer.h -- running many images through a network. Public header.
 *
 * Cuts a feed into pieces that fit in cache, runs them in the pool, and hands each finished
 * piece to a sink while its activations are still there. Pieces do not depend on the number
 * of threads; a sink writes to places given by the image's number, and so do the results. */
#ifndef DS_CORE_VIT_INFER_H
#define DS_CORE_VIT_INFER_H

#include "core/base/pool.h"
#include "core/vit/pack.h"
#include "core/vit/vit.h"

/* Images first .. first + count, normalised, and their labels (label may be NULL). Called
 * from worker threads at the same time. Where the features of the images are known, fetch is
 * asked for labels only (images NULL), the trunk does not run, and a sink finds the features and
 * logits, but no attention. Features of an earlier pass with the same `want` give the same
 * logits to the bit: pieces are the same. */
struct ds_feed {
    int count;
    void *with;
    int (*fetch)(void *with, int first, int count, float *images, int *label,
                 struct ds_err *err);
    const float *feature; /* [count][C], or NULL */
};

/* work->feature, ->logits, ->layer[l].attn ... of images first .. first + work->images. */
typedef void ds_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                     int worker);

struct ds_infer {
    const struct ds_vit *vit;
    struct ds_pool *pool;
    struct ds_vit_work *work; /* [threads] */
    float **images;           /* [threads] */
    int **label;              /* [threads] */
    int room;                 /* images per piece */
    struct ds_vit_pack pack;
    void **tap_with;          /* [threads] given to a worker's taps instead of taps->attn.with,
                                 where it is set after ds_infer_open */
    struct ds_arena arena;
};

int ds_infer_open(struct ds_infer *f, const struct ds_vit *vit, unsigned want,
                  struct ds_pool *pool, struct ds_err *err);
void ds_infer_close(struct ds_infer *f);

/* The head may differ from the one in w (a refined one); head NULL: no logits. Logits are
 * computed for classes 0 .. classes. A network with a distillation head answers with its own
 * two heads, whatever head is given. */
int ds_infer_run(struct ds_infer *f, const struct ds_vit_view *w, const float *head,
                 const float *bias, int classes, const struct ds_feed *feed, ds_sink *sink,
                 void *with, const struct ds_vit_taps *taps, struct ds_err *err);

#endif
