#!/bin/sh
# tests/bench/against_torch.sh -- driftscope and PyTorch in turn on this machine.
#
# usage: tests/bench/against_torch.sh [MODEL [ROUNDS]]      mini, tiny, small, base; 7 rounds
# needs: apt install python3-torch libopenblas0-openmp; DRIFTSCOPE = the program (build/release)
#
# Every round runs both as processes of their own, a warm-up and three measurements inside;
# printed are the medians and the ratio pair by pair.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${DRIFTSCOPE:-$here/../../build/release/driftscope}
model=${1:-mini}
rounds=${2:-7}
python=/usr/bin/python3
"$python" -c 'import torch' 2>/dev/null || {
    echo "PyTorch is missing: apt install python3-torch libopenblas0-openmp" >&2
    exit 69
}
# The OpenMP OpenBLAS for PyTorch alone; ours keeps the one it was linked with.
blas=$(dpkg -L libopenblas0-openmp 2>/dev/null | grep 'libblas\.so\.3$' | head -1)
cores=$(nproc)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
i=0
while [ $i -lt "$rounds" ]; do
    "$program" bench --model "$model" --rounds 3 --threads "$cores" --json >"$out/ours.$i"
    OMP_NUM_THREADS=$cores LD_LIBRARY_PATH=$(dirname "${blas:-/usr/lib/x}") \
        "$python" "$here/torch_side.py" "$model" 3 >"$out/torch.$i"
    i=$((i + 1))
done
"$python" - "$out" "$rounds" "$model" <<'P'
import json, statistics, sys
out, rounds, model = sys.argv[1], int(sys.argv[2]), sys.argv[3]
print(f"{model}: images/s, median of {rounds} interleaved rounds (min - max); ratios pair by pair")
for what in ("forward", "step, all parameters"):
    ours, torch = [], []
    for i in range(rounds):
        rows = json.load(open(f"{out}/ours.{i}"))["results"]
        ours.append(next(r["images_per_s"] for r in rows if r["what"] == what))
        torch.append(statistics.median(json.load(open(f"{out}/torch.{i}"))[what]))
    ratio = [a / b for a, b in zip(ours, torch)]
    line = lambda v, f: f"{statistics.median(v):{f}} ({min(v):{f}} - {max(v):{f}})"
    print(f"  {what:22} driftscope {line(ours, '.1f')}   PyTorch {line(torch, '.1f')}   "
          f"ratio {line(ratio, '.2f')}")
P
