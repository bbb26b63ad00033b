#!/usr/bin/python3
"""What the paper's CIFAR-100 recipe takes: ViT-B/16 at 224, ten tasks, batch 100, 5 epochs.

usage: share/bench/paper_cut.py [STEPS [OPTION ...]]    200 steps in each of two tasks
       OPTIONs are those of driftscope train: --precision bf16, --init vit_b.safetensors, ...
needs: CIFAR-100 (driftscope data cifar100); DRIFTSCOPE = the program (build/release/driftscope)

The recipe is the preset cifar100-paper with --method arcl. It is cut to two tasks of 50 classes
and, by the number of images, to STEPS steps each; pictures, augmentation, network, batch and
optimiser are the recipe's. Without --init the weights are random: as fast, and of no other use.
The rate is that of the second task, in which masks are in force, between 10 and 100 % of its
steps. On two cores that do 3 images/s, 200 steps take 3.7 hours; 20 tell nearly the same.
"""
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

CLASSES, EXPANDED, BATCH = 50, 10, 100           # of a task here; --expand-times and --batch there
STEPS_OF_RECIPE = 50000 * EXPANDED * 5 // BATCH  # all images, each EXPANDED times in 5 epochs
# Passes without learning: masks and class statistics of each task's images, and after task t the
# test images of t tasks; a forward pass is 0.44 of an arcl step (35.1 of 79.8 GFLOP).
LOOKS = 50000 + 1000 * 55
CORES = 64


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def train(program, run, limit, more):
    """Seconds, and seconds of all processors, of 90 % of the steps of the second task."""
    seen = {}
    process = subprocess.Popen(
        [program, "train", "--preset", "cifar100-paper", "--method", "arcl", "--tasks", "2",
         "--epochs", "1", "--train-limit", str(limit), "--eval-limit", "1", "--eval-images", "2",
         "--probe-images", "1", "--out", run, *more], stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        for line in process.stderr:
            sys.stderr.write(line)
            found = re.match(r"task 2/2: (\d+) %", line)
            if found:
                seen[found[1]] = time.monotonic(), processor_seconds(process.pid)
    finally:
        if sys.exc_info()[0]:
            process.terminate()
        code = process.wait()
    if code:
        sys.exit(code)
    return (end - begin for end, begin in zip(seen["100"], seen["10"]))


def main():
    if len(sys.argv) > 1 and not sys.argv[1].isdigit():
        sys.exit(__doc__)
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    limit = max(2, round(steps * BATCH / CLASSES / EXPANDED))
    steps, more = limit * CLASSES * EXPANDED // BATCH, sys.argv[2:]
    home = os.path.dirname(os.path.abspath(__file__))
    program = os.environ.get("DRIFTSCOPE", os.path.join(home, "../../build/release/driftscope"))
    with tempfile.TemporaryDirectory() as folder:
        seconds, busy = train(program, os.path.join(folder, "run"), limit, more)
    rate = 0.9 * steps * BATCH / seconds
    passes = STEPS_OF_RECIPE * BATCH + 0.44 * LOOKS
    hours = passes / rate / 3600
    cores = len(os.sched_getaffinity(0))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"2 tasks x {steps} steps of {BATCH} images, {cores} cores {' '.join(more)}")
    print(f"rate         {rate:.2f} images/s ({BATCH / rate:.1f} s per step)")
    print(f"             {busy / seconds:.2f} cores busy; undisturbed on {cores}, by their seconds:"
          f" {0.9 * steps * BATCH / busy * cores:.2f} images/s")
    print(f"peak memory  {memory / 1e9:.2f} GB")
    print(f"the recipe   {STEPS_OF_RECIPE} steps x {BATCH} + 0.44 x {LOOKS} images without learning"
          f" = {passes / 1e6:.2f} million")
    print(f"             {passes / 1e6:.2f} million / {rate:.2f} per s = {hours:.0f} hours here")
    print(f"{CORES} cores     {hours:.0f} hours x {cores} / {CORES} = {hours * cores / CORES:.1f}"
          " hours, if they scale linearly (bench --threads tells)")


main()
