#!/usr/bin/python3
"""tests/weights/check_export.py -- would timm load this file, and does it compute the same?

usage: check_export.py FILE.safetensors REFERENCE.safetensors [CASE.json]
CASE.json (else the one beside REFERENCE) gives what tensors cannot: heads, epsilon, activation,
pool. Names and shapes are checked as load_state_dict(strict=True) of timm's VisionTransformer
would; then attention, feature and logits are compared to 1e-4 of their range. Exits 0 when all
agree, 1 when not, 77 without PyTorch."""
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

try:
    import torch
except ImportError:
    print("skipped: torch not found")
    sys.exit(77)

from vit import Shape, forward

TOLERANCE = 1e-4
KINDS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}


class Wrong(Exception):
    """One sentence about the file."""


def read(path):
    """The tensors of a safetensors file; every byte of the payload belongs to exactly one."""
    data = Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or 8 + size > len(data):
        raise Wrong(f"{path}: header of {size} bytes in a file of {len(data)}")
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    if not all(isinstance(value, str) for value in metadata.values()):
        raise Wrong(f"{path}: __metadata__ holds something else than strings")
    out, at = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        kind, count = KINDS.get(entry["dtype"]), 1
        for n in entry["shape"]:
            count *= n
        if kind is None:
            raise Wrong(f"{path}: {name} is {entry['dtype']}")
        width = torch.empty(0, dtype=kind).element_size()
        if begin != at or end - begin != count * width or 8 + size + end > len(data):
            raise Wrong(
                f"{path}: {name} lies at {begin}..{end}, expected {at}..{at + count * width}"
            )
        part = bytearray(data[8 + size + begin : 8 + size + end])
        out[name] = (
            torch.frombuffer(part, dtype=kind).reshape(entry["shape"]) if count else None
        )
        at = end
    if 8 + size + at != len(data):
        raise Wrong(f"{path}: {len(data) - 8 - size - at} bytes after the last tensor")
    return out


def shape_of(case):
    """The network as timm can hold it: no head over CLS and mean together."""
    prefix, pool, classes = case["prefix"], case["pool"], case["classes"]
    if pool == "cls+mean":
        pool, classes = "cls", 0
    return Shape(
        dim=case["dim"],
        depth=case["depth"],
        heads=case["heads"],
        hidden=case["hidden"],
        patch=case["patch"],
        grid=tuple(case["grid"]),
        classes=classes,
        dist=bool(prefix["dist"]),
        registers=prefix["registers"],
        eps=case["eps"],
        act=case["act"],
        mlp=case["mlp"],
        pre_norm=case["pre_norm"],
        layer_scale=case["layer_scale"],
        pool=pool,
        last_norm="fc_norm" if pool == "mean" else "norm",
    )


def expected(s, qkv_bias):
    """Names and shapes of timm's state_dict. pos_embed is looked at apart."""
    d, out = s.dim, {}

    def both(name, rows, *columns):
        out[name + ".weight"], out[name + ".bias"] = (rows, *columns), (rows,)

    out["cls_token"] = (1, 1, d)
    if s.dist:
        out["dist_token"] = (1, 1, d)
    if s.registers:
        out["reg_token"] = (1, s.registers, d)
    both("patch_embed.proj", d, 3, s.patch, s.patch)
    if s.pre_norm:  # timm: bias=not pre_norm
        del out["patch_embed.proj.bias"]
        both("norm_pre", d)
    for b in (f"blocks.{i}." for i in range(s.depth)):
        both(b + "norm1", d)
        both(b + "attn.qkv", 3 * d, d)
        if not qkv_bias:
            del out[b + "attn.qkv.bias"]
        both(b + "attn.proj", d, d)
        both(b + "norm2", d)
        both(b + "mlp.fc1", s.hidden * (2 if s.mlp == "swiglu" else 1), d)
        both(b + "mlp.fc2", d, s.hidden)
        if s.layer_scale:
            out[b + "ls1.gamma"] = out[b + "ls2.gamma"] = (d,)
    both(s.last_norm, d)
    if s.classes:
        both("head", s.classes, d)
        if s.dist:
            both("head_dist", s.classes, d)
    return out


def check_names(w, s):
    wanted = expected(s, any(name.endswith("attn.qkv.bias") for name in w))
    rows = [(1, s.patches, s.dim), (1, s.patches + s.prefix, s.dim)]  # no_embed_class, or not
    found = tuple(w["pos_embed"].shape) if "pos_embed" in w else None
    if found not in rows:
        raise Wrong(f"pos_embed is {found}, timm expects {rows[0]} or {rows[1]}")
    missing, surplus = wanted.keys() - w.keys(), w.keys() - wanted.keys() - {"pos_embed"}
    if missing or surplus:
        raise Wrong(f"missing {sorted(missing)}, unexpected {sorted(surplus)}")
    for name, size in wanted.items():
        if tuple(w[name].shape) != size:
            raise Wrong(f"{name} is {tuple(w[name].shape)}, timm expects {size}")


def compare(out, reference, s):
    """The largest difference of each result, by the range of the reference."""
    worst = {}
    for name, got in out.items():
        if name not in reference:
            continue
        want = reference[name].double()
        if name == "feature":
            want = want[:, : s.dim]
        if want.shape != got.shape:
            raise Wrong(f"{name} is {tuple(got.shape)}, expected {tuple(want.shape)}")
        kind = name.split(".")[0]
        error = ((got - want).abs().max() / (want.max() - want.min())).item()
        worst[kind] = error if error != error else max(worst.get(kind, 0.0), error)
    return worst


def check(file, where, case):
    """What was compared, with its largest error; raises Wrong."""
    s = shape_of(case)
    w, reference = read(file), read(where)
    check_names(w, s)
    worst = compare(forward(w, s, reference["x"]), reference, s)
    if not all(error <= TOLERANCE for error in worst.values()):
        raise Wrong(f"{file}: differs by more than {TOLERANCE:g} of the range: {worst}")
    return worst


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    file, where = sys.argv[1:3]
    beside = sys.argv[3] if len(sys.argv) == 4 else Path(where).parent / "case.json"
    try:
        worst = check(file, where, json.loads(Path(beside).read_text()))
    except Wrong as wrong:
        print(wrong)
        sys.exit(1)
    print(f"{file}: " + ", ".join(f"{name} {error:.1e}" for name, error in worst.items()))


if __name__ == "__main__":
    main()
