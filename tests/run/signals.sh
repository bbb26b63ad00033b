#!/bin/sh
# tests/run/signals.sh -- Ctrl-C ends with 130 and a resumable run; a second writer is refused
# with 75; an existing run is not overwritten (73); a full disk leaves the last checkpoint.
. "$(dirname "$0")/common.sh"
fail() { echo "FAIL: $1"; exit 1; }
expect() { # expect CODE WORDS COMMAND...
    code=$1 words=$2
    shift 2
    set +e
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    set -e
    [ $got -eq "$code" ] || { cat "$work/err"; fail "exit $got, expected $code: $*"; }
    grep -q "$words" "$work/err" || { cat "$work/err"; fail "'$words' was not said: $*"; }
    [ "$(grep -c '^error' "$work/err")" -eq 1 ] || fail "not one line of error: $*"
}
"$program" train $small --out "$work/whole" >/dev/null
"$program" train $small --out "$work/a" >/dev/null 2>"$work/err" &
pid=$!
while [ ! -f "$work/a/checkpoints/task_01.h5" ]; do sleep 0.01; done
expect 75 "is writing to it" "$program" train --resume "$work/a"
kill -INT $pid
set +e; wait $pid; code=$?; set -e
[ $code -eq 130 ] || [ $code -eq 0 ] || fail "Ctrl-C ended with $code"
"$program" train --resume "$work/a" -q >/dev/null
same "$work/whole" "$work/a"
expect 73 "exists" "$program" train $small --out "$work/a"
expect 66 "is neither a folder nor a known data set" "$program" train $small --data "$work/nowhere" --out "$work/b"
[ ! -e "$work/b" ] || fail "a refused run left a folder"
expect 2 "not divisible by patch 5" "$program" train $small --patch 5 --out "$work/b"
expect 2 "not divisible by 5 heads" "$program" train $small --heads 5 --out "$work/b"
expect 2 "do not divide into 3 equal tasks" "$program" train $small --tasks 3 --out "$work/b"
expect 2 "did you mean" "$program" train $small --epocs 3 --out "$work/b"
expect 2 "did you mean" "$program" train $small --method arlc --out "$work/b"
# A damaged file as a start, and a run.h5 cut short
cp "$work/whole/checkpoints/task_00.h5" "$work/damaged.h5"
printf 'x' | dd of="$work/damaged.h5" bs=1 seek=5000 conv=notrunc 2>/dev/null
expect 65 "damaged.h5" "$program" train $small --warmstart none --init "$work/damaged.h5" --out "$work/b"
head -c 3000 "$work/whole/run.h5" >"$work/short.h5"
cp -r "$work/whole" "$work/cut"
cp "$work/short.h5" "$work/cut/run.h5"
expect 65 "run.h5" "$program" train --resume "$work/cut"
# A disk that is full at once leaves nothing; one that is full later leaves a run to go on with.
full() { # full BLOCKS-OF-512-BYTES: files cannot grow beyond
    ( ulimit -f "$1"; trap '' XFSZ; set +e
      "$program" train $small --out "$work/full" >/dev/null 2>"$work/err"; echo $? >"$work/code" )
    [ "$(cat "$work/code")" -eq 74 ] || { cat "$work/err"; fail "a full disk ended with $(cat "$work/code")"; }
    [ "$(find "$work/full" -name '*.tmp*' 2>/dev/null | wc -l)" -eq 0 ] || fail "a temporary file is left"
}
full 20
[ ! -e "$work/full" ] || fail "a run that could not begin left a folder"
full 230
[ -f "$work/full/run.h5" ] || fail "the run did not begin"
[ "$(ls "$work/full/checkpoints" | wc -l)" -eq 0 ] || fail "a full disk left half a checkpoint"
"$program" train --resume "$work/full" -q >/dev/null
same "$work/whole" "$work/full"
echo "signals, lock, refusals and full disk: as promised"
