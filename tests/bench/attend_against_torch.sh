#!/bin/sh
# tests/bench/attend_against_torch.sh -- `attend` and PyTorch in turn: pictures in, maps out.
#
# usage: tests/bench/attend_against_torch.sh [MODEL [ROUNDS [N]]]   tiny, base; 5 rounds, 64 or 24 pictures
# needs: apt install python3-torch python3-pil python3-h5py libopenblas0-openmp
#        DRIFTSCOPE = the program (build/release); THREADS of each, by default one a processor
#
# Both start from nothing, read N JPEG and PNG files and a safetensors file, and write one HDF5
# file: pixels, answers, logits, the rollout of every layer, head means of four pictures. Printed
# are pictures/s of the whole process, and of the pass (without loading libraries and weights, and
# without writing), peak memory, and ratios pair by pair. The results are compared, too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${DRIFTSCOPE:-$here/../../build/release/driftscope}
model=${1:-tiny}
rounds=${2:-5}
n=${3:-$([ "$model" = tiny ] && echo 64 || echo 24)}
batch=$([ "$model" = tiny ] && echo 16 || echo 8)
python=/usr/bin/python3
"$python" -c 'import torch, h5py, PIL' 2>/dev/null || {
    echo "missing: apt install python3-torch python3-pil python3-h5py libopenblas0-openmp" >&2
    exit 69
}
# The OpenMP OpenBLAS for PyTorch alone: TORCH_BLAS, or where its package is.
blas=${TORCH_BLAS:-$(dpkg -L libopenblas0-openmp 2>/dev/null | grep 'libblas\.so\.3$' | head -1)}
cores=${THREADS:-$(nproc)}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$python" "$here/attend_torch.py" make "$model" "$out" "$n"
i=0
while [ $i -lt "$rounds" ]; do
    "$python" - "$program" "$out" "$cores" >"$out/ours.$i" <<'P'
import json, resource, subprocess, sys, time
program, out, cores = sys.argv[1:]
begin = time.perf_counter()
said = subprocess.run([program, "attend", out + "/model.safetensors", out + "/pictures", "-o",
                       out + "/ours.h5", "--threads", cores], capture_output=True, text=True)
seconds = time.perf_counter() - begin
if said.returncode:
    sys.exit(said.stderr)
rate = float(said.stderr.split(" pictures/s")[0].split(", ")[-1])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"seconds": seconds, "rate": rate, "cpu": used.ru_utime + used.ru_stime,
                  "peak_kb": used.ru_maxrss}))
P
    OMP_NUM_THREADS=$cores LD_LIBRARY_PATH=$(dirname "${blas:-/usr/lib/x}") \
        "$python" "$here/attend_torch.py" run "$out" "$batch" "$out/torch.h5" >"$out/torch.$i"
    i=$((i + 1))
done
"$python" - "$out" "$rounds" "$model" "$n" <<'P'
import json, statistics, sys
out, rounds, model, n = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
ours = [json.load(open(f"{out}/ours.{i}")) for i in range(rounds)]
torch = [json.load(open(f"{out}/torch.{i}")) for i in range(rounds)]
print(f"{model}, {n} pictures: median of {rounds} interleaved rounds (min - max); ratios pair by pair")
line = lambda v, f: f"{statistics.median(v):{f}} ({min(v):{f}} - {max(v):{f}})"
for what, a, b in (
        ("pictures/s, process", [n / x["seconds"] for x in ours], [n / x["seconds"] for x in torch]),
        ("pictures/s, pass", [x["rate"] for x in ours], [n / x["pass"] for x in torch]),
        ("pictures/CPU second", [n / x["cpu"] for x in ours], [n / x["cpu"] for x in torch]),
        ("peak memory, MB", [x["peak_kb"] / 1024 for x in ours], [x["peak_kb"] / 1024 for x in torch])):
    ratio = [x / y for x, y in zip(a, b)]
    print(f"  {what:20} driftscope {line(a, '.1f')}   PyTorch {line(b, '.1f')}   ratio {line(ratio, '.2f')}")
P
"$python" "$here/attend_torch.py" compare "$out/ours.h5" "$out/torch.h5"
