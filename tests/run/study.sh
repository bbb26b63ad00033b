#!/bin/sh
# tests/run/study.sh -- the fashion5 study of share/doc/results.md: seeds x methods, then tables.
# usage: study.sh PROGRAM FOLDER [SEEDS]         about 3 minutes per seed on 2 cores
set -eu
program=$1
folder=$2
seeds=${3:-"2025 2026 2027"}
mkdir -p "$folder"
for seed in $seeds; do
    run() { # run NAME OPTIONS...
        name=$folder/$1-$seed
        shift
        [ -d "$name" ] || "$program" train --preset fashion5 --seed "$seed" "$@" --out "$name" -q
    }
    run finetune --method finetune
    start="--warmstart none --init $folder/finetune-$seed@0"
    # shellcheck disable=SC2086
    {
        run adaptive --method arcl $start
        run paper --method arcl --retain-preset paper $start
        run official --method arcl --retain-preset official $start
        run uniform --method arcl --mask-region uniform $start
        run random --method arcl --mask-region random $start
        run scaled --method finetune --qkv-scale 0.003 $start
        run frozen --method frozen $start
    }
done
"$program" export "$folder"/*-[0-9]* --table compare --format markdown
