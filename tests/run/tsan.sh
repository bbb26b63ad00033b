#!/bin/sh
# tests/run/tsan.sh -- every command that runs threads, with 2 and 4 of them, in a build with the
# thread sanitizer: what it finds ends the command with 66. Same bytes for both, too.
# usage: tsan.sh PROGRAM PICTURE      exit 77: skipped (no Fashion-MNIST on this machine)
. "$(dirname "$0")/common.sh"
picture=$2
export TSAN_OPTIONS="${TSAN_OPTIONS:-}:halt_on_error=1:exitcode=66"
tiny="$small --train-limit 15 --eval-limit 5 --epochs 1 --tasks 2 --warmstart-steps 3 --batch 16"

step() {
    echo "$*" | sed 's/--data .* -q//'
    "$program" "$@" >/dev/null
}
for method in "arcl --replay er --buffer 20" "finetune --precision bf16" "frozen"; do
    for threads in 2 4; do
        # shellcheck disable=SC2086
        step train $tiny --method $method --threads $threads --out "$work/t$threads"
    done
    same "$work/t2" "$work/t4"
    mv "$work/t4" "$work/${method%% *}"
    rm -rf "$work/t2"
done
for threads in 2 4; do
    step eval "$work/arcl" --threads $threads
    step drift "$work/arcl@1" "$work/arcl@2" --metric relfro,js --threads $threads
    step drift "$work/arcl@1" "$work/finetune@2" --what features --images "$picture" --threads $threads
    step attend "$work/arcl@2" "$picture" --threads $threads
    step transplant "$work/arcl@1" "$work/arcl@2" --threads $threads
done
