#!/bin/sh
# tests/run/features.sh -- features of a frozen trunk in a folder: with and without it, in a second
# run, in two at once, after an interruption, and where the file is damaged, another's or cannot be
# written, all checkpoints are the same bytes.
. "$(dirname "$0")/common.sh"
tiny="--data fashion-mnist --tasks 2 --train-limit 24 --eval-limit 10 --eval-images 2 --probe-images 1
 --patch 7 --dim 12 --depth 2 --heads 2 --epochs 3 --batch 20 --refine-epochs 2 --save-every 1 --save-seconds 0 --threads 2
 --ranpac-width 40 --mean 0.2860 --std 0.3530"
cd "$work"
train() { # FOLDER OPTIONS...
    out=$1
    shift
    # shellcheck disable=SC2086
    "$program" train $tiny --out "$out" "$@" >/dev/null 2>said || { cat said; fail "$out"; }
}
train start --method finetune
run() { rm -rf "$1"; train "$@" --init start@0; } # all have one trunk

run plain-frozen --method frozen --no-feature-cache
run frozen --method frozen --feature-folder cache/of/features
same plain-frozen frozen
grep -q cache said && { cat said; fail "something was said of a new folder"; }
known=$(ls cache/of/features/*.h5)
cp "$known" first.h5
for method in frozen ncm ranpac fecam "frozen --flip" "frozen --replay er"; do
    # shellcheck disable=SC2086
    run plain --method $method --no-feature-cache
    # shellcheck disable=SC2086
    run kept --method $method --feature-folder cache/of/features
    same plain kept
    cmp first.h5 "$known" || fail "$method found nothing new, and wrote"
    echo "$method: the same with and without the folder"
done
run seed --method ncm --feature-folder cache/of/features --seed 7
cmp first.h5 "$known" || fail "another order of classes has other features"
run more --method ncm --feature-folder cache/of/features --train-limit 30
cmp -s first.h5 "$known" && fail "new images were not added"
[ "$(ls cache/of/features/*.h5)" = "$known" ] || fail "more than one file"

# Damaged, another's, not writable: named once, computed again, replaced.
run plain-ncm --method ncm --no-feature-cache
printf X | dd of="$known" bs=1 seek=700 conv=notrunc 2>/dev/null
run bad --method ncm --feature-folder cache/of/features
same plain-ncm bad
[ "$(grep -c "$known: .*features are computed again" said)" -eq 1 ] || { cat said; fail "a damaged file"; }
run good --method ncm --feature-folder cache/of/features
grep -q "computed again" said && fail "the damaged file was not replaced"
train alien --method ncm --seed 9 --feature-folder others
cp others/*.h5 "$known"
run alien-too --method ncm --feature-folder cache/of/features
same plain-ncm alien-too
grep -q "$known: holds the features of another network; features are computed again" said || { cat said; fail "another's"; }
cp start/run.h5 "$known"
run record --method ncm --feature-folder cache/of/features
same plain-ncm record
grep -q "$known: holds no features" said || { cat said; fail "no features"; }
touch in-the-way
run blocked --method ncm --feature-folder in-the-way
same plain-ncm blocked
grep -q "in-the-way.*will have to compute" said || { cat said; fail "not writable"; }

# Two at once into a new folder, with different images: both are whole, and so is the file.
# shellcheck disable=SC2086
"$program" train $tiny -q --init start@0 --method ncm --out a --feature-folder both >/dev/null &
# shellcheck disable=SC2086
"$program" train $tiny -q --init start@0 --method ncm --out b --feature-folder both --train-limit 30 >/dev/null
wait $! || fail "one of two"
same plain-ncm a
same more b
run once-more --method ncm --feature-folder both --train-limit 30
cp both/*.h5 third.h5
run again --method ranpac --feature-folder both --train-limit 30
cmp both/*.h5 third.h5 || fail "two at once lost features"

# Interrupted and resumed, with the folder and without.
for features in "" "--feature-folder cache/of/features"; do
    # shellcheck disable=SC2086
    "$program" train $tiny -q --init start@0 --method frozen --out cut --feature-folder cut-features >/dev/null 2>&1 &
    pid=$!
    while [ ! -f cut/checkpoints/task_01.h5 ] && kill -0 $pid 2>/dev/null; do sleep 0.005; done
    kill -INT $pid 2>/dev/null || true
    wait $pid || true
    # shellcheck disable=SC2086
    "$program" train --resume cut $features -q >/dev/null
    same plain-frozen cut
    rm -rf cut
done
echo "features: shared, replaced, resumed"
