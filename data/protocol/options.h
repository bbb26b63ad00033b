/* data/protocol/options.h -- every option of training, once. Public header.
 *
 * The table feeds --help, presets, config files, the attributes of a run and --resume. Rows
 * of attention retention begin as "preset": --retain-preset says what they mean, any of them
 * may be given on its own. */
#ifndef DS_DATA_PROTOCOL_OPTIONS_H
#define DS_DATA_PROTOCOL_OPTIONS_H

#include <stdbool.h>
#include "core/base/opt.h"
#include "core/learn/learner.h"
#include "data/source/stream.h"

struct ds_train_opt {
    /* data */
    char data[512];
    int image_size, stream, tasks, base_classes, train_limit, eval_limit, pad;
    char order[512], mean[128], std[128], transform[256], eval_transform[256], domain[256];
    bool flip, skip_broken;
    /* model */
    int patch, dim, depth, heads, registers;
    double mlp_ratio, eps;
    bool qkv_bias, layer_scale, cls_token, dist_token, pre_norm, patch_bias, prefix_position,
        swiglu;
    int pool, fc_norm, act;
    char init[1024];
    int warmstart, warmstart_steps;
    double warmstart_lr;
    /* method */
    char method[64], trainable[256];
    bool freeze_last;
    int loss, joint;
    int ewc_fisher, ewc_fusion, distill, distill_pool, distill_rows;
    double ewc_lambda, ewc_gamma, ewc_clip, si_c, si_xi, lwf_lambda, lwf_temperature, distill_mu;
    char distill_layers[256];
    int replay, buffer, replay_batch, replay_draw;
    double replay_alpha, replay_beta;
    int ranpac_width, lora_rank;
    double fecam_shrinkage, fecam_power, inflora_energy, inflora_energy_end;
    int retain_preset, mask_axis, threshold, threshold_window, mask_source, mask_reduce,
        mask_history, mask_region, retain_mode;
    double threshold_eps, factor_clamp;
    /* optimiser */
    int optimizer, schedule, warmup, epochs, expand_times, batch, head_init;
    double lr, qkv_scale, weight_decay, head_decay, momentum, gamma, temperature;
    bool nesterov;
    char milestones[64];
    /* head refinement */
    int refine;
    int refine_epochs, refine_samples, refine_batch;
    double refine_lr, refine_decay, align_norm, align_lr;
    /* the run */
    int seed, threads, precision, save_every, save_seconds, eval_images, probe_images;
    bool recompute, feature_cache;
    char feature_folder[1024];
};

extern const struct ds_opt ds_train_table[];

/* Text of an INI file ("key = value", sections ignored) into options; `origin` names it. */
int ds_train_opt_read(struct ds_train_opt *o, const char *text, const char *origin,
                      struct ds_err *err);

/* The whole table as INI text, but what never changes a result (threads, feature-cache,
 * feature-folder), every value as it reads back; free it. NULL: out of memory. */
char *ds_train_opt_write(const struct ds_train_opt *o);

/* The presets of attention retention: 0 adaptive, 1 paper, 2 official. */
const struct ds_retain_opt *ds_retain_preset(int number);

/* Options into what the learner wants; DS_USAGE for combinations that make no sense. The
 * result borrows strings of `o`. */
int ds_train_opt_learner(struct ds_learner_opt *l, const struct ds_train_opt *o,
                         struct ds_err *err);

/* What the data are cut into; borrows strings of `o`. */
struct ds_stream_want ds_train_opt_stream(const struct ds_train_opt *o);

/* Shape for pictures of that size; K classes. */
int ds_train_opt_shape(struct ds_vit_shape *s, const struct ds_train_opt *o, int channels,
                       int height, int width, int classes, struct ds_err *err);

#endif
