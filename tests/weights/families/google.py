"""tests/weights/families/google.py -- JAX arrays: vision_transformer and big_vision.

Flax keeps matrices [in, out], attention kernels [D, H, dh] and [H, dh, D], the convolution
[p, p, 3, D]."""
import numpy as np

from containers import as_numpy
from .common import split_qkv

OLD = {
    "attention": "MultiHeadDotProductAttention_1",
    "norm2": "LayerNorm_2",
    "mlp": "MlpBlock_3",
}
NEW = {
    "attention": "MultiHeadDotProductAttention_0",
    "norm2": "LayerNorm_1",
    "mlp": "MlpBlock_0",
}


def kernel(tensor):
    return as_numpy(tensor).T


def norm(w, name):
    return {"scale": as_numpy(w[name + ".weight"]), "bias": as_numpy(w[name + ".bias"])}


def dense(w, name):
    return {"kernel": kernel(w[name + ".weight"]), "bias": as_numpy(w[name + ".bias"])}


def attention(w, b, s):
    width, out = s.dim // s.heads, {}
    for letter, name in (("q", "query"), ("k", "key"), ("v", "value")):
        out[f"{name}/kernel"] = kernel(w[f"{b}attn.{letter}.weight"]).reshape(
            s.dim, s.heads, width
        )
        out[f"{name}/bias"] = as_numpy(w[f"{b}attn.{letter}.bias"]).reshape(s.heads, width)
    out["out/kernel"] = kernel(w[b + "attn.proj.weight"]).reshape(s.heads, width, s.dim)
    out["out/bias"] = as_numpy(w[b + "attn.proj.bias"])
    return out


def block(w, i, s, style):
    b, out = f"blocks.{i}.", {}

    def add(name, arrays):
        out.update((f"{name}/{part}", array) for part, array in arrays.items())

    add("LayerNorm_0", norm(w, b + "norm1"))
    add(style["attention"], attention(w, b, s))
    add(style["norm2"], norm(w, b + "norm2"))
    add(style["mlp"] + "/Dense_0", dense(w, b + "mlp.fc1"))
    add(style["mlp"] + "/Dense_1", dense(w, b + "mlp.fc2"))
    return out


def names(w, s, style=OLD, prefix="", stacked=False, contiguous=True):
    """Flat names with slashes. `stacked`: all blocks in one array (scanned layers). Not
    `contiguous`: transposed arrays stay so, and .npy says fortran_order: True."""
    w, out = split_qkv(w), {}
    blocks = [block(w, i, s, style) for i in range(s.depth)]
    if stacked:
        for name in blocks[0]:
            out["Transformer/encoderblock/" + name] = np.stack([b[name] for b in blocks])
    else:
        for i, arrays in enumerate(blocks):
            out.update((f"Transformer/encoderblock_{i}/{n}", a) for n, a in arrays.items())
    out["cls"] = as_numpy(w["cls_token"])
    out["embedding/kernel"] = as_numpy(w["patch_embed.proj.weight"]).transpose(2, 3, 1, 0)
    out["embedding/bias"] = as_numpy(w["patch_embed.proj.bias"])
    where = "Transformer/posembed_input/pos_embedding" if style is OLD else "pos_embedding"
    out[where] = as_numpy(w["pos_embed"])
    out.update(("Transformer/encoder_norm/" + n, a) for n, a in norm(w, "norm").items())
    if "head.weight" in w:
        out.update(("head/" + n, a) for n, a in dense(w, "head").items())
    if contiguous:
        out = {name: np.ascontiguousarray(array) for name, array in out.items()}
    return {prefix + name: array for name, array in out.items()}


def pre_logits(m, classes=5):
    """The representation layer (tanh) of the first in21k files, and the head behind it."""
    sizes = {
        "pre_logits/kernel": (m.s.dim, m.s.dim),
        "pre_logits/bias": (m.s.dim,),
        "head/kernel": (m.s.dim, classes),
        "head/bias": (classes,),
    }
    return {
        name: m.rng.standard_normal(size).astype(np.float32) for name, size in sizes.items()
    }


def optimizer_state(m):
    """A little of what the very old files keep beside opt/target/."""
    return {
        "opt/state/step": np.int64(1000),
        "opt/state/param_states/cls/momentum": m.rng.standard_normal((1, 1, 8)).astype(
            np.float32
        ),
    }
