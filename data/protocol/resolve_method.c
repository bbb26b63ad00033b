/* data/protocol/resolve_method.c -- the options of the methods into what the engine wants, and
 * the combinations that make no sense. See options.h. */
#include "data/protocol/resolve_int.h"

#include "core/learn/method.h"

enum { REFINE_AUTO, REFINE_NO, REFINE_YES, REFINE_ALIGN };

static int find_method(struct ds_learner_opt *l, const struct ds_train_opt *o,
                       struct ds_err *err)
{
    const char *names[64], *near;
    char all[512];
    int n = 0;

    l->method = ds_method_lookup(o->method);
    if (l->method)
        return 0;
    for (; n < 63 && ds_methods[n]; n++)
        names[n] = ds_methods[n]->name;
    names[n] = NULL;
    near = ds_opt_nearest(o->method, names);
    return ds_fail(err, DS_USAGE, "method '%s' is unknown%s%s%s; there are %s", o->method,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
                   ds_method_names(all, sizeof all));
}

static int choose_replay(struct ds_learner_opt *l, const struct ds_train_opt *o,
                         struct ds_err *err)
{
    const enum ds_replay_kind own = l->method->replay;
    const enum ds_replay_kind asked = (enum ds_replay_kind)o->replay;

    if (own && asked && own != asked)
        return ds_fail(err, DS_USAGE, "--method %s brings its own replay; leave --replay out",
                       o->method);
    if (asked && (l->method->untrained || l->method->joint))
        return ds_fail(err, DS_USAGE, "--replay has no use with --method %s: %s", o->method,
                       l->method->joint ? "all pictures are there anyway"
                                        : "it takes no steps");
    l->set.replay = (struct ds_replay_opt){
        own ? own : asked,   o->buffer,       o->replay_batch ? o->replay_batch : o->batch,
        o->replay_draw == 1, o->replay_alpha, o->replay_beta};
    if (l->set.loss == DS_LOSS_LOCAL &&
        (l->set.replay.kind == DS_REPLAY_ER || l->set.replay.kind == DS_REPLAY_DERPP))
        return ds_fail(err, DS_USAGE,
                       "replayed pictures need a softmax over all classes: "
                       "--loss local goes with --replay er-ace only");
    if (l->set.loss == DS_LOSS_SEEN && l->set.replay.kind == DS_REPLAY_ACE)
        return ds_fail(err, DS_USAGE,
                       "er-ace keeps new pictures among their task's classes: "
                       "--loss seen is --replay er");
    if (l->set.loss == DS_LOSS_LOCAL && l->method->joint)
        return ds_fail(err, DS_USAGE,
                       "--method joint learns all classes at once; --loss local "
                       "has no meaning there");
    return 0;
}

static void choose_refinement(struct ds_learner_opt *l, const struct ds_train_opt *o)
{
    const bool align =
        o->refine == REFINE_ALIGN || (o->refine == REFINE_AUTO && l->method->aligns);

    l->refine_head = o->refine == REFINE_AUTO ? !l->method->plain_head : o->refine != REFINE_NO;
    l->refine.norm = align ? o->align_norm : 0;
    l->refine.rate = align ? o->align_lr : o->refine_lr;
}

int ds_resolve_method(struct ds_learner_opt *l, const struct ds_train_opt *o,
                      struct ds_err *err)
{
    if (find_method(l, o, err))
        return err->code;
    l->set = (struct ds_method_opt){
        .loss = (enum ds_loss_kind)o->loss,
        .joint_full = o->joint == 1,
        .ewc = {(enum ds_fisher_label)o->ewc_fisher, (enum ds_fisher_fusion)o->ewc_fusion,
                o->ewc_lambda, o->ewc_gamma, o->ewc_clip},
        .si = {o->si_c, o->si_xi},
        .lwf = {o->lwf_lambda, o->lwf_temperature},
        .distill = {(enum ds_distill_kind)o->distill, (enum ds_distill_pool)o->distill_pool,
                    o->distill_mu, o->distill_layers, o->distill_rows == 1},
        .lora = {o->lora_rank, o->inflora_energy, o->inflora_energy_end},
        .ranpac_width = o->ranpac_width,
        .fecam_shrinkage = o->fecam_shrinkage,
        .fecam_power = o->fecam_power,
    };
    l->tasks = o->tasks;
    l->shared_head = o->stream == DS_STREAM_DOMAIN;
    if (choose_replay(l, o, err))
        return err->code;
    choose_refinement(l, o);
    if (l->method->classify && l->refine_head)
        return ds_fail(err, DS_USAGE,
                       "--method %s has a classifier of its own, there is no head "
                       "to refine; leave --refine out",
                       o->method);
    return 0;
}
