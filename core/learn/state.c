/* core/learn/state.c -- every array that bit-identical resuming needs, by name. See learner.h. */
#include "core/learn/learner_int.h"

#include <stdio.h>
#include "core/learn/replay.h"

int ds_state_slots(struct ds_learner *l, ds_state_visit *visit, void *with, const char *group,
                   float *base, struct ds_err *err)
{
    char name[96];

    for (int i = 0; i < l->slots; i++) {
        const struct ds_slot *s = &l->slot[i];

        snprintf(name, sizeof name, "%s/%s", group, s->tensor->name);
        if (visit(with, name, DS_STATE_F32, base + s->at, s->tensor->count, err))
            return err->code;
    }
    return 0;
}

/* The small numbers: what the arrays alone do not say. */
static int visit_counters(struct ds_learner *l, ds_state_visit *visit, void *with,
                          struct ds_err *err)
{
    int counter[4] = {l->seen, l->has_refined, l->memory.tasks, l->harvested};
    double weight = l->memory.weight;

    if (visit(with, "progress/counters", DS_STATE_I32, counter, 4, err) ||
        visit(with, "retain/weight", DS_STATE_F64, &weight, 1, err))
        return err->code;
    l->seen = counter[0];
    l->has_refined = counter[1] != 0;
    l->memory.tasks = counter[2];
    l->harvested = counter[3];
    l->memory.weight = weight;
    return 0;
}

int ds_learner_lasting(struct ds_learner *l, ds_state_visit *visit, void *with,
                       struct ds_err *err)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);
    const size_t c = (size_t)s->dim, k = (size_t)s->classes;
    char name[96];

    for (int i = 0; i < l->vit.tensors.count; i++) {
        const struct ds_tensor *t = &l->vit.tensors.row[i];

        snprintf(name, sizeof name, "model/%s", t->name);
        if (visit(with, name, DS_STATE_F32, l->params + t->at, t->count, err))
            return err->code;
    }
    if (visit_counters(l, visit, with, err) ||
        visit(with, "head/refined.weight", DS_STATE_F32, l->refined_w, k * c, err) ||
        visit(with, "head/refined.bias", DS_STATE_F32, l->refined_b, k, err))
        return err->code;
    if (l->mean && (visit(with, "gauss/mean", DS_STATE_F32, l->mean, k * c, err) ||
                    visit(with, "gauss/root", DS_STATE_F32, l->root, k * c * c, err)))
        return err->code;
    if (l->counted && visit(with, "gauss/count", DS_STATE_I32, l->counted, k, err))
        return err->code;
    if (l->opt.method->retains &&
        (visit(with, "retain/sum", DS_STATE_F64, l->memory.sum, cells, err) ||
         visit(with, "retain/soft", DS_STATE_F32, l->memory.soft, cells, err)))
        return err->code;
    if (l->replay && ds_replay_arrays(l->replay, visit, with, err))
        return err->code;
    return l->opt.method->arrays ? l->opt.method->arrays(l, visit, with, err) : 0;
}

int ds_learner_passing(struct ds_learner *l, ds_state_visit *visit, void *with,
                       struct ds_err *err)
{
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t audits = (size_t)s->depth * 3;
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);
    double step = (double)l->step;

    if (visit(with, "progress/step", DS_STATE_F64, &step, 1, err) ||
        ds_state_slots(l, visit, with, "optim/moment1", l->moment1, err))
        return err->code;
    l->step = (long)step;
    if (l->opt.optim.kind != DS_SGD &&
        ds_state_slots(l, visit, with, "optim/moment2", l->moment2, err))
        return err->code;
    if (l->old_params && visit(with, "method/old_params", DS_STATE_F32, l->old_params,
                               l->vit.tensors.total, err))
        return err->code;
    if (l->harvested > 0 &&
        (visit(with, "retain/harvest", DS_STATE_F32, l->harvest, (size_t)l->harvested * cells,
               err) ||
         visit(with, "retain/harvest_label", DS_STATE_I32, l->harvest_label,
               (size_t)l->harvested, err)))
        return err->code;
    if (l->opt.method->passing && l->opt.method->passing(l, visit, with, err))
        return err->code;
    return visit(with, "progress/audit", DS_STATE_F64, l->audit,
                 audits * sizeof(struct ds_audit_sum) / sizeof(double), err);
}
