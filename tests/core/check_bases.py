#!/usr/bin/python3
# tests/core/check_bases.py -- InfLoRA's bases (DualGPM, arXiv 2404.00228) computed again with
# NumPy's SVD, and compared with what write_bases prints.
# usage: check_bases.py write_bases        exit 77: skipped, no NumPy
import subprocess
import sys

try:
    import numpy as np
except ImportError:
    print("skipped: not found: python3-numpy")
    sys.exit(77)

lines = iter(subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines())
tasks, layers, c, rank = map(int, next(lines).split())
basis, retain = [None] * layers, [False] * layers
kinds = set()
worst = 0.0


def numbers(*shape):
    return np.array(next(lines).split(), float).reshape(shape)


def update(second, threshold, m, keep):
    """The basis after a task: columns of m, and whether it is of directions not in use."""
    total = (np.linalg.svd(second)[1] ** 2).sum()
    if m is None:
        u, s, _ = np.linalg.svd(second)
        m = u[:, :max(int((np.cumsum(s ** 2) / total < threshold).sum()), 1)]
    elif not keep:
        u, s, _ = np.linalg.svd(second - m @ m.T @ second)
        reached, r = (total - (s ** 2).sum()) / total, 0
        while r < c - m.shape[1] and reached < threshold:
            reached, r = reached + s[r] ** 2 / total, r + 1
        m = np.hstack((m, u[:, :r]))
    else:
        u, s, _ = np.linalg.svd(m @ m.T @ second)
        left, r = (s ** 2).sum() / total, 0
        while r < m.shape[1] and left >= 1 - threshold:
            left, r = left - s[r] ** 2 / total, r + 1
        if r:
            rest = m - u[:, :r] @ u[:, :r].T @ m
            m = np.linalg.svd(rest)[0][:, :m.shape[1] - r]
    if not keep and m.shape[1] > c / 2:
        return np.linalg.svd(m)[0][:, m.shape[1]:], True
    return m, keep


for t in range(tasks):
    second = numbers(layers, c, c)
    threshold = float(next(lines))
    start = numbers(layers, rank, c)
    for b in range(layers):
        p = second[b] if t == 0 else (basis[b] @ basis[b].T @ second[b] if retain[b] else
                                      second[b] - basis[b] @ basis[b].T @ second[b])
        u = np.linalg.svd(p)[0][:, :rank].T
        room = rank if t == 0 or not retain[b] else min(rank, basis[b].shape[1])
        for i in range(room):  # up to the sign
            worst = max(worst, 1 - abs(u[i] @ start[b, i]))
        basis[b], retain[b] = update(second[b], threshold, basis[b], retain[b])
        got_rank, got_retain = map(int, next(lines).split())
        square = numbers(c, c)
        kinds.add(retain[b])
        if (got_rank, bool(got_retain)) != (basis[b].shape[1], retain[b]):
            sys.exit(f"FAIL: task {t + 1}, block {b}: {got_rank} directions, kind {got_retain}; "
                     f"NumPy has {basis[b].shape[1]}, {retain[b]}")
        worst = max(worst, np.abs(square - basis[b] @ basis[b].T).max())
if worst > 1e-5:
    sys.exit(f"FAIL: largest difference {worst:.2e}")
if kinds != {False, True}:
    sys.exit("FAIL: the stream met one kind of basis only")
print(f"{tasks} tasks x {layers} blocks, both kinds of bases: largest difference {worst:.2e}")
