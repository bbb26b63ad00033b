"""tests/weights/families/clip.py -- OpenAI's CLIP and open_clip."""
import torch

from .common import linear_noise, noise, prefixed, rename

MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
OUTSIDE = {"patch_embed.proj": "conv1", "norm_pre": "ln_pre", "norm": "ln_post"}
BLOCK = {
    "*": "transformer.resblocks.{i}.",
    "norm1": "ln_1",
    "norm2": "ln_2",
    "attn.proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}


def half(name):
    """What OpenAI keeps in fp16: convolution, matrices, their biases; not norms and tokens."""
    parts = ("patch_embed", "attn.", "mlp.", "head")
    return torch.float16 if any(part in name for part in parts) else torch.float32


def tower(w):
    out = rename(w, OUTSIDE, BLOCK)
    for name, tensor in w.items():
        if ".attn.qkv." in name:
            _, i, _, _, kind = name.split(".")
            out[f"transformer.resblocks.{i}.attn.in_proj_{kind}"] = tensor
    out["class_embedding"] = w["cls_token"].reshape(-1)
    out["positional_embedding"] = w["pos_embed"][0]
    out["proj"] = w["head.weight"].t().contiguous()
    return out


def text(rng, embed, dtype=torch.float32):
    """The text tower: the very names of the vision tower, without visual., at another width."""
    wide = 32
    out = {
        "positional_embedding": noise(rng, 16, wide),
        "text_projection": noise(rng, wide, embed),
        "token_embedding.weight": noise(rng, 60, wide),
        "logit_scale": torch.tensor(4.6052),
        **linear_noise(rng, "transformer.resblocks.0.attn.out_proj", wide, wide),
        **linear_noise(rng, "transformer.resblocks.0.mlp.c_fc", 4 * wide, wide),
        **linear_noise(rng, "transformer.resblocks.0.mlp.c_proj", wide, 4 * wide),
        "transformer.resblocks.0.attn.in_proj_weight": noise(rng, 3 * wide, wide, dtype=dtype),
        "transformer.resblocks.0.attn.in_proj_bias": noise(rng, 3 * wide, dtype=dtype),
    }
    for name in ("transformer.resblocks.0.ln_1", "transformer.resblocks.0.ln_2", "ln_final"):
        out.update({name + ".weight": noise(rng, wide), name + ".bias": noise(rng, wide)})
    return out


def openai(m):
    """The state dict of the official archive, which also counts three sizes."""
    sizes = {"input_resolution": m.s.image[0], "context_length": 16, "vocab_size": 60}
    return {
        **text(m.rng, m.s.classes, torch.float16),
        **prefixed("visual.", tower(m.w)),
        **{name: torch.tensor(value) for name, value in sizes.items()},
    }


def open_clip(m):
    return {**prefixed("visual.", tower(m.w)), **text(m.rng, m.s.classes)}


def open_clip_training(m):
    """A checkpoint of a training run, with DDP's prefix."""
    return {"epoch": 32, "name": "run", "state_dict": prefixed("module.", open_clip(m))}


def open_clip_timm(m):
    """A timm trunk under open_clip: visual.trunk.*, the projection beside it without a bias."""
    trunk = {name: tensor for name, tensor in m.w.items() if not name.startswith("head.")}
    return {
        **prefixed("visual.trunk.", trunk),
        "visual.head.proj.weight": m.w["head.weight"],
        **prefixed("text.", text(m.rng, m.s.classes)),
    }


def open_clip_config(s, trunk=False):
    vision = {
        "image_size": s.image[0],
        "layers": s.depth,
        "width": s.dim,
        "patch_size": s.patch,
        "head_width": s.dim // s.heads,
    }
    if trunk:
        vision = {
            "timm_model_name": "vit_tiny_patch16_224",
            "timm_model_pretrained": False,
            "timm_pool": "",
            "timm_proj": "linear",
            "image_size": s.image[0],
        }
    model = {
        "embed_dim": s.classes,
        "vision_cfg": vision,
        "text_cfg": {
            "context_length": 16,
            "vocab_size": 60,
            "width": 32,
            "heads": 4,
            "layers": 1,
        },
    }
    if s.act == "quick_gelu":
        model["quick_gelu"] = True
    return {
        "model_cfg": model,
        "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic"},
    }
