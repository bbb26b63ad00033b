"""tests/weights/families/refusals.py -- files that must be refused, each with a reason.

Each writes into a folder and returns the name of the file to give to import."""
import json
import os
import pickle
import warnings

import torch

from containers import (
    add_newer_entries,
    save_json,
    save_npz,
    save_pth,
    save_safetensors,
    safetensors_bytes,
)
from . import hf, timm_names
from .common import batch_norm_noise, linear_noise, noise, prefixed


def safetensors(folder, tensors, file="model.safetensors"):
    save_safetensors(folder / file, tensors)
    return file


def lora(folder, m):
    out = {}
    for i in range(m.s.depth):
        for part in ("query", "value"):
            name = f"base_model.model.vit.encoder.layer.{i}.attention.attention.{part}."
            out[name + "lora_A.weight"] = noise(m.rng, 4, m.s.dim)
            out[name + "lora_B.weight"] = noise(m.rng, m.s.dim, 4)
    save_json(
        folder / "adapter_config.json",
        {"peft_type": "LORA", "r": 4, "lora_alpha": 16, "target_modules": ["query", "value"]},
    )
    return safetensors(folder, out, "adapter_model.safetensors")


def lora_inside(folder, m):
    """A whole ViT with unmerged LoRA factors: dropping them would change the model."""
    out = dict(m.w)
    for i in range(m.s.depth):
        out[f"blocks.{i}.attn.lora_A_k.weight"] = noise(m.rng, 4, m.s.dim)
        out[f"blocks.{i}.attn.lora_B_k.weight"] = noise(m.rng, m.s.dim, 4)
    save_pth(folder / "model.pth", out)
    return "model.pth"


def resnet(folder, m):
    out = {
        "conv1.weight": noise(m.rng, 8, 3, 7, 7),
        **batch_norm_noise(m.rng, "bn1", 8),
        "layer1.0.conv1.weight": noise(m.rng, 8, 8, 3, 3),
        **batch_norm_noise(m.rng, "layer1.0.bn1", 8),
        "layer1.0.conv2.weight": noise(m.rng, 8, 8, 3, 3),
        **batch_norm_noise(m.rng, "layer1.0.bn2", 8),
        **linear_noise(m.rng, "fc", 10, 8),
    }
    save_pth(folder / "resnet18.pth", out)
    return "resnet18.pth"


def swin(folder, m):
    b = "layers.0.blocks.0."
    out = {
        "patch_embed.proj.weight": noise(m.rng, 32, 3, 4, 4),
        "patch_embed.proj.bias": noise(m.rng, 32),
        "patch_embed.norm.weight": noise(m.rng, 32),
        "patch_embed.norm.bias": noise(m.rng, 32),
        b + "norm1.weight": noise(m.rng, 32),
        b + "norm1.bias": noise(m.rng, 32),
        b + "attn.relative_position_bias_table": noise(m.rng, 169, 4),
        b + "attn.relative_position_index": torch.zeros(49, 49, dtype=torch.int64),
        **linear_noise(m.rng, b + "attn.qkv", 96, 32),
        **linear_noise(m.rng, b + "attn.proj", 32, 32),
        b + "norm2.weight": noise(m.rng, 32),
        b + "norm2.bias": noise(m.rng, 32),
        **linear_noise(m.rng, b + "mlp.fc1", 128, 32),
        **linear_noise(m.rng, b + "mlp.fc2", 32, 128),
        "norm.weight": noise(m.rng, 32),
        "norm.bias": noise(m.rng, 32),
        **linear_noise(m.rng, "head", 10, 32),
    }
    save_pth(folder / "swin.pth", {"model": out})
    return "swin.pth"


def torchscript(folder, m):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Linear(4, 4)), str(folder / "ViT-B-32.pt"))
    return "ViT-B-32.pt"


def dinov3(folder, m):
    """DINOv3's own names: no pos_embed, periods of the rotary embedding, storage tokens."""
    out = {n: t for n, t in m.w.items() if n != "pos_embed" and not n.startswith("head")}
    out["storage_tokens"] = noise(m.rng, 1, 4, m.s.dim)
    out["mask_token"] = noise(m.rng, 1, m.s.dim)
    out["rope_embed.periods"] = noise(m.rng, m.s.dim // m.s.heads // 4).abs()
    for i in range(m.s.depth):
        out[f"blocks.{i}.attn.qkv.bias_mask"] = torch.ones(3 * m.s.dim)
        out[f"blocks.{i}.ls1.gamma"] = out[f"blocks.{i}.ls2.gamma"] = torch.ones(m.s.dim)
    save_pth(folder / "dinov3.pth", out)
    return "dinov3.pth"


def eva(folder, m):
    """EVA-02: q, k, v apart, a norm inside, rotary tables saved as buffers."""
    out = {n: t for n, t in m.w.items() if ".attn.qkv" not in n and ".mlp." not in n}
    for i in range(m.s.depth):
        a, mlp = f"blocks.{i}.attn.", f"blocks.{i}.mlp."
        for part in ("q_proj", "k_proj", "v_proj"):
            out[f"{a}{part}.weight"] = noise(m.rng, m.s.dim, m.s.dim)
        out.update({a + "q_bias": noise(m.rng, m.s.dim), a + "v_bias": noise(m.rng, m.s.dim)})
        out.update(
            {
                a + "inner_attn_ln.weight": noise(m.rng, m.s.dim),
                a + "inner_attn_ln.bias": noise(m.rng, m.s.dim),
            }
        )
        for part, rows, columns in (
            ("w1", 64, m.s.dim),
            ("w2", 64, m.s.dim),
            ("w3", m.s.dim, 64),
        ):
            out.update(linear_noise(m.rng, mlp + part, rows, columns))
        out[a + "rope.freqs_cos"] = out[a + "rope.freqs_sin"] = noise(
            m.rng, m.s.patches, m.s.dim // m.s.heads
        )
    save_pth(folder / "eva02.pt", {"module": out})
    return "eva02.pt"


def beit(folder, m):
    out = {n: t for n, t in m.w.items() if n != "pos_embed" and not n.endswith("qkv.bias")}
    rows = (2 * m.s.grid[0] - 1) * (2 * m.s.grid[1] - 1) + 3
    for i in range(m.s.depth):
        a = f"blocks.{i}.attn."
        out.update(
            {
                a + "q_bias": noise(m.rng, m.s.dim),
                a + "v_bias": noise(m.rng, m.s.dim),
                a + "relative_position_bias_table": noise(m.rng, rows, m.s.heads),
                f"blocks.{i}.gamma_1": torch.ones(m.s.dim),
                f"blocks.{i}.gamma_2": torch.ones(m.s.dim),
            }
        )
    save_pth(folder / "beit.pth", {"model": out})
    return "beit.pth"


def siglip_timm(folder, m):
    out = {n: t for n, t in m.w.items() if n != "cls_token"}
    out["pos_embed"] = m.w["pos_embed"][:, 1:].clone()
    out["attn_pool.latent"] = noise(m.rng, 1, 1, m.s.dim)
    for part, rows in (("q", m.s.dim), ("kv", 2 * m.s.dim), ("proj", m.s.dim)):
        out.update(linear_noise(m.rng, "attn_pool." + part, rows, m.s.dim))
    return safetensors(folder, out)


def siglip_hf(folder, m):
    out = hf.clip_tower(m)
    del out["vision_model.embeddings.class_embedding"]
    name = "vision_model.embeddings.position_embedding.weight"
    out[name] = out[name][1:].clone()
    out["vision_model.embeddings.patch_embedding.bias"] = noise(m.rng, m.s.dim)
    out["vision_model.head.probe"] = noise(m.rng, 1, 1, m.s.dim)
    out["vision_model.head.attention.in_proj_weight"] = noise(m.rng, 3 * m.s.dim, m.s.dim)
    out["vision_model.head.attention.in_proj_bias"] = noise(m.rng, 3 * m.s.dim)
    out.update(linear_noise(m.rng, "vision_model.head.attention.out_proj", m.s.dim, m.s.dim))
    out.update(linear_noise(m.rng, "vision_model.head.mlp.fc1", m.s.hidden, m.s.dim))
    out.update(linear_noise(m.rng, "vision_model.head.mlp.fc2", m.s.dim, m.s.hidden))
    save_json(
        folder / "config.json",
        {
            "model_type": "siglip",
            "architectures": ["SiglipVisionModel"],
            "vision_config": hf.clip_vision_config(m.s),
        },
    )
    return safetensors(folder, out)


def qk_norm(folder, m):
    out = dict(m.w)
    for i in range(m.s.depth):
        for part in ("q_norm", "k_norm"):
            out[f"blocks.{i}.attn.{part}.weight"] = torch.ones(m.s.dim // m.s.heads)
            out[f"blocks.{i}.attn.{part}.bias"] = torch.zeros(m.s.dim // m.s.heads)
    return safetensors(folder, out)


def conv_stem(folder, m):
    """MoCo v3's vit_conv_*: convolutions and batch norms instead of one projection."""
    out = {n: t for n, t in m.w.items() if not n.startswith("patch_embed")}
    for i, (rows, columns) in enumerate(((8, 3), (16, 8), (32, 16))):
        out[f"patch_embed.proj.{3 * i}.weight"] = noise(m.rng, rows, columns, 3, 3)
        out.update(batch_norm_noise(m.rng, f"patch_embed.proj.{3 * i + 1}", rows))
    out["patch_embed.proj.9.weight"] = noise(m.rng, m.s.dim, 32, 1, 1)
    out["patch_embed.proj.9.bias"] = noise(m.rng, m.s.dim)
    save_pth(folder / "vit-conv.pth", {"state_dict": prefixed("module.base_encoder.", out)})
    return "vit-conv.pth"


def changed(name, change):
    """A good file but for one tensor."""

    def write(folder, m):
        out = {n: t.clone() for n, t in m.w.items()}
        out[name] = change(out[name])
        return safetensors(folder, out)

    return write


def poisoned(value):
    def change(tensor):
        tensor.view(-1)[tensor.numel() // 2] = value
        return tensor

    return change


def without(text):
    def write(folder, m):
        return safetensors(folder, {n: t for n, t in m.w.items() if text not in n})

    return write


def block_of_another_width(folder, m):
    wide, out = m.s.dim + 16, dict(m.w)
    for name in [n for n in m.w if n.startswith("blocks.1.")]:
        size = [{m.s.dim: wide, 3 * m.s.dim: 3 * wide}.get(n, n) for n in m.w[name].shape]
        out[name] = noise(m.rng, *size)
    return safetensors(folder, out)


def integers(folder, m):
    """Weights quantised to int8: without their scales they mean nothing."""
    out = dict(m.w)
    for name in [n for n in m.w if n.endswith("mlp.fc1.weight")]:
        out[name] = torch.randint(
            -127, 128, m.w[name].shape, generator=torch.Generator().manual_seed(1)
        ).to(torch.int8)
    return safetensors(folder, out)


def heads_that_do_not_divide(folder, m):
    save_json(
        folder / "config.json", hf.config(m.s.but(heads=5), "vit", "ViTForImageClassification")
    )
    return safetensors(folder, hf.vit(m))


def content(file, data):
    def write(folder, m):
        (folder / file).write_bytes(data)
        return file

    return write


def cut(file, part):
    """A good file, but only the first `part` of it: a download that broke off."""

    def write(folder, m):
        path = folder / file
        if file.endswith(".safetensors"):
            path.write_bytes(safetensors_bytes(m.w))
        elif file.endswith(".npz"):
            save_npz(path, {name.replace(".", "/"): t.numpy() for name, t in m.w.items()})
        else:
            save_pth(path, m.w)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * part)])
        return file

    return write


def missing_shard(folder, m):
    file = "model-00001-of-00002.safetensors"
    save_safetensors(folder / file, {n: t for n, t in m.w.items() if "blocks.1" not in n})
    places = {n: f"model-0000{1 + ('blocks.1' in n)}-of-00002.safetensors" for n in m.w}
    save_json(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": places})
    return "model.safetensors.index.json"


def shard_elsewhere(folder, m):
    """An index that points out of its folder."""
    places = {n: "../../../etc/hostname" for n in m.w}
    save_json(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": places})
    return "model.safetensors.index.json"


def whole_module(folder, m):
    """torch.save(model) instead of its state_dict: a pickle of classes."""
    save_pth(folder / "model.pt", torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.GELU()))
    return "model.pt"


def overlapping_offsets(folder, m):
    """A header whose offsets leave the file."""
    data = safetensors_bytes(m.w)
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["cls_token"]["data_offsets"] = [2**62, 2**62 + 4 * m.s.dim]
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(
        len(text).to_bytes(8, "little") + text + data[8 + size :]
    )
    return "model.safetensors"


class Call:
    """Pickles as a call: the file asks its reader to make a folder."""

    def __reduce__(self):
        return os.mkdir, ("made-by-a-pickle",)


def evil(folder, m):
    """Good weights beside a call. They may be imported; the call may not be made."""
    save_pth(folder / "checkpoint.pth", {"state_dict": timm_names.names(m), "args": Call()})
    return "checkpoint.pth"


def torch2_archive(folder, m):
    save_pth(folder / "model.pth", dict(m.w))
    add_newer_entries(folder / "model.pth")
    return "model.pth"


def bare_pickle(folder, m):
    (folder / "model.bin").write_bytes(pickle.dumps({"cls_token": [0.0] * 8}, protocol=2))
    return "model.bin"
