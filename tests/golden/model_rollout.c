/* tests/golden/model_rollout.c -- rollouts, masks and training steps of a model folder. */
#include "tests/golden/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/learn/method.h"
#include "core/retain/mask.h"
#include "core/retain/relevance.h"
#include "core/retain/rollout.h"

/* B_1 .. B_L of one image from the attention kept by the last forward pass. */
static void fuse_layers(const struct golden_model *m, float *b, float *order, int image,
                        enum ds_fusion fusion, double discard)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), square = n * n;

    for (int l = 0; l < s->depth; l++)
        ds_rollout_fuse(b + (size_t)l * square, NULL,
                        m->work.layer[l].attn + (size_t)image * (size_t)s->heads * square,
                        s->heads, (int)n, (int)n, fusion, discard, order);
}

static void cls_rows(float *to, const float *full, const struct ds_vit_shape *s)
{
    const size_t n = (size_t)ds_tokens(s), prefix = (size_t)ds_prefix(s), p = n - prefix;

    for (size_t l = 0; l < (size_t)s->depth; l++)
        memcpy(to + l * p, full + l * n * n + prefix, p * sizeof *to);
}

static void fused_rollouts(struct golden_model *m, float *b, float *full, float *order)
{
    static const char *const word[] = {"mean", "max", "min"};
    static const char *const share[] = {"0.0", "0.5", "0.9"};
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);

    for (int f = 0; f < 3; f++)
        for (int k = 0; k < 3; k++) {
            float *to = conf_mine(m->c, "roll.abnar.%s.%s", word[f], share[k]);

            for (int i = 0; to && i < m->batch; i++) {
                fuse_layers(m, b, order, i, (enum ds_fusion)f, atof(share[k]));
                ds_rollout_full(full, b, s->depth, ds_tokens(s));
                cls_rows(to + (size_t)i * cells, full, s);
            }
        }
}

static void raw_rows(struct golden_model *m)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), prefix = (size_t)ds_prefix(s), p = n - prefix;
    float *to = conf_mine(m->c, "roll.raw_cls");

    for (size_t i = 0; to && i < (size_t)m->batch; i++)
        for (int l = 0; l < s->depth; l++)
            for (size_t h = 0; h < (size_t)s->heads; h++, to += p)
                memcpy(to,
                       m->work.layer[l].attn + (i * (size_t)s->heads + h) * n * n + prefix,
                       p * sizeof *to);
}

void golden_rollouts(struct golden_model *m)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const size_t n = (size_t)ds_tokens(s), layers = (size_t)s->depth;
    const size_t cells = layers * (size_t)ds_patches(s), block = layers * n * n;
    float *full = conf_mine(m->c, "roll.full"), *maps = conf_mine(m->c, "roll.maps");
    float *b = malloc(block * sizeof *b), *one = malloc(block * sizeof *one);
    float *order = malloc(n * n * sizeof *order);
    float *scratch = malloc(ds_rollout_scratch(&m->vit) * sizeof *scratch);

    for (int i = 0; i < m->batch; i++) {
        fuse_layers(m, b, NULL, i, DS_FUSE_MEAN, 0);
        ds_rollout_full(one, b, s->depth, (int)n);
        if (full)
            memcpy(full + (size_t)i * block, one, block * sizeof *one);
        if (maps)
            ds_rollout_maps(maps + (size_t)i * cells, scratch, &m->vit, &m->work, i);
    }
    fused_rollouts(m, b, one, order);
    raw_rows(m);
    free(b);
    free(one);
    free(order);
    free(scratch);
}

/* Chefer's relevance of the label's logit: a pass of its own, with the memory of its own. */
int golden_relevance(struct golden_model *m, struct ds_err *err)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const struct ds_relevance_opt opt = {.row = ds_rollout_own_row(s)};
    const size_t rows = (size_t)s->depth * (size_t)ds_tokens(s);
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);
    float *to = conf_mine(m->c, "roll.chefer"), *row;
    struct ds_arena arena = {0};
    struct ds_relevance r;

    if (!to) /* c6, without CLS, has none */
        return 0;
    ds_relevance_take(&r, &m->vit, m->batch, &opt, &arena);
    if (ds_arena_reserve(&arena, err))
        return err->code;
    ds_relevance_take(&r, &m->vit, m->batch, &opt, &arena);
    row = malloc((size_t)m->batch * rows * sizeof *row);
    ds_relevance_run(&r, &m->view, ds_bundle_lookup(&m->c->want, "x")->data, m->batch,
                     ds_bundle_lookup(&m->c->want, "y")->data, row, NULL);
    for (int i = 0; i < m->batch; i++)
        ds_rollout_patches(to + (size_t)i * cells, row + (size_t)i * rows, s);
    free(row);
    ds_arena_clear(&arena);
    return 0;
}

/* Every mask bit must agree; thresholds by at most three bins of the grid. */
static void compare_masks(struct conformance *c, const char *masks, const uint8_t *mine,
                          const char *thr, const double *split, const float *maps, int images,
                          int layers, int patches)
{
    const struct ds_array *want = conf_want(c, "%s", masks), *at = conf_want(c, "%s", thr);
    double wrong = 0, bins = 0;

    for (int64_t i = 0; want && i < ds_array_count(want); i++)
        wrong += mine[i] != ((const uint8_t *)want->data)[i];
    for (int i = 0; at && i < images * layers; i++) {
        double lo = INFINITY, hi = -INFINITY;

        for (int p = 0; p < patches; p++) {
            lo = fmin(lo, (double)maps[i * patches + p]);
            hi = fmax(hi, (double)maps[i * patches + p]);
        }
        bins = fmax(bins, fabs(split[i] - ((const double *)at->data)[i]) /
                              ((hi - lo) / 9999 + 1e-7 / 3));
    }
    if (want)
        conf_report(c, masks, wrong, 0);
    if (at)
        conf_report(c, thr, bins, 3);
}

int golden_masks(struct golden_model *m, struct ds_err *err)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const int patches = ds_patches(s), layers = s->depth;
    const size_t cells = (size_t)layers * (size_t)patches, n = (size_t)m->images;
    const struct {
        const char *avg, *masks, *thr;
        struct ds_mask_rule rule;
    } variant[] = {
        {"mask.avg", "mask.masks", "mask.thr", {.eps = 0.001, .reduce = DS_REDUCE_SAMPLE}},
        {"mask.avg_eps0", "mask.masks_eps0", "mask.thr_eps0", {.reduce = DS_REDUCE_SAMPLE}},
        {"mask.avg_official", "mask.masks_official", "mask.thr_official",
         {.eps = 0.001, .reduce = DS_REDUCE_SAMPLE, .window = DS_WINDOW_SHIFTED}},
    };
    float *maps = calloc(n * cells, sizeof *maps), *soft = calloc(cells, sizeof *soft);
    float *scratch = malloc(ds_rollout_scratch(&m->vit) * sizeof *scratch), *mine;
    double *split = calloc(n * (size_t)layers, sizeof *split);
    uint8_t *binary = calloc(n * cells, 1);
    int *label = calloc(n, sizeof *label), code = 0;

    golden_run_forward(m, ds_bundle_lookup(&m->c->want, "mask_x")->data, m->images);
    for (int i = 0; i < m->images; i++)
        ds_rollout_maps(maps + (size_t)i * cells, scratch, &m->vit, &m->work, i);
    mine = conf_mine(m->c, "mask.maps");
    if (mine)
        memcpy(mine, maps, n * cells * sizeof *maps);
    for (size_t v = 0; v < 3 && !code; v++) {
        code = ds_mask_from_maps(soft, split, binary, maps, label, m->images, 1, layers, patches,
                                 &variant[v].rule, NULL, err);
        mine = conf_mine(m->c, "%s", variant[v].avg);
        if (!code && mine)
            memcpy(mine, soft, cells * sizeof *soft);
        if (!code && m->c->precision == DS_PRECISION_FP32)
            compare_masks(m->c, variant[v].masks, binary, variant[v].thr, split, maps, m->images,
                          layers, patches);
    }
    free(maps);
    free(soft);
    free(scratch);
    free(split);
    free(binary);
    free(label);
    return code;
}

static void keep_state(struct golden_model *m, const struct ds_learner *l, const char *run)
{
    for (int i = 0; i < l->slots; i++) {
        const struct ds_slot *slot = &l->slot[i];
        const size_t bytes = slot->tensor->count * sizeof(float);
        float *w = conf_mine(m->c, "step.%s.w.%s", run, slot->tensor->name);
        float *m1 = conf_mine(m->c, "step.%s.m.%s", run, slot->tensor->name);
        float *m2 = conf_mine(m->c, "step.%s.v.%s", run, slot->tensor->name);

        if (w)
            memcpy(w, l->params + slot->tensor->at, bytes);
        if (m1)
            memcpy(m1, l->moment1 + slot->at, bytes);
        if (m2)
            memcpy(m2, l->moment2 + slot->at, bytes);
    }
}

/* The real learner, three steps into a second task, with the folder's mask in force. */
static int run_steps(struct golden_model *m, const char *run, const char *method,
                     struct ds_err *err)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const struct ds_learner_opt opt = {
        .method = ds_method_lookup(method), .trainable = "head,qkv.weight", .batch = m->batch,
        .optim = {DS_ADAM, 0.9, 0.999, 1e-8, 0, false}, .rate = 0.01, .trunk_scale = 0.01,
        .decay = 5e-5, .head_decay = 5e-5, .temperature = m->temperature,
        .retain = {.clamp = 10}, .schedule = {.gamma = 1}};
    const size_t cells = (size_t)s->depth * (size_t)ds_patches(s);
    const size_t pixels = (size_t)m->batch * (size_t)(s->channels * s->height * s->width);
    const float *x = ds_bundle_lookup(&m->c->want, "x")->data;
    const int *y = ds_bundle_lookup(&m->c->want, "y")->data;
    float *loss = conf_mine(m->c, "step.%s.loss", run);
    struct ds_learner *l;
    struct ds_report report;
    int code = 0;

    if (ds_learner_open(&l, s, &opt, NULL, err))
        return err->code;
    memcpy(l->params, m->params, m->vit.tensors.total * sizeof(float));
    memcpy(l->memory.soft, ds_bundle_lookup(&m->c->want, "mask.avg")->data,
           cells * sizeof(float));
    l->memory.tasks = 1;
    l->seen = s->classes;
    code = ds_learner_task_begin(l, 1, 0, s->classes, 1, m->steps, 0, false, err);
    for (int i = 0; i < m->steps && !code; i++) {
        code = ds_learner_step(l, x + (size_t)i * pixels, y + i * m->batch, NULL, m->batch, NULL,
                               &report, err);
        if (loss)
            loss[i] = (float)report.loss;
    }
    if (!code)
        keep_state(m, l, run);
    ds_learner_close(l);
    return code;
}

int golden_steps(struct golden_model *m, struct ds_err *err)
{
    return run_steps(m, "arcl", "arcl", err) || run_steps(m, "plain", "finetune", err)
               ? (int)err->code
               : 0;
}
