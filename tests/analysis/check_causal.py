#!/usr/bin/env python3
"""tests/analysis/check_causal.py -- transplants and decompositions against NumPy in double.

Reads what print_causal prints (standard input): two networks, pictures, and results. The forward
pass, the eight attentions and the Shapley values (by all orders of renewing) are written anew.
The program computes scores and logits in float32: they may differ by 1e-4 of their range, drift
and shares by 1e-5; the bootstrap of a ratio is in double on both sides: 1e-9."""
import itertools
import json
import math
import re
import sys

import numpy as np
from scipy import special, stats

data = json.load(sys.stdin)
shape = data["shape"]
H, L, P = shape["heads"], shape["depth"], shape["patch"]
worst = {}


def compare(name, got, want, tolerance):
    got, want = np.asarray(got, float), np.asarray(want, float)
    assert got.shape == want.shape, (name, got.shape, want.shape)
    error = np.abs(got - want).max()
    worst[name] = (max(worst.get(name, (0,))[0], error), tolerance)


def network(tensors):
    return {k: np.array(v["value"]).reshape(v["dims"]) for k, v in tensors.items()}


def norm(x, w, name):
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + shape["eps"]) * w[name + ".weight"] + w[name + ".bias"]


def split(x):  # [B][N][C] -> [B][H][N][D]
    return x.reshape(*x.shape[:2], H, -1).transpose(0, 2, 1, 3)


def third(w, l, y, i):
    c = y.shape[-1]
    p = f"blocks.{l}.attn.qkv."
    return split(y @ w[p + "weight"][i * c:(i + 1) * c].T + w[p + "bias"][i * c:(i + 1) * c])


def attend(q, k):
    s = q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1])
    return special.softmax(s, -1)


def forward(w, x, frozen=None, on=None):
    """Logits, and of every layer the attention and what the projections read."""
    b, c = x.shape[0], shape["channels"]
    x = x.reshape(b, c, shape["height"] // P, P, shape["width"] // P, P)
    x = x.transpose(0, 2, 4, 1, 3, 5).reshape(b, -1, c * P * P)
    weight = w["patch_embed.proj.weight"]
    x = x @ weight.reshape(len(weight), -1).T + w["patch_embed.proj.bias"]
    cls = np.broadcast_to(w["cls_token"].reshape(1, 1, -1), (b, 1, x.shape[-1]))
    x = np.concatenate([cls, x], 1) + w["pos_embed"].reshape(1, -1, x.shape[-1])
    kept, reads = [], []
    for l in range(L):
        y = norm(x, w, f"blocks.{l}.norm1")
        a = attend(third(w, l, y, 0), third(w, l, y, 1))
        if frozen is not None:
            a = np.where(on[l][None, :, None, None], frozen[l], a)
        kept.append(a)
        reads.append(y)
        o = (a @ third(w, l, y, 2)).transpose(0, 2, 1, 3).reshape(y.shape)
        x = x + o @ w[f"blocks.{l}.attn.proj.weight"].T + w[f"blocks.{l}.attn.proj.bias"]
        h = norm(x, w, f"blocks.{l}.norm2") @ w[f"blocks.{l}.mlp.fc1.weight"].T
        h = h + w[f"blocks.{l}.mlp.fc1.bias"]
        h = h * special.ndtr(h)
        x = x + h @ w[f"blocks.{l}.mlp.fc2.weight"].T + w[f"blocks.{l}.mlp.fc2.bias"]
    z = norm(x, w, "norm")[:, 0] @ w["head.weight"].T + w["head.bias"]
    return z, kept, reads


def margin(z):
    right = np.array(data["labels"])
    rows = np.arange(len(z))
    other = z.copy()
    other[rows, right] = -np.inf
    return z[rows, right] - other.max(1)


def distance(metric, p, q):
    if metric == "relfro":
        return np.sqrt(((q - p) ** 2).sum((-2, -1)) / (p**2).sum((-2, -1)))
    if metric == "tv":
        rows = np.abs(p - q).sum(-1) / 2
    else:
        m = (p + q) / 2
        rows = (special.rel_entr(p, m) + special.rel_entr(q, m)).sum(-1) / 2 / math.log(2)
    return rows.mean(-1)


def check_transplant(S, T, pixels):
    z, at, _ = zip(forward(S, pixels), forward(T, pixels))
    compare("margins", data["transplant"]["S"], margin(z[0]), 1e-4)
    compare("margins", data["transplant"]["T"], margin(z[1]), 1e-4)
    for case in data["transplant"]["mixed"]:
        on = np.zeros((L, H), bool)
        where = re.fullmatch(r"layer (\d+) head (\d+)", case["label"])
        if where:
            on[int(where[1]) - 1, int(where[2]) - 1] = True
        else:
            on[:] = True
        donor, host = (0, T) if case["direction"] == 0 else (1, S)
        mixed = forward(host, pixels, at[donor], on)[0]
        compare("margins of transplants", case["margin"], margin(mixed), 1e-4)


def check_decompose(w, pixels):
    reads = [forward(each, pixels)[2] for each in w]
    for case in data["decompose"]:
        share, total = np.zeros((len(pixels), L, H, 3)), np.zeros((len(pixels), L, H))
        for l in range(L):
            v = {}
            for wq, wk, x in itertools.product((0, 1), repeat=3):
                a = attend(third(w[wq], l, reads[x][l], 0), third(w[wk], l, reads[x][l], 1))
                v[wq, wk, x] = a if case["all"] else a[:, :, :1]
            old = v[0, 0, 0]
            v = {c: distance(case["metric"], old, a) for c, a in v.items()}
            total[:, l] = v[1, 1, 1]
            for order in itertools.permutations(range(3)):
                new = [0, 0, 0]
                for i in order:
                    before = v[tuple(new)]
                    new[i] = 1
                    share[:, l, :, i] += (v[tuple(new)] - before) / 6
        compare("drift", case["total"], total.ravel(), 1e-5)
        compare("shares", case["share"], share.ravel(), 1e-5)
        sums = np.array(case["share"]).reshape(-1, 3).sum(1)
        compare("sum of shares, of the drift", sums / case["total"], np.ones(len(sums)), 1e-9)


def check_ratio(c):
    a, b = np.array(c["a"]), np.array(c["b"])
    draw = np.array(c["draw"]).reshape(-1, len(a))
    theta = a[draw].sum(1) / b[draw].sum(1)
    value, tails = a.mean() / b.mean(), np.array([0.05, 0.95])
    if c["bca"]:
        without = (a.sum() - a) / (b.sum() - b)
        d = without.mean() - without
        z0 = stats.norm.ppf(((theta < value).sum() + (theta == value).sum() / 2) / len(theta))
        accel = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
        z = z0 + stats.norm.ppf(tails)
        tails = stats.norm.cdf(z0 + z / (1 - accel * z))
    compare("ratio and its interval", [c["value"], c["lo"], c["hi"]],
            [value, *np.quantile(theta, tails)], 1e-9)


networks = [network(data["S"]), network(data["T"])]
size = (-1, shape["channels"], shape["height"], shape["width"])
images = (np.array(data["pictures"]).reshape(size) / 255 - 0.5) / 0.25
check_transplant(*networks, images)
check_decompose(networks, images)
for case in data["ratio"]:
    check_ratio(case)
bad = False
for name, (error, tolerance) in worst.items():
    good = error <= tolerance
    bad |= not good
    print(f"{name:32} {error:9.2e} {tolerance:7.0e} {'ok' if good else 'FAIL'}")
sys.exit(bad)
