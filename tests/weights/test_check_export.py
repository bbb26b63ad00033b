#!/usr/bin/python3
"""tests/weights/test_check_export.py -- check_export.py passes what is right, and only that.

usage: test_check_export.py DIR                DIR as make_fixtures.py left it
Every case is written as timm holds it and must pass; then one file is spoilt in several ways,
each of which must fail."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

try:
    import torch
except ImportError:
    print("skipped: torch not found")
    sys.exit(77)

from casekit import CASES
from check_export import Wrong, check
from containers import save_safetensors
from make_fixtures import canonical

HERE = Path(__file__).resolve().parent


def as_timm(w, s):
    """timm knows positions for all prefix tokens or for none, and heads with a bias."""
    w = {name: tensor.float().contiguous() for name, tensor in w.items()}
    if s.pos == "cls" and s.registers:
        w["cls_token"] = w["cls_token"] + w["pos_embed"][:, :1]
        w["pos_embed"] = w["pos_embed"][:, 1:].contiguous()
    if s.pool == "cls+mean":
        del w["head.weight"], w["head.bias"]
    elif s.classes:
        w.setdefault("head.bias", torch.zeros(s.classes))
    return w


def passes(w, folder, path):
    """Whether check_export is content, and what it says if not."""
    save_safetensors(path, w)
    try:
        check(
            path,
            folder / "reference.safetensors",
            json.loads((folder / "case.json").read_text()),
        )
    except Wrong as wrong:
        return False, str(wrong)
    return True, ""


def exit_code(w, folder, path):
    save_safetensors(path, w)
    run = subprocess.run(
        [sys.executable, HERE / "check_export.py", path, folder / "reference.safetensors"],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return run.returncode


def spoilt(w):
    """Ways in which an exporter errs, by name."""
    qkv, half = "blocks.0.attn.qkv.weight", w["blocks.0.attn.qkv.weight"].chunk(3)
    yield "keys and queries exchanged", {**w, qkv: torch.cat([half[1], half[0], half[2]])}
    yield "bias absent", {n: t for n, t in w.items() if n != "norm.bias"}
    yield "surplus tensor", {**w, "mask_token": torch.zeros(1, 4)}
    yield "another name", {n.replace("mlp.fc1", "mlp.w12"): t for n, t in w.items()}
    yield "matrix transposed", {
        **w,
        "blocks.1.attn.proj.weight": w["blocks.1.attn.proj.weight"].t(),
    }
    yield "CLS without its axes", {**w, "cls_token": w["cls_token"].reshape(-1)}
    yield "positions short", {**w, "pos_embed": w["pos_embed"][:, 2:]}
    yield "NaN", {**w, "head.bias": w["head.bias"] * float("nan")}


def main():
    torch.set_num_threads(1)
    root, wrong, good = Path(sys.argv[1]), [], 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.safetensors"
        for case in (case for case in CASES if not case.refuse):
            ok, said = passes(as_timm(canonical(case)[0], case.shape), root / case.name, path)
            good += ok
            wrong += [] if ok else [f"{case.name}: {said}"]
        case = next(case for case in CASES if case.name == "timm_pth")
        ways = list(spoilt(as_timm(canonical(case)[0], case.shape)))
        for how, w in ways:
            if passes(w, root / case.name, path)[0]:
                wrong.append(f"passed although {how}")
        codes = [
            exit_code(w, root / case.name, path)
            for w in (as_timm(canonical(case)[0], case.shape), ways[0][1])
        ]
        if codes != [0, 1]:
            wrong.append(f"exit codes {codes}, expected [0, 1]")
    print(
        "\n".join(
            wrong
            + [f"{good} exports pass, {len(ways)} spoilt ones looked at, {len(wrong)} wrong"]
        )
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
