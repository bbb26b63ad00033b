#!/bin/sh
# tests/run/threads.sh -- 1, 2, 4 and 8 threads: byte-identical checkpoints, for every method.
. "$(dirname "$0")/common.sh"
for method in finetune arcl "arcl --retain-preset paper" "arcl --retain-preset official" frozen; do
    for threads in 1 2 4 8; do
        # shellcheck disable=SC2086
        "$program" train $small --method $method --threads $threads --out "$work/t$threads" >/dev/null
    done
    same "$work/t1" "$work/t2"
    same "$work/t1" "$work/t4"
    same "$work/t1" "$work/t8"
    rm -rf "$work"/t?
    echo "$method: 1, 2, 4 and 8 threads agree"
done
