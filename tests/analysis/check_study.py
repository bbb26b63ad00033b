#!/usr/bin/env python3
"""tests/analysis/check_study.py -- statistics, attention, feature and weight measures against NumPy
and SciPy.

Reads what print_study prints (standard input); exits 1 when a value differs by more than 1e-9
(relative, or absolute below 1; what was reached by iteration or chance says so), or is undefined
on one side only."""
import itertools
import json
import sys
import warnings

import numpy as np
from scipy import linalg, optimize, special, stats

TOLERANCE = 1e-9
array = lambda x: np.array(x, float)  # None becomes NaN


def t_quantile(p, df):
    """stats.t.ppf is good to 1e-9 only; its distribution function is good to 1e-14."""
    return optimize.brentq(lambda t: special.stdtr(df, t) - p, -1e3, 1e3, xtol=1e-13, rtol=1e-14)


def bootstrap(c):
    x, of = array(c["x"]), np.median if c["median"] else np.mean
    theta = of(array(c["draws"]).reshape(500, len(x)), axis=1)
    value = of(x)
    tails = np.array([0.05, 0.95])
    bca = bool(c["asked_bca"])
    if bca:
        share = ((theta < value).sum() + (theta == value).sum() / 2) / len(theta)
        without = np.array([of(np.delete(x, i)) for i in range(len(x))])
        d = without.mean() - without
        bca = 0 < share < 1 and np.ptp(without) > 0
    if bca:
        z0, a = stats.norm.ppf(share), (d**3).sum() / (6 * (d**2).sum() ** 1.5)
        z = z0 + stats.norm.ppf(tails)
        tails = stats.norm.cdf(z0 + z / (1 - a * z))
    lo, hi = np.quantile(theta, tails)
    return {"value": value, "lo": lo, "hi": hi, "bca": float(bca)}


def sign_flip(x):
    signs = np.array(list(itertools.product([1, -1], repeat=len(x))))
    return (np.abs(signs @ x) >= abs(x.sum()) - 1e-12 * np.abs(x).sum()).mean()


def wilcoxon(x, exact):
    x = x[x != 0]
    if not len(x):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "too small for the normal approximation": ties decide
        return stats.wilcoxon(x, mode="exact" if exact else "approx").pvalue


def paired(c):
    x, n = array(c["x"]), len(c["x"])
    wanted = {
        "flip": sign_flip(x) if n <= 16 else
                # by the central limit theorem; 20000 flips and 40 values allow for 0.02
                ("near", 2 * stats.norm.sf(abs(x.sum()) / np.sqrt((x**2).sum())), 0.02),
        "flip_exact": float(n <= 16),
        "wilcoxon": wilcoxon(x, c["wilcoxon_exact"]),
        "mean": x.mean(), "sd": x.std(ddof=1) if n > 1 else None, "lo": None, "hi": None,
    }
    if n > 1:
        half = t_quantile(0.975, n - 1) * stats.sem(x)
        wanted["lo"], wanted["hi"] = x.mean() - half, x.mean() + half
    return wanted


def discovery(c):
    p = array(c["p"])
    q, m = np.full(len(p), np.nan), np.isfinite(p).sum()
    for i in np.flatnonzero(np.isfinite(p)):  # by the definition, not by a sort
        q[i] = min(1, min(m * v / (p <= v).sum() for v in p[np.isfinite(p)] if v >= p[i]))
    return {"q": q}


def fisher(r, n):
    if n < 1 or abs(r) >= 1:
        return None, None
    half = stats.norm.ppf(0.975) * np.sqrt(1.06 / n)
    return np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)


def delong(score, positive):
    """By all pairs."""
    a, b = score[positive == 1], score[positive == 0]
    none = dict.fromkeys(["auroc", "auroc_lo", "auroc_hi", "auroc_p"])
    if not len(a) or not len(b):
        return none
    won = (a[:, None] > b) + (a[:, None] == b) / 2
    none["auroc"] = won.mean()
    if len(a) < 2 or len(b) < 2:
        return none
    sd = np.sqrt(won.mean(1).var(ddof=1) / len(a) + won.mean(0).var(ddof=1) / len(b))
    if sd == 0:
        return none
    half = stats.norm.ppf(0.975) * sd / (won.mean() * (1 - won.mean()))
    return {"auroc": won.mean(), "auroc_lo": special.expit(special.logit(won.mean()) - half),
            "auroc_hi": special.expit(special.logit(won.mean()) + half),
            "auroc_p": 2 * stats.norm.sf(abs(won.mean() - 0.5) / sd)}


def residual(y, z):
    design = np.stack([np.ones(len(z)), z], 1)
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]


def correlation(c):
    x, y, z, n = array(c["x"]), array(c["y"]), array(c["z"]), len(c["x"])
    wanted = delong(x, array(c["positive"]))
    rho = stats.spearmanr(x, y)
    wanted |= {"rho": rho.correlation, "rho_p": rho.pvalue, "kendall": stats.kendalltau(x, y)[0]}
    wanted["rho_lo"], wanted["rho_hi"] = fisher(rho.correlation, n - 3)
    if abs(rho.correlation) == 1:
        wanted["rho_p"] = 0
    if n < 4:
        return wanted | dict.fromkeys(["partial", "partial_p", "partial_lo", "partial_hi"])
    rx, ry, rz = (stats.rankdata(v) for v in (x, y, z))
    if min(1 - np.corrcoef(rx, rz)[0, 1] ** 2, 1 - np.corrcoef(ry, rz)[0, 1] ** 2) < 1e-12:
        return wanted | dict.fromkeys(["partial", "partial_p", "partial_lo", "partial_hi"])
    r = np.clip(np.corrcoef(residual(rx, rz), residual(ry, rz))[0, 1], -1, 1)
    t = r * np.sqrt((n - 3) / (1 - r * r))
    lo, hi = fisher(r, n - 4)
    return wanted | {"partial": r, "partial_p": 2 * stats.t.sf(abs(t), n - 3),
                     "partial_lo": lo, "partial_hi": hi}


def student(c):
    t, df = array(c["t"]), array(c["df"])
    return {"tail": 2 * stats.t.sf(t, df),
            "quantile": [t_quantile((i + 0.5) / 24, d) for i, d in enumerate(df)]}


def attention(c):
    h, n, prefix, height, width = c["shape"]
    a = array(c["a"]).reshape(h, n, n)
    r = np.array([(y, x) for y in range(height) for x in range(width)], float)
    far = np.linalg.norm(r[:, None] - r[None], axis=2)
    patches = a[:, prefix:, prefix:]
    rows = a / a.sum(2, keepdims=True)
    entropy = lambda p: -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(-1)
    js = np.array([[(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).mean() / np.log(2)
                    for p in rows] for q in rows])
    return {
        "distance": (patches / patches.sum(2, keepdims=True) * far).sum(2).mean(1),
        "diagonal": np.einsum("hii->hi", a).mean(1),
        "prefix": a[:, prefix:, :prefix].sum(2).mean(1),
        "sink": a.mean(1).max(1),
        "entropy": entropy(rows).mean(1),
        "diversity": js.sum(1) / (h - 1) if h > 1 else np.array([np.nan]),
        "columns": a.mean(1).ravel(),
    }


def hsic1(k, l):
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return (np.trace(k @ l) + one @ k @ one * (one @ l @ one) / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def minibatch(x, y, size):
    sums = np.zeros(3)
    for i in range(0, len(x), size):
        k, l = (v[i:i + size] @ v[i:i + size].T for v in (x, y))  # HSIC1 does not need centring
        if len(k) >= 4:
            sums += hsic1(k, l), hsic1(k, k), hsic1(l, l)
    return sums[0] / np.sqrt(sums[1] * sums[2])


def feature(c):
    n, dx, dy = c["sizes"]
    x, y = array(c["x"]).reshape(n, dx), array(c["y"]).reshape(n, dy)
    xc, yc = x - x.mean(0), y - y.mean(0)
    norm = np.linalg.norm
    wanted = {
        "biased": norm(yc.T @ xc) ** 2 / (norm(xc.T @ xc) * norm(yc.T @ yc)),
        "debiased": minibatch(x, y, n),
        "minibatch": minibatch(x, y, 5),
        "procrustes": 2 - 2 * norm((xc / norm(xc)).T @ (yc / norm(yc)), "nuc"),
    }
    if dx == dy:
        label = np.arange(n) ** 2 % 3
        wanted["cosine"] = 1 - (x * y).sum(1) / (norm(x, axis=1) * norm(y, axis=1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class without images is NaN
            wanted["shift"] = [norm(y[label == k].mean(0) - x[label == k].mean(0))
                               for k in range(3)]
        # the best rotation, found and applied, leaves that distance
        u, _ = linalg.orthogonal_procrustes(xc / norm(xc), yc / norm(yc))
        assert abs(norm(xc / norm(xc) @ u - yc / norm(yc)) ** 2 - wanted["procrustes"]) < 1e-12
    return wanted


def weight(c):
    heads, dim = c["heads"], c["dim"]
    s, t = array(c["s"]).reshape(3, dim, dim), array(c["t"]).reshape(3, dim, dim)
    ps, pt = array(c["ps"]).reshape(dim, dim), array(c["pt"]).reshape(dim, dim)
    rows = [slice(h * (dim // heads), (h + 1) * (dim // heads)) for h in range(heads)]
    change = lambda a, b: np.linalg.norm(b - a) / np.linalg.norm(a)
    sigma = np.linalg.norm(s.reshape(3 * dim, dim), 2)
    return {
        "change": change(s, t), "thirds": [change(s[i], t[i]) for i in range(3)],
        "top": sigma, "converged": 1.0,
        "stable_rank": np.linalg.norm(s) ** 2 / sigma**2,
        "qk": [change(s[0, r].T @ s[1, r], t[0, r].T @ t[1, r]) for r in rows],
        "ov": [change(ps[:, r] @ s[2, r], pt[:, r] @ t[2, r]) for r in rows],
    }


def error_of(value, want):
    """Largest error; infinite where one side only is undefined, 0 within a stated allowance."""
    allowed = 0
    if isinstance(want, tuple):
        _, want, allowed = want
    value, want = np.atleast_1d(array(value)), np.atleast_1d(array(want))
    if value.shape != want.shape or (np.isnan(value) != np.isnan(want)).any():
        return np.inf
    error = np.abs(value - want) / np.maximum(1, np.abs(want))
    error = np.nan_to_num(error).max(initial=0)
    return 0 if error <= allowed else error


def main():
    of = {f.__name__: f for f in (bootstrap, paired, discovery, correlation, student, attention,
                                  feature, weight)}
    worst, counts, bad = {}, {}, 0
    for case in json.load(sys.stdin):
        counts[case["kind"]] = counts.get(case["kind"], 0) + 1
        for key, want in of[case["kind"]](case).items():
            error = error_of(case[key], want)
            name = f"{case['kind']}.{key}"
            worst[name] = max(worst.get(name, 0), error)
            if not error <= TOLERANCE:
                bad += 1
                print(f"{name} is {case[key]}, expected {want}")
    for name, error in worst.items():
        print(f"{name:22} max_err {error:.3g} over {counts[name.split('.')[0]]} cases")
    return 1 if bad or counts.keys() != of.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
