/* data/weights/naming.c -- matching names, and reasons to refuse. See the header. */
#include "data/weights/naming.h"

#include <ctype.h>
#include <string.h>

enum { BLOCK_MAX = 65535 };

bool ds_naming_match(const char *pattern, const char *name, int *block)
{
    *block = -1;
    for (; *pattern; pattern++) {
        if (*pattern == '*' && !pattern[1])
            return true;
        if (*pattern != '#') {
            if (*name++ != *pattern)
                return false;
            continue;
        }
        if (!isdigit((unsigned char)*name))
            return false;
        for (*block = 0; isdigit((unsigned char)*name); name++)
            if ((*block = 10 * *block + (*name - '0')) > BLOCK_MAX)
                return false;
    }
    return !*name;
}

const struct ds_naming_rule *ds_naming_lookup(const struct ds_naming_rule *rules,
                                              const char *name, int *block)
{
    for (; rules && rules->from; rules++)
        if (ds_naming_match(rules->from, name, block))
            return rules;
    return NULL;
}

/* Parts of names that give another architecture away. The order matters: the first that is
 * found speaks, so the more telling ones come first. */
static const struct {
    const char *part, *why;
} refusals[] = {
    {"lora_",
     "holds LoRA matrices; merge them into the weights first (W + B A) and save those"},
    {"adapter", "holds adapters beside the blocks, which driftscope does not run"},
    {"prompt", "holds prompts beside the tokens, which driftscope does not run"},
    {"rope", "rotates queries and keys (RoPE: DINOv3, EVA-02), which driftscope does not run"},
    {"relative_position",
     "has a relative position bias (BEiT, Swin), which driftscope does not run"},
    {"q_norm", "normalises queries and keys (qk_norm), which driftscope does not run"},
    {"query_norm", "normalises queries and keys (qk_norm), which driftscope does not run"},
    {"attn.q_bias", "has biases for q and v only (BEiT), which driftscope does not run"},
    {"attn_pool", "pools by attention (SigLIP), which driftscope does not run"},
    {"head.attention", "pools by attention (SigLIP), which driftscope does not run"},
    {"head.probe", "pools by attention (SigLIP), which driftscope does not run"},
    {"MAPHead", "pools by attention (SigLIP), which driftscope does not run"},
    {"downsample", "is a network in stages (Swin, ResNet, ConvNeXt), not a ViT"},
    {"stages.", "is a network in stages (Swin, ConvNeXt), not a ViT"},
    {"running_mean", "has batch normalisation: a CNN, or a ViT behind a convolutional stem"},
    {"layer1.0.conv1", "is a ResNet, not a ViT"},
    {"patch_embed.backbone", "is a hybrid behind a CNN, not a plain ViT"},
    {"patch_embed.proj.0",
     "has a convolutional stem (MoCo v3 ViT-C), which driftscope does not run"},
    {"experts", "holds a mixture of experts, which driftscope does not run"},
    {"token_embedding.weight", "is a text model"},
    {"embed_tokens.weight", "is a text model"},
    {"word_embeddings", "is a text model"},
};

const char *ds_naming_refusal(const char *name)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strstr(name, refusals[i].part))
            return refusals[i].why;
    return NULL;
}
