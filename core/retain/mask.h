/* core/retain/mask.h -- from maps to what may still learn. Public header.
 *
 * rollout -> [MASK] -> (retain) -> drift
 *
 * Per image and layer the split point turns a map into a binary mask (1 = background, free to
 * learn; 0 = attended, protected: value > split). Their mean over the images of a task, and
 * over tasks, is the soft mask [L][P] that weighs the gradients. */
#ifndef DS_CORE_RETAIN_MASK_H
#define DS_CORE_RETAIN_MASK_H

#include <stdint.h>
#include "core/base/pool.h"
#include "core/retain/split.h"

enum ds_mask_window { DS_WINDOW_SAMPLE, DS_WINDOW_SHIFTED };
enum ds_mask_reduce { DS_REDUCE_CLASS, DS_REDUCE_SAMPLE };
enum ds_mask_history { DS_HISTORY_CUMULATIVE, DS_HISTORY_LAST, DS_HISTORY_MIN };
enum ds_mask_region { DS_REGION_ATTENTION, DS_REGION_NONATTENTION, DS_REGION_RANDOM };

struct ds_mask_rule {
    enum ds_split_kind split;
    double eps;
    /* SHIFTED repeats a slip of the released code: the thresholds of image i come from the
     * flat array of its class's maps shifted by i values, not by i images (method.md, D5). */
    enum ds_mask_window window;
    enum ds_mask_reduce reduce; /* mean over images, or over class means */
    enum ds_mask_region region; /* controls: protect the complement, or as many random patches */
    uint64_t seed;              /* of DS_REGION_RANDOM */
};

/* soft [L][P] in [0, 1] of `images` maps [images][L][P] with class label[images] (any
 * numbering below `classes`). split [images][L], binary [images][L][P] may be NULL.
 * DS_NOMEM. Images of one class must be in the order in which SHIFTED is to see them. */
int ds_mask_from_maps(float *soft, double *split, uint8_t *binary, const float *maps,
                      const int *label, int images, int classes, int layers, int patches,
                      const struct ds_mask_rule *rule, struct ds_pool *pool,
                      struct ds_err *err);

/* What tasks have left behind; plain arrays so that a checkpoint can keep them. */
struct ds_mask_memory {
    double *sum;  /* [L][P] sum of soft masks, weighted */
    double weight; /* of the sum: images (sample mean) or tasks (class mean) */
    float *soft;  /* [L][P] in force; valid when tasks > 0 */
    int tasks;
};

/* Adds one task's soft mask (from `images` images) and renews memory->soft. */
void ds_mask_remember(struct ds_mask_memory *memory, const float *soft, int images, int cells,
                      enum ds_mask_reduce reduce, enum ds_mask_history history);

#endif
