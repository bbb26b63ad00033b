#!/bin/bash
# tests/run/drift.sh -- drift of any two networks on pictures: against NumPy, for any number of
# threads, refusals, what a run keeps of it, and the timeline of a run.
# usage: drift.sh PROGRAM       exit 77: skipped (no NumPy on this machine)
here=$(dirname "$(realpath "$0")")
. "$here/help.sh"
needs numpy
/usr/bin/python3 "$here/drift_make.py" "$work"
/usr/bin/python3 "$here/drift_check.py" "$program" "$work"
cd "$work"

refused() { # WORDS CODE ARGUMENTS...
    local words=$1 code=$2 got=0
    shift 2
    "$program" drift "$@" >/dev/null 2>error || got=$?
    [ $got -eq "$code" ] && grep -qF -- "$words" error || fail "drift $* ended with $got: $(cat error)"
}
ab="a.safetensors b.safetensors --heads 3 --transform none --images set"

# The same bytes for any number of threads.
for threads in 1 2 4; do
    # shellcheck disable=SC2086
    "$program" drift $ab --metric all --noise jitter:2 --threads $threads -q --json >t$threads
done
cmp t1 t2 && cmp t1 t4
echo "1, 2 and 4 threads agree"

# shellcheck disable=SC2086
{
    refused "a.safetensors has 4 x 4 patches, fine.safetensors 8 x 8" 2 a.safetensors fine.safetensors --heads 3 --images set
    refused "--query 1,2 is not the same patch on grids of 4 x 4 and 8 x 8" 2 a.safetensors fine.safetensors --heads 3 --images set --resample --query 1,2
    refused "a.safetensors has 3 layers, deep.safetensors 4" 2 a.safetensors deep.safetensors --heads 3 --images set
    refused "a.safetensors has 3 layers of width 24" 2 a.safetensors deep.safetensors --heads 3 --what weights
    refused "--by head compares raw attention; add --source raw" 2 $ab --by head
    refused "--by task is for runs; with pictures: layer, class, image or head" 2 $ab --by task
    refused "--reference first is for one run" 2 $ab --reference first
    refused "--noise shake: expected jitter, or jitter:N with N 1 to 64" 2 $ab --noise shake
    refused "--noise jitter:0: expected" 2 $ab --noise jitter:0
    refused "--noise jitter:2x: expected" 2 $ab --noise jitter:2x
    refused "are two noise floors; choose one" 2 $ab --noise jitter --null c.safetensors
    refused "--noise takes many images together: not --by image" 2 $ab --noise jitter --by image
    refused "--link takes many images together: not --by image" 2 $ab --link --by image
    refused "is no class of the network" 65 $ab --link
    refused "--link is about maps, not --what features" 2 $ab --what features --link
    refused "--metric is about maps, not --what features" 2 $ab --what features --metric js
    refused "features belong to whole images: no --by head" 2 $ab --what features --by head
    refused "--images does not go with --what weights" 2 $ab --what weights
    refused "--what weights compares two networks, one is given" 2 a.safetensors --what weights
    refused "a.safetensors: is not a run; --images compares two networks, or all checkpoints" 2 a.safetensors --heads 3 --images set
    refused "a.safetensors: is not a run, so it keeps no maps" 2 a.safetensors b.safetensors
    refused "nowhere: No such file or directory" 66 a.safetensors b.safetensors --heads 3 --images nowhere
}

# One broken picture: named; left out of both on request.
cp -r set holed && printf spoilt >holed/disc/2.png
holed="a.safetensors b.safetensors --heads 3 --transform none --images holed"
# shellcheck disable=SC2086
refused "holed/disc/2.png: not a PNG or JPEG picture" 65 $holed
# shellcheck disable=SC2086
"$program" drift $holed --skip-broken --by image --format csv 2>notes >rows
[ "$(wc -l <rows)" -eq 24 ] || fail "$(wc -l <rows) rows of 23 pictures and a heading"
grep -q 'left out: holed/disc/2.png' notes || fail "no note: $(cat notes)"

# A run, and what it keeps.
"$program" train --data learn --image-size 32 --tasks 2 --eval-images 4 --probe-images 2 --patch 8 \
    --dim 24 --depth 3 --heads 3 --epochs 2 --batch 16 --refine-epochs 2 --trainable all --out r -q >/dev/null
"$program" drift r@1 r@2 --images set -q --json >first
[ "$(find r/cache -name 'look-*.h5' | wc -l)" -eq 2 ] || fail "2 looks are kept"
"$program" drift r@1 r@2 --images set -v --json 2>notes >second
[ "$(grep -c 'as kept in r/cache/look-' notes)" -eq 2 ] || fail "not taken from the cache: $(cat notes)"
cmp first second || fail "kept looks say something else"
"$program" drift r@1 r@2 --images set -q --json --no-cache | cmp first - || fail "--no-cache differs"

# Stale: other bytes of a picture, another option. Damaged: a bit, an end, another file's contents.
cp -r set other && cp other/ring/0.png other/ring/1.png
"$program" drift r@1 r@2 --images other -q >/dev/null
[ "$(find r/cache -name 'look-*.h5' | wc -l)" -eq 4 ] || fail "other pictures have looks of their own"
"$program" drift r@1 r@2 --images set --source raw -q >/dev/null
[ "$(find r/cache -name 'look-*.h5' | wc -l)" -eq 6 ] || fail "other maps have looks of their own"
files=(r/cache/look-*.h5)
for file in "${files[@]}"; do
    cp "$file" whole
    printf X | dd of="$file" bs=1 seek=3000 conv=notrunc 2>/dev/null
    "$program" drift r@1 r@2 --images set -q --json | cmp first - || fail "a damaged look was believed"
    head -c 900 whole >"$file"
    "$program" drift r@1 r@2 --images set -q --json | cmp first - || fail "half a look was believed"
done
for file in "${files[@]}"; do
    rm "$file" && cp whole "$file"
done
"$program" drift r@1 r@2 --images set -q --json | cmp first - || fail "another's look was believed"
"$program" drift r@1 r@2 --images set -v 2>notes >/dev/null
[ "$(grep -c 'as kept in' notes)" -eq 2 ] || fail "damaged looks are not written anew: $(cat notes)"
echo "what a run keeps is found, and only where it is whole"

# The timeline looks at every checkpoint once, and says what pairs say.
"$program" drift r --images set --reference first -q --json >timeline
"$program" drift r@0 r@2 --images set -q --json >pair
/usr/bin/python3 - <<'EOF'
import json
t = [x for x in json.load(open("timeline"))["rows"] if x["target"] == 2]
p = json.load(open("pair"))["rows"]
assert len(p) == 4 and len(t) == 4, (t, p)
# at the target every class is learned, so the same images are compared
for a, b in zip(t, p):
    assert a["mean"] == b["mean"] and a["n"] == b["n"] == 24, (a, b)
EOF
"$program" drift r --images set -q --json >own
/usr/bin/python3 -c 'import json; d = json.load(open("own")); assert [x["n"] for x in d["rows"]] == [12] * 4, d'
mkdir odd && cp -r set/bar odd/thing
"$program" drift r --images odd -q --json >odd.json
/usr/bin/python3 -c 'import json; d = json.load(open("odd.json")); assert {x["reference"] for x in d["rows"]} == {"previous"}, d'
refused "--reference own needs the task of every picture" 2 r --images odd --reference own
refused "--link compares two networks; name both checkpoints" 2 r --images set --link
"$program" drift r@1 r@2 --images set --link -q >/dev/null
"$program" export r --table linkage -q >/dev/null
"$program" export r --table audit -q >/dev/null
echo "the timeline agrees with its pairs"
