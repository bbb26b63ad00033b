/* core/learn/method.c -- the table of methods. See the header. */
#include "core/learn/method.h"

#include <string.h>
#include "core/ops/loss.h"

double ds_method_local_loss(struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;

    return ds_loss_cross_entropy(lane->work->dlogits, &lane->hits, lane->work->logits,
                                 lane->label, lane->n, l->vit.shape.classes, l->first, l->count,
                                 l->opt.temperature, lane->share);
}

static const struct ds_method finetune = {
    .name = "finetune",
    .about = "sequential fine-tuning, nothing is protected (Seq-FT)",
};

static const struct ds_method arcl = {
    .name = "arcl",
    .about = "attention retention: gradients from attended regions are masked (ARCL-ViT)",
    .retains = true,
};

static const struct ds_method frozen = {
    .name = "frozen",
    .about = "the trunk never moves, only heads are trained (zero drift by construction)",
    .trainable = "head",
};

const struct ds_method *const ds_methods[] = {&finetune, &arcl, &frozen, NULL};

const struct ds_method *ds_method_lookup(const char *name)
{
    for (int i = 0; ds_methods[i]; i++)
        if (!strcmp(ds_methods[i]->name, name))
            return ds_methods[i];
    return NULL;
}
