#!/bin/sh
# tests/run/threads.sh -- 1, 2, 4 and 8 threads: byte-identical checkpoints, for every method.
# usage: threads.sh PROGRAM [short]       short: a smaller run of retention, 1 and 3 threads
. "$(dirname "$0")/common.sh"

# agree WORDS N...: runs with the method and options in WORDS and N threads are the same bytes
agree() {
    words=$1
    shift
    for threads in "$@"; do
        # shellcheck disable=SC2086
        "$program" train $small --method $words --threads "$threads" --out "$work/t$threads" >/dev/null
        same "$work/t1" "$work/t$threads"
    done
    rm -rf "$work"/t?
    echo "$words: $* threads agree"
}

if [ "${2:-}" = short ]; then
    agree "arcl --train-limit 20 --epochs 2 --warmstart none" 1 3
    exit
fi
for method in finetune arcl "arcl --retain-preset paper" "arcl --retain-preset official" frozen; do
    agree "$method" 1 2 4 8
done
