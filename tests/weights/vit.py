"""tests/weights/vit.py -- the reference: a plain Vision Transformer in double precision.

Weights are a dict under timm's names; `Shape` says all that the tensors alone do not. Written
from the papers' formulas, apart from the C engine and from its importer."""
from dataclasses import dataclass, replace
from typing import Tuple

import numpy as np
import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Shape:
    dim: int = 48
    depth: int = 2
    heads: int = 3
    hidden: int = 96
    patch: int = 4
    grid: Tuple[int, int] = (4, 4)
    classes: int = 5  # 0: no head
    dist: bool = False  # DeiT's distillation token, after CLS
    registers: int = 0  # after CLS
    pos: str = "prefix"  # rows of pos_embed: "prefix" tokens too, "cls" and patches, "patches"
    eps: float = 1e-6
    act: str = "gelu"  # gelu (erf), gelu_tanh, quick_gelu; swiglu does not look at it
    mlp: str = "plain"  # plain, swiglu
    layer_scale: bool = False
    pre_norm: bool = False
    qkv_bias: bool = True
    patch_bias: bool = True
    head_bias: bool = True
    pool: str = "cls"  # cls, mean, cls+mean, cls+dist
    last_norm: str = "norm"  # norm: every token, then pool; fc_norm: pool, then norm

    @property
    def prefix(self):
        return 1 + self.dist + self.registers

    @property
    def patches(self):
        return self.grid[0] * self.grid[1]

    @property
    def pos_rows(self):
        return self.patches + {"prefix": self.prefix, "cls": 1, "patches": 0}[self.pos]

    @property
    def features(self):
        return self.dim * (2 if self.pool == "cls+mean" else 1)

    @property
    def image(self):
        return self.grid[0] * self.patch, self.grid[1] * self.patch

    def but(self, **changes):
        return replace(self, **changes)


def random_weights(s, rng):
    """Random weights, float32. The stream has a variance near 1e-3, so that the epsilon of
    the norms is seen in the result; half of the hidden units work near -2, where the GELUs
    differ most, and are read loudly; the attention is neither flat nor one-hot."""
    w = {}

    def normal(name, *size, std, mean=0.0):
        w[name] = torch.from_numpy((mean + std * rng.standard_normal(size)).astype(np.float32))

    def linear(name, rows, columns, std, bias=True):
        normal(name + ".weight", rows, columns, std=std / columns**0.5)
        if bias:
            normal(name + ".bias", rows, std=std / 10)

    def norm(name, size=1.0):
        normal(name + ".weight", s.dim, std=0.2 * size, mean=size)
        normal(name + ".bias", s.dim, std=0.1 * size)

    d = s.dim
    normal("cls_token", 1, 1, d, std=0.02)
    if s.dist:
        normal("dist_token", 1, 1, d, std=0.02)
    if s.registers:
        normal("reg_token", 1, s.registers, d, std=0.02)
    normal("pos_embed", 1, s.pos_rows, d, std=0.02)
    normal("patch_embed.proj.weight", d, 3, s.patch, s.patch, std=0.02 / (3**0.5 * s.patch))
    if s.patch_bias:
        normal("patch_embed.proj.bias", d, std=0.01)
    if s.pre_norm:
        norm("norm_pre", 0.03)
    wide = 2 * s.hidden if s.mlp == "swiglu" else s.hidden
    out = 0.3 if s.layer_scale else 0.03
    for b in (f"blocks.{i}." for i in range(s.depth)):
        norm(b + "norm1")
        linear(b + "attn.qkv", 3 * d, d, 1.3, s.qkv_bias)
        linear(b + "attn.proj", d, d, out)
        norm(b + "norm2")
        linear(b + "mlp.fc1", wide, d, 2.0)
        linear(b + "mlp.fc2", d, s.hidden, out)
        if s.mlp == "plain":
            near_minus_two(w, b, s.hidden // 2)
        if s.layer_scale:
            normal(b + "ls1.gamma", d, std=0.03, mean=0.1)
            normal(b + "ls2.gamma", d, std=0.03, mean=0.1)
    norm(s.last_norm)
    if s.classes:
        linear("head", s.classes, s.features, 1.0, s.head_bias)
        if s.dist:
            linear("head_dist", s.classes, d, 1.0)
    return w


def near_minus_two(w, b, units):
    w[b + "mlp.fc1.weight"][:units] *= 0.25
    w[b + "mlp.fc1.bias"][:units] -= 2
    w[b + "mlp.fc2.weight"][:, :units] *= 20


def activation(name, x):
    if name == "gelu":
        return x * 0.5 * (1 + torch.erf(x / 2**0.5))
    if name == "gelu_tanh":
        return x * 0.5 * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
    return x * torch.sigmoid(x * {"quick_gelu": 1.702, "silu": 1.0}[name])


def layer_norm(w, name, x, eps):
    x = x - x.mean(-1, keepdim=True)
    x = x / (x.square().mean(-1, keepdim=True) + eps).sqrt()
    return x * w[name + ".weight"] + w[name + ".bias"]


def linear(w, name, x):
    return x @ w[name + ".weight"].T + w.get(name + ".bias", 0)


def embed(w, s, x):
    """Images to tokens [CLS, dist, registers, patches], positions added where they belong."""
    t = F.conv2d(
        x, w["patch_embed.proj.weight"], w.get("patch_embed.proj.bias"), stride=s.patch
    )
    t = t.flatten(2).transpose(1, 2)
    prefix = [w[n] for n in ("cls_token", "dist_token", "reg_token") if n in w]
    prefix = torch.cat(prefix, 1).expand(x.shape[0], -1, -1).clone()
    rows = w["pos_embed"].shape[1] - s.patches
    t = t + w["pos_embed"][:, rows:]
    prefix[:, :rows] += w["pos_embed"][:, :rows]
    return torch.cat([prefix, t], 1)


def attention(w, b, s, x):
    n, width = x.shape[1], s.dim // s.heads
    qkv = linear(w, b + "attn.qkv", x).reshape(-1, n, 3, s.heads, width)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)
    a = torch.softmax(q @ k.transpose(-1, -2) / width**0.5, -1)
    return linear(w, b + "attn.proj", (a @ v).transpose(1, 2).reshape(-1, n, s.dim)), a


def mlp(w, b, s, x):
    x = linear(w, b + "mlp.fc1", x)
    if s.mlp == "swiglu":
        gate, value = x.chunk(2, -1)
        x = activation("silu", gate) * value
    else:
        x = activation(s.act, x)
    return linear(w, b + "mlp.fc2", x)


def head(w, s, t, out):
    """The pooled feature (input of the head) and the logits."""
    if s.last_norm == "norm":
        t = out["tokens.norm"] = layer_norm(w, "norm", t, s.eps)
    cls, mean = t[:, 0], t[:, s.prefix :].mean(1)
    pooled = {"cls": cls, "mean": mean, "cls+mean": torch.cat([cls, mean], -1)}
    pooled["cls+dist"] = (cls + t[:, 1]) / 2
    out["feature"] = pooled[s.pool]
    if s.last_norm == "fc_norm":
        out["feature"] = layer_norm(w, "fc_norm", out["feature"], s.eps)
    if s.classes and s.pool == "cls+dist":
        out["logits"] = (linear(w, "head", cls) + linear(w, "head_dist", t[:, 1])) / 2
    elif s.classes:
        out["logits"] = linear(w, "head", out["feature"])


def forward(weights, s, x):
    """Everything the comparison reads: attn.L, tokens.last, tokens.norm, feature, logits."""
    w = {name: tensor.double() for name, tensor in weights.items()}
    t, out = embed(w, s, x.double()), {}
    if s.pre_norm:
        t = layer_norm(w, "norm_pre", t, s.eps)
    for i in range(s.depth):
        b = f"blocks.{i}."
        y, out[f"attn.{i}"] = attention(w, b, s, layer_norm(w, b + "norm1", t, s.eps))
        t = t + y * w.get(b + "ls1.gamma", 1)
        t = t + mlp(w, b, s, layer_norm(w, b + "norm2", t, s.eps)) * w.get(b + "ls2.gamma", 1)
    out["tokens.last"] = t
    head(w, s, t, out)
    return out
