"""tests/cli/tiny_vit.py -- a small network and some pictures for transcripts.

usage: tiny_vit.py FILE.safetensors [headless]     timm's names: width 8, 2 blocks, 2 x 2 patches of
                                                   4 x 4 pixels, 3 classes
       tiny_vit.py --pictures FOLDER               cat/1.png cat/2.jpg dog/3.png, 8 x 8 and larger
"""
import json
import os
import random
import struct
import sys


def tensors(headless):
    d = 8
    yield "cls_token", (1, 1, d)
    yield "pos_embed", (1, 5, d)
    yield "patch_embed.proj.weight", (d, 3, 4, 4)
    yield "patch_embed.proj.bias", (d,)
    for b in ("blocks.0.", "blocks.1."):
        for name, rows, columns in (("attn.qkv", 3 * d, d), ("attn.proj", d, d),
                                    ("mlp.fc1", 2 * d, d), ("mlp.fc2", d, 2 * d)):
            yield b + name + ".weight", (rows, columns)
            yield b + name + ".bias", (rows,)
        for name in ("norm1", "norm2"):
            yield b + name + ".weight", (d,)
            yield b + name + ".bias", (d,)
    yield "norm.weight", (d,)
    yield "norm.bias", (d,)
    if not headless:
        yield "head.weight", (3, d)
        yield "head.bias", (3,)


def weights(path, headless):
    rng, header, body = random.Random(5), {}, b""
    for name, shape in tensors(headless):
        count = 1
        for n in shape:
            count *= n
        raw = struct.pack(f"<{count}f", *(rng.gauss(0, 0.6) for _ in range(count)))
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def pictures(folder):
    from PIL import Image
    for name, size in (("cat/1.png", (8, 8)), ("cat/2.jpg", (20, 14)), ("dog/3.png", (9, 12))):
        rng = random.Random(name)
        os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
        image = Image.new("RGB", size)
        image.putdata([tuple(rng.randrange(256) for _ in range(3)) for _ in range(size[0] * size[1])])
        image.save(os.path.join(folder, name))


if sys.argv[1] == "--pictures":
    pictures(sys.argv[2])
else:
    weights(sys.argv[1], "headless" in sys.argv)
