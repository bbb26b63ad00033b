"""tests/weights/check_attend.py -- `attend` from a picture to its JSON, against PyTorch.

usage: check_attend.py DRIFTSCOPE FIXTURES

Networks of several families look at PNG pictures through the command line; PyTorch computes all
of it anew in double precision: logits and probabilities; raw attention, every head; rollout by
any fusion, discard, first layer and row; vit-explain's rollout from its formula, slip included;
gradient rollout and Chefer's relevance with autograd. Reads HDF5 with h5py, where that is.
Exits 77 without PyTorch, Pillow or fixtures."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from PIL import Image
    from check_export import read, shape_of
    from vit import forward
except ImportError as missing:
    print(f"skipped: not found: {missing.name}")
    sys.exit(77)

LIMIT = 2e-5  # of the largest value of an array
CASES = ("timm_safetensors", "deit_distilled", "timm_registers", "hf_vit", "hf_vit_oblong",
         "hf_dinov2_registers", "clip_openai_fp16", "timm_avg_fc_norm")
failed = checked = 0


def run(program, *words):
    got = subprocess.run([program, *words], capture_output=True, text=True)
    if got.returncode:
        sys.exit(f"{' '.join(words)}: exit {got.returncode}: {got.stderr}")
    return got.stdout


def compare(what, got, want):
    global failed, checked
    got, want = np.asarray(got, float), np.asarray(want.detach() if torch.is_tensor(want) else want)
    away = abs(got - want).max() / abs(want).max() if got.shape == want.shape else np.inf
    checked += 1
    if not away <= LIMIT:
        failed += 1
        print(f"FAIL {what}: {away:.1e} of the largest value, shapes {got.shape} {want.shape}")


class Network:
    """The fixture under timm's names, as `import` exports it, run by vit.py."""

    def __init__(self, program, folder, work):
        with open(os.path.join(folder, "case.json")) as file:
            self.case = json.load(file)
        self.file = os.path.join(work, os.path.basename(folder) + ".safetensors")
        run(program, "import", os.path.join(folder, self.case["file"]), *self.case["options"],
            "-q", "-o", self.file)
        self.shape = shape_of(self.case)
        self.weights = read(self.file)
        card = {row["what"]: row for row in json.loads(
            run(program, "import", self.file, "--json", "-q"))["rows"]}
        self.mean, self.std = ([float(x) for x in card[key]["value"].split(", ")]
                               for key in ("mean", "std"))
        self.front = self.shape.prefix
        self.picture = os.path.join(work, "picture.png")
        rng = np.random.default_rng(3)
        pixels = rng.integers(0, 256, (*self.shape.image, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(self.picture)
        x = torch.from_numpy(pixels).double().permute(2, 0, 1)[None] / 255
        mean, std = (torch.tensor(v, dtype=torch.float64).reshape(1, -1, 1, 1)
                     for v in (self.mean, self.std))
        self.out = forward(self.weights, self.shape, ((x - mean) / std).requires_grad_())
        self.attn = [self.out[f"attn.{i}"][0] for i in range(self.shape.depth)]  # [H, N, N]

    def gradients(self, target):
        return [g[0] for g in torch.autograd.grad(self.out["logits"][0, target], [
            self.out[f"attn.{i}"] for i in range(self.shape.depth)], retain_graph=True)]


def drop_smallest(a, share, spare):
    flat = a.clone().reshape(-1)
    _, gone = flat.topk(int(flat.numel() * share), largest=False)
    flat[gone[gone != 0] if spare else gone] = 0
    return flat.reshape(a.shape)


def products(matrices, start, row):
    """The wanted row of R_1 .. R_L, R_l = B_l R_{l-1}, I below start."""
    now, out = torch.eye(matrices[0].shape[-1], dtype=torch.float64), []
    for layer, b in enumerate(matrices):
        now = b @ now if layer >= start else now
        out.append(now.mean(0) if row is None else now[row])
    return torch.stack(out)


FUSE = {"mean": lambda a: a.mean(0), "max": lambda a: a.amax(0), "min": lambda a: a.amin(0)}


def rollout(net, fusion="mean", discard=0.0, start=0, row=0):
    matrices = []
    for a in net.attn:
        a = drop_smallest(FUSE[fusion](a), discard, True) + torch.eye(a.shape[-1])
        matrices.append(a / a.sum(-1, keepdim=True))
    return products(matrices, start, row)[:, net.front:]


def vit_explain(net, fusion, discard):
    """From its formula: (A + I) / 2 over its row sums, which broadcast along the columns."""
    matrices = []
    for a in net.attn:
        a = (drop_smallest(FUSE[fusion](a), discard, True) + torch.eye(a.shape[-1])) / 2
        matrices.append(a / a.sum(-1))
    maps = products(matrices, 0, 0)[:, net.front:]
    top = maps.amax(-1, keepdim=True)  # it divides by 0 where everything was discarded
    return torch.where(top > 0, maps / top, maps)


def gradient_rollout(net, target, discard=0.0):
    matrices = []
    for a, g in zip(net.attn, net.gradients(target)):
        e = drop_smallest((a * g).mean(0).clamp(min=0), discard, True) + torch.eye(a.shape[-1])
        matrices.append(e / e.sum(-1, keepdim=True))
    return products(matrices, 0, 0)[:, net.front:]


def chefer(net, target):
    matrices = [torch.eye(a.shape[-1]) + (a * g).clamp(min=0).mean(0)
                for a, g in zip(net.attn, net.gradients(target))]
    return products(matrices, 0, 0)[:, net.front:]


def check(program, name, folder, work):
    net = Network(program, folder, work)
    gh, gw = net.shape.grid
    base = ["attend", net.file, net.picture, "--transform", "none", "--json", "-q"]

    def looked(*more):
        return json.loads(run(program, *base, *more))["pictures"][0]

    def maps(want, *more):
        got = looked(*more)
        compare(f"{name} {' '.join(more)}", got["maps"], want)
        compare(f"{name} attended", got["attended"],
                np.array(got["maps"]) > np.array(got["split"])[:, None])

    maps(rollout(net))
    maps(rollout(net, "max", 0.9), "--fusion", "max", "--discard", "0.9")
    maps(rollout(net, "min", 0.25, 1), "--fusion", "min", "--discard", "0.25", "--start", "2")
    maps(rollout(net, row=None), "--query", "all")
    maps(rollout(net, row=net.front + gw + 2), "--query", "1,2")
    maps(rollout(net, row=net.front + gw + 2), "--query", str(net.front + gw + 2))
    for fusion, discard in (("mean", 0.0), ("max", 0.9), ("min", 0.5), ("mean", 0.4)):
        maps(vit_explain(net, fusion, discard), "--compat", "vit-explain", "--fusion", fusion,
             "--discard", str(discard))
    raw = looked("--source", "raw", "--all-heads", "--query", "0,1")
    heads = torch.stack(net.attn)[:, :, net.front + 1, net.front:]
    compare(f"{name} heads", raw["heads"], heads)
    compare(f"{name} raw", raw["maps"], heads.mean(1))
    if "logits" not in net.out:
        return
    got = looked("--top", "3")
    compare(f"{name} logits", got["logits"], net.out["logits"][0])
    share = net.out["logits"][0].softmax(-1).sort(descending=True)
    compare(f"{name} top", [row["probability"] for row in got["top"]], share.values[:3])
    compare(f"{name} classes", [row["class"] for row in got["top"]], share.indices[:3].double())
    best = int(share.indices[0])
    maps(chefer(net, best), "--source", "chefer")
    maps(chefer(net, 2), "--source", "chefer", "--class", "2")
    maps(gradient_rollout(net, best), "--source", "gradient")
    maps(gradient_rollout(net, 2, 0.5), "--source", "gradient", "--class", "2", "--discard", "0.5")


def check_file(program, folder, work):
    """maps.h5, read by h5py."""
    try:
        import h5py
    except ImportError:
        return
    net, out = Network(program, folder, work), os.path.join(work, "maps.h5")
    run(program, "attend", net.file, net.picture, net.picture, "--transform", "none", "-q", "-o", out,
        "--source", "raw", "--all-heads", "--probe-images", "1")
    with h5py.File(out) as file:
        compare("h5 rollout", file["attention/rollout"][0, 1], rollout(net))
        compare("h5 map", file["attend/map"][1], torch.stack(net.attn)[:, :, 0, net.front:].mean(1))
        compare("h5 head", file["attend/head"][1], torch.stack(net.attn)[:, :, 0, net.front:])
        compare("h5 logits", file["attend/logits"][1], net.out["logits"][0])
        compare("h5 top_share", file["attend/top_share"][1],
                net.out["logits"][0].softmax(-1).sort(descending=True).values)
        compare("h5 split", file["attend/map_split"].shape, np.array([2, net.shape.depth]))
        paths = [x.decode() if isinstance(x, bytes) else x for x in file["attend/path"][:]]
        if paths != [net.picture] * 2:
            sys.exit(f"attend/path is {paths}")


def main():
    program, fixtures = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not os.path.isdir(os.path.join(fixtures, CASES[0])):
        print("skipped: not found:", fixtures)
        return 77
    with tempfile.TemporaryDirectory() as work:
        for name in CASES:
            check(program, name, os.path.join(fixtures, name), work)
        check_file(program, os.path.join(fixtures, CASES[0]), work)
    print(f"{checked} comparisons, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
