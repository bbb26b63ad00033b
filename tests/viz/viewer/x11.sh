#!/bin/sh
# tests/viz/viewer/x11.sh -- real keys and clicks on a real X server: Xvfb and xdotool.
# usage: x11.sh PROGRAM SOURCE       exit 77: skipped (no Xvfb, xdotool or Fashion-MNIST)
for tool in Xvfb xdotool; do
    command -v $tool >/dev/null || { echo "skipped: not found: $tool"; exit 77; }
done
here=$2/tests/run
. "$here/common.sh"
server= viewer= trainer=
fail() { echo "FAIL: $1"; [ -f "$work/err" ] && cat "$work/err"; exit 1; }
"$program" train $small --out "$work/run" >/dev/null
for number in 97 98 99 96 95; do
    [ -e /tmp/.X11-unix/X$number ] && continue
    # -r: no key repeats itself, however late its end comes
    Xvfb :$number -screen 0 1300x900x24 -nolisten tcp -r >/dev/null 2>&1 &
    server=$!
    sleep 1
    kill -0 $server 2>/dev/null && break
done
trap 'code=$?; for child in $server $viewer $trainer; do kill $child 2>/dev/null || true; done; rm -rf "$work"; exit $code' EXIT
export DISPLAY=:$number XDG_STATE_HOME="$work/state" SDL_VIDEODRIVER=x11
"$program" view "$work/run" --size 1200x800 --ui-scale 1 2>"$work/err" &
viewer=$!
window=$(timeout 20 xdotool search --sync --onlyvisible --name '^driftscope$' | head -1) || fail "no window"
xdotool windowfocus --sync "$window" || fail "no focus"
sleep 0.5
xdotool key --delay 60 n n j bracketleft 'm' 'x' colon
xdotool type --delay 40 'layer 2'
xdotool key --delay 60 Return Alt+3 question Escape
xdotool mousemove --window "$window" 120 300 click 1
sleep 0.3
xdotool key --delay 60 q
for i in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 $viewer 2>/dev/null || break
    sleep 0.3
done
kill -0 $viewer 2>/dev/null && fail "q does not quit"
wait $viewer || fail "it ended with $?"
kept="$work/state/driftscope/last.view"
[ -f "$kept" ] || fail "the last view is not kept"
grep -q '^layer=2$' "$kept" || { cat "$kept"; fail "the palette did not set the layer"; }
grep -q '^mode=swipe$' "$kept" || { cat "$kept"; fail "Alt+3 did nothing"; }
grep -q '^b=' "$kept" || { cat "$kept"; fail "[ did not move B"; }
grep -q '^image=' "$kept" || { cat "$kept"; fail "n or the click chose no image"; }
grep -q '^letter-x=' "$kept" || { cat "$kept"; fail "m x kept nothing"; }
echo "keys, text and a click arrived"

# A run that is being trained: its checkpoints appear, and B goes along.
"$program" train $small --method finetune --out "$work/live" >/dev/null 2>&1 &
trainer=$!
for i in $(seq 600); do # the first is in run.h5 before the second is begun
    [ -f "$work/live/checkpoints/task_01.h5" ] && break
    sleep 0.1
done
"$program" view "$work/live" --size 900x700 --ui-scale 1 2>"$work/err" &
viewer=$!
window=$(timeout 20 xdotool search --sync --onlyvisible --name '^driftscope$' | head -1) || fail "no window"
xdotool windowfocus --sync "$window" || fail "no focus"
sleep 0.5
xdotool key --delay 60 N
wait $trainer || fail "training"
sleep 3
xdotool key --delay 60 q
wait $viewer || fail "it ended with $?"
"$program" info "$work/live" --json -q >/dev/null || fail "the run"
grep -q '^newest=yes$' "$kept" || { cat "$kept"; fail "N did nothing"; }
grep -q '^b=5$' "$kept" || { cat "$kept"; fail "B did not go with the newest checkpoint"; }
echo "a live run was followed to its last checkpoint"
