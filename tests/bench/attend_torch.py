"""PyTorch's side of tests/bench/attend_against_torch.sh, and the networks and pictures of both.

usage: attend_torch.py make MODEL FOLDER N      FOLDER/model.safetensors, FOLDER/pictures/
       attend_torch.py run FOLDER BATCH OUT.h5  looks at the pictures; prints JSON: seconds, pictures
       attend_torch.py compare OURS.h5 OUT.h5   the same maps and answers?

The side that is timed does what `driftscope attend -o maps.h5` does, in the form that is fastest
here: decoding and resizing by Pillow in a thread beside, batches, the attention of all layers by
forward hooks, rollout of every layer by bmm with the CLS rows only, one HDF5 file.
"""
import concurrent.futures
import glob
import json
import os
import resource
import struct
import sys
import time

import numpy as np

SHAPES = {"tiny": (192, 12, 3), "base": (768, 12, 12)}


def tensors(dim, depth):
    yield "cls_token", (1, 1, dim)
    yield "pos_embed", (1, 197, dim)
    yield "patch_embed.proj.weight", (dim, 3, 16, 16)
    yield "patch_embed.proj.bias", (dim,)
    for i in range(depth):
        for name, rows, columns in (("attn.qkv", 3 * dim, dim), ("attn.proj", dim, dim),
                                    ("mlp.fc1", 4 * dim, dim), ("mlp.fc2", dim, 4 * dim)):
            yield f"blocks.{i}.{name}.weight", (rows, columns)
            yield f"blocks.{i}.{name}.bias", (rows,)
        for name in ("norm1", "norm2"):
            yield f"blocks.{i}.{name}.weight", (dim,)
            yield f"blocks.{i}.{name}.bias", (dim,)
    yield "norm.weight", (dim,)
    yield "norm.bias", (dim,)
    yield "head.weight", (1000, dim)
    yield "head.bias", (1000,)


def make_weights(path, model):
    dim, depth, _ = SHAPES[model]
    rng, header, at = np.random.default_rng(1), {}, 0
    for name, shape in tensors(dim, depth):
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors(dim, depth):
            values = 0.02 * rng.standard_normal(shape)
            if "norm" in name and name.endswith("weight"):
                values += 1
            file.write(values.astype(np.float32).tobytes())


def make(model, folder, n):
    """Smooth random pictures, three JPEGs for each PNG, about 400 x 300 as photographs are kept."""
    from PIL import Image
    rng = np.random.default_rng(2)
    os.makedirs(os.path.join(folder, "pictures"))
    for i in range(n):
        small = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        picture = small.resize((400 + i % 50, 300 + i % 31), Image.BICUBIC)
        picture.save(os.path.join(folder, "pictures", f"{i:04}.{'jpg' if i % 4 else 'png'}"))
    target = os.path.join(folder, "model.safetensors")
    shared = os.path.join(os.environ.get("DRIFTSCOPE_SHARED", "../shared"),
                          "data/vit_tiny/vit_tiny_patch16_224.f32.safetensors")
    if model == "tiny" and os.path.exists(shared):
        os.symlink(os.path.abspath(shared), target)
    else:
        make_weights(target, model)


def read_weights(path):
    import torch
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        begin = file.tell()
    header.pop("__metadata__", None)
    raw = np.memmap(path, np.uint8, "r", begin)
    return {name: torch.from_numpy(np.array(raw[row["data_offsets"][0]:row["data_offsets"][1]])
                                   .view(np.float32).reshape(row["shape"]))
            for name, row in header.items()}


def load(path):
    """timm's evaluation: short side 248, bicubic, the middle 224 x 224."""
    from PIL import Image
    with Image.open(path) as file:
        picture = file.convert("RGB")
    w, h = picture.size
    size = (248, int(248 * h / w)) if w < h else (int(248 * w / h), 248)
    picture = picture.resize(size, Image.BICUBIC)
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    return np.asarray(picture.crop((left, top, left + 224, top + 224)))


def network(w):
    import torch
    from torch import nn

    dim = w["cls_token"].shape[-1]
    depth = 1 + max(int(name.split(".")[1]) for name in w if name.startswith("blocks."))
    heads = {192: 3, 768: 12}[dim]

    class Softmax(nn.Module):
        def forward(self, x):
            return x.softmax(-1)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(dim, 1e-6), nn.LayerNorm(dim, 1e-6)
            self.attn = nn.ModuleDict({"qkv": nn.Linear(dim, 3 * dim), "proj": nn.Linear(dim, dim)})
            self.mlp = nn.ModuleDict({"fc1": nn.Linear(dim, 4 * dim), "fc2": nn.Linear(4 * dim, dim)})
            self.softmax, self.act = Softmax(), nn.GELU()

        def forward(self, x):
            b, n, c = x.shape
            q, k, v = (self.attn["qkv"](self.norm1(x)).reshape(b, n, 3, heads, c // heads)
                       .permute(2, 0, 3, 1, 4))
            a = self.softmax((q * (c // heads) ** -0.5) @ k.transpose(-2, -1))
            x = x + self.attn["proj"]((a @ v).transpose(1, 2).reshape(b, n, c))
            return x + self.mlp["fc2"](self.act(self.mlp["fc1"](self.norm2(x))))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
            self.pos_embed = nn.Parameter(torch.zeros(1, 197, dim))
            self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, dim, 16, 16)})
            self.blocks = nn.Sequential(*[Block() for _ in range(depth)])
            self.norm, self.head = nn.LayerNorm(dim, 1e-6), nn.Linear(dim, len(w["head.bias"]))

        def forward(self, x):
            x = self.patch_embed["proj"](x).flatten(2).transpose(1, 2)
            x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
            return self.head(self.norm(self.blocks(x))[:, 0])

    net = Net().eval()
    net.load_state_dict(w)
    return net


def rollout(seen):
    """CLS rows of R_1 .. R_L, [B, L, 196]: e B_l ... B_1, all layers' rows through B_k at once."""
    import torch
    rows = None
    for a in reversed(seen):
        a = a.mean(1)
        a.diagonal(dim1=-2, dim2=-1).add_(1)
        a /= a.sum(-1, keepdim=True)
        rows = a[:, :1] if rows is None else torch.cat([a[:, :1], rows @ a], 1)
    return rows[:, :, 1:]


def run(folder, batch, out):
    begin = time.perf_counter()
    import h5py
    import torch
    paths = sorted(glob.glob(os.path.join(folder, "pictures", "*")))
    net, seen, keep = network(read_weights(os.path.join(folder, "model.safetensors"))), [], {}
    for block in net.blocks:
        block.softmax.register_forward_hook(lambda module, given, result: seen.append(result))
    for key in ("pixels", "maps", "logits", "share", "best"):
        keep[key] = []
    probe = None
    loader = concurrent.futures.ThreadPoolExecutor(2)
    parts = [paths[i:i + batch] for i in range(0, len(paths), batch)]
    ahead = [loader.submit(load, p) for p in parts[0]]
    first = time.perf_counter()
    with torch.inference_mode():
        for i in range(len(parts)):
            pixels = np.stack([job.result() for job in ahead])
            ahead = [loader.submit(load, p) for p in parts[i + 1]] if i + 1 < len(parts) else []
            x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
            seen.clear()
            logits = net(x)
            if probe is None:
                probe = torch.stack([a[:4].mean(1) for a in seen], 1).half().numpy()
            share, best = logits.softmax(-1).topk(5)
            for key, value in (("pixels", pixels), ("maps", rollout(seen)), ("logits", logits),
                               ("share", share), ("best", best)):
                keep[key].append(np.asarray(value))
    passed = time.perf_counter()
    with h5py.File(out, "w") as file:
        for key, value in keep.items():
            file.create_dataset(key, data=np.concatenate(value))
        file.create_dataset("probe", data=probe)
    end = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"pictures": len(paths), "seconds": end - begin, "pass": passed - first,
                      "cpu": used.ru_utime + used.ru_stime, "peak_kb": used.ru_maxrss}))


def compare(ours, theirs):
    import h5py
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        pixels = abs(a["images/pixels"][:].astype(int) - b["pixels"][:]).max()
        maps = abs(a["attention/rollout"][0] - b["maps"][:]).max() / b["maps"][:].max()
        logits = abs(a["attend/logits"][:] - b["logits"][:]).max() / np.ptp(b["logits"][:])
    print(f"  the same work: pixels differ by {pixels}, maps by {maps:.1e}, logits by {logits:.1e}")
    return pixels or maps > 1e-4 or logits > 1e-4


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
elif sys.argv[1] == "run":
    run(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    sys.exit(1 if compare(sys.argv[2], sys.argv[3]) else 0)
