#!/bin/bash
# tests/run/domains.sh -- domains learned one after the other with one head: the same bytes for 1, 2
# and 4 threads and after resuming, with every method; a feature cache that changes nothing; what is
# refused before training; what commands say of such a run.
# usage: domains.sh PROGRAM       exit 77: skipped (no Pillow on this machine)
. "$(dirname "$0")/help.sh"
needs "PIL, numpy"
cd "$work"

# Three domains of three classes: what is seen differs in shape, how it is painted by domain.
/usr/bin/python3 - <<'END'
import os
import numpy as np
from PIL import Image
rng = np.random.default_rng(4)
y, x = np.mgrid[0:16, 0:16] / 16 - 0.5
for part, n in (("train", 14), ("test", 6)):
    for d, domain in enumerate(("ink", "paint", "photo")):
        for k, name in enumerate(("bar", "disc", "ring")):
            os.makedirs(f"set/{part}/{domain}/{name}")
            for i in range(n):
                r = np.hypot(x + rng.normal(0, 0.05), y)
                a = [abs(x) < 0.12, r < 0.3, abs(r - 0.3) < 0.09][k] * 150.0
                a = [255 - a, a + rng.random(a.shape) * 60, a / 2 + 100 * (x + 0.5)][d]
                rgb = np.stack([a, a * (1 - d / 3), 200 - a / 2], -1).clip(0, 255)
                Image.fromarray(rgb.astype(np.uint8)).save(f"set/{part}/{domain}/{name}/{i:02}.png")
END
tiny="--data set --stream domain --patch 4 --dim 12 --depth 2 --heads 2 --epochs 3 --batch 8 --eval-images 3
 --probe-images 2 --refine-epochs 2 --save-every 1 --save-seconds 0 --ranpac-width 40 --buffer 12 --lora-rank 3 --lr 0.01 -q"

train() { # FOLDER OPTIONS...
    local out=$1
    shift
    # shellcheck disable=SC2086
    "$program" train $tiny --out "$out" "$@" >/dev/null
}
refused() { # WORDS CODE OPTIONS...
    local words=$1 code=$2 got=0
    shift 2
    # shellcheck disable=SC2086
    "$program" train $tiny "$@" --out no >out 2>error || got=$?
    [ $got -eq "$code" ] && grep -qF -- "$words" error || fail "$* ended with $got: $(cat error)"
    [ ! -e no ] || fail "$* left a folder"
}

# Threads, and an interrupted run that goes on.
for method in arcl "arcl --retain-preset official" "lwf --replay er" frozen fecam "ncm --refine" ranpac \
    "ewc --refine=align" derpp inflora joint; do
    # shellcheck disable=SC2086
    for threads in 1 2 4; do train t$threads --method $method --threads $threads; done
    same t1 t2
    same t1 t4
    # shellcheck disable=SC2086
    "$program" train $tiny --out cut --method $method --threads 1 >/dev/null 2>&1 &
    pid=$!
    while [ ! -f cut/checkpoints/task_01.h5 ] && kill -0 $pid 2>/dev/null; do sleep 0.005; done
    kill -INT $pid 2>/dev/null || true
    code=0
    wait $pid || code=$?
    [ $code -eq 130 ] || [ $code -eq 0 ] || fail "$method ended with $code"
    "$program" train --resume cut --threads 2 -q >/dev/null
    same t1 cut
    "$program" eval cut -q >/dev/null
    echo "$method: threads and resuming agree (ended with $code)"
    rm -rf t1 t2 t4 cut
done

# With and without the cache: all checkpoints to the byte, and all that is in run.h5 but the times.
for method in "frozen" "frozen --flip" "frozen --replay er" "finetune --trainable head" ncm "ncm --refine" ranpac fecam; do
    # shellcheck disable=SC2086
    train with --method $method
    # shellcheck disable=SC2086
    train without --method $method --no-feature-cache
    same with without
    if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
        /usr/bin/python3 - "$method" <<'END'
import h5py, sys
def arrays(path):
    found = {}
    with h5py.File(path) as f:
        f.visititems(lambda n, o: found.__setitem__(n, o[()].tobytes() if o.dtype != object else str(o[()]))
                     if isinstance(o, h5py.Dataset) and n not in ("timeline/seconds", "timeline/peak", "timeline/saving") else None)
    return found
a, b = arrays("with/run.h5"), arrays("without/run.h5")
assert a.keys() == b.keys() and len(a) > 20
assert [n for n in a if a[n] != b[n]] == [], (sys.argv[1], [n for n in a if a[n] != b[n]])
END
    fi
    echo "$method: the feature cache changes nothing"
    rm -rf with without
done

# The order: NumPy's by seed, natural, a file; tasks follow the domains.
printf 'photo\n0\npaint\n' >order.txt
names() { "$program" info "$1" | sed -n 's/^  task [0-9]* *//p' | tr '\n' ' '; }
seeded=$(/usr/bin/python3 -c '
import numpy
order = numpy.arange(3)
numpy.random.Generator(numpy.random.PCG64(7)).shuffle(order)
print(*["ink paint photo".split()[i] for i in order], "")')
train natural --method arcl --order natural --tasks 9
train seeded --method ncm --seed 7
train file --method ncm --order order.txt
[ "$(names natural)" = "ink paint photo " ] || fail "natural order: $(names natural)"
[ "$(names seeded)" = "$seeded" ] || fail "order by seed: $(names seeded), NumPy has $seeded"
[ "$(names file)" = "photo ink paint " ] || fail "order of a file: $(names file)"

# Every image belongs to the domain it is from; class- and task-incremental are one.
"$program" info natural >out
grep -q "^stream  *3 domains of the same 3 classes, one shared head: class- and task-incremental coincide" out || fail "info"
grep -q "^budget .*all classes (one shared head).*3 domains, domain order natural" out || fail "budget: $(cat out)"
"$program" info natural --json | /usr/bin/python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["domains"] == ["ink", "paint", "photo"] and d["config"]["tasks"] == "3", d
assert d["mean_accuracy"]["class_incremental"] == d["mean_accuracy"]["task_incremental"], d'
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    /usr/bin/python3 - <<'END'
import h5py
with h5py.File("natural/run.h5") as f:
    assert f["images/task"][:].tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert f["images/label"][:].tolist() == [0, 1, 2] * 3
    assert f["classes/task"][:].tolist() == [0, 0, 0]
    assert f["domains/name"].asstr()[:].tolist() == ["ink", "paint", "photo"]
    assert (f["accuracy/correct_class"][:] == f["accuracy/correct_task"][:]).all()
    assert f["accuracy/total"][:].tolist() == [18, 18, 18]
END
fi
"$program" export natural --table accuracy >out
grep -q "natural: tasks are domains with the same classes and one shared head, so class- and task" out || fail "no note"
"$program" export natural --table forgetting >/dev/null
"$program" drift natural --by task --format csv >drift.csv
/usr/bin/python3 - <<'END'
import csv
rows = [r for r in csv.DictReader(l for l in open("drift.csv") if not l.startswith("#"))]
assert {(r["task"], r["n"]) for r in rows if r["n"] != "0"} == {("1", "3"), ("2", "3")}, rows
END
"$program" drift natural --images set/test/ink --by layer -q >out 2>error || fail "$(cat error)"
mkdir by
cp -r set/test/ink/bar by/ink
cp -r set/test/photo/bar by/photo
"$program" drift natural --images by --by task --reference own -q >out || fail "domains as folders"
for figure in overlay-grid acc-matrix drift-curve ab-diff; do
    "$program" figure $figure natural -o $figure.png -q >/dev/null || fail "$figure"
done
"$program" transplant natural@1 natural@3 >out 2>&1 || fail "$(cat out)"
[ "$(awk '/^S, class-incremental/ { print $5 }' out)" = 18 ] || fail "images of domains not learned yet: $(cat out)"
echo "run image-next" >tour.txt
"$program" view natural --script tour.txt --headless >/dev/null 2>error ||
    grep -q "built without the viewer" error || fail "$(cat error)"
echo "orders, tables, figures: as they should be"

# A study of domains knows its runs again, whose tasks are as many as there are domains.
{
    printf '[study]\nmethods = ncm, finetune\nseeds = 2\n[options]\n'
    echo "$tiny -q" | tr '\n' ' ' | sed 's/ -q//g; s/^--//; s/ --/\n/g' | sed 's/ / = /'
} >study.ini
"$program" study study.ini --cores 2 -q >out 2>&1 || fail "$(cat out)"
[ -z "$("$program" study study.ini --print-commands)" ] || fail "a finished study of domains has commands left"
echo "study: as it should be"

# Refused with the reason, before anything is written.
echo ink >one.txt
refused "leave base-classes at 0" 2 --base-classes 2
refused "names 1 of the 3 domains" 65 --order one.txt
refused "larger than the whole data set" 2 --method er --buffer 1000
cp -r set lack
rm -r lack/train/paint/disc
refused "no class 'disc', which another domain has" 65 --data lack
cp -r set other
mv other/test/photo other/test/xray
refused "no folder of domain 'photo', which other/train has" 65 --data other
mkdir plain
for part in train test; do cp -r set/$part/ink plain/$part; done
refused "has no domains to learn one after the other" 2 --data plain
"$program" train $tiny --dry-run >out 2>&1 || fail "$(cat out)"
grep -q "3 tasks" out || fail "the plan: $(cat out)"
echo "refusals: as they should be"
