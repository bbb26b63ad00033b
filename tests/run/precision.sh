#!/bin/sh
# tests/run/precision.sh -- a run in bf16: the same bytes for any thread count and after a kill,
# recorded as such, and refused where it cannot be computed.
# usage: precision.sh PROGRAM
. "$(dirname "$0")/common.sh"
small="$small --train-limit 20 --epochs 2 --warmstart none"

# refused WHAT...: exit code 69, and the sentence
refused() {
    code=0
    "$@" >/dev/null 2>"$work/said" || code=$?
    if [ $code -ne 69 ] || ! grep -q 'bf16, which needs a processor with AMX tiles' "$work/said"; then
        echo "FAIL: exit code $code: $(cat "$work/said")"
        exit 1
    fi
}

# killed RUN: kill -9 behind the first checkpoint inside a task, then resume
killed() {
    # shellcheck disable=SC2086
    "$program" train $small --method arcl --precision bf16 --out "$1" >/dev/null 2>&1 &
    while kill -0 $! 2>/dev/null && ! ls "$1"/checkpoints/step_*.h5 >/dev/null 2>&1; do :; done
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    "$program" train --resume "$1" -q >/dev/null
}

for kernels in portable amx; do
    export DRIFTSCOPE_KERNELS=$kernels
    "$program" --version >/dev/null 2>&1 || {
        echo "no $kernels here"
        continue
    }
    for threads in 1 3; do
        # shellcheck disable=SC2086
        "$program" train $small --method arcl --precision bf16 --threads $threads \
            --out "$work/$kernels$threads" >/dev/null
    done
    same "$work/${kernels}1" "$work/${kernels}3"
    killed "$work/killed"
    same "$work/${kernels}1" "$work/killed"
    rm -rf "$work/killed"
    echo "$kernels: 1 and 3 threads agree, and so does a run that was killed"
done
run="$work/portable1"

unset DRIFTSCOPE_KERNELS
# shellcheck disable=SC2086
"$program" train $small --method arcl --out "$work/fp32" >/dev/null
cmp -s "$run/checkpoints/task_01.h5" "$work/fp32/checkpoints/task_01.h5" && {
    echo "FAIL: bf16 and fp32 are the same bytes"
    exit 1
}
"$program" info "$run" --json | grep -q '"precision": "bf16"' || {
    echo "FAIL: the run does not say that it is bf16"
    exit 1
}

DRIFTSCOPE_KERNELS=avx2 "$program" --version >/dev/null 2>&1 || exit 0
export DRIFTSCOPE_KERNELS=avx2
# shellcheck disable=SC2086
refused "$program" train $small --precision bf16 --out "$work/never"
[ ! -e "$work/never" ] || {
    echo "FAIL: a refused run left a folder"
    exit 1
}
refused "$program" train --resume "$run"
refused "$program" eval "$run"
"$program" eval "$run" --precision fp32 >/dev/null
echo "refused without tiles, evaluated in fp32"
