#!/usr/bin/env python3
"""tests/analysis/check_metrics.py -- the metric table against formulas written anew in NumPy.

Reads what print_metrics prints (standard input); exits 1 when a value differs by more than
1e-9, or is undefined on one side only."""
import json
import sys

import numpy as np

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


def expected(case):
    p, q = np.array(case["p"]), np.array(case["q"])
    some = p.any() and q.any()
    return {
        "relfro": np.linalg.norm(q - p) / np.linalg.norm(p) if p.any() else None,
        "l1": np.abs(p - q).sum(),
        "l2": np.linalg.norm(p - q),
        "cosine": 1 - p @ q / (np.linalg.norm(p) * np.linalg.norm(q)) if some else None,
        "js": jensen_shannon(p, q) if some else None,
        "iou": iou(p > case["split_p"], q > case["split_q"]),
        "spearman": correlation(ranks(p), ranks(q)),
        "pearson": correlation(p, q),
        "entropy": entropy(q) - entropy(p) if some else None,
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
            if value is None or want is None:
                wrong = (value is None) != (want is None)
            else:
                worst[key] = max(worst.get(key, 0), abs(value - want))
                wrong = not abs(value - want) <= TOLERANCE
            if wrong:
                bad += 1
                print(f"case {number}: {key} is {value}, expected {want}")
    for key, error in worst.items():
        print(f"{key:10} max_abs_err {error:.3g} over {len(cases)} pairs of maps")
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
