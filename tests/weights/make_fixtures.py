#!/usr/bin/python3
"""tests/weights/make_fixtures.py -- tiny random checkpoints of every naming and container.

usage: make_fixtures.py DIR [CASE...]       needs PyTorch and NumPy; the layout: README.md
Exits 77 when PyTorch is missing, 1 when a self-check of the reference fails."""
import sys
import time
import zlib
from pathlib import Path

sys.dont_write_bytecode = True

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing.name} not found")
    sys.exit(77)

import cases
import cases_hub
import cases_refused
import containers
import selfcheck
import vit
from casekit import CASES, Material


def description(case, file):
    """case.json without what only a reference can tell."""
    s, (mean, std) = case.shape, case.stats
    return {
        "file": file,
        "heads": s.heads,
        "eps": s.eps,
        "act": s.act,
        "mlp": s.mlp,
        "prefix": {"cls": 1, "dist": int(s.dist), "registers": s.registers},
        "grid": list(s.grid),
        "patch": s.patch,
        "dim": s.dim,
        "depth": s.depth,
        "hidden": s.hidden,
        "classes": s.classes,
        "pool": s.pool,
        "norm": s.last_norm,
        "pre_norm": s.pre_norm,
        "layer_scale": s.layer_scale,
        "pos_rows": s.pos_rows,
        "mean": mean,
        "std": std,
        "options": case.options,
        "refuse": None,
        "notes": case.notes,
        **case.also,
    }


def refused(case, file):
    return {
        "file": file,
        "options": case.options,
        "refuse": case.refuse,
        "refuse_any": case.refuse_any,
        "notes": case.notes,
    }


def canonical(case):
    """The case's weights under timm's names, those of its decoy, and the stream behind both."""
    s, rng = case.shape, np.random.default_rng(zlib.crc32(case.name.encode()))
    w, other = vit.random_weights(s, rng), vit.random_weights(s, rng)
    if case.fixed_pos:
        w["pos_embed"] = other["pos_embed"] = 0.02 * case.fixed_pos(s)
    return {name: tensor.to(case.dtype(name)) for name, tensor in w.items()}, other, rng


def make(case, root):
    """One folder: the checkpoint, then its reference and its description."""
    folder, s = root / case.name, case.shape
    folder.mkdir(parents=True, exist_ok=True)
    w, other, rng = canonical(case)
    file = case.write(folder, Material(w, other, rng, s))
    if case.refuse:
        containers.save_json(folder / "case.json", refused(case, file))
        return
    x = torch.from_numpy(rng.standard_normal((2, 3, *s.image)).astype(np.float32))
    out = vit.forward(w, s, x)
    shows = selfcheck.sensitivity(w, s, x, out)
    if min(shows.values()) <= 1e-4:
        sys.exit(f"{case.name}: a wrong choice would not be seen: {shows}")
    containers.save_json(
        folder / "case.json", {**description(case, file), "sensitivity": shows}
    )
    containers.save_safetensors(
        folder / "reference.safetensors",
        {"x": x, **{name: t.float() for name, t in out.items()}},
    )


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    torch.set_num_threads(1)
    root, chosen = Path(sys.argv[1]), sys.argv[2:]
    unknown = set(chosen) - {case.name for case in CASES}
    if unknown:
        sys.exit(f"no case is called {sorted(unknown)[0]}")
    begin = time.monotonic()
    print("reference: " + ", ".join(selfcheck.all_checks(np.random.default_rng(1))))
    made = [case for case in CASES if not chosen or case.name in chosen]
    for case in made:
        make(case, root)
    refusals = sum(1 for case in made if case.refuse)
    size = sum(f.stat().st_size for f in root.rglob("*") if f.is_file()) / 1e6
    print(
        f"{len(made)} cases ({refusals} refusals), {size:.1f} MB,"
        f" {time.monotonic() - begin:.1f} s"
    )


if __name__ == "__main__":
    main()
