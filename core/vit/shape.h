/* core/vit/shape.h -- what a Vision Transformer looks like, and the list of its parameters.
 * Public header.
 *
 *     tokens = [CLS] [distillation] [registers ...] [patches, row-major over the grid]
 *     x = patch_embed(image) + pos, and through norm_pre where there is one
 *     block: x += ls1 proj(attn(norm1 x)),  x += ls2 fc2(act(fc1(norm2 x)))
 *     feature = norm(x)[CLS], or with mean pooling fc_norm(mean of the patch tokens)
 *     logits = head(feature)
 *
 * Three families differ further on. SwiGLU (DINOv2 giant): fc1 has 2 hidden rows, whose results
 * a and b become silu(a) b. A distilled DeiT reads two tokens, feature = norm(x)[CLS, dist], and
 * logits = (head(CLS) + head_dist(dist)) / 2. DINOv2's classifier reads feature = [norm(x)[CLS],
 * mean of norm(x)[patches]].
 *
 * Names, layouts and the order of tokens are timm's. Every parameter is one row of one list:
 * memory, checkpoints, freezing, initial values and `driftscope info` all read it. */
#ifndef DS_CORE_VIT_SHAPE_H
#define DS_CORE_VIT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"
#include "core/ops/act.h"

struct ds_vit_shape {
    int height, width, channels, patch;    /* pixels; patches are square */
    int dim, depth, heads, hidden;         /* C, L, H, width of the MLP */
    int classes;                           /* K, rows of the (joined) head; 0: no head */
    int registers;                         /* tokens between CLS (or dist) and patches */
    bool cls;                              /* has a CLS token */
    bool qkv_bias, layer_scale;
    bool embed_prefix;                     /* pos_embed has rows for CLS, dist and registers */
    bool pool_mean;                        /* feature = mean of the patch tokens, not CLS */
    bool fc_norm;                          /* LayerNorm after pooling instead of before */
    double eps;                            /* of every LayerNorm; timm 1e-6 */
    bool dist;                             /* has a distillation token behind CLS */
    bool head_dist;                        /* and a second head that reads it */
    bool head_concat;                      /* the head reads [CLS, mean of the patch tokens] */
    bool pre_norm;                         /* LayerNorm after the position embedding */
    bool no_patch_bias;
    bool swiglu;                           /* gated MLP; act is not used */
    enum ds_act act;                       /* of the MLP */
};

static inline int ds_grid_h(const struct ds_vit_shape *s) { return s->height / s->patch; }
static inline int ds_grid_w(const struct ds_vit_shape *s) { return s->width / s->patch; }
static inline int ds_patches(const struct ds_vit_shape *s) { return ds_grid_h(s) * ds_grid_w(s); }
static inline int ds_prefix(const struct ds_vit_shape *s) { return s->cls + s->dist + s->registers; }
static inline int ds_tokens(const struct ds_vit_shape *s) { return ds_prefix(s) + ds_patches(s); }

/* Rows of fc1; length of an image's feature; of it, what `head` reads (from its beginning). */
static inline int ds_mlp_width(const struct ds_vit_shape *s) { return s->hidden * (1 + s->swiglu); }
static inline bool ds_feature_pair(const struct ds_vit_shape *s) { return s->head_dist || s->head_concat; }
static inline int ds_feature_width(const struct ds_vit_shape *s) { return s->dim * (1 + ds_feature_pair(s)); }
static inline int ds_head_width(const struct ds_vit_shape *s) { return s->dim * (1 + s->head_concat); }

/* DS_USAGE with the numbers that do not fit: heads must divide dim, patch the image, sizes
 * must be positive and below 65536; or with the parts that do not go together. */
int ds_vit_shape_check(const struct ds_vit_shape *s, struct ds_err *err);

/* Which tensor: the block's first, then those outside the blocks. */
enum ds_role {
    DS_NORM1_W, DS_NORM1_B, DS_QKV_W, DS_QKV_B, DS_PROJ_W, DS_PROJ_B, DS_LS1,
    DS_NORM2_W, DS_NORM2_B, DS_FC1_W, DS_FC1_B, DS_FC2_W, DS_FC2_B, DS_LS2,
    DS_BLOCK_PARTS,
    DS_CLS = DS_BLOCK_PARTS, DS_DIST, DS_REG, DS_POS, DS_PATCH_W, DS_PATCH_B, DS_PRE_W, DS_PRE_B,
    DS_NORM_W, DS_NORM_B, DS_HEAD_W, DS_HEAD_B, DS_HEAD_DIST_W, DS_HEAD_DIST_B,
    DS_PARTS
};

struct ds_tensor {
    char name[48];      /* timm's */
    enum ds_role part;
    int layer;          /* -1 outside the blocks */
    int rank, dims[4];
    size_t at, count;   /* place in the flat parameter array, in floats */
};

struct ds_tensors {
    struct ds_tensor *row;
    int count;
    size_t total; /* floats */
};

int ds_tensors_list(struct ds_tensors *t, const struct ds_vit_shape *s, struct ds_err *err);
void ds_tensors_clear(struct ds_tensors *t);
const struct ds_tensor *ds_tensors_lookup(const struct ds_tensors *t, const char *name);

/* Whether a name matches a comma-separated list of patterns: "all", or parts of names
 * ("head", "qkv.weight", "blocks.0."). */
bool ds_tensor_matches(const char *name, const char *patterns);

/* Pointers into a flat array, by part: parameters, or gradients. NULL: the network has no such
 * tensor, or nobody wants its gradient. */
struct ds_vit_pack;
struct ds_vit_view {
    float *outside[DS_PARTS];        /* by part, from DS_CLS */
    float *(*block)[DS_BLOCK_PARTS]; /* [L], owned by whoever made the view */
    const struct ds_vit_pack *pack;  /* the same weights, packed (core/vit/pack.h), or NULL */
};

/* Fills a view over `base`. `at` gives each tensor's place (NULL: the list's own); SIZE_MAX
 * leaves a NULL. `block` has room for L rows. */
void ds_vit_view(struct ds_vit_view *v, float *(*block)[DS_BLOCK_PARTS],
                 const struct ds_tensors *t, float *base, const size_t *at);

#endif
