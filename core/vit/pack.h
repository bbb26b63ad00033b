/* core/vit/pack.h -- weights rounded to bf16 and packed for the products they are in, once for
 * all workers and micro-batches. Public header.
 *
 * A pack is as old as the weights it was made from: make it before a step or a pass over many
 * images, and take it out of the view behind it. */
#ifndef DS_CORE_VIT_PACK_H
#define DS_CORE_VIT_PACK_H

#include "core/base/pool.h"
#include "core/vit/vit.h"

struct ds_vit_pack {
    int depth;
    bool back;                             /* also for the way back */
    uint16_t *patch;                       /* X W^T; NULL: fp32, nothing is packed */
    uint16_t *(*block)[DS_BLOCK_PARTS][2]; /* [L] matrices for X W^T and for dY W */
};

void ds_vit_pack_take(struct ds_vit_pack *p, const struct ds_vit *v, bool back,
                      struct ds_arena *arena);

/* Packs the weights of w and puts them into it; in fp32 nothing happens. */
void ds_vit_pack(struct ds_vit_pack *p, const struct ds_vit *v, struct ds_vit_view *w,
                 struct ds_pool *pool);

/* A matrix of a block, or of the patches (layer -1). */
struct ds_weight ds_vit_weight(const struct ds_vit_view *w, int layer, enum ds_role part,
                               int ld);

#endif
