#!/bin/sh
# tests/crash/hour.sh -- two long runs side by side, each on two threads: one is left alone, the other is killed
# again and again. They end byte-identical, and the memory of the one left alone stays flat.
# usage: hour.sh PROGRAM TOOL [CLOCK-SHIM] [SECONDS] [EVERY]
# SECONDS is what both last at least, as far as a short run at the beginning can tell.
TMPDIR=${TMPDIR:-/tmp} # a real disk
. "$(dirname "$0")/common.sh"
seconds=${4:-3600} every=${5:-30}
model="--data $work/toy --tasks 2 --eval-images 2 --probe-images 1 --patch 1 --dim 96 --depth 4 --heads 3 --batch 40
 --pad 0 --refine-epochs 2 --warmstart none --save-every 50 --save-seconds 0 --threads 2 --method arcl -q"
left_alone=
trap 'for p in $pid $left_alone; do kill -9 "$p" 2>/dev/null || true; done; rm -rf "$work"' EXIT
resident() { awk '/VmRSS/ {print $2}' "/proc/$1/status" 2>/dev/null || true; }
alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }
clock() { date +%s%N | cut -c -13; } # milliseconds
begin() { # begin RUN EPOCHS, beside us
    # shellcheck disable=SC2086
    "$program" train $model --epochs "$2" --out "$work/$1" >/dev/null 2>"$work/$1.err" &
}

# Two at once, as they will run.
begun=$(clock)
begin short 20; left_alone=$!
begin other 20; pid=$!
wait $pid $left_alone
epochs=$((20 * seconds * 1000 / ($(clock) - begun)))
[ $epochs -ge 20 ] || epochs=20

begun=$(clock)
begin whole $epochs; left_alone=$!
(while alive $left_alone; do resident $left_alone; sleep 1; done >"$work/quiet"; clock >"$work/whole.end") &
sampler=$!
kills=0
while :; do
    if [ -f "$work/killed/run.h5" ]; then
        "$program" train --resume "$work/killed" --threads 2 -q >/dev/null 2>"$work/killed.err" &
    else begin killed $epochs; fi
    pid=$!
    left=$every
    while [ "$left" -gt 0 ] && alive $pid; do
        sleep 1
        resident $pid >>"$work/disturbed"
        left=$((left - 1))
    done
    kill -9 $pid 2>/dev/null || true
    set +e; wait $pid 2>/dev/null; code=$?; set -e
    pid=
    [ $code -ne 0 ] || break
    [ $code -eq 137 ] || { cat "$work/killed.err"; fail "a process ended with $code"; }
    kills=$((kills + 1))
    [ $((kills % 10)) -ne 0 ] || echo "$kills kills in $((($(clock) - begun) / 1000)) s"
done
killed=$((($(clock) - begun) / 1000))
wait $left_alone || { cat "$work/whole.err"; fail "the run left alone ended with $?"; }
left_alone=
wait $sampler
whole=$((($(cat "$work/whole.end") - begun) / 1000))
[ $kills -gt 0 ] || fail "the run was too short for one kill"
"$tool" alike "$work/whole" "$work/killed"
echo "$epochs epochs: $whole s left alone, $killed s with $kills kills: byte-identical"
# The median of the second fifth, when everything was used once, beside that of the last. What grows by design are
# the curves: 16 bytes a step, twice that while their arrays double, and a copy while they are saved.
median() { awk -v from="$2" 'NF { kb[++n] = $1 } END { for (i = int(n * from / 5) + 1; i <= n * (from + 1) / 5; i++) print kb[i] }' "$1" |
    sort -n | awk '{ kb[NR] = $1 } END { print kb[int((NR + 1) / 2)] }'; }
steps=$((2 * epochs)) first=$(median "$work/quiet" 1) last=$(median "$work/quiet" 4)
echo "resident, of the run left alone: $first kB in the second fifth, $last kB in the last ($steps steps)"
[ $((1024 * (last - first))) -le $((1048576 + 48 * steps)) ] || fail "memory grows"
awk 'NF && $1 > most { most = $1 } END { printf "resident, of the killed ones: %.1f MB at most\n", most / 1000 }' "$work/disturbed"
