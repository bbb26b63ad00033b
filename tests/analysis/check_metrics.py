#!/usr/bin/env python3
"""tests/analysis/check_metrics.py -- the metric table against formulas written anew in NumPy and
SciPy.

Reads what print_metrics prints (standard input); exits 1 when a value differs by more than
1e-9 (relative, or absolute below 1), or is undefined on one side only. The earth mover's
distance is a linear program here, on grids up to 49 patches."""
import json
import math
import sys

import numpy as np
from scipy import ndimage, optimize, sparse, stats

TOLERANCE = 1e-9


def ranks(x):
    """Mean ranks, by counting instead of sorting."""
    return np.array([(x < v).sum() + ((x == v).sum() + 1) / 2 for v in x])


def correlation(p, q):
    if len(p) < 3 or np.ptp(p) == 0 or np.ptp(q) == 0:
        return None
    return 1 - np.corrcoef(p, q)[0, 1]


def entropy(p):
    p = p[p > 0] / p.sum()
    return -(p * np.log(p)).sum()


def divergence(p, m):
    at = p > 0
    return (p[at] * np.log2(p[at] / m[at])).sum()


def jensen_shannon(p, q):
    p, q = p / p.sum(), q / q.sum()
    m = (p + q) / 2
    return (divergence(p, m) + divergence(q, m)) / 2


def iou(p, q):
    either = (p | q).sum()
    return 1.0 if either == 0 else (p & q).sum() / either


def dice(p, q):
    return 1.0 if not (p.any() or q.any()) else 2 * (p & q).sum() / (p.sum() + q.sum())


def top(x, percent):
    """The k-th largest value and all that reach it."""
    return x >= np.sort(x)[::-1][math.ceil(len(x) * percent / 100) - 1]


def keep_mass(x, tau):
    down = np.sort(x)[::-1]
    before = np.concatenate([[0], np.cumsum(down)[:-1]])
    return x >= down[before < tau * x.sum()].min()


def deviating(x):
    return x > x.mean() + x.std() if np.ptp(x) else np.zeros(len(x), bool)


def kullback(p, q, eps=1e-8):
    p, q = [(x / x.sum() + eps) / (1 + len(x) * eps) for x in (p, q)]
    return (p * np.log(p / q)).sum()


def places(grid):
    return np.array([(y, x) for y in range(grid[0]) for x in range(grid[1])], float)


def earth_mover(p, q, grid):
    n, r = len(p), places(grid)
    cost = np.linalg.norm(r[:, None] - r[None], axis=2)
    rows = sparse.kron(sparse.eye(n), np.ones((1, n)))
    columns = sparse.kron(np.ones((1, n)), sparse.eye(n))
    if min(grid) == 1:  # a closed form: the area between the distribution functions
        return np.abs(np.cumsum(p / p.sum() - q / q.sum())).sum()
    lp = optimize.linprog(cost.ravel(), A_eq=sparse.vstack([rows, columns]).tocsr(),
                          b_eq=np.concatenate([p / p.sum(), q / q.sum()]), method="highs")
    return lp.fun


def ssim(p, q, grid):
    """As scikit-image computes it: uniform window of 7, sample covariance, edges cut off."""
    if min(grid) < 7:
        return None
    p, q = p.reshape(grid), q.reshape(grid)
    spread = max(p.max(), q.max()) - min(p.min(), q.min())
    mean = lambda x: ndimage.uniform_filter(x, 7)
    mp, mq, unbiased = mean(p), mean(q), 49 / 48
    vp, vq = unbiased * (mean(p * p) - mp * mp), unbiased * (mean(q * q) - mq * mq)
    vpq = unbiased * (mean(p * q) - mp * mq)
    c1, c2 = (0.01 * spread) ** 2, (0.03 * spread) ** 2
    s = (2 * mp * mq + c1) * (2 * vpq + c2) / ((mp * mp + mq * mq + c1) * (vp + vq + c2))
    return s[3:-3, 3:-3].mean()


def masks(p, q, case):
    """Both indices under every rule; a constant map has no top."""
    varied = np.ptp(p) > 0 and np.ptp(q) > 0
    rules = {
        "": (p > case["split_p"], q > case["split_q"]),
        "_top10": (top(p, 10), top(q, 10)) if varied else None,
        "_top20": (top(p, 20), top(q, 20)) if varied else None,
        "_mass60": (keep_mass(p, 0.6), keep_mass(q, 0.6)) if varied else None,
        "_sd1": (deviating(p), deviating(q)),
    }
    return {name + rule: of(*both) if both else None
            for rule, both in rules.items() for name, of in (("iou", iou), ("dice", dice))}


def tau_b(p, q):
    return 1 - stats.kendalltau(p, q).correlation if np.ptp(p) and np.ptp(q) else None


def distributions(p, q, grid):
    """What needs two distributions; p and q sum to 1."""
    r, hp, hq = places(grid), entropy(p), entropy(q)
    return {
        "rel_l2": np.linalg.norm(q - p) / np.linalg.norm(p),
        "tv": np.abs(p - q).sum() / 2,
        "kl": kullback(p, q),
        "js": jensen_shannon(p, q),
        "hellinger": np.sqrt(max(0, 1 - np.sqrt(p * q).sum())),
        "emd": earth_mover(p, q, grid) if len(p) <= 49 else "not compared",
        "centroid": np.linalg.norm(p @ r - q @ r),
        "entropy": hq - hp,
        "entropy_norm": (hq - hp) / np.log(len(p)),
        "effective": np.exp(hq) - np.exp(hp),
        "sink": q.max() - p.max(),
    }


def expected(case):
    p, q = np.array(case["p"]), np.array(case["q"])
    grid, r = tuple(case["grid"]), places(case["grid"])
    some, varied = p.any() and q.any(), np.ptp(p) and np.ptp(q)
    half = np.full(2, 0.5)
    shares = distributions(p / p.sum(), q / q.sum(), grid) if some else dict.fromkeys(
        distributions(half, half, (1, 2)))
    return {
        "relfro": np.linalg.norm(q - p) / np.linalg.norm(p) if p.any() else None,
        "l1": np.abs(p - q).sum(),
        "l2": np.linalg.norm(p - q),
        "cosine": 1 - p @ q / (np.linalg.norm(p) * np.linalg.norm(q)) if some else None,
        "spearman": correlation(ranks(p), ranks(q)),
        "kendall": tau_b(p, q),
        "pearson": correlation(p, q),
        "ssim": ssim(p, q, grid),
        "peak": np.linalg.norm(r[p.argmax()] - r[q.argmax()]) if varied else None,
        "prefix": (1 - q.sum()) - (1 - p.sum()),
        **shares,
        **masks(p, q, case),
    }


def main():
    cases = json.load(sys.stdin)
    worst, bad = {}, 0
    for number, case in enumerate(cases):
        wanted = expected(case)
        if wanted.keys() != case["values"].keys():
            sys.exit(f"metrics {sorted(case['values'])}, expected {sorted(wanted)}")
        for key, value in case["values"].items():
            want = wanted[key]
            if want == "not compared":
                continue
            if value is None or want is None:
                wrong = (value is None) != (want is None)
            else:
                error = abs(value - want) / max(1, abs(want))
                worst[key] = max(worst.get(key, 0), error)
                wrong = not error <= TOLERANCE
            if wrong:
                bad += 1
                print(f"case {number}: {key} is {value}, expected {want}")
    for key, error in worst.items():
        print(f"{key:12} max_err {error:.3g} over {len(cases)} pairs of maps")
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
