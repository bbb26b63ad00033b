"""tests/weights/families/timm_names.py -- timm, and what shares its names."""
import numpy as np
import torch

MEAN_HALF = [0.5, 0.5, 0.5]
MEAN_IMAGENET, STD_IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def names(m):
    return dict(m.w)


def deit3_names(m):
    """The original DeiT III files: gamma_1, gamma_2 as bare parameters of the block."""
    return {
        n.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2"): t
        for n, t in m.w.items()
    }


def config(s, mean, std, arguments=False, **more):
    """config.json of timm's repositories on the hub."""
    out = {
        "architecture": "vit_tiny_patch16_224",
        "num_classes": s.classes,
        "num_features": s.dim,
        "global_pool": {"mean": "avg"}.get(s.pool, "token"),
        "pretrained_cfg": {
            "tag": "made_here",
            "custom_load": False,
            "input_size": [3, *s.image],
            "fixed_input_size": True,
            "interpolation": "bicubic",
            "crop_pct": 0.9,
            "crop_mode": "center",
            "mean": mean,
            "std": std,
            "num_classes": s.classes,
            "pool_size": None,
            "first_conv": "patch_embed.proj",
            "classifier": "head",
        },
        **more,
    }
    if arguments:
        out["model_args"] = {
            "img_size": list(s.image),
            "patch_size": s.patch,
            "embed_dim": s.dim,
            "depth": s.depth,
            "num_heads": s.heads,
        }
    return out


def as_views(m):
    """The same tensors, awkwardly stored: transposed strides, parts of a shared storage."""
    out = {}
    for name, tensor in m.w.items():
        if name.endswith("attn.proj.weight"):
            out[name] = tensor.t().contiguous().t()
        elif name.endswith("fc1.weight"):
            out[name] = torch.nn.Parameter(tensor)
        else:
            out[name] = tensor
    small = [n for n in out if n.endswith("bias")]
    flat = torch.cat([out[n] for n in small])
    for name, at in zip(small, np.cumsum([0] + [out[n].numel() for n in small])):
        out[name] = flat[at : at + out[name].numel()]
    return out
