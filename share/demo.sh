#!/bin/sh
# share/demo.sh -- the main job, end to end: install, build, train four times, measure, draw.
# usage: share/demo.sh [FOLDER]        default runs/demo below the current folder
#
# Fashion-MNIST in five tasks of two classes; fine-tuning, attention retention in two readings,
# and a frozen trunk as the honest fourth. All begin from the same warm start.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-runs/demo}
begin=$(date +%s)
sh "$here/share/install-deps.sh"
echo "== build"
cmake -S "$here" -B "$here/build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DDRIFTSCOPE_TESTS=OFF >/dev/null
cmake --build "$here/build/release" --target driftscope
driftscope=$here/build/release/driftscope
if [ -e "$out" ]; then
    [ -f "$out/.driftscope-demo" ] || {
        echo "error: $out: exists and is not this demo's; name another folder: share/demo.sh FOLDER" >&2
        exit 73
    }
    echo "removing the results of an earlier demo in $out"
    rm -rf "$out"
fi
mkdir -p "$out/figures"
: >"$out/.driftscope-demo"

echo "== train: fine-tuning (with the warm start that all share)"
"$driftscope" train --preset fashion5 --method finetune --out "$out/finetune" -q
shared="--preset fashion5 --warmstart none --init $out/finetune@0 -q"
echo "== train: attention retention, adaptive"
# shellcheck disable=SC2086
"$driftscope" train $shared --method arcl --out "$out/arcl"
echo "== train: attention retention, as published"
# shellcheck disable=SC2086
"$driftscope" train $shared --method arcl --retain-preset paper --out "$out/arcl-paper"
echo "== train: frozen trunk"
# shellcheck disable=SC2086
"$driftscope" train $shared --method frozen --out "$out/frozen"

echo "== measure and draw"
runs="$out/finetune $out/arcl $out/arcl-paper $out/frozen"
# shellcheck disable=SC2086
"$driftscope" export $runs --table compare
for format in csv latex markdown json; do
    # shellcheck disable=SC2086
    "$driftscope" export $runs --table compare --format $format -o "$out/compare.$format"
done
"$driftscope" drift "$out/arcl" --format csv -o "$out/drift-arcl.csv"
"$driftscope" drift "$out/finetune" --format csv -o "$out/drift-finetune.csv"
for type in overlay-grid drift-curve drift-heatmap acc-matrix acc-curve; do
    for format in png pdf; do
        # shellcheck disable=SC2086
        "$driftscope" figure $type $runs -o "$out/figures/$type.$format" -q
    done
done
"$driftscope" figure mask-steps "$out/arcl" -o "$out/figures/mask-steps.png" -q
"$driftscope" figure mask-steps "$out/arcl" -o "$out/figures/mask-steps.pdf" -q
echo
echo "figures in $out/figures (PNG and PDF), tables in $out, done in $(($(date +%s) - begin)) s"
echo "look at  $out/figures/overlay-grid.png: where the network looks after its own task and after the last"
echo "then at  $out/figures/drift-curve.png: how far attention moved, by method"
echo "go on    $driftscope info $out/arcl;  $driftscope drift $out/arcl --metric js"
