#!/bin/sh
# tests/crash/moved.sh -- the folder of a run is moved, removed, replaced or made read-only while it is written, the
# disk is nearly full, the clock jumps, nobody reads the result: one sentence, the right exit
# code, and resuming ends with the same bytes.
# usage: moved.sh PROGRAM TOOL CLOCK
. "$(dirname "$0")/common.sh"
clock=$3
train --out "$work/whole"

hold "$work/a"
mv "$work/a" "$work/b"
ended 74 "a: was moved, removed or replaced while it was written; resume it where it is now"
[ ! -e "$work/a" ] || fail "a moved run came back"
clean "$work/b"
goes_on "$work/b"

hold "$work/c"
rm -rf "$work/c"
ended 74 "c: was moved, removed or replaced"
[ ! -e "$work/c" ] || fail "a removed run came back"

hold "$work/d"
mv "$work/d" "$work/e"
mkdir -p "$work/d/checkpoints"
ended 74 "d: was moved, removed or replaced"
[ -z "$(ls "$work/d/checkpoints")" ] || fail "a folder of somebody else was written to"
goes_on "$work/e"

# A second writer is refused within a second, and the first one is not disturbed.
hold "$work/f"
begun=$(date +%s%N)
set +e
"$program" train --resume "$work/f" -q >/dev/null 2>"$work/second"
code=$?
set -e
took=$((($(date +%s%N) - begun) / 1000000))
[ $code -eq 75 ] && grep -q "process $pid is writing to it" "$work/second" || fail "a second writer ended with $code"
[ $took -lt 1000 ] || echo "slow: the second writer was refused after $took ms"
[ $took -lt 60000 ] || fail "the second writer waited $took ms"
ended 0 ""
"$tool" alike "$work/whole" "$work/f"

LD_PRELOAD=$clock train --out "$work/g"
"$tool" alike "$work/whole" "$work/g"

# Nobody reads the result: not a word, or one line, and a run that is whole.
"$program" export "$work/whole" --table accuracy --format csv >"$work/table" 2>"$work/err" || fail "export"
{ set +e; "$program" export "$work/whole" --table accuracy --format csv 2>"$work/err"; echo $? >"$work/code"; set -e; } | head -1 >/dev/null
code=$(cat "$work/code")
[ "$code" -eq 0 ] || [ "$code" -eq 74 ] || fail "a reader that left: exit $code"
[ ! -s "$work/err" ] || { cat "$work/err"; fail "a reader that left was spoken of"; }
for command in "export $work/whole --table accuracy --format csv" "info $work/whole" "--version"; do
    set +e
    # shellcheck disable=SC2086
    "$program" $command >&- 2>"$work/err"
    code=$?
    set -e
    [ $code -eq 74 ] && [ "$(grep -c '^error: standard output' "$work/err")" -eq 1 ] ||
        { cat "$work/err"; fail "closed stdout: '$command' ended with $code"; }
done
set +e
train --out "$work/h" >&- 2>&-
set -e
"$tool" alike "$work/whole" "$work/h"
rm -rf "$work/h"
# shellcheck disable=SC2086
set +e; "$program" train $options --out "$work/h" >&- 2>"$work/err"; code=$?; set -e
[ $code -eq 74 ] || fail "training without stdout ended with $code"
"$tool" alike "$work/whole" "$work/h"
echo "moved, removed, replaced, second writer ($took ms), clock jumps, closed stdout: as promised"
