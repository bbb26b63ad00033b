"""tests/weights/families/common.py -- pieces every family uses."""
import argparse

import numpy as np
import torch


def rename(w, table, block):
    """New dict: `table` maps whole names or their first parts outside the blocks, `block` the
    parts inside a block; block["*"] is the prefix of block {i}. What neither maps is dropped.
    """
    out = {}
    for name, tensor in w.items():
        if name.startswith("blocks."):
            _, i, rest = name.split(".", 2)
            part, _, kind = rest.rpartition(".")
            if part in block:
                out[block["*"].format(i=i) + block[part] + "." + kind] = tensor
        elif name in table:
            out[table[name]] = tensor
        elif name.rpartition(".")[0] in table:
            part, _, kind = name.rpartition(".")
            out[table[part] + "." + kind] = tensor
    return out


def split_qkv(w):
    """blocks.i.attn.qkv becomes attn.q, attn.k and attn.v (row thirds)."""
    out = {}
    for name, tensor in w.items():
        if ".attn.qkv." not in name:
            out[name] = tensor
            continue
        for letter, third in zip("qkv", tensor.chunk(3)):
            out[name.replace(".qkv.", f".{letter}.")] = third.clone()
    return out


def prefixed(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


def noise(rng, *size, dtype=torch.float32):
    return torch.from_numpy(rng.standard_normal(size).astype(np.float32)).to(dtype)


def linear_noise(rng, name, rows, columns, bias=True):
    out = {name + ".weight": noise(rng, rows, columns)}
    if bias:
        out[name + ".bias"] = noise(rng, rows)
    return out


def batch_norm_noise(rng, name, size, affine=True):
    out = (
        {name + ".weight": noise(rng, size), name + ".bias": noise(rng, size)} if affine else {}
    )
    out[name + ".running_mean"] = noise(rng, size)
    out[name + ".running_var"] = noise(rng, size).abs()
    out[name + ".num_batches_tracked"] = torch.tensor(1000)
    return out


def optimizer(rng):
    """A little of what AdamW keeps."""
    moments = {
        "step": torch.tensor(10.0),
        "exp_avg": noise(rng, 4),
        "exp_avg_sq": noise(rng, 4),
    }
    group = {
        "lr": 1e-3,
        "betas": (0.9, 0.999),
        "weight_decay": 0.05,
        "amsgrad": False,
        "params": [0],
    }
    return {"state": {0: moments}, "param_groups": [group]}


def arguments(**values):
    return argparse.Namespace(batch_size=64, lr=1e-3, output_dir="", resume=None, **values)
