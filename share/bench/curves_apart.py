#!/usr/bin/python3
"""How far the loss curves of two precisions are apart, beside how far those of seeds are.

usage: share/bench/curves_apart.py FOLDER    that share/studies/fashion5-precision.ini wrote
needs: DRIFTSCOPE = the program (build/release/driftscope)

Every row is a method: the mean absolute difference of the losses, smoothed over 10 steps,
between fp32 and bf16 of the same seed, and between different seeds in fp32.
"""
import csv
import itertools
import os
import subprocess
import sys

SEEDS, SMOOTH = (2025, 2026, 2027), 10


def curve(program, run):
    table = subprocess.run([program, "export", run, "--table", "loss", "--format", "csv"],
                           check=True, stdout=subprocess.PIPE, text=True).stdout
    loss = [float(row["loss"]) for row in csv.DictReader(table.splitlines())]
    return [sum(loss[i:i + SMOOTH]) / SMOOTH for i in range(len(loss) - SMOOTH + 1)]


def apart(pairs):
    each = [sum(abs(x - y) for x, y in zip(a, b)) / len(a) for a, b in pairs]
    return f"{sum(each) / len(each):.4f} ({min(each):.4f} - {max(each):.4f})"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    home = os.path.dirname(os.path.abspath(__file__))
    program = os.environ.get("DRIFTSCOPE", os.path.join(home, "../../build/release/driftscope"))
    print(f"{'method':9} {'last loss':>9}  {'fp32 and bf16, same seed':25} fp32, two seeds")
    for method in ("finetune", "arcl"):
        full, half = ([curve(program, f"{sys.argv[1]}/{method}{kind}-{seed}") for seed in SEEDS]
                      for kind in ("", "-bf16"))
        last = sum(c[-1] for c in full) / len(full)
        print(f"{method:9} {last:9.4f}  {apart(zip(full, half)):25} "
              f"{apart(itertools.combinations(full, 2))}")


main()
