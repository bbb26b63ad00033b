/* core/learn/method_opt.h -- the numbers of the methods, one struct each. Public header.
 *
 * Formulas and sources stand on top of core/learn/method_*.c; share/doc/methods.md has them
 * side by side. */
#ifndef DS_CORE_LEARN_METHOD_OPT_H
#define DS_CORE_LEARN_METHOD_OPT_H

#include <stdbool.h>

/* The classes a softmax runs over: the task's, or all seen so far. */
enum ds_loss_kind { DS_LOSS_AUTO, DS_LOSS_LOCAL, DS_LOSS_SEEN };

enum ds_fisher_label { DS_FISHER_TRUE, DS_FISHER_ARGMAX, DS_FISHER_SAMPLE };
enum ds_fisher_fusion { DS_FUSION_SUM, DS_FUSION_SEPARATE, DS_FUSION_AVERAGE };

struct ds_ewc_opt {
    enum ds_fisher_label label;
    enum ds_fisher_fusion fusion;
    double lambda; /* penalty: lambda / 2 */
    double gamma;  /* sum: the old Fisher's factor; average: its share */
    double clip;   /* largest Fisher entry, 0: none */
};

struct ds_si_opt {
    double c, xi;
};

struct ds_lwf_opt {
    double lambda, temperature;
};

enum ds_distill_kind {
    DS_DISTILL_SYMMETRIC,
    DS_DISTILL_ASYMMETRIC,
    DS_DISTILL_JS,
    DS_DISTILL_L1
};
enum ds_distill_pool {
    DS_POOL_HEIGHT,
    DS_POOL_WIDTH,
    DS_POOL_SPATIAL,
    DS_POOL_GAP,
    DS_POOL_PIXEL
};

struct ds_distill_opt {
    enum ds_distill_kind kind;
    enum ds_distill_pool pool;
    double mu;
    const char *layers; /* "all", or numbers from 1: "1,6,12" */
    bool cls_only;      /* only the CLS query's row */
};

enum ds_replay_kind { DS_REPLAY_NONE, DS_REPLAY_ER, DS_REPLAY_DERPP, DS_REPLAY_ACE };

struct ds_replay_opt {
    enum ds_replay_kind kind;
    int buffer; /* pictures remembered */
    int rows;   /* drawn per step (twice for DER++) */
    bool balanced;
    double alpha, beta; /* of DER++ */
};

struct ds_lora_opt {
    int rank;
    double energy, energy_end; /* InfLoRA: share of energy kept, first and last task */
};

struct ds_method_opt {
    enum ds_loss_kind loss;
    bool joint_full; /* joint: once on everything, instead of task by task */
    struct ds_ewc_opt ewc;
    struct ds_si_opt si;
    struct ds_lwf_opt lwf;
    struct ds_distill_opt distill;
    struct ds_replay_opt replay;
    struct ds_lora_opt lora;
    int ranpac_width;
    double fecam_shrinkage, fecam_power;
};

#endif
