#!/bin/sh
# tests/run/signals.sh -- Ctrl-C, SIGTERM and SIGHUP end soon, with 130, 143 and 129 and a run that can be
# resumed; a second writer is refused with 75; an existing run is not overwritten (73); a full
# disk leaves the last checkpoint.
. "$(dirname "$0")/common.sh"
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
begin() { # begin RUN [COMMAND...]: trains beside us (pid), until the first task is learned
    run=$1
    shift
    "$@" "$program" train $small --out "$run" >"$work/out" 2>"$work/err" &
    pid=$!
    while [ ! -f "$run/checkpoints/task_01.h5" ]; do sleep 0.01; done
}
ended() { # ended CODE WORDS: it ends with that; or with 0, where it was done before the signal
    sent=$(date +%s%N)
    set +e; wait $pid; code=$?; set -e
    took=$((($(date +%s%N) - sent) / 1000000))
    [ $code -eq 0 ] && return
    [ $code -eq "$1" ] && grep -q "$2" "$work/err" || { cat "$work/err"; fail "exit $code, expected $1"; }
    # The promise is 2 s; a machine that does other things gets ten times that.
    [ $took -lt 2000 ] || echo "slow: ended $took ms after the signal"
    [ $took -lt 20000 ] || fail "ended $took ms after the signal"
}
begin "$work/a"
expect 75 "is writing to it" "$program" train --resume "$work/a"
kill -INT $pid
ended 130 "interrupted; go on with: driftscope train --resume"
"$program" train --resume "$work/a" -q >/dev/null
same "$work/whole" "$work/a"
for name in TERM HUP; do
    begin "$work/$name"
    kill -$name $pid
    [ $name = TERM ] && number=143 || number=129
    ended $number "interrupted; go on with"
    "$program" train --resume "$work/$name" -q >/dev/null
    same "$work/whole" "$work/$name"
done
# Under nohup the terminal may close.
begin "$work/nohup" nohup
kill -HUP $pid
set +e; wait $pid; code=$?; set -e
[ $code -eq 0 ] || fail "nohup: SIGHUP ended the run with $code"
same "$work/whole" "$work/nohup"
# Two signals at once do not wait for a save.
begin "$work/twice"
kill -STOP $pid
kill -TERM $pid
kill -INT $pid
kill -CONT $pid
set +e; wait $pid; code=$?; set -e
[ $code -eq 130 ] || [ $code -eq 143 ] || fail "two signals: exit $code"
! grep -q interrupted "$work/err" || fail "two signals: it went the long way"
"$program" train --resume "$work/twice" -q >/dev/null
same "$work/whole" "$work/twice"
# A signal in a pass over all test images, before anything is stored: at once.
"$program" train --data fashion-mnist --patch 4 --dim 192 --depth 12 --heads 3 --warmstart none -q \
    --out "$work/exam" >/dev/null 2>"$work/err" &
pid=$!
while [ ! -f "$work/exam/run.h5" ]; do sleep 0.01; done
sleep 0.3
kill -INT $pid
ended 130 "interrupted; go on with"
[ $code -eq 130 ] && [ ! -e "$work/exam/checkpoints/task_00.h5" ] || fail "an exam of 10000 images was not interrupted"
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
