/* data/protocol/resolve.c -- options into what the engine wants. See options.h. */
#define _GNU_SOURCE
#include "data/protocol/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data/protocol/ini_int.h"
#include "data/protocol/resolve_int.h"

/* The three presets; research behind them in share/doc/method.md. Index: retain_preset. */
static const struct ds_retain_opt presets[] = {
    {.rule = {.split = DS_SPLIT_ECDF, .eps = 0, .reduce = DS_REDUCE_CLASS},
     .axis = DS_AXIS_QUERY, .source = DS_SOURCE_CLEAN},
    {.rule = {.split = DS_SPLIT_ECDF, .eps = 0, .reduce = DS_REDUCE_CLASS},
     .axis = DS_AXIS_KEY, .source = DS_SOURCE_CLEAN},
    {.rule = {.split = DS_SPLIT_ECDF, .eps = 0.001, .reduce = DS_REDUCE_SAMPLE,
              .window = DS_WINDOW_SHIFTED},
     .axis = DS_AXIS_QUERY, .source = DS_SOURCE_LAST_EPOCH},
};
enum { OFFICIAL = 2, UNIFORM = 3 };

const struct ds_retain_opt *ds_retain_preset(int number)
{
    return &presets[number];
}

/* A word of the table, where 0 stands for the preset's. */
static int chosen(int word, int preset)
{
    return word ? word - 1 : preset;
}

static void resolve_retention(struct ds_retain_opt *r, const struct ds_train_opt *o)
{
    *r = presets[o->retain_preset];
    r->axis = (enum ds_mask_axis)chosen(o->mask_axis, r->axis);
    r->rule.split = (enum ds_split_kind)chosen(o->threshold, r->rule.split);
    r->rule.window = (enum ds_mask_window)chosen(o->threshold_window, r->rule.window);
    r->rule.reduce = (enum ds_mask_reduce)chosen(o->mask_reduce, r->rule.reduce);
    r->source = (enum ds_mask_source)chosen(o->mask_source, r->source);
    r->history = (enum ds_mask_history)chosen(o->mask_history, r->history);
    if (o->threshold_eps >= 0)
        r->rule.eps = o->threshold_eps;
    r->mode = o->mask_region == UNIFORM ? DS_MODE_UNIFORM : (enum ds_retain_mode)o->retain_mode;
    r->rule.region = o->mask_region == UNIFORM ? DS_REGION_ATTENTION
                                               : (enum ds_mask_region)o->mask_region;
    r->clamp = o->factor_clamp;
}

int ds_train_opt_learner(struct ds_learner_opt *l, const struct ds_train_opt *o,
                         struct ds_err *err)
{
    *l = (struct ds_learner_opt){
        .trainable = o->trainable,
        .recompute = o->recompute,
        .freeze_last = o->freeze_last,
        .batch = o->batch,
        .optim = {(enum ds_optim_kind)o->optimizer, 0.9, 0.999, 1e-8, o->momentum, o->nesterov},
        .schedule = {.kind = (enum ds_schedule_kind)o->schedule, .gamma = o->gamma,
                     .warmup = o->warmup},
        .rate = o->lr,
        .trunk_scale = o->qkv_scale,
        .decay = o->weight_decay,
        .head_decay = o->head_decay,
        .temperature = o->temperature,
        .head_init = (enum ds_head_init)chosen(o->head_init, o->retain_preset == OFFICIAL
                                                                 ? DS_HEAD_REUSE_FIRST
                                                                 : DS_HEAD_FRESH),
        .refine = {o->refine_epochs, o->refine_samples, o->refine_batch, o->refine_lr, 0.9,
                   o->refine_decay, o->temperature, 0, NULL},
        .precision = (enum ds_precision)o->precision,
        .seed = (uint64_t)o->seed,
    };
    resolve_retention(&l->retain, o);
    if (ds_resolve_method(l, o, err))
        return err->code;
    if (ds_schedule_milestones(&l->schedule, o->milestones) < 0)
        return ds_fail(err, DS_USAGE,
                       "milestones is '%s', expected at most %d ascending epochs like 5,8",
                       o->milestones, DS_MILESTONES);
    return 0;
}

struct ds_stream_want ds_train_opt_stream(const struct ds_train_opt *o)
{
    return (struct ds_stream_want){.kind = (enum ds_stream_kind)o->stream,
                                   .tasks = o->tasks,
                                   .base = o->base_classes,
                                   .order = o->order,
                                   .seed = (uint64_t)o->seed,
                                   .train_limit = o->train_limit,
                                   .test_limit = o->eval_limit};
}

int ds_train_opt_shape(struct ds_vit_shape *s, const struct ds_train_opt *o, int channels,
                       int height, int width, int classes, struct ds_err *err)
{
    const double hidden = o->mlp_ratio * o->dim;

    *s = (struct ds_vit_shape){
        .height = height, .width = width, .channels = channels, .patch = o->patch,
        .dim = o->dim, .depth = o->depth, .heads = o->heads,
        .hidden = hidden < 1e6 ? (int)lround(hidden) : 1000000,
        .classes = classes, .registers = o->registers, .cls = o->cls_token,
        .dist = o->dist_token, .qkv_bias = o->qkv_bias, .layer_scale = o->layer_scale,
        .embed_prefix = o->prefix_position, .pool_mean = o->pool == 1,
        .fc_norm = o->fc_norm ? o->fc_norm == 2 : o->pool == 1, .pre_norm = o->pre_norm,
        .no_patch_bias = !o->patch_bias, .swiglu = o->swiglu, .act = (enum ds_act)o->act,
        .eps = o->eps,
    };
    return ds_vit_shape_check(s, err);
}

struct reading {
    struct ds_train_opt *o;
    const char *origin;
    struct ds_err *err;
};

static int one_line(void *with, const char *section, const char *key, const char *value)
{
    const struct reading *r = with;
    char where[600];

    (void)section;
    snprintf(where, sizeof where, "%s: %s", r->origin, key);
    return ds_opt_set(ds_train_table, r->o, key, value, where, r->err);
}

int ds_train_opt_read(struct ds_train_opt *o, const char *text, const char *origin,
                      struct ds_err *err)
{
    struct reading r = {o, origin, err};

    return ds_ini_read(text, origin, one_line, &r, err);
}

char *ds_train_opt_write(const struct ds_train_opt *o)
{
    size_t size = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (const struct ds_opt *row = ds_train_table; row->key; row++) {
        char value[1200];

        if (row->at == offsetof(struct ds_train_opt, threads) ||
            row->at == offsetof(struct ds_train_opt, feature_cache) ||
            row->at == offsetof(struct ds_train_opt, feature_folder))
            continue; /* never changes a result, so it is no part of one */
        if (row->group)
            fprintf(out, "%s[%s]\n", row == ds_train_table ? "" : "\n", row->group);
        fprintf(out, "%s = %s\n", row->key, ds_opt_print(row, o, value, sizeof value));
    }
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}
