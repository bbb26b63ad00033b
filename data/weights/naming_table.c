/* data/weights/naming_table.c -- the tables of naming.h, a family at a time.
 *
 * Shapes need no rules: a file may drop dimensions of 1 ([D] for [1, 1, D]). Linear weights
 * are [out, in] everywhere but in the files of JAX, whose kernels are [in, out], split into
 * heads where there are heads: query/kernel [D, H, dh] becomes [H dh, D] by the order "120". */
#include <stddef.h>

#include "data/weights/naming.h"

// NOLINTBEGIN(bugprone-macro-parentheses): texts, which are joined by standing side by side
#define AS(file, ours)                                                                         \
    {                                                                                          \
        .from = file, .to = ours                                                               \
    }
#define TURNED(file, ours, dims)                                                               \
    {                                                                                          \
        .from = file, .to = ours, .order = dims                                                \
    }
#define DROP(file, reason)                                                                     \
    {                                                                                          \
        .from = file, .why = reason                                                            \
    }
/* A weight and a bias under the same name. */
#define PAIR(file, ours) AS(file ".weight", ours ".weight"), AS(file ".bias", ours ".bias")
#define THIRD(file, letter)                                                                    \
    {.from = file ".weight", .to = "blocks.#.attn.qkv.weight", .third = letter},               \
    {                                                                                          \
        .from = file ".bias", .to = "blocks.#.attn.qkv.bias", .third = letter                  \
    }

static const char decoder[] = "the decoder of the pretraining";
static const char masked[] = "stands for masked patches in the pretraining";
static const char projector[] = "the projection head of the pretraining";
static const char pooler[] = "a tanh layer that the classifier does not read";
static const char position_ids[] = "a list of numbers, not a weight";

static const struct ds_naming_rule timm[] = {
    AS("cls_token", "cls_token"),
    AS("dist_token", "dist_token"),
    AS("reg_token", "reg_token"),
    AS("register_tokens", "reg_token"),
    AS("pos_embed", "pos_embed"),
    PAIR("patch_embed.proj", "patch_embed.proj"),
    PAIR("norm_pre", "norm_pre"),
    PAIR("blocks.#.norm1", "blocks.#.norm1"),
    PAIR("blocks.#.attn.qkv", "blocks.#.attn.qkv"),
    PAIR("blocks.#.attn.proj", "blocks.#.attn.proj"),
    AS("blocks.#.ls1.gamma", "blocks.#.ls1.gamma"),
    AS("blocks.#.gamma_1", "blocks.#.ls1.gamma"),
    PAIR("blocks.#.norm2", "blocks.#.norm2"),
    PAIR("blocks.#.mlp.fc1", "blocks.#.mlp.fc1"),
    PAIR("blocks.#.mlp.w12", "blocks.#.mlp.fc1"),
    PAIR("blocks.#.mlp.fc2", "blocks.#.mlp.fc2"),
    PAIR("blocks.#.mlp.w3", "blocks.#.mlp.fc2"),
    AS("blocks.#.ls2.gamma", "blocks.#.ls2.gamma"),
    AS("blocks.#.gamma_2", "blocks.#.ls2.gamma"),
    PAIR("norm", "norm"),
    PAIR("fc_norm", "fc_norm"),
    PAIR("head", "head"),
    PAIR("head_dist", "head_dist"),
    DROP("pre_logits.*", "a tanh layer in front of the head, which timm left out; the head goes with it"),
    DROP("mask_token", masked),
    DROP("masked_embed", masked),
    DROP("decoder_*", decoder),
    DROP("decoder.*", decoder),
    DROP("head.mlp.*", projector),
    DROP("head.last_layer*", projector),
    DROP("head.#.*", projector),
    {0},
};

/* open_clip's models with a trunk of timm */
static const struct ds_naming_rule timm_root[] = {
    AS("head.proj.weight", "head.weight"),
    {0},
};

static const struct ds_naming_rule hf[] = {
    AS("embeddings.cls_token", "cls_token"),
    AS("embeddings.distillation_token", "dist_token"),
    AS("embeddings.register_tokens", "reg_token"),
    AS("embeddings.position_embeddings", "pos_embed"),
    PAIR("embeddings.patch_embeddings.projection", "patch_embed.proj"),
    DROP("embeddings.mask_token", masked),
    PAIR("encoder.layer.#.layernorm_before", "blocks.#.norm1"),
    PAIR("encoder.layer.#.norm1", "blocks.#.norm1"),
    THIRD("encoder.layer.#.attention.attention.query", 'q'),
    THIRD("encoder.layer.#.attention.attention.key", 'k'),
    THIRD("encoder.layer.#.attention.attention.value", 'v'),
    PAIR("encoder.layer.#.attention.output.dense", "blocks.#.attn.proj"),
    AS("encoder.layer.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"),
    PAIR("encoder.layer.#.layernorm_after", "blocks.#.norm2"),
    PAIR("encoder.layer.#.norm2", "blocks.#.norm2"),
    PAIR("encoder.layer.#.intermediate.dense", "blocks.#.mlp.fc1"),
    PAIR("encoder.layer.#.output.dense", "blocks.#.mlp.fc2"),
    PAIR("encoder.layer.#.mlp.fc1", "blocks.#.mlp.fc1"),
    PAIR("encoder.layer.#.mlp.fc2", "blocks.#.mlp.fc2"),
    PAIR("encoder.layer.#.mlp.weights_in", "blocks.#.mlp.fc1"),
    PAIR("encoder.layer.#.mlp.weights_out", "blocks.#.mlp.fc2"),
    AS("encoder.layer.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"),
    /* transformers 5 */
    PAIR("layers.#.layernorm_before", "blocks.#.norm1"),
    PAIR("layers.#.norm1", "blocks.#.norm1"),
    THIRD("layers.#.attention.q_proj", 'q'),
    THIRD("layers.#.attention.k_proj", 'k'),
    THIRD("layers.#.attention.v_proj", 'v'),
    PAIR("layers.#.attention.o_proj", "blocks.#.attn.proj"),
    AS("layers.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"),
    PAIR("layers.#.layernorm_after", "blocks.#.norm2"),
    PAIR("layers.#.norm2", "blocks.#.norm2"),
    PAIR("layers.#.mlp.fc1", "blocks.#.mlp.fc1"),
    PAIR("layers.#.mlp.fc2", "blocks.#.mlp.fc2"),
    PAIR("layers.#.mlp.weights_in", "blocks.#.mlp.fc1"),
    PAIR("layers.#.mlp.weights_out", "blocks.#.mlp.fc2"),
    AS("layers.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"),
    PAIR("layernorm", "norm"),
    DROP("pooler.*", pooler),
    {0},
};

static const struct ds_naming_rule hf_root[] = {
    PAIR("classifier", "head"),
    PAIR("cls_classifier", "head"),
    PAIR("distillation_classifier", "head_dist"),
    DROP("decoder.*", decoder),
    {0},
};

static const struct ds_naming_rule torchvision[] = {
    AS("class_token", "cls_token"),
    AS("encoder.pos_embedding", "pos_embed"),
    PAIR("conv_proj", "patch_embed.proj"),
    PAIR("encoder.layers.encoder_layer_#.ln_1", "blocks.#.norm1"),
    AS("encoder.layers.encoder_layer_#.self_attention.in_proj_weight",
       "blocks.#.attn.qkv.weight"),
    AS("encoder.layers.encoder_layer_#.self_attention.in_proj_bias", "blocks.#.attn.qkv.bias"),
    PAIR("encoder.layers.encoder_layer_#.self_attention.out_proj", "blocks.#.attn.proj"),
    PAIR("encoder.layers.encoder_layer_#.ln_2", "blocks.#.norm2"),
    PAIR("encoder.layers.encoder_layer_#.mlp.0", "blocks.#.mlp.fc1"),
    PAIR("encoder.layers.encoder_layer_#.mlp.3", "blocks.#.mlp.fc2"),
    PAIR("encoder.layers.encoder_layer_#.mlp.linear_1", "blocks.#.mlp.fc1"),
    PAIR("encoder.layers.encoder_layer_#.mlp.linear_2", "blocks.#.mlp.fc2"),
    PAIR("encoder.ln", "norm"),
    PAIR("heads.head", "head"),
    {0},
};

/* OpenAI's CLIP and open_clip; the projection is [D, E] without a bias. */
static const struct ds_naming_rule clip[] = {
    AS("class_embedding", "cls_token"),
    AS("positional_embedding", "pos_embed"),
    PAIR("conv1", "patch_embed.proj"),
    PAIR("ln_pre", "norm_pre"),
    PAIR("transformer.resblocks.#.ln_1", "blocks.#.norm1"),
    AS("transformer.resblocks.#.attn.in_proj_weight", "blocks.#.attn.qkv.weight"),
    AS("transformer.resblocks.#.attn.in_proj_bias", "blocks.#.attn.qkv.bias"),
    PAIR("transformer.resblocks.#.attn.out_proj", "blocks.#.attn.proj"),
    AS("transformer.resblocks.#.ls_1.gamma", "blocks.#.ls1.gamma"),
    PAIR("transformer.resblocks.#.ln_2", "blocks.#.norm2"),
    PAIR("transformer.resblocks.#.mlp.c_fc", "blocks.#.mlp.fc1"),
    PAIR("transformer.resblocks.#.mlp.c_proj", "blocks.#.mlp.fc2"),
    AS("transformer.resblocks.#.ls_2.gamma", "blocks.#.ls2.gamma"),
    PAIR("ln_post", "norm"),
    TURNED("proj", "head.weight", "10"),
    {0},
};

static const struct ds_naming_rule hf_clip[] = {
    AS("embeddings.class_embedding", "cls_token"),
    AS("embeddings.position_embedding.weight", "pos_embed"),
    PAIR("embeddings.patch_embedding", "patch_embed.proj"),
    DROP("embeddings.position_ids", position_ids),
    PAIR("pre_layrnorm", "norm_pre"), /* spelled like this in the files */
    PAIR("encoder.layers.#.layer_norm1", "blocks.#.norm1"),
    THIRD("encoder.layers.#.self_attn.q_proj", 'q'),
    THIRD("encoder.layers.#.self_attn.k_proj", 'k'),
    THIRD("encoder.layers.#.self_attn.v_proj", 'v'),
    PAIR("encoder.layers.#.self_attn.out_proj", "blocks.#.attn.proj"),
    PAIR("encoder.layers.#.layer_norm2", "blocks.#.norm2"),
    PAIR("encoder.layers.#.mlp.fc1", "blocks.#.mlp.fc1"),
    PAIR("encoder.layers.#.mlp.fc2", "blocks.#.mlp.fc2"),
    PAIR("post_layernorm", "norm"),
    {0},
};

static const struct ds_naming_rule hf_clip_root[] = {
    AS("visual_projection.weight", "head.weight"),
    PAIR("classifier", "head"),
    {0},
};

#define JAX_NORM(file, ours) AS(file "/scale", ours ".weight"), AS(file "/bias", ours ".bias")
#define JAX_DENSE(file, ours)                                                                  \
    TURNED(file "/kernel", ours ".weight", "10"), AS(file "/bias", ours ".bias")
#define JAX_THIRD(file, letter)                                                                \
    {.from = file "/kernel",                                                                   \
     .to = "blocks.#.attn.qkv.weight",                                                         \
     .order = "120",                                                                           \
     .third = letter},                                                                         \
    {                                                                                          \
        .from = file "/bias", .to = "blocks.#.attn.qkv.bias", .third = letter                  \
    }
#define JAX_BLOCK(block, attention, second, mlp)                                               \
    JAX_THIRD(block attention "/query", 'q'), JAX_THIRD(block attention "/key", 'k'),          \
        JAX_THIRD(block attention "/value", 'v'),                                              \
        TURNED(block attention "/out/kernel", "blocks.#.attn.proj.weight", "201"),             \
        AS(block attention "/out/bias", "blocks.#.attn.proj.bias"),                            \
        JAX_NORM(block second, "blocks.#.norm2"),                                              \
        JAX_DENSE(block mlp "/Dense_0", "blocks.#.mlp.fc1"),                                   \
        JAX_DENSE(block mlp "/Dense_1", "blocks.#.mlp.fc2")

static const struct ds_naming_rule google[] = {
    AS("cls", "cls_token"),
    AS("Transformer/posembed_input/pos_embedding", "pos_embed"),
    AS("pos_embedding", "pos_embed"),
    TURNED("embedding/kernel", "patch_embed.proj.weight", "3201"),
    AS("embedding/bias", "patch_embed.proj.bias"),
    JAX_NORM("Transformer/encoderblock_#/LayerNorm_0", "blocks.#.norm1"),
    JAX_BLOCK("Transformer/encoderblock_#/", "MultiHeadDotProductAttention_1", "LayerNorm_2",
              "MlpBlock_3"),
    JAX_BLOCK("Transformer/encoderblock_#/", "MultiHeadDotProductAttention_0", "LayerNorm_1",
              "MlpBlock_0"),
    JAX_NORM("Transformer/encoder_norm", "norm"),
    JAX_DENSE("head", "head"),
    DROP("pre_logits/*", "a tanh layer in front of the head, which timm leaves out, too; the head goes with it"),
    {0},
};

static const double half[] = {0.5, 0.5, 0.5};
static const double imagenet_mean[] = {0.485, 0.456, 0.406},
                    imagenet_std[] = {0.229, 0.224, 0.225};
static const double clip_mean[] = {0.48145466, 0.4578275, 0.40821073};
static const double clip_std[] = {0.26862954, 0.26130258, 0.27577711};

const struct ds_naming ds_namings[] = {
    {"timm", "patch_embed.proj.weight", NULL, timm, timm_root, 1e-6, DS_ACT_GELU,
     "timm's default for ViTs of AugReg", half, half, "bicubic", 0.9, true},
    {"Hugging Face ViT", "embeddings.patch_embeddings.projection.weight", NULL, hf, hf_root,
     1e-12, DS_ACT_GELU, "the default of transformers' ViTConfig", half, half, "bilinear", 0,
     true},
    {"torchvision", "conv_proj.weight", "class_token", torchvision, NULL, 1e-6, DS_ACT_GELU,
     "torchvision's default", imagenet_mean, imagenet_std, "bilinear", 0.875, false},
    {"CLIP", "conv1.weight", "class_embedding", clip, NULL, 1e-5, DS_ACT_QUICK_GELU,
     "OpenAI's CLIP (LAION's models use gelu)", clip_mean, clip_std, "bicubic", 1, false},
    {"Hugging Face CLIP", "embeddings.patch_embedding.weight", "embeddings.class_embedding",
     hf_clip, hf_clip_root, 1e-5, DS_ACT_QUICK_GELU,
     "the default of transformers' CLIPVisionConfig", clip_mean, clip_std, "bicubic", 1, false},
    {"Google (JAX)", "embedding/kernel", NULL, google, NULL, 1e-6, DS_ACT_GELU,
     "timm's for these files", half, half, "bicubic", 0.9, false},
    {0},
};

/* Families that share another's names, told apart by what else is in the file. */
const struct ds_naming_habit ds_habit_imagenet = {
    "DeiT, DINO and MAE normalise like this", imagenet_mean, imagenet_std, "bicubic", 0.875};
// NOLINTEND(bugprone-macro-parentheses)
