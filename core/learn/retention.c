/* core/learn/retention.c -- attention retention around a task: which masks are in force, and
 * what the task's images add to them. See learner.h; the masks themselves are core/retain. */
#include "core/learn/learner_int.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/base/size.h"
#include "core/retain/rollout.h"

static double mean_mask(const struct ds_learner *l, int layer)
{
    const size_t patches = (size_t)ds_patches(&l->vit.shape);
    const float *soft = l->memory.soft + (size_t)layer * patches;
    double sum = 0;

    for (size_t p = 0; p < patches; p++)
        sum += (double)soft[p];
    return sum / (double)patches;
}

/* Weights by token: 0 for the prefix (its rows and columns are protected), then the mask. */
static void weigh_tokens(struct ds_learner *l)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t tokens = (size_t)ds_tokens(s), prefix = (size_t)ds_prefix(s);
    const size_t patches = tokens - prefix;

    for (size_t layer = 0; layer < (size_t)s->depth; layer++) {
        float *w = l->wq + layer * tokens;

        memset(w, 0, prefix * sizeof *w);
        memcpy(w + prefix, l->memory.soft + layer * patches, patches * sizeof *w);
    }
    memcpy(l->wk, l->wq, (size_t)s->depth * tokens * sizeof *l->wk);
}

/* With CLS pooling only the CLS query of the last block has a gradient, and its weight is 0:
 * under query masking the masked gradient is 0 by construction, no product is needed. */
static bool silent(const struct ds_learner *l, int layer)
{
    return layer == l->vit.shape.depth - 1 && !l->vit.shape.pool_mean &&
           l->opt.retain.axis != DS_AXIS_KEY;
}

static void set_factors(struct ds_learner *l)
{
    const bool uniform = l->opt.retain.mode == DS_MODE_UNIFORM;

    for (int i = 0; i < l->slots; i++) {
        struct ds_slot *s = &l->slot[i];
        const int layer = s->tensor->layer;

        s->masked = false;
        s->factor = 1;
        if (l->opt.freeze_last && l->task > 0 && layer == l->vit.shape.depth - 1)
            s->factor = 0;
        if (!l->retaining || s->tensor->part != DS_QKV_W || s->factor == 0)
            continue;
        if (uniform)
            s->factor = mean_mask(l, layer);
        else if (silent(l, layer))
            s->factor = 0;
        else
            s->masked = l->masked_layer[layer] = true;
    }
}

int ds_retention_begin(struct ds_learner *l, int images, struct ds_err *err)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);

    l->retaining = l->opt.method->retains && l->memory.tasks > 0;
    memset(l->masked_layer, 0, (size_t)s->depth * sizeof *l->masked_layer);
    if (l->retaining)
        weigh_tokens(l);
    set_factors(l);
    if (!l->opt.method->retains || l->opt.retain.source != DS_SOURCE_LAST_EPOCH ||
        images <= l->harvest_room)
        return 0;
    free(l->harvest);
    free(l->harvest_label);
    l->harvest = malloc(ds_sizes((size_t)images, cells, sizeof *l->harvest, 1));
    l->harvest_label = malloc((size_t)images * sizeof *l->harvest_label);
    l->harvest_room = l->harvest && l->harvest_label ? images : 0;
    if (!l->harvest_room)
        return ds_fail(err, DS_NOMEM, "out of memory for the maps of %d images", images);
    return 0;
}

bool ds_retention_harvests(const struct ds_learner *l)
{
    return l->opt.method->retains && l->opt.retain.source == DS_SOURCE_LAST_EPOCH &&
           l->epoch == l->epochs - 1;
}

/* The released code's source of masks: the attention of the training pass itself, augmented
 * images and moving weights. at: place of the micro-batch in the batch. */
void ds_retention_harvest(struct ds_lane *lane, int at)
{
    struct ds_learner *l = lane->learner;
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);
    float *scratch = l->rollout_scratch + (size_t)lane->worker * ds_rollout_scratch(&l->vit);

    for (int i = 0; i < lane->n && at + i < l->fresh && l->harvested + at + i < l->harvest_room; i++) {
        const int place = l->harvested + at + i;

        ds_rollout_maps(l->harvest + (size_t)place * cells, scratch, &l->vit, lane->work, i);
        l->harvest_label[place] = lane->label[i];
    }
}

int ds_retention_end(struct ds_learner *l, const float *maps, const int *label, int images,
                     struct ds_err *err)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const int patches = ds_patches(s), cells = s->depth * patches;
    const struct ds_retain_opt *o = &l->opt.retain;
    struct ds_mask_rule rule = o->rule;
    float *soft = malloc((size_t)cells * sizeof *soft);

    if (!soft)
        return ds_fail(err, DS_NOMEM, "out of memory for a mask");
    if (o->source == DS_SOURCE_LAST_EPOCH) {
        maps = l->harvest;
        label = l->harvest_label;
        images = l->harvested < l->harvest_room ? l->harvested : l->harvest_room;
    }
    rule.seed = ds_rng_sub(l->opt.seed, (uint64_t)l->task);
    if (images > 0 && !ds_mask_from_maps(soft, NULL, NULL, maps, label, images, s->classes,
                                         s->depth, patches, &rule, l->pool, err))
        ds_mask_remember(&l->memory, soft, images, cells, rule.reduce, o->history);
    else if (images > 0) {
        free(soft);
        return err->code;
    }
    free(soft);
    return 0;
}
