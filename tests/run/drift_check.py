#!/usr/bin/python3
"""tests/run/drift_check.py -- what `driftscope drift` says of two networks on pictures, against
NumPy on what `driftscope attend` and the files themselves hold.

usage: drift_check.py PROGRAM FOLDER      the folder is drift_make.py's
"""
import json
import os
import struct
import subprocess
import sys

import numpy as np

PROGRAM = os.path.abspath(sys.argv[1])
COMMON = ["--heads", "3", "--transform", "resize size bicubic, crop size", "--mean", "0.5", "--std", "0.25"]
checked = 0


def run(*words):
    done = subprocess.run([PROGRAM, *words, *COMMON, "-q"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"FAIL: {' '.join(words)}: {done.stderr}")
    return json.loads(done.stdout)


def drift(a, b, *words, pictures=True):
    where = ["--images", "set"] if pictures else []
    return run("drift", a, b, *where, "--json", *words)["rows"]


def near(what, got, wanted, tolerance=1e-6):
    global checked
    checked += 1
    if got is None or wanted is None:
        assert got is None and wanted is None, f"{what}: {got} is not {wanted}"
        return
    assert abs(got - wanted) <= tolerance * max(1, abs(wanted)), f"{what}: {got} is not {wanted}"


def shares(x):
    """Maps that sum to 1; a zero map has no shares: NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return x / x.sum(-1, keepdims=True)


def js(p, q):
    p, q = shares(p), shares(q)
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / m), 0) + np.where(q > 0, q * np.log2(q / m), 0)
    return np.where(np.isnan(m).any(-1), np.nan, terms.sum(-1) / 2)


def iou(p, q, sp, sq):
    a, b = p > sp[..., None], q > sq[..., None]
    either = (a | b).sum(-1)
    return np.where(either > 0, (a & b).sum(-1) / np.maximum(either, 1), 1)


def relfro(p, q):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.linalg.norm(q - p, axis=-1) / np.linalg.norm(p, axis=-1)


def image_mean(v):
    """Over the layers where it exists."""
    with np.errstate(invalid="ignore"):
        return np.nansum(v, 1) / np.isfinite(v).sum(1)


def attend(model, *words):
    d = run("attend", model, "set", "--json", "--labels", "labels.txt", *words)
    out = {"maps": np.array([x["maps"] for x in d["pictures"]], float),
           "split": np.array([x["split"] for x in d["pictures"]], float),
           "logits": np.array([x["logits"] for x in d["pictures"]], float),
           "path": [x["path"] for x in d["pictures"]]}
    if "--all-heads" in words:
        out["heads"] = np.array([x["heads"] for x in d["pictures"]], float)
    return out


def check_maps(source):
    a, b = attend("a.safetensors", *source), attend("b.safetensors", *source)
    values = {"relfro": relfro(a["maps"], b["maps"]), "js": js(a["maps"], b["maps"]),
              "iou": iou(a["maps"], b["maps"], a["split"], b["split"])}
    folder = np.array([p.split("/")[1] for p in a["path"]])
    for r in drift("a.safetensors", "b.safetensors", "--metric", "relfro,js,iou", *source):
        v = values[r["metric"]]
        v = image_mean(v) if r["layer"] == "mean" else v[:, int(r["layer"]) - 1]
        v = v[np.isfinite(v)]
        some = len(v) > 1
        near(f"{source} {r['metric']} {r['layer']} mean", r["mean"], v.mean() if some else None)
        near("sd", r["sd"], v.std(ddof=1) if some else None)
        near("median", r["median"], np.median(v) if some else None)
        assert r["n"] == len(v) and r["undefined"] == 24 - len(v), (r, len(v))
        assert r["lo"] <= r["mean"] <= r["hi"] if some else r["lo"] is None, r
    for r in drift("a.safetensors", "b.safetensors", "--by", "class", "--layer", "2", *source):
        near(f"{source} class {r['class']}", r["mean"], image_mean(values["relfro"][None, folder == r["class"], 1])[0])
        assert r["n"] + r["undefined"] == 6
    for i, r in enumerate(drift("a.safetensors", "b.safetensors", "--by", "image", "--metric", "js", *source)):
        assert r["picture"] == a["path"][i] and r["class"] == folder[i]
        for l in range(3):
            v = values["js"][i, l]
            near("image", r[f"layer_{l + 1}"], None if np.isnan(v) else v)


def check_heads():
    words = ["--source", "raw"]
    a, b = (attend(m, *words, "--all-heads") for m in ("a.safetensors", "b.safetensors"))
    v = js(a["heads"], b["heads"])
    rows = drift("a.safetensors", "b.safetensors", "--by", "head", "--metric", "js", *words)
    assert len(rows) == 3 * 3 + 1
    for r in rows[:-1]:
        near("head", r["mean"], v[:, int(r["layer"]) - 1, int(r["head"]) - 1].mean())
    near("all heads", rows[-1]["mean"], v.mean())


def check_grid():
    a, b = attend("a.safetensors"), attend("fine.safetensors")
    n = len(a["path"])
    moved = b["maps"].reshape(n, 3, 4, 2, 4, 2).sum((3, 5)).reshape(n, 3, 16)
    for r in drift("a.safetensors", "fine.safetensors", "--resample", "--metric", "tv")[:3]:
        near("tv", r["mean"], abs(shares(a["maps"]) - shares(moved))[:, int(r["layer"]) - 1].sum(-1).mean() / 2)
    up = np.repeat(np.repeat(a["maps"].reshape(n, 3, 4, 4), 2, 2), 2, 3).reshape(n, 3, 64) / 4
    for r in drift("fine.safetensors", "a.safetensors", "--resample", "--metric", "tv")[:3]:
        near("tv up", r["mean"], abs(shares(b["maps"]) - shares(up))[:, int(r["layer"]) - 1].sum(-1).mean() / 2)


def ranks(x):
    order = np.argsort(x, kind="stable")
    out = np.empty(len(x))
    out[order] = np.arange(len(x))
    for v in np.unique(x):
        out[x == v] = out[x == v].mean()
    return out


def rho(x, y):
    return np.corrcoef(ranks(x), ranks(y))[0, 1]


def check_link():
    a, b = attend("a.safetensors"), attend("b.safetensors")
    truth = np.array([["bar", "disc", "noise", "ring"].index(p.split("/")[1]) for p in a["path"]])
    at = np.arange(len(truth))

    def margin(logits):
        own, rest = logits[at, truth], logits.copy()
        rest[at, truth] = -np.inf
        return own - rest.max(1)

    before, after = margin(a["logits"]), margin(b["logits"])
    loss, v = before - after, js(a["maps"], b["maps"])
    right, wrong = a["logits"].argmax(1) == truth, b["logits"].argmax(1) != truth
    for r in drift("a.safetensors", "b.safetensors", "--link", "--metric", "js", "--labels", "labels.txt", "--by", "layer"):
        x = v.mean(1) if r["part"] == "mean" else v[:, int(r["part"]) - 1]
        near("rho", r["rho"], rho(x, loss))
        xy, xz, yz = rho(x, loss), rho(x, before), rho(loss, before)
        near("partial", r["partial"], (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2)))
        assert r["flipped"] == (right & wrong).sum() and r["kept"] == (right & ~wrong).sum()
        p, n = x[right & wrong], x[right & ~wrong]
        if len(p) and len(n):
            near("auroc", r["auroc"], ((p[:, None] > n).mean() + (p[:, None] == n).mean() / 2))
        else:
            near("auroc", r["auroc"], None)


def tensors(path):
    b = open(path, "rb").read()
    n = struct.unpack("<Q", b[:8])[0]
    out = {}
    for k, v in json.loads(b[8:8 + n]).items():
        if k != "__metadata__":
            s, e = v["data_offsets"]
            out[k] = np.frombuffer(b[8 + n + s:8 + n + e], "<f4").reshape(v["shape"]).astype(float)
    return out


def check_weights():
    a, b = tensors("a.safetensors"), tensors("b.safetensors")
    change = lambda x, y: np.linalg.norm(y - x) / np.linalg.norm(x)
    rows = drift("a.safetensors", "b.safetensors", "--what", "weights", pictures=False)
    named = {(r["layer"], r["part"]): r for r in rows}
    for k in a:
        layer = str(int(k.split(".")[1]) + 1) if k.startswith("blocks") else "-"
        near(k, named[layer, k]["change"], change(a[k], b[k]), 1e-9)
        near(k, named[layer, k]["norm_after"], np.linalg.norm(b[k]), 1e-8)
        if a[k].ndim == 2:
            s = np.linalg.svd(a[k], compute_uv=False)
            near(k, named[layer, k]["stable_rank_before"], (s**2).sum() / s[0] ** 2, 1e-4)
    for l in range(3):
        w, u = (t[f"blocks.{l}.attn.qkv.weight"].reshape(3, 3, 8, 24) for t in (a, b))
        o, p = (t[f"blocks.{l}.attn.proj.weight"].reshape(24, 3, 8) for t in (a, b))
        for i, part in enumerate("qkv"):
            near(part, named[str(l + 1), f"blocks.{l}.attn.{part}.weight"]["change"], change(w[i], u[i]), 1e-9)
        for h in range(3):
            near("QK", named[str(l + 1), f"QK head {h + 1}"]["change"],
                 change(w[0, h].T @ w[1, h], u[0, h].T @ u[1, h]), 1e-7)
            near("OV", named[str(l + 1), f"OV head {h + 1}"]["change"],
                 change(o[:, h] @ w[2, h], p[:, h] @ u[2, h]), 1e-7)


def check_features():
    """Features come back out of the logits: 40 classes determine 24 channels."""
    def features(model):
        t = tensors(model)
        return (attend(model)["logits"] - t["head.bias"]) @ np.linalg.pinv(t["head.weight"]).T

    x, y = features("a.safetensors"), features("b.safetensors")
    got = {r["measure"]: r for r in drift("a.safetensors", "b.safetensors", "--what", "features")}
    cosine = 1 - (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    near("cls_cosine", got["cls_cosine"]["value"], cosine.mean(), 1e-4)
    shift = [np.linalg.norm((y - x)[6 * k:6 * k + 6].mean(0)) for k in range(4)]
    near("class_shift", got["class_shift"]["value"], np.mean(shift), 1e-4)
    xc, yc = x - x.mean(0), y - y.mean(0)
    near("cka_biased", got["cka_biased"]["value"], np.linalg.norm(yc.T @ xc) ** 2
         / np.linalg.norm(xc.T @ xc) / np.linalg.norm(yc.T @ yc), 1e-4)

    def hsic(k, l):
        n = len(k)
        k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
        one = np.ones(n)
        return (np.trace(k @ l) + one @ k @ one * (one @ l @ one) / (n - 1) / (n - 2)
                - 2 / (n - 2) * (one @ k @ l @ one)) / n / (n - 3)

    k, l = xc @ xc.T, yc @ yc.T
    debiased = hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))
    near("cka_debiased", got["cka_debiased"]["value"], debiased, 1e-3)
    near("cka_minibatch", got["cka_minibatch"]["value"], debiased, 1e-3)
    nuclear = np.linalg.svd(xc.T @ yc, compute_uv=False).sum()
    near("procrustes", got["procrustes"]["value"], 2 - 2 * nuclear / np.linalg.norm(xc) / np.linalg.norm(yc), 1e-4)


def check_floor():
    """Nothing moved: no excess. Much moved: stars against jitter and against a sibling."""
    for r in drift("a.safetensors", "a.safetensors", "--noise", "jitter:2", "--metric", "js"):
        near("same", r["mean"], 0, 1e-15)
        assert r["excess"] <= 0 < r["floor"] and r["p"] > 0.99, r
    a, b, c = (attend(m)["maps"] for m in ("a.safetensors", "b.safetensors", "c.safetensors"))
    for r in drift("a.safetensors", "b.safetensors", "--null", "c.safetensors", "--metric", "js"):
        v, f = js(a, b), js(a, c)
        l = slice(None) if r["layer"] == "mean" else [int(r["layer"]) - 1]
        near("floor", r["floor"], np.median(f[:, l].mean(1)))
        near("excess", r["excess"], np.median(v[:, l].mean(1)) - np.median(f[:, l].mean(1)))
        near("p", r["p"], 1 / 2001, 1e-9)
        assert r["layer"] == "mean" and r["q"] is None or abs(r["q"] - 1 / 2001) < 1e-9


os.chdir(sys.argv[2])
check_maps([])
check_maps(["--source", "raw", "--query", "1,2", "--fusion", "max"])
check_maps(["--source", "gradient", "--class", "2", "--discard", "0.5"])
check_maps(["--source", "chefer", "--start", "2"])
check_maps(["--query", "all", "--start", "2"])
check_heads()
check_grid()
check_link()
check_weights()
check_features()
check_floor()
print(f"{checked} numbers of drift agree with NumPy")
