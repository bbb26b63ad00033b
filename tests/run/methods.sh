#!/bin/sh
# tests/run/methods.sh -- every method through files: a run on one thread that was interrupted in its
# second task and resumed on two, and one on four, end with the same checkpoints as one that was not.
. "$(dirname "$0")/common.sh"
tiny="--data fashion-mnist --tasks 2 --train-limit 24 --eval-limit 10 --eval-images 2 --probe-images 1
 --patch 7 --dim 12 --depth 2 --heads 2 --epochs 3 --batch 20 --refine-epochs 2 --save-every 1 --save-seconds 0
 --ranpac-width 60 --buffer 30 --lora-rank 3 -q"
# The program's own list, from the sentence that refuses a method.
all=$("$program" train --method nonesuch --out "$work/x" 2>&1 | sed 's/.*there are //; s/ and / /; s/,//g')
[ "$(echo "$all" | wc -w)" -ge 17 ] || { echo "FAIL: few methods: $all"; exit 1; }
for method in $all "arcl --replay er" "arcl --replay er-ace" "lwf --replay derpp" "joint --joint full" \
    "ewc --ewc-fisher sample --ewc-fusion separate" "attn-distill --distill js" "finetune --expand-times 2" \
    "slca --no-refine" "frozen --refine=align"; do
    # shellcheck disable=SC2086
    "$program" train $tiny --method $method --threads 1 --out "$work/whole" >/dev/null
    # shellcheck disable=SC2086
    "$program" train $tiny --method $method --threads 1 --out "$work/cut" >/dev/null 2>&1 &
    pid=$!
    while [ ! -f "$work/cut/checkpoints/task_01.h5" ] && kill -0 $pid 2>/dev/null; do sleep 0.005; done
    kill -INT $pid 2>/dev/null || true
    set +e; wait $pid; code=$?; set -e
    [ $code -eq 130 ] || [ $code -eq 0 ] || { echo "FAIL: $method ended with $code"; exit 1; }
    "$program" train --resume "$work/cut" --threads 2 -q >/dev/null
    same "$work/whole" "$work/cut"
    # shellcheck disable=SC2086
    "$program" train $tiny --method $method --threads 4 --out "$work/four" >/dev/null
    same "$work/whole" "$work/four"
    "$program" eval "$work/cut" -q >/dev/null
    "$program" info "$work/cut" | grep -q '^budget  *trains ' || { echo "FAIL: no budget"; exit 1; }
    echo "$method: threads and resuming agree (ended with $code)"
    rm -rf "$work/whole" "$work/cut" "$work/four"
done
# A checkpoint of another method is refused.
# shellcheck disable=SC2086
"$program" train $tiny --method si --out "$work/si" >/dev/null
# shellcheck disable=SC2086
"$program" train $tiny --method finetune --out "$work/ft" >/dev/null
cp "$work/si/checkpoints/task_02.h5" "$work/ft/checkpoints/task_02.h5"
set +e; "$program" eval "$work/ft@2" >"$work/out" 2>&1; code=$?; set -e
[ $code -eq 65 ] && grep -q "holds the state of method 'si', this run uses 'finetune'" "$work/out" ||
    { cat "$work/out"; echo "FAIL: a foreign checkpoint was read ($code)"; exit 1; }
refused() { # refused WORDS OPTIONS...
    words=$1
    shift
    set +e
    # shellcheck disable=SC2086
    "$program" train $tiny "$@" --out "$work/no" >"$work/out" 2>&1
    code=$?
    set -e
    [ $code -eq 2 ] && grep -q "$words" "$work/out" || { cat "$work/out"; echo "FAIL: $* ended with $code"; exit 1; }
    [ ! -e "$work/no" ] || { echo "FAIL: $* left a folder"; exit 1; }
}
refused "larger than the whole data set" --method er --buffer 100000
refused "brings its own replay" --method er --replay derpp
refused "has no use with --method ncm" --method ncm --replay er
refused "all pictures are there anyway" --method joint --replay er
refused "goes with --replay er-ace only" --method derpp --loss local
refused "seen is --replay er" --method er-ace --loss seen
refused "has no meaning there" --method joint --loss local
refused "classifier of its own" --method ranpac --refine
refused "only 12 numbers" --method lora --lora-rank 13
refused "distill-layers is '3'" --method attn-distill --distill-layers 3
refused "there are finetune, joint" --method earth
echo "refusals: as they should be"
