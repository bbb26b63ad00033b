#!/bin/sh
# tests/run/scatter.sh -- r, p and n of drift-scatter, read off the page, against NumPy and SciPy
# from the arrays of run.h5.
. "$(dirname "$0")/common.sh"
/usr/bin/python3 -c 'import h5py, scipy.stats' 2>/dev/null && command -v pdftotext >/dev/null || {
    echo "skipped: not found: python3-h5py, python3-scipy or poppler-utils"
    exit 77
}
"$program" figure --list >/dev/null 2>&1 || {
    echo "skipped: built without figures"
    exit 77
}
# shellcheck disable=SC2086
"$program" train $small --method arcl --threads 2 --out "$work/a" >/dev/null
# shellcheck disable=SC2086
"$program" train $small --method finetune --threads 2 --out "$work/b" >/dev/null
for by in class task image; do
    "$program" figure drift-scatter "$work/a" "$work/b" --by $by -o "$work/$by.pdf" -q >/dev/null
    pdftotext "$work/$by.pdf" "$work/$by.txt"
done
/usr/bin/python3 - "$work" <<'P'
import re, sys
import h5py, numpy as np
from scipy import stats

work = sys.argv[1]
points = {"class": [], "task": [], "image": []}
for name in "ab":
    with h5py.File(f"{work}/{name}/run.h5") as f:
        maps = f["attention/rollout"][...].astype(float)
        label, task = f["images/label"][...], f["images/task"][...]
        answer, margin = f["images/predicted"][...], f["images/margin"][...].astype(float)
        correct, total = f["accuracy/correct_class"][...], f["accuracy/total"][...]
    last = len(maps) - 1
    drift, fall, right = {}, {}, {}
    for i in range(len(label)):
        own = task[i] + 1
        if own >= last:                 # its own task is the last: nothing later to compare
            continue
        p, q = maps[own, i], maps[last, i]
        drift[i] = (np.linalg.norm(q - p, axis=-1) / np.linalg.norm(p, axis=-1)).mean()
        fall[i] = margin[own, i] - margin[last, i]
        right[i] = float(answer[own, i] == label[i]) - float(answer[last, i] == label[i])
    points["image"] += [(drift[i], fall[i]) for i in drift]
    for k in sorted(set(label)):
        of = [i for i in drift if label[i] == k]
        if of:
            points["class"].append((np.mean([drift[i] for i in of]), 100 * np.mean([right[i] for i in of])))
    acc = correct / total
    for t in range(last - 1):
        of = [i for i in drift if task[i] == t]
        points["task"].append((np.mean([drift[i] for i in of]), 100 * (acc[t, t] - acc[last - 1, t])))

bad = 0
for by, xy in points.items():
    xy = np.array(xy)
    r, p = stats.pearsonr(xy[:, 0], xy[:, 1])
    text = open(f"{work}/{by}.txt").read().replace("\u2212", "-")
    found = re.search(r"r = (-?[0-9.]+), p (=|<) ([0-9.]+), n = (\d+)", text)
    if not found:
        print(f"FAIL: {by}: no r, p, n on the page: {text[:200]!r}")
        bad = 1
        continue
    seen = float(found[1]), found[2], float(found[3]), int(found[4])
    good = abs(seen[0] - r) <= 0.0051 and seen[3] == len(xy)
    good = good and (p < 1e-4 if seen[1] == "<" else abs(seen[2] - p) <= 0.0051)
    print(f"{by}: page r {seen[0]} p {seen[1]} {seen[2]} n {seen[3]}; SciPy r {r:.4f} p {p:.4g} n {len(xy)}")
    bad = bad or not good
sys.exit(bad)
P
