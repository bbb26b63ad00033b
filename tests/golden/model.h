/* tests/golden/model.h -- a model folder while it is being computed. */
#ifndef DS_TESTS_GOLDEN_MODEL_H
#define DS_TESTS_GOLDEN_MODEL_H

#include "core/vit/vit.h"
#include "tests/golden/conformance.h"

struct golden_model {
    struct conformance *c;
    struct ds_vit vit;
    struct ds_arena arena;
    struct ds_vit_work work;
    float *params, *grad; /* grad: every tensor, qkv weights twice their size */
    size_t *at;
    struct ds_vit_view view, grad_view;
    float *(*block)[DS_BLOCK_PARTS], *(*grad_block)[DS_BLOCK_PARTS];
    int batch, steps, images; /* B, S, N mask images */
    double temperature;
    struct ds_vit_taps taps;
};

/* The parts of a model folder, each filling c->got. */
void golden_forward(struct golden_model *m);
void golden_gradients(struct golden_model *m);
void golden_masked_gradients(struct golden_model *m);
void golden_rollouts(struct golden_model *m);
int golden_relevance(struct golden_model *m, struct ds_err *err);
int golden_masks(struct golden_model *m, struct ds_err *err);
int golden_steps(struct golden_model *m, struct ds_err *err);

/* Forward over batch 0 with everything kept; then backward of the mean loss. */
void golden_run_forward(struct golden_model *m, const float *x, int n);
double golden_loss(struct golden_model *m);

#endif
