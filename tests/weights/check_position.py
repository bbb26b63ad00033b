"""tests/weights/check_position.py -- position embeddings at another size, against PyTorch.

usage: check_position.py DRIFTSCOPE FIXTURES

For every way of --pos-resize and several sizes, larger and smaller: what import writes equals
torch.nn.functional.interpolate called as the library of that name calls it, and the rows of
prefix tokens stay as they are. The real ViT-Tiny takes part where it is. Exits 77 without
PyTorch or fixtures."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import torch
    import torch.nn.functional as F
    from check_export import read
except ImportError:
    print("skipped: not found: PyTorch")
    sys.exit(77)

LIMIT = 2e-6  # of the largest value: float32 sums of up to 16 products


def expected(rows, old, new, how):
    """rows [gh * gw, C] -> [n, C], with the calls of each library."""
    if [new, new] == list(old):  # all of them return early
        return rows
    grid = rows.reshape(1, *old, -1).permute(0, 3, 1, 2)
    size = dict(size=(new, new), align_corners=False)
    if how == "timm":  # timm.layers.resample_abs_pos_embed
        out = F.interpolate(grid, mode="bicubic", antialias=True, **size)
    elif how == "transformers":  # ViTEmbeddings.interpolate_pos_encoding
        out = F.interpolate(grid, mode="bicubic", **size)
    elif how == "dino":  # interpolate_pos_encoding of dino and dinov2
        scale = tuple((new + 0.1) / side for side in old)
        out = F.interpolate(grid, scale_factor=scale, mode="bicubic", align_corners=False)
    else:  # timm's loader of npz files
        out = F.interpolate(grid, mode="bilinear", **size)
    assert out.shape[-2:] == (new, new)
    return out.permute(0, 2, 3, 1).reshape(new * new, -1)


def pos_of(path):
    return read(path)["pos_embed"][0].double()


def export(program, source, options, out):
    got = subprocess.run([program, "import", source, "-q", "-o", out, *options],
                         capture_output=True, text=True)
    if got.returncode:
        sys.exit(f"import {source} {options}: {got.stderr}")
    return pos_of(out)


def check(program, source, options, grid, patch, sizes, work):
    worst, count = 0.0, 0
    out = os.path.join(work, "out.safetensors")
    before = export(program, source, options, out)
    front = len(before) - grid[0] * grid[1]
    for how in ("timm", "transformers", "dino", "bilinear"):
        for new in sizes:
            more = ["--image-size", str(new * patch), "--pos-resize", how]
            after = export(program, source, options + more, out)
            if len(after) != front + new * new or not torch.equal(after[:front], before[:front]):
                sys.exit(f"{source} {more}: the prefix changed")
            want = expected(before[front:], grid, new, how)
            away = (after[front:] - want).abs().max() / before.abs().max()
            worst, count = max(worst, away.item()), count + 1
    return worst, count


def main():
    program, fixtures = os.path.abspath(sys.argv[1]), sys.argv[2]
    tiny = os.path.join(os.environ.get("DRIFTSCOPE_SHARED", "../shared"),
                        "data/vit_tiny/vit_tiny_patch16_224.f32.safetensors")
    failed = total = 0
    names = ("timm_safetensors", "timm_registers", "timm_reg_positions", "hf_vit_oblong",
             "deit_distilled", "npz_augreg")
    if not os.path.isdir(os.path.join(fixtures, names[0])):
        print("skipped: not found:", fixtures)
        return 77
    with tempfile.TemporaryDirectory() as work:
        for name in names:
            folder = os.path.join(fixtures, name)
            with open(os.path.join(folder, "case.json")) as file:
                case = json.load(file)
            worst, count = check(program, os.path.join(folder, case["file"]), case["options"],
                                 case["grid"], case["patch"], (1, 2, 3, 5, 7, 11), work)
            total, failed = total + count, failed + (worst > LIMIT)
            print(f"{name}: {count} sizes and ways, worst {worst:.1e}")
        if os.path.exists(tiny):
            worst, count = check(program, tiny, [], [14, 14], 16, (7, 13, 24), work)
            total, failed = total + count, failed + (worst > LIMIT)
            print(f"ViT-Tiny: {count} sizes and ways, worst {worst:.1e}")
    print(f"{total} comparisons, {failed} networks beyond {LIMIT}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
