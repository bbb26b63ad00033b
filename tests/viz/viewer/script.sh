#!/bin/sh
# tests/viz/viewer/script.sh -- the viewer on a real run: one script gives the same frames, pages
# and trace on every driver; its numbers are those of `driftscope drift`; a run that goes on is
# followed; frames are as fast as promised, with room for a busy machine.
# usage: script.sh PROGRAM SOURCE       exit 77: skipped (no Fashion-MNIST on this machine)
here=$2/tests/run
. "$here/common.sh"
unset SDL_VIDEODRIVER
export SOURCE_DATE_EPOCH=1700000000
fail() { echo "FAIL: $1"; exit 1; }
"$program" train $small --method arcl --out "$work/run" >/dev/null

cat >"$work/tour" <<'S'
trace trace.jsonl
wait idle
expect ready=true
expect checkpoints=6
key n
key 3
key n
key [
key {
key j
click @layer-1
wheel @pane-0 2
drag @pane-0 40 20
key 0
shot quad.png
key Alt+3
drag @swipe 60 0
shot swipe.png
key Alt+6
shot layers.png
key Alt+7
shot film.png
run tab 2
run unit
shot scatter.png
key Alt+8
wait idle
expect why.2=
shot heads.png
run head-cell 6
expect head=2
run head 0
key Alt+5
key B
wait 600
key Esc
key Alt+2
key m
key a
key /
text shirt
key Return
key F
key '
key a
key e
shot export.png
click @export-name
key Ctrl+u
text page
key Return
click @export-png
click @export-svg
click @export-write
expect message=~page.png is written
key :
text theme
key Esc
key Y
expect clip-text=~driftscope view
resize 700 500
shot small.png
widgets widgets.txt
S
drivers=0
for driver in dummy offscreen x11; do
    mkdir "$work/$driver"
    case $driver in
    x11)
        command -v xvfb-run >/dev/null || continue
        (cd "$work/$driver" && SDL_VIDEODRIVER=x11 xvfb-run -a -s "-screen 0 1700x1100x24" \
            "$program" view "$work/run" --ui-scale 1 --script "$work/tour" >/dev/null) || fail "the tour on $driver"
        ;;
    *)
        (cd "$work/$driver" && SDL_VIDEODRIVER=$driver "$program" view "$work/run" \
            --script "$work/tour" >/dev/null) || fail "the tour on $driver"
        ;;
    esac
    drivers=$((drivers + 1))
    (cd "$work/$driver" && sha256sum ./*) >"$work/sums.$driver"
    cmp -s "$work/sums.dummy" "$work/sums.$driver" || {
        diff "$work/sums.dummy" "$work/sums.$driver"
        fail "$driver gives other files than dummy"
    }
done
echo "$drivers drivers: $(wc -l <"$work/sums.dummy") files the same, byte for byte"

# The numbers on the screen are those of the table.
cat >"$work/numbers" <<'S'
wait idle
trace numbers.jsonl
run view image=2 a=1 b=5
run view image=3 a=2 b=4 metric=js
run view image=4 a=1 b=3 metric=iou
S
(cd "$work" && "$program" view "$work/run" --headless --script numbers >/dev/null) || fail "numbers"
/usr/bin/python3 - "$program" "$work" <<'P' || exit 1
import json, math, subprocess, sys
program, work = sys.argv[1:]

def drift(a, b, metric, by):
    out = subprocess.run([program, "drift", f"{work}/run@{a}", f"{work}/run@{b}", "--metric", metric,
                          "--by", by, "--json", "-q"], capture_output=True, text=True, check=True).stdout
    sheet = json.loads(out)
    names = [c["name"] if isinstance(c, dict) else c for c in sheet["columns"]]
    return [r if isinstance(r, dict) else dict(zip(names, r)) for r in sheet["rows"]]

def same(x, y, what):
    global compared
    compared += 1
    if (x is None) != (y is None) or (x is not None and abs(x - y) > 1e-6 * max(1e-9, abs(x), abs(y))):
        sys.exit(f"FAIL: {what}: {x} on the screen, {y} in the table")

compared = 0
for line in open(f"{work}/numbers.jsonl"):
    t = json.loads(line)
    if t["image"] == 1:
        continue
    by_layer = {str(r["layer"]): r for r in drift(t["a"], t["b"], t["metric"], "layer")}
    image = [r for r in drift(t["a"], t["b"], t["metric"], "image") if str(r["image"]) == str(t["image"])]
    for l, (d, m) in enumerate(zip(t["drift"], t["mean"]), 1):
        same(m, by_layer[str(l)]["mean"], f"mean of layer {l}")
        if image:
            key = [k for k in image[0] if k.replace("_", " ").endswith(f"layer {l}") or k == f"layer{l}" or k == f"L{l}" or k == f"l{l}"]
            same(d, image[0][key[0]], f"image {t['image']}, layer {l}")
    if t["compared"] != by_layer["1"]["n"]:
        sys.exit(f"FAIL: {t['compared']} images on the screen, {by_layer['1']['n']} in the table")
if compared < 18:
    sys.exit(f"FAIL: only {compared} numbers compared")
print(f"{compared} numbers agree with driftscope drift --json")
P

# Frames within the promise, times three: other things may be running.
"$program" view "$work/run" --headless --script "$2/tests/viz/viewer/fast.txt" --stats | tee "$work/stats"
awk '/^steady/ { if ($5 + 0 > 4) bad = 1 } /^changed/ { if ($5 + 0 > 24) bad = 1 } /^memory/ { if ($2 > 200) bad = 1 }
     END { exit bad }' "$work/stats" || fail "frames are slow"
