#!/usr/bin/python3
"""tests/run/drift_make.py -- pictures and networks for drift.sh, without Pillow and PyTorch.

usage: drift_make.py FOLDER

    set/CLASS/N.png      4 classes x 6 pictures of 32 x 32
    learn/{train,test}/  the same kind of pictures, to train a run on
    a.safetensors        a random ViT under timm's names: 32 px, patch 8, dim 24, depth 3, 40 classes
    b, c.safetensors     a, moved a little; moved less
    fine.safetensors     of 64 px: twice the grid
    deep.safetensors     of 4 layers
    labels.txt           names of the 40 classes, the first 4 those of the folders
"""
import json
import os
import struct
import sys
import zlib

import numpy as np

CLASSES = ["bar", "disc", "noise", "ring"]


def png(path, a):
    """a: uint8 [H][W][3]"""
    h, w, _ = a.shape
    raw = b"".join(b"\0" + a[y].tobytes() for y in range(h))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def picture(rng, k, side=32):
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    y, x = y + rng.uniform(-0.2, 0.2), x + rng.uniform(-0.2, 0.2)
    r = np.hypot(x, y)
    a = [abs(x) < 0.1, r < 0.25, rng.random((side, side)) < 0.5, abs(r - 0.25) < 0.07][k]
    a = a * 150.0 + rng.random((side, side)) * 60
    return np.stack([a, a * rng.uniform(0.3, 1), 210 - a], -1).astype(np.uint8)


def pictures(folder, rng, n):
    for k, name in enumerate(CLASSES):
        os.makedirs(f"{folder}/{name}")
        for i in range(n):
            png(f"{folder}/{name}/{i}.png", picture(rng, k))


def network(rng, side=32, patch=8, dim=24, depth=3, classes=40):
    tokens = (side // patch) ** 2 + 1
    t = {"cls_token": (1, 1, dim), "pos_embed": (1, tokens, dim),
         "patch_embed.proj.weight": (dim, 3, patch, patch), "patch_embed.proj.bias": (dim,),
         "norm.weight": (dim,), "norm.bias": (dim,), "head.weight": (classes, dim),
         "head.bias": (classes,)}
    for l in range(depth):
        b = f"blocks.{l}."
        t |= {b + "norm1.weight": (dim,), b + "norm1.bias": (dim,),
              b + "attn.qkv.weight": (3 * dim, dim), b + "attn.qkv.bias": (3 * dim,),
              b + "attn.proj.weight": (dim, dim), b + "attn.proj.bias": (dim,),
              b + "norm2.weight": (dim,), b + "norm2.bias": (dim,),
              b + "mlp.fc1.weight": (4 * dim, dim), b + "mlp.fc1.bias": (4 * dim,),
              b + "mlp.fc2.weight": (dim, 4 * dim), b + "mlp.fc2.bias": (dim,)}
    out = {}
    for name, shape in t.items():
        value = rng.standard_normal(shape) * (0.5 if name == "pos_embed" else 0.3)
        if "norm" in name and name.endswith("weight"):
            value = 1 + value / 3
        out[name] = value.astype("<f4")
    return out


def moved(net, rng, by):
    return {k: (v * (1 + by * rng.standard_normal(v.shape))).astype("<f4") for k, v in net.items()}


def save(path, net):
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for k, v in net.items():
        header[k] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [at, at + v.nbytes]}
        at += v.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in net.values()))


def main():
    os.chdir(sys.argv[1])
    rng = np.random.default_rng(11)
    pictures("set", rng, 6)
    pictures("learn/train", rng, 8)
    pictures("learn/test", rng, 4)
    a = network(rng)
    save("a.safetensors", a)
    save("b.safetensors", moved(a, rng, 0.3))
    save("c.safetensors", moved(a, rng, 0.01))
    save("fine.safetensors", network(rng, side=64))
    save("deep.safetensors", network(rng, depth=4))
    with open("labels.txt", "w") as f:
        f.write("\n".join(CLASSES + [f"other {i}" for i in range(36)]) + "\n")


if __name__ == "__main__":
    main()
