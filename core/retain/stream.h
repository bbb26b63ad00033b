/* core/retain/stream.h -- rollout while the forward pass runs. Public header.
 *
 * images -> tokens -> attention -> [ROLLOUT] -> mask -> drift -> picture
 *
 * A tap sees each head's tile while it is still in cache, adds it to its layer's B_l and
 * forgets it; with the last head of the last layer the rows of all layers are computed as in
 * rollout.h, to the same bits. Nothing of the attention is kept: (L - start) N^2 floats per
 * image instead of L H N^2 (ViT-B/16 at 224: 1.9 MB instead of 22).
 *
 *     ds_rollout_stream_take(&t, vit, room, want, &opt, &arena);
 *     taps.attn = (struct ds_attn_taps){.with = &t, .attention = ds_rollout_tap};
 *     ds_vit_forward(vit, view, work, images, n, &taps);
 *     ... t.rows [n][L][N]
 *
 * One stream belongs to one worker: ds_infer.tap_with hands each worker its own. */
#ifndef DS_CORE_RETAIN_STREAM_H
#define DS_CORE_RETAIN_STREAM_H

#include "core/retain/rollout.h"

struct ds_rollout_opt {
    struct ds_rollout_rule rule;
    int start; /* first layer of the product, 0 .. L - 1 */
    int row;   /* token whose row is wanted, or DS_ALL_ROWS for their mean */
};

struct ds_rollout_stream {
    const struct ds_vit *vit;
    struct ds_rollout_opt opt;
    bool narrow;  /* the last layer has its CLS row only */
    float *b;     /* [room][L - start][N][N] */
    float *rows;  /* [room][L][N] results; below start a row of I */
    float *order; /* [N][N] where the rule needs it */
    float *work;  /* [2][L][N] */
};

/* DS_USAGE: start or row outside the network, discard outside 0 .. 1. */
int ds_rollout_opt_check(const struct ds_rollout_opt *opt, const struct ds_vit_shape *s,
                         struct ds_err *err);

/* What the forward pass must be asked for: DS_WANT_FULL, or 0 when the CLS row will do. */
unsigned ds_rollout_want(const struct ds_rollout_opt *opt);

/* want: that of the forward pass. */
void ds_rollout_stream_take(struct ds_rollout_stream *t, const struct ds_vit *v, int room,
                            unsigned want, const struct ds_rollout_opt *opt,
                            struct ds_arena *arena);

/* An attention tap; with: a struct ds_rollout_stream. */
ds_attn_tile ds_rollout_tap;

#endif
