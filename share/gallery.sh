#!/bin/bash
# share/gallery.sh -- every figure type of given runs, at print size, as PDF and PNG.
# usage: share/gallery.sh FOLDER RUN...        DRIFTSCOPE names another program
#
# Runs that differ only in their seed are one method. Figures of one run take the first run that
# has what they need, comparisons of two the first two of the same images; bars are drawn of
# the tables that driftscope export writes. What cannot be
# drawn of these runs is said and left out. FOLDER/README.md is the index.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
ds=${DRIFTSCOPE:-$home/build/release/driftscope}
case ${1:-} in
"" | -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
to=$1
shift
[ $# -gt 0 ] || { echo "gallery: name one run or more" >&2; exit 2; }
mkdir -p "$to"
runs=("$@")
index=$to/README.md
printf '# Gallery\n\nDrawn by `share/gallery.sh`; %s dots per inch of print.\n\n' \
    "${DPI:=110}" >"$index"

# draw NAME TYPE ARGUMENT...: both formats, or one line about why not
draw() {
    local name=$1
    shift
    if "$ds" figure "$@" -q -o "$to/$name.pdf" >/dev/null 2>"$to/.why" &&
        "$ds" figure "$@" -q -o "$to/$name.png" --dpi "$DPI" >/dev/null 2>"$to/.why"; then
        echo "- [$name](${name}.png): $("$ds" figure --list | sed -n "s/^$1  *//p")" >>"$index"
        echo "$name"
    else
        echo "$name left out: $(head -1 "$to/.why")"
    fi
}

# of_first TYPE: the first run it can be drawn of
of_first() {
    local run
    for run in "${runs[@]}"; do
        "$ds" figure "$1" "$run" -q -o "$to/.try.png" --dpi 18 >/dev/null 2>&1 && break
    done
    rm -f "$to/.try.png" "$to/.try.json"
    draw "$1" "$1" "$run"
}

# Another method on the same images: runs of another seed have another order of classes.
first=${runs[0]}
other=$first
for run in "${runs[@]:1}"; do
    "$ds" figure ab-diff "$first" "$run" -q -o "$to/.try.png" --dpi 18 >/dev/null 2>&1 && other=$run && break
done
rm -f "$to/.try.png" "$to/.try.json"
pair=("$first")
[ "$other" = "$first" ] || pair+=("$other")
draw overlay-grid overlay-grid "${pair[@]}"
draw ab-diff ab-diff "${pair[@]}"
for type in layer-strip head-matrix mask-steps mask-evolution; do
    of_first $type
done
for type in split-hist drift-curve drift-heatmap drift-scatter acc-matrix acc-curve forgetting-bars; do
    draw $type $type "${runs[@]}"
done
retaining=()
for run in "${runs[@]}"; do
    "$ds" figure audit "$run" -q -o "$to/.try.png" --dpi 18 >/dev/null 2>&1 && retaining+=("$run")
done
rm -f "$to/.try.png" "$to/.try.json"
[ ${#retaining[@]} -eq 0 ] || draw audit audit "${retaining[@]}"

"$ds" export "$first" --table forgetting -q -o "$to/forgetting.csv"
draw bars bars "$to/forgetting.csv" --x task --y learned,last --where protocol=task-incremental,head=refined
draw decomposition-bars decomposition-bars "$to/forgetting.csv" --x task --y last,clipped \
    --where protocol=task-incremental,head=refined --ylabel 'best accuracy of the task'
cat >"$to/panels.ini" <<END
[page]
columns = 1, 1
[drift]
type = drift-curve
source = ${runs[*]}
title = drift
[accuracy]
type = acc-curve
source = ${runs[*]}
title = accuracy
protocol = task
[look]
type = overlay-grid
source = ${pair[*]}
images = 2
cell = 2, 1, 1, 2
title = where it looks
END
draw composite composite --spec "$to/panels.ini"
"$ds" figure --check "$to"/*.pdf >/dev/null && echo "every PDF: fonts embedded, no Type 3"
rm -f "$to/.why"
