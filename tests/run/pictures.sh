#!/bin/bash
# tests/run/pictures.sh -- JPEG and PNG pictures of many sizes: trained on with random recipes,
# byte-identically for 1, 2 and 4 threads and after resuming; broken files and domains.
# usage: pictures.sh PROGRAM       exit 77: skipped (no Pillow on this machine)
. "$(dirname "$0")/help.sh"
needs "PIL, numpy"
cd "$work"

# Two domains of four classes. Sizes differ, some are grey, some lie on their side.
/usr/bin/python3 - <<'EOF'
import os
import numpy as np
from PIL import Image
rng = np.random.default_rng(1)
for part, n in (("train", 12), ("test", 5)):
    for d, domain in enumerate(("photo", "sketch")):
        for k, name in enumerate(("disc", "bar", "ring", "noise")):
            os.makedirs(f"set/{part}/{domain}/{name}")
            for i in range(n):
                h, w = rng.integers(30, 120, 2)
                y, x = np.mgrid[0:h, 0:w] / min(h, w) - 0.5
                r = np.hypot(x, y)
                a = [r < 0.3, abs(x) < 0.1, abs(r - 0.3) < 0.08, rng.random((h, w)) < 0.5][k]
                a = a * 150.0 + rng.random((h, w)) * 60
                a = np.stack([a, a * (1 - d / 2), 210 - a], -1)
                image = Image.fromarray(a.astype(np.uint8))
                image = image.convert("L") if i % 4 == 0 else image
                exif = Image.Exif()
                exif[0x112] = 1 + i % 8
                image.save(f"set/{part}/{domain}/{name}/{i:02}." + ("png" if i % 3 == 0 else "jpg"), exif=exif)
EOF

refused() { # WORDS CODE COMMAND...
    local words=$1 code=$2 got=0
    shift 2
    "$@" >/dev/null 2>error || got=$?
    [ $got -eq "$code" ] && grep -qF -- "$words" error || fail "$* ended with $got: $(cat error)"
}

"$program" data set -q --json >data.json
/usr/bin/python3 - <<'EOF'
import json
d = json.load(open("data.json"))
assert d["train"] == 96 and d["test"] == 40 and d["height"] == 0 and d["channels"] == 3, d
assert [x["name"] for x in d["domains"]] == ["photo", "sketch"], d
assert [x["train"] for x in d["domains"]] == [48, 48] and [x["test"] for x in d["classes"]] == [10] * 4, d
assert 30 <= d["smallest"][0] < d["largest"][0] < 120, d
EOF

small="--data set --tasks 2 --eval-images 4 --probe-images 2 --patch 8 --dim 24 --depth 2 --heads 3
 --epochs 3 --batch 16 --refine-epochs 2 --warmstart rotation --warmstart-steps 6 --save-every 3 --save-seconds 0 -q"
random="--image-size 32 --eval-transform timm --transform cifar-train --flip"

# shellcheck disable=SC2086
refused "choose one size for all with --image-size N, as 224" 2 "$program" train $small --out x
# shellcheck disable=SC2086
refused "recipe 'timm': 'size/0.9' needs the size" 2 "$program" train $small --eval-transform timm --out x
# shellcheck disable=SC2086
refused "the training recipe makes 24 x 24 pixels, evaluation 32 x 32" 2 \
    "$program" train $small --image-size 32 --transform "random-crop 24 bicubic" --warmstart none --out x
# shellcheck disable=SC2086
refused "train: there is no domain 'foto', did you mean 'photo'?" 2 \
    "$program" train $small --image-size 32 --domain foto --out x
rm -rf x

for threads in 1 2 4; do
    # shellcheck disable=SC2086
    "$program" train $small $random --threads $threads --out t$threads >/dev/null
done
same t1 t2
same t1 t4
echo "random recipes: 1, 2 and 4 threads agree"

# Resumed from the middle of an epoch.
cp -r t1 again
for step in $(ls again/checkpoints | sed -n 's/^step_0*\([0-9]\+\)\.h5$/\1/p' | sort -n | tail -1); do
    rm again/checkpoints/step_*"$step".h5 again/checkpoints/task_02.h5
done
"$program" train --resume again --threads 2 -q >/dev/null
same t1 again
echo "resumed alike"

"$program" eval t1 --json >eval.json
/usr/bin/python3 -c 'import json; d = json.load(open("eval.json")); assert d["total"] == [20, 20], d'

# Broken files: named, or left out, which the run remembers.
printf spoilt >set/train/photo/bar/00.png
head -c 500 set/train/sketch/disc/01.jpg >cut && mv cut set/train/sketch/disc/01.jpg
# shellcheck disable=SC2086
refused "set/train/photo/bar/00.png: not a PNG or JPEG picture" 65 "$program" train $small $random --out x
rm -rf x
# shellcheck disable=SC2086
"$program" train ${small% -q} $random --skip-broken --out skipped >/dev/null 2>notes
grep -q 'left out: set/train/photo/bar/00.png: not a PNG or JPEG' notes || fail "no note: $(cat notes)"
grep -q 'left out: set/train/sketch/disc/01.jpg: damaged JPEG' notes || fail "no note: $(cat notes)"
"$program" info skipped --json >info.json
/usr/bin/python3 -c 'import json; assert json.load(open("info.json"))["config"]["skip-broken"] in (True, "yes")' ||
    fail "skip-broken is not remembered"
"$program" eval skipped -q >/dev/null
# shellcheck disable=SC2086
"$program" train $small --image-size 32 --domain sketch --skip-broken --out sketch >/dev/null
echo "broken pictures and domains are told apart"
