#!/usr/bin/env python3
"""tests/core/check_networks.py -- families of networks against PyTorch, in float64.

Reads the files of write_networks in the folder given: the forward pass, the gradients of all
parameters, rollouts and relevances are computed anew from the weights, with autograd, and
compared with the engine's. Exits 1 when a value differs by more than float32 explains."""
import glob
import json
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

KINDS = {"F32": np.float32, "I32": np.int32}
TOLERANCE = 2e-5  # of the largest value of an array


def read(path):
    with open(path, "rb") as f:
        raw = f.read()
    size = struct.unpack("<Q", raw[:8])[0]
    out = {}
    for name, row in json.loads(raw[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in row["data_offsets"])
            out[name] = np.frombuffer(raw[begin:end], KINDS[row["dtype"]]).reshape(row["shape"])
    return out


def activation(x, kind):
    if kind == 2:
        return x * torch.sigmoid(1.702 * x)
    return F.gelu(x, approximate="tanh" if kind == 1 else "none")


def norm(w, name, x):
    return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-6)


def embed(w, x):
    kernel = w["patch_embed.proj.weight"]
    patches = F.conv2d(x, kernel, w.get("patch_embed.proj.bias"), stride=kernel.shape[-1])
    patches = patches.flatten(2).transpose(1, 2)
    prefix = [w[k].expand(len(x), -1, -1) for k in ("cls_token", "dist_token", "reg_token") if k in w]
    pos = w["pos_embed"]
    if pos.shape[1] == patches.shape[1]:  # the prefix has no position
        tokens = torch.cat(prefix + [patches + pos], 1)
    else:
        tokens = torch.cat(prefix + [patches], 1) + pos
    count = sum(p.shape[1] for p in prefix)
    return (norm(w, "norm_pre", tokens) if "norm_pre.weight" in w else tokens), count


def attend(w, at, x, heads, seen):
    y = norm(w, at + "norm1", x)
    q, k, v = F.linear(y, w[at + "attn.qkv.weight"], w.get(at + "attn.qkv.bias")).chunk(3, -1)
    q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
    a = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
    a.retain_grad()
    seen.append(a)
    out = (a @ v).transpose(1, 2).flatten(2)
    out = F.linear(out, w[at + "attn.proj.weight"], w[at + "attn.proj.bias"])
    return x + w.get(at + "ls1.gamma", 1) * out


def perceive(w, at, x, kind):
    y = F.linear(norm(w, at + "norm2", x), w[at + "mlp.fc1.weight"], w[at + "mlp.fc1.bias"])
    if y.shape[-1] == w[at + "mlp.fc2.weight"].shape[1]:
        y = activation(y, kind)
    else:
        gate, value = y.chunk(2, -1)
        y = F.silu(gate) * value
    y = F.linear(y, w[at + "mlp.fc2.weight"], w[at + "mlp.fc2.bias"])
    return x + w.get(at + "ls2.gamma", 1) * y


def network(w, x, heads, kind, pool_mean, fc_norm):
    """logits, feature, attentions [L] of [B, H, N, N]"""
    seen, layer = [], 0
    x, prefix = embed(w, x)
    while f"blocks.{layer}.norm1.weight" in w:
        x = attend(w, f"blocks.{layer}.", x, heads, seen)
        x = perceive(w, f"blocks.{layer}.", x, kind)
        layer += 1
    if fc_norm:
        feature = norm(w, "fc_norm", x[:, prefix:].mean(1) if pool_mean else x[:, 0])
    else:
        x = norm(w, "norm", x)
        feature = x[:, prefix:].mean(1) if pool_mean else x[:, 0]
    width = w["head.weight"].shape[1]
    if "head_dist.weight" in w:
        logits = (F.linear(feature, w["head.weight"], w["head.bias"])
                  + F.linear(x[:, 1], w["head_dist.weight"], w["head_dist.bias"])) / 2
        feature = torch.cat([feature, x[:, 1]], -1)
    else:
        if width == 2 * feature.shape[-1]:
            feature = torch.cat([feature, x[:, prefix:].mean(1)], -1)
        logits = F.linear(feature, w["head.weight"], w["head.bias"])
    return logits, feature, seen


def discard(a, share, spare):
    """Of one [N, N] matrix."""
    flat = a.clone().flatten()
    gone = torch.topk(flat, int(flat.numel() * share), largest=False)[1]
    flat[gone[gone != 0] if spare else gone] = 0
    return flat.reshape(a.shape)


def rolled(matrices, start):
    """All R_l of one image; below start I."""
    out, now = [], torch.eye(matrices[0].shape[-1], dtype=torch.float64)
    for layer, b in enumerate(matrices):
        now = b @ now if layer >= start else now
        out.append(now)
    return torch.stack(out)


def normalised(a, slip):
    a = (a + torch.eye(a.shape[-1], dtype=a.dtype)) / 2
    return a / a.sum(-1) if slip else a / a.sum(-1, keepdim=True)


def rollouts(seen, name, start):
    fusion, share = name.split(".", 1)
    share, slip = float(share[:3]), share.endswith("slip")
    fuse = {"mean": lambda a: a.mean(0), "max": lambda a: a.max(0)[0], "min": lambda a: a.min(0)[0]}
    return torch.stack([rolled([normalised(discard(fuse[fusion](a[i].detach()), share, True), slip)
                                for a in seen], start) for i in range(len(seen[0]))])


def relevances(seen, name, start):
    out = []
    for i in range(len(seen[0])):
        product = [(a.grad[i] * a[i]).detach() for a in seen]
        if name == "chefer":
            one = torch.eye(product[0].shape[-1], dtype=torch.float64)
            out.append(rolled([one + p.clamp(min=0).mean(0) for p in product], start))
        else:
            share, slip = float(name[5:8]), name.endswith("slip")
            out.append(rolled([normalised(discard(p.mean(0).clamp(min=0), share, not slip), slip)
                               for p in product], start))
    return torch.stack(out)


def row_of(full, token):
    return full.mean(2) if token < 0 else full[:, :, token]


class Comparison:
    def __init__(self):
        self.count, self.worst, self.failed = 0, 0.0, 0

    def __call__(self, what, mine, theirs):
        mine, theirs = np.asarray(mine, np.float64), theirs.detach().numpy()
        error = np.abs(mine - theirs).max() / max(np.abs(theirs).max(), 1e-3)
        self.count += 1
        self.worst = max(self.worst, error)
        if mine.shape != theirs.shape or not error <= TOLERANCE:
            self.failed += 1
            print(f"{what}: relative error {error:.3g}")


def check(path, same):
    got = read(path)
    heads, kind, pool_mean, fc_norm, start, token = (int(v) for v in got["config"])
    w = {k[2:]: torch.tensor(v, dtype=torch.float64, requires_grad=True)
         for k, v in got.items() if k.startswith("w/")}
    x, y = torch.tensor(got["x"], dtype=torch.float64), torch.tensor(got["y"]).long()
    logits, feature, seen = network(w, x, heads, kind, pool_mean, fc_norm)
    same(path + " logits", got["logits"], logits)
    same(path + " feature", got["feature"], feature)
    F.cross_entropy(logits, y).backward(retain_graph=True)
    for name, tensor in w.items():
        same(f"{path} gradient of {name}", got["g/" + name], tensor.grad)
    for a in seen:
        a.grad = None
    logits.gather(1, y[:, None]).sum().backward()
    for name in got:
        group, _, what = name.partition("/")
        if group == "rollout":
            same(f"{path} {name}", got[name], row_of(rollouts(seen, what, start), token))
        elif group == "relevance":
            full = relevances(seen, what, start)
            same(f"{path} {name}", got[name], row_of(full, token))
            same(f"{path} full/{what}", got["full/" + what], full)


def main():
    torch.set_num_threads(1)
    same, files = Comparison(), sorted(glob.glob(sys.argv[1] + "/*.safetensors"))
    for path in files:
        check(path, same)
    print(f"{len(files)} networks, {same.count} arrays, largest relative error {same.worst:.2g}, "
          f"{same.failed} failed")
    return 1 if same.failed or not files else 0


sys.exit(main())
