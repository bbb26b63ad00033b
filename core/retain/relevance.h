/* core/retain/relevance.h -- where the network looks for one class. Public header.
 *
 * images -> logit of a class -> gradient of every attention -> [RELEVANCE] -> picture
 *
 * One backward pass from logit[y] meets dA_l, the gradient of every layer's attention, tile by
 * tile; no gradient of a parameter is computed. With (*) the product by entries:
 *
 *     Chefer, Gur & Wolf (2021, arXiv 2103.15679, equations 5 and 6):
 *         E_l = mean_h max(dA_l (*) A_l, 0),   R_l = R_{l-1} + E_l R_{l-1},   R = I below
 * `start` gradient rollout (vit-explain): E_l = max(mean_h(dA_l (*) A_l), 0), the smallest
 * share discarded; R_l = B_l R_{l-1} with B_l = (E_l + I) / rowsum, or by the slip of rollout.h
 *
 * (vit-explain's own code multiplies A_l with dA of layer L + 1 - l, an accident of the order
 * of its hooks: https://github.com/jacobgil/vit-explain/issues/6; both are of one layer here.)
 *
 *     map_l = R_l[token, patches], or the mean over all rows of R_l
 *
 * Both are products of one matrix per layer, and the way back meets the last layer first: the
 * rows of all layers are taken down through it as rollout.h says, so that of B_l only one
 * image's is in memory at a time. Per image there are, beside the floats every training step
 * keeps (L (H N^2 + N (5C + rows of fc1)), ViT-B/16 at 224: 88 MB), 2 L N floats; all rows of
 * R_l cost their L N^2 more, in the caller's memory.
 *
 * In a last block that computes the CLS row only, all other rows of E_L are 0, as they are when
 * everything is computed: nothing depends on them. */
#ifndef DS_CORE_RETAIN_RELEVANCE_H
#define DS_CORE_RETAIN_RELEVANCE_H

#include "core/retain/rollout.h"

enum ds_relevance_kind { DS_RELEVANCE_CHEFER, DS_RELEVANCE_ROLLOUT };

struct ds_relevance_opt {
    enum ds_relevance_kind kind;
    double discard;            /* of gradient rollout */
    enum ds_rollout_norm norm; /* of gradient rollout */
    int start;                 /* first layer of the product, 0 .. L - 1 */
    int row;                   /* token whose row is wanted, or DS_ALL_ROWS for their mean */
};

/* The memory of one worker. */
struct ds_relevance {
    const struct ds_vit *vit;
    struct ds_relevance_opt opt;
    struct ds_vit_work work; /* after a run: feature, logits ... of its images */
    struct ds_vit_view none; /* no gradient is wanted */
    int *target;             /* [room] classes of the last run */
    float *b;                /* [N][N] of the layer and image at hand */
    float *order;            /* [N][N] scratch of gradient rollout */
    float *now, *next;       /* [room][L][N] rows on their way down */
    float *full;             /* the caller's, during a run */
};

/* DS_USAGE: no classes to ask for; start, row or discard outside the network. */
int ds_relevance_check(const struct ds_relevance_opt *opt, const struct ds_vit_shape *s,
                       struct ds_err *err);

/* Images at once that keep a worker within a quarter of a gigabyte, at least 1. */
int ds_relevance_room(const struct ds_vit *v, const struct ds_relevance_opt *opt);

/* Takes (or on a planning arena counts) the memory for `room` images. */
void ds_relevance_take(struct ds_relevance *r, const struct ds_vit *v, int room,
                       const struct ds_relevance_opt *opt, struct ds_arena *arena);

/* images [n][channels][height][width], n <= room; target [n] classes, NULL or a negative one:
 * the predicted class. rows [n][L][N]: the wanted row of R_1 .. R_L (ds_rollout_patches makes
 * maps of them). full, if not NULL, [n][L][N][N]: all rows. Runs on the calling thread. */
void ds_relevance_run(struct ds_relevance *r, const struct ds_vit_view *w, const float *images,
                      int n, const int *target, float *rows, float *full);

#endif
