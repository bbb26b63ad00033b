/* core/learn/method.c -- the table of methods, and the loss most of them begin with. See the
 * header. */
#include "core/learn/method.h"

#include <stdio.h>
#include <string.h>
#include "core/learn/method_rows_int.h"
#include "core/learn/replay.h"
#include "core/ops/loss.h"

bool ds_method_sees_all(const struct ds_learner_opt *o)
{
    const bool replays =
        o->set.replay.kind == DS_REPLAY_ER || o->set.replay.kind == DS_REPLAY_DERPP;

    return o->method->joint || o->set.loss == DS_LOSS_SEEN ||
           (o->set.loss == DS_LOSS_AUTO && replays);
}

double ds_method_loss(struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;
    const bool all = ds_method_sees_all(&l->opt);

    if (l->replay)
        return ds_replay_loss(lane);
    return ds_loss_cross_entropy(lane->work->dlogits, &lane->hits, lane->work->logits,
                                 lane->label, lane->n, l->vit.shape.classes, all ? 0 : l->first,
                                 all ? l->seen : l->count, l->opt.temperature, lane->share);
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
    .about = "the trunk never moves, only heads are trained: a linear probe, no drift",
    .trainable = "head",
};

static const struct ds_method er = {
    .name = "er",
    .about = "experience replay: remembered pictures in every batch (ER)",
    .replay = DS_REPLAY_ER,
};

static const struct ds_method derpp = {
    .name = "derpp",
    .about = "replay of pictures and of the logits they had (DER++)",
    .replay = DS_REPLAY_DERPP,
};

static const struct ds_method er_ace = {
    .name = "er-ace",
    .about = "replay; new pictures only compete with classes of their task (ER-ACE)",
    .replay = DS_REPLAY_ACE,
};

static const struct ds_method slca = {
    .name = "slca",
    .about = "fine-tuning with a slow trunk and classifier alignment (SLCA)",
    .aligns = true,
};

const struct ds_method *const ds_methods[] = {&finetune,
                                              &ds_method_joint,
                                              &frozen,
                                              &ds_method_ncm,
                                              &ds_method_ranpac,
                                              &ds_method_fecam,
                                              &arcl,
                                              &ds_method_ewc,
                                              &ds_method_si,
                                              &ds_method_lwf,
                                              &ds_method_distill,
                                              &er,
                                              &derpp,
                                              &er_ace,
                                              &slca,
                                              &ds_method_lora,
                                              &ds_method_inflora,
                                              NULL};

const struct ds_method *ds_method_lookup(const char *name)
{
    for (int i = 0; ds_methods[i]; i++)
        if (!strcmp(ds_methods[i]->name, name))
            return ds_methods[i];
    return NULL;
}

const char *ds_method_names(char *to, size_t size)
{
    size_t used = 0;

    *to = 0;
    for (int i = 0; ds_methods[i] && used < size; i++) {
        const int n = snprintf(to + used, size - used, "%s%s",
                               !i                  ? ""
                               : ds_methods[i + 1] ? ", "
                                                   : " and ",
                               ds_methods[i]->name);

        used += n > 0 ? (size_t)n : 0;
    }
    return to;
}
