#!/bin/sh
# tests/crash/hour.sh -- a long run on two threads, killed again and again: it ends byte-identical to the quiet one,
# and memory stays flat. The quiet run comes first, so it takes twice the time.
# usage: hour.sh PROGRAM TOOL [CLOCK-SHIM] [SECONDS] [EVERY]
TMPDIR=${TMPDIR:-/tmp} # a real disk
. "$(dirname "$0")/common.sh"
seconds=${4:-3600} every=${5:-30}
model="--data $work/toy --tasks 2 --eval-images 2 --probe-images 1 --patch 1 --dim 96 --depth 4 --heads 3
 --batch 40 --pad 0 --refine-epochs 2 --warmstart none --save-every 50 --threads 2 --method arcl -q"
resident() { awk '/VmRSS/ {print $2}' "/proc/$1/status" 2>/dev/null || true; }
alive() { [ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }
clock() { date +%s%N | cut -c -13; } # milliseconds

begun=$(clock)
# shellcheck disable=SC2086
"$program" train $model --epochs 20 --out "$work/short" >/dev/null
took=$(($(clock) - begun))
epochs=$((20 * seconds * 1000 / took))
[ $epochs -ge 20 ] || epochs=20

begun=$(clock)
# shellcheck disable=SC2086
"$program" train $model --epochs $epochs --out "$work/whole" >/dev/null &
pid=$!
while alive $pid; do
    resident $pid >>"$work/quiet"
    sleep 1
done
wait $pid || fail "the quiet run ended with $?"
pid=
quiet=$((($(clock) - begun) / 1000))

kills=0
while :; do
    # shellcheck disable=SC2086
    if [ -f "$work/killed/run.h5" ]; then set -- --resume "$work/killed" --threads 2 -q
    else set -- $model --epochs $epochs --out "$work/killed"; fi
    "$program" train "$@" >/dev/null 2>"$work/err" &
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
    [ $code -eq 137 ] || { cat "$work/err"; fail "a process ended with $code"; }
    kills=$((kills + 1))
done
[ $kills -gt 0 ] || fail "the run was too short for one kill"
"$tool" alike "$work/whole" "$work/killed"
# From a fifth of the way on: by then everything was used once.
# What grows by design is the curves, 16 bytes a step.
awk -v kills=$kills -v quiet=$quiet -v epochs=$epochs '
    NF { n++; kb[n] = $1 }
    END {
        from = kb[int(n / 5) + 1]; to = kb[n]
        printf "%d kills in a run of %d s (%d epochs): byte-identical; resident %.1f MB, then %.1f MB\n",
            kills, quiet, epochs, from / 1000, to / 1000
        if (to - from > 8000) { print "FAIL: memory grows"; exit 1 }
    }' "$work/quiet"
awk 'NF && $1 > most { most = $1 } END { printf "resident at most %.1f MB in the killed processes\n", most / 1000 }' "$work/disturbed"
