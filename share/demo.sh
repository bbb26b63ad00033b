#!/bin/bash
# share/demo.sh -- the main job from nothing: install, build, train four ways, measure, draw.
# usage: share/demo.sh [FOLDER]        default: ./runs/demo
#
# Fashion-MNIST in five tasks, a mini ViT with a rotation warm start, four methods that begin
# with the very same weights:
#
#     finetune      plain fine-tuning
#     arcl          attention retention, the adaptive preset
#     arcl-paper    attention retention, the equations as published
#     frozen        the trunk does not learn at all: the honest fourth
#
# Under five minutes on two processors. Everything is kept below FOLDER; run again, it says so
# and begins anew.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
begun=$(date +%s)
step() { printf '\n== %s (%d s)\n' "$*" $(($(date +%s) - begun)); }

case ${1:-} in
-h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
demo=$(realpath -m "${1:-runs/demo}")
ds=$home/build/release/driftscope

# Only a folder that an earlier demo marked as its own is removed.
if [ -e "$demo" ]; then
    [ -f "$demo/made-by-demo" ] || {
        echo "demo: $demo exists and was not made by this script; name another folder" >&2
        exit 73
    }
    echo "removing the earlier demo in $demo"
    rm -rf "$demo"
fi
mkdir -p "$demo"
touch "$demo/made-by-demo"

step "installing what is missing"
"$home/share/install-deps.sh"

step "building"
(cd "$home" && cmake --preset release -DDRIFTSCOPE_TESTS=OFF >/dev/null &&
    cmake --build --preset release --target driftscope -j "$(nproc)" | tail -1)

# ---- what is run: the only place with command lines ---------------------------------------

step "training: finetune (its warm start serves all four)"
"$ds" train --preset fashion5 --method finetune --out "$demo/finetune"
shared=(--preset fashion5 --warmstart none --init "$demo/finetune@0")
step "training: arcl"
"$ds" train "${shared[@]}" --method arcl --out "$demo/arcl"
step "training: arcl, as published"
"$ds" train "${shared[@]}" --method arcl --retain-preset paper --out "$demo/arcl-paper"
step "training: frozen"
"$ds" train "${shared[@]}" --method frozen --out "$demo/frozen"

runs=("$demo/finetune" "$demo/arcl" "$demo/arcl-paper" "$demo/frozen")
mkdir "$demo/tables" "$demo/figures"

step "measuring"
for run in "${runs[@]}"; do
    name=$(basename "$run")
    "$ds" drift "$run" -q -o "$demo/tables/drift-$name.csv"
    "$ds" export "$run" --table accuracy -q -o "$demo/tables/accuracy-$name.csv"
done
for ending in csv md tex json; do
    "$ds" export "${runs[@]}" --table compare -q -o "$demo/tables/compare.$ending"
done

step "drawing"
for format in png pdf; do
    for type in overlay-grid drift-curve drift-heatmap acc-curve acc-matrix; do
        "$ds" figure $type "${runs[@]}" -q -o "$demo/figures/$type.$format" >/dev/null
    done
    "$ds" figure mask-steps "$demo/arcl" -q -o "$demo/figures/mask-steps.$format" >/dev/null
done

# ---- what to look at ------------------------------------------------------------------------

step "done"
"$ds" export "${runs[@]}" --table compare -q
cat <<END

figures    $demo/figures
    overlay-grid.png    where the network looks after its own task and after the last one:
                        did it look away?
    drift-curve.png     the same as numbers: distance of the maps from what they were
    acc-curve.png       what that does to accuracy
    mask-steps.png      what retention protects, task by task
tables     $demo/tables
runs       $demo/{finetune,arcl,arcl-paper,frozen}/run.h5   (h5py, h5dump, HDFView open them)

look       $ds view $demo/finetune $demo/arcl
go on      driftscope is $ds
    driftscope info $demo/arcl
    driftscope drift $demo/arcl --metric js
total      $(($(date +%s) - begun)) s
END
