/* core/vit/vit.h -- a Vision Transformer: forward, backward, and the memory of one worker.
 * Public header.
 *
 * images -> tokens -> ATTENTION -> ... -> feature. Everything here runs on the calling thread
 * with the memory it is lent, so that several workers can run it side by side on parts of a
 * batch; nothing is allocated after ds_vit_work_take. */
#ifndef DS_CORE_VIT_VIT_H
#define DS_CORE_VIT_VIT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/arena.h"
#include "core/base/turn.h"
#include "core/ops/attention.h"
#include "core/ops/mul.h"
#include "core/vit/shape.h"

struct ds_vit {
    struct ds_vit_shape shape;
    struct ds_tensors tensors;
    enum ds_precision precision; /* of its products; set before memory is taken */
};

int ds_vit_open(struct ds_vit *v, const struct ds_vit_shape *shape, struct ds_err *err);
void ds_vit_close(struct ds_vit *v);

/* Initial values as timm's: weights and embeddings N(0, 0.02) truncated at 2 (absolute), biases 0, norms
 * 1 and 0, LayerScale 1e-5, all from the stream (seed, tensor name). */
void ds_vit_init(const struct ds_vit *v, float *params, uint64_t seed);

/* What a forward pass is asked for. */
enum ds_want {
    DS_WANT_BACKWARD = 1,  /* keep what the backward pass needs */
    DS_WANT_ATTENTION = 2, /* keep the attention of every layer */
    DS_WANT_TOKENS = 4,    /* keep the tokens after every layer */
    DS_WANT_FULL = 8,      /* all rows of the last block, though only CLS is pooled */
    DS_WANT_ALONE = 32,    /* of a pass over many (infer.h): one image at a time, so that what is
                              said of it depends on nothing that comes with it */
    DS_WANT_RECOMPUTE = 64, /* keep only what enters a block; the way back runs the block again,
                               without taps, and gets the same bits. Taps of the forward pass may
                               look, but not change anything. */
    DS_WANT_ATTENTION_GRAD = 16 /* the way back reaches every layer's attention (for taps),
                                   though no parameter there wants a gradient */
};

/* Whether a forward pass computes only the CLS rows of the last block ("narrow"). */
static inline bool ds_vit_narrow(const struct ds_vit_shape *s, unsigned want)
{
    return !s->pool_mean && !ds_feature_pair(s) && !(want & DS_WANT_FULL);
}

/* Kept by the forward pass, per block. R = B N rows; in a last block that only computes the
 * CLS rows ("narrow"), x2 has its B rows at their usual places and o too, the others are dense. */
struct ds_vit_layer {
    float *x;             /* [R][C] tokens entering the block */
    float *mean1, *rstd1; /* [R] */
    float *y1;            /* [R][C] norm1(x) */
    float *qkv;           /* [R][3C] */
    float *attn;          /* [B][H][queries][N] */
    float *o;             /* [R][C] attention output, before proj */
    float *t1;            /* proj output, with LayerScale only */
    float *x2;            /* [R][C] after the attention residual */
    float *mean2, *rstd2;
    float *y2;            /* norm2(x2) */
    float *slope;         /* [.][rows of fc1] derivative of the activation, or of the gate */
    float *gelu;          /* [.][hidden] what fc2 reads */
    float *t2;            /* fc2 output, with LayerScale only */
};

/* Names the first value that is not finite; see ds_vit_work.watch. */
struct ds_watch {
    bool found;
    char op[32];
    int layer; /* -1 outside the blocks */
};

struct ds_vit_taps {
    struct ds_attn_taps attn; /* .layer is filled in */
    /* x [B][N][C] tokens entering block l (l = L: leaving the last); add to dx */
    void (*tokens_grad)(void *with, int layer, int images, const float *x, float *dx);
};

/* The memory of one worker. */
struct ds_vit_work {
    unsigned want;
    struct ds_mul mul;
    int room;   /* images it can take at once */
    int images; /* of the last forward pass */
    int first;  /* of these in the feed they are from (infer.h) */
    bool narrow; /* the last block computed CLS rows only */
    int lowest; /* layers below keep nothing: no gradient is wanted there; L: none anywhere.
                   May be raised before a forward pass, to go back less far. */
    struct ds_vit_layer *layer; /* [L] */
    float *patches;             /* [B P][channels patch patch] */
    float *pre, *pre_mean, *pre_rstd; /* [R][C] tokens before norm_pre, and its statistics */
    float *out;                 /* [R][C] tokens leaving the last block */
    float *mean, *rstd, *normed, *pooled;
    float *feature; /* [B][feature width] */
    float *logits;  /* [B][K] filled by ds_head_forward or ds_logits_forward */
    /* the way back */
    float *dlogits, *dfeature, *dx, *dt, *d_o, *dqkv, *dhidden, *scratch;
    int ld_dqkv; /* 3C, or 6C when masked gradients are wanted */
    struct ds_watch *watch; /* look for non-finite values after every op (slow) */
    struct ds_turn turn;    /* of a way back that shares its gradients with others, who go
                               through the same steps: places [ds_vit_turns] */
};

/* One place for every tensor, though neighbours share a turn. */
static inline int ds_vit_turns(const struct ds_vit_shape *s)
{
    return s->depth * DS_BLOCK_PARTS + DS_PARTS;
}

static inline int ds_vit_turn(const struct ds_vit_shape *s, int layer, enum ds_role part)
{
    return (layer < 0 ? s->depth : layer) * DS_BLOCK_PARTS + (int)part;
}

/* Takes (or, on a planning arena, counts) the memory for `room` images. `grad` says which
 * gradients a backward pass will be asked for; NULL: none. masked: also masked ones. */
void ds_vit_work_take(struct ds_vit_work *a, const struct ds_vit *v, int room, unsigned want,
                      const struct ds_vit_view *grad, bool masked, struct ds_arena *arena);

/* images [n][channels][height][width], n <= room. Fills a->feature. */
void ds_vit_forward(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a,
                    const float *images, int n, const struct ds_vit_taps *taps);

/* The same for images whose features [n][C] are known: nothing else of `a` is filled. */
void ds_vit_recall(const struct ds_vit *v, struct ds_vit_work *a, const float *features, int n);

/* The same in steps: begin fills layer[0].x; block l reads layer[l].x and fills layer[l + 1].x, the
 * last one out; end fills feature. Between them, before the next block overwrites what blocks
 * share, layer[l].y1 and .qkv can be read, and tokens may be replaced: whoever kept a copy of
 * what entered block l (the block itself writes over it) puts it back into layer[l].x, with
 * a->images and a->narrow as they were, and goes on from there. */
void ds_vit_begin(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a,
                  const float *images, int n);
void ds_vit_block(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a,
                  int l, const struct ds_vit_taps *taps);
void ds_vit_end(const struct ds_vit *v, const struct ds_vit_view *w, struct ds_vit_work *a);

/* Block l once more from layer[l].x, up to what its way back reads. */
void ds_vit_block_again(const struct ds_vit *v, const struct ds_vit_view *w,
                        struct ds_vit_work *a, int l);

/* From a->dfeature down to the lowest wanted gradient. keep 0 overwrites grad, 1 adds to it.
 *
 * wq, wk [L][N] weigh queries and keys for the masked gradients (core/ops/attention.h); a
 * NULL means 1 everywhere, both NULL no masked gradients. Where layer l has them (masks[l]
 * true), grad's qkv.weight has 6C rows: dW, then dW'. */
struct ds_vit_masks {
    const float *wq, *wk;
    const bool *layer; /* [L] */
};

void ds_vit_backward(const struct ds_vit *v, const struct ds_vit_view *w,
                     const struct ds_vit_view *grad, struct ds_vit_work *a, float keep,
                     const struct ds_vit_masks *masks, const struct ds_vit_taps *taps);

/* The joined head, or any other that reads the head's share of the feature. Only classes
 * first .. first+count are computed. */
void ds_head_forward(const struct ds_vit *v, const float *weight, const float *bias,
                     struct ds_vit_work *a, int first, int count);

/* From a->dlogits (classes first .. first+count) to grad's head (NULL parts are skipped) and
 * a->dfeature: all of it, but for a distillation head's half, which ds_logits_backward fills. */
void ds_head_backward(const struct ds_vit *v, const float *weight,
                      const struct ds_vit_view *grad, struct ds_vit_work *a, int first,
                      int count, float keep);

/* What the network itself answers, all classes: its head, or the mean of its two heads. The way
 * back is from a->dlogits, which it may scale. Needs at least one class. */
void ds_logits_forward(const struct ds_vit *v, const struct ds_vit_view *w,
                       struct ds_vit_work *a);
void ds_logits_backward(const struct ds_vit *v, const struct ds_vit_view *w,
                        const struct ds_vit_view *grad, struct ds_vit_work *a, float keep);

#endif
