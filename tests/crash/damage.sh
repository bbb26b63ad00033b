#!/bin/sh
# tests/crash/damage.sh -- a damaged newest checkpoint is named in one warning, the one before is used, and the
# run ends with the same bytes; two damaged ones are a refusal; nothing is written through a
# planted symbolic link.
# usage: damage.sh PROGRAM TOOL
. "$(dirname "$0")/common.sh"
train --out "$work/whole"
hold "$work/cut"
kill -9 $pid
set +e; wait $pid 2>/dev/null; set -e
pid=
newest() { ls "$1"/checkpoints/step_* | tail -"${2:-1}" | head -1; }
size=$(stat -c %s "$(newest "$work/cut")")
flip() { # one bit of byte $2
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059
    printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
zero() { dd if=/dev/zero of="$1" bs=1 seek="$2" count="$3" conv=notrunc 2>/dev/null; }
tried=0
# hurt COMMAND [WORDS...]: damages a copy's newest checkpoint with COMMAND FILE WORDS
hurt() {
    rm -rf "$work/hurt"
    cp -r "$work/cut" "$work/hurt"
    file=$(newest "$work/hurt")
    command=$1
    shift
    "$command" "$file" "$@"
    "$program" train --resume "$work/hurt" >/dev/null 2>"$work/err" || { cat "$work/err"; fail "$command $*: not resumed"; }
    [ "$(grep -c "passed over .*$(basename "$file"):" "$work/err")" -eq 1 ] ||
        { cat "$work/err"; fail "$command $*: $(basename "$file") was not named once"; }
    "$tool" alike "$work/whole" "$work/hurt"
    tried=$((tried + 1))
}
cut_at() { truncate -s "$2" "$1"; }
for at in 0 9 13 17 30 600 $((size / 2)) $((size - 1)); do hurt flip "$at"; done
for length in 0 100 512 $((size / 3)) $((size - 1)); do hurt cut_at "$length"; done
hurt cut_at $((size + 4096))
hurt zero 0 512
hurt zero 4096 4096
hurt zero 0 "$size"
# Both are damaged: refused, and nothing is lost.
rm -rf "$work/hurt"
cp -r "$work/cut" "$work/hurt"
for n in 1 2; do flip "$(newest "$work/hurt" $n)" 700; done
set +e
"$program" train --resume "$work/hurt" -q >/dev/null 2>"$work/err"
code=$?
set -e
[ $code -eq 65 ] && grep -q "none of its 2 step checkpoints is whole" "$work/err" ||
    { cat "$work/err"; fail "two damaged checkpoints ended with $code"; }
# Links at every name a temporary file could get next, and at the final names.
rm -rf "$work/hurt"
cp -r "$work/cut" "$work/hurt"
echo precious >"$work/victim"
"$program" train --resume "$work/hurt" -q >/dev/null 2>"$work/err" &
pid=$!
kill -STOP $pid
n=0
while [ $n -lt 100 ]; do
    ln -s "$work/victim" "$work/hurt/.driftscope-$pid-$n.tmp"
    ln -s "$work/victim" "$work/hurt/checkpoints/.driftscope-$pid-$n.tmp"
    n=$((n + 1))
done
ended 0 ""
[ "$(cat "$work/victim")" = precious ] || fail "a file was written through a planted link"
"$tool" alike "$work/whole" "$work/hurt"
rm -rf "$work/hurt"
cp -r "$work/cut" "$work/hurt"
ln -s "$work/victim" "$work/hurt/checkpoints/task_02.h5"
set +e
"$program" train --resume "$work/hurt" -q >/dev/null 2>"$work/err"
code=$?
set -e
[ $code -eq 73 ] && grep -q "task_02.h5: is a symbolic link" "$work/err" ||
    { cat "$work/err"; fail "a link as target ended with $code"; }
[ "$(cat "$work/victim")" = precious ] || fail "a checkpoint was written through a link"
rm "$work/hurt/checkpoints/task_02.h5"
goes_on "$work/hurt"
echo "$tried damaged checkpoints named and passed over, 1 refusal, 201 planted links not followed"
