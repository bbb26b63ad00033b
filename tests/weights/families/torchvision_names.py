"""tests/weights/families/torchvision_names.py -- torchvision's vit_*_*."""
from .common import rename

OUTSIDE = {
    "cls_token": "class_token",
    "pos_embed": "encoder.pos_embedding",
    "patch_embed.proj": "conv_proj",
    "norm": "encoder.ln",
    "head": "heads.head",
}
BLOCK = {
    "*": "encoder.layers.encoder_layer_{i}.",
    "norm1": "ln_1",
    "norm2": "ln_2",
    "attn.proj": "self_attention.out_proj",
    "mlp.fc1": "mlp.0",
    "mlp.fc2": "mlp.3",
}


def names(w, old=False):
    """`old`: the first published files call the two layers of the MLP linear_1 and linear_2."""
    block = {**BLOCK, "mlp.fc1": "mlp.linear_1", "mlp.fc2": "mlp.linear_2"} if old else BLOCK
    out = rename(w, OUTSIDE, block)
    for name, tensor in w.items():
        if ".attn.qkv." in name:
            _, i, _, _, kind = name.split(".")
            out[BLOCK["*"].format(i=i) + "self_attention.in_proj_" + kind] = tensor
    return out
