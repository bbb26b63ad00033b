#!/bin/sh
# tests/fault/numbers.sh -- values that are not finite are met at their step and named, end with
# 70, and never become the last checkpoint; files that hold them are refused; sizes that no
# machine has are refused before anything is allocated.
. "$(dirname "$0")/common.sh"

# What is saved can be read again: the network after a task, and the same failure after a resume.
stays_readable() {
    "$program" export "$1@last" -o "$1.safetensors" -q || fail "$1: no checkpoint can be read"
    fails 70 "is not finite" "$program" train --resume "$1" -q
    "$program" export "$1@last" -o "$1.safetensors" -q || fail "$1: resuming lost the checkpoint"
}
wild="--optimizer sgd --lr 1000 --momentum 1 --method finetune"
fails 70 "task 1, step 3: 'attention' of block 0 is not finite" "$program" train $small $wild \
    --qkv-scale 1000 --weight-decay 10 --trainable all --out forward
stays_readable forward
# Here the weights overflow in the very step that would be saved.
fails 70 "task 1, step 10: 'model/head.weight' is not finite, it is not saved" "$program" train \
    $small $wild --head-decay 10 --trainable head --out saved
[ "$(ls saved/checkpoints | tail -3 | tr '\n' ' ')" = "step_000000008.h5 step_000000009.h5 task_00.h5 " ] ||
    fail "not the two checkpoints before: $(ls saved/checkpoints)"
stays_readable saved

# A NaN, then an infinity, in the last value of a file of weights.
for bits in '\000\000\300\177' '\000\000\200\377'; do
    cp in.safetensors bad.safetensors
    size=$(wc -c <bad.safetensors)
    printf "$bits" | dd of=bad.safetensors bs=1 seek=$((size - 4)) conv=notrunc 2>/dev/null
    fails 65 "bad.safetensors: '.*' holds values that are not finite" "$program" import \
        bad.safetensors -o bad.h5 -q
    fails 65 "not finite" "$program" train $small --init bad.safetensors --out bad
    fails 65 "not finite" "$program" attend bad.safetensors pictures -o bad.png -q
    [ ! -e bad.h5 ] && [ ! -e bad ] && [ ! -e bad.png ] || fail "something was made of a NaN"
done

# Arithmetic, not the system, refuses: with 1 GB of address space left there is no other way.
set -- train $small --dim 16320 --depth 256 --heads 255 --image-size 4096 --out huge
( ulimit -v 4000000
  fails 71 "GB are needed in one block, this machine has" "$program" "$@" --patch 32 )
fails 2 "more tokens" "$program" "$@" --patch 1
fails 2 "mlp width is 65536" "$program" train $small --dim 16384 --depth 256 --out huge
[ ! -e huge ] || fail "a run that no machine can hold left a folder"
echo "not finite, not representable: as promised"
