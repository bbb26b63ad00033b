/* data/protocol/budget.c -- what makes a comparison fair, in one line. See plan.h. */
#include "data/protocol/plan.h"

#include <stdio.h>
#include <string.h>
#include "core/learn/method.h"
#include "core/learn/replay.h"
#include "data/protocol/session_int.h"

long ds_budget_passes(const struct ds_train_opt *o, const struct ds_learner_opt *l,
                      const struct ds_stream *s, long *steps, long *first)
{
    long images = 0, passes = 0;

    *steps = *first = 0;
    for (int t = 0; t < s->tasks && !l->method->untrained; t++) {
        const bool full = l->method->joint && l->set.joint_full;
        long n = s->n_train[t], own;

        images += n;
        for (int later = 1; full && !t && later < s->tasks; later++)
            n += s->n_train[later];
        own = full && t ? 0 : (l->method->joint && !full ? images : n) * o->expand_times;
        passes += own * o->epochs;
        *steps += (own + o->batch - 1) / o->batch * o->epochs;
        if (!t)
            *first = *steps;
    }
    return passes;
}

static const char *refinement(const struct ds_learner_opt *l)
{
    return !l->refine_head ? "none" : l->refine.norm > 0 ? "alignment" : "class Gaussians";
}

void ds_budget_text(char *to, size_t size, const struct ds_train_opt *o,
                    const struct ds_learner *l, const struct ds_stream *s)
{
    const struct ds_learner_opt *w = &l->opt;
    const char *trained = w->method->trainable ? w->method->trainable : w->trainable;
    const bool domains = s->kind == DS_STREAM_DOMAIN;
    const bool shuffled = !strcmp(o->order, "shuffle");
    char replay[64] = "";
    long steps, first;
    const long passes = ds_budget_passes(o, w, s, &steps, &first);

    if (l->replay)
        snprintf(replay, sizeof replay, " and %d replayed per step (buffer %d)",
                 ds_replay_rows(&w->set.replay), w->set.replay.buffer);
    snprintf(
        to, size,
        "trains %s (%zu of %zu parameters); %ld images seen in %ld steps (%d epochs x %d)%s; "
        "softmax over %s; head refinement: %s; %d %s, %s order %s%s",
        trained, l->learning, l->vit.tensors.total, passes, steps,
        w->method->untrained ? 0 : o->epochs, o->expand_times, replay,
        domains                 ? "all classes (one shared head)"
        : ds_method_sees_all(w) ? "all classes seen"
                                : "the task's classes",
        refinement(w), s->tasks, domains ? "domains" : "tasks", ds_stream_word(s->kind),
        o->order, shuffled ? " by seed" : "");
}
