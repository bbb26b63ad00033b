#!/bin/sh
# tests/fault/disk.sh -- disks without room: standard output that is full or closed, a limit on
# the size of files, tmpfs of every size. Nothing half-written stays, nothing old is touched.
# The part on tmpfs mounts in a name space of its own (unshare); where that is forbidden it is
# left out, and said so.
. "$(dirname "$0")/common.sh"

# Standard output is the target of every table.
while read -r words; do
    for target in '>/dev/full' '>&-'; do
        code=0
        eval '"$program" '"$words $target"' 2>"$work/err"' || code=$?
        [ $code -eq 74 ] || { cat "$work/err"; fail "exit $code, expected 74: $words $target"; }
        [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q '^error: standard output cannot be written' "$work/err" ||
            { cat "$work/err"; fail "not one line: $words $target"; }
    done
done <<'W'
info run
export run --table accuracy
drift run --metric relfro -q
eval run@2 -q
import in.safetensors -o new.h5 -q
data idx
man
W

# Commands that write a file, and the file; a device is none.
cat >"$work/writers" <<'W'
out.pdf figure acc-matrix run
out.png figure overlay-grid run
out.svg figure drift-curve run
out.csv export run --table audit --format csv
out.safetensors export run@last -q
out.h5 import in.safetensors -q
out.png attend run@last pictures -q
out.h5 attend run@last pictures -q
W
fails 73 "/dev/full: is a device" "$program" export run --table accuracy -o /dev/full
old="a file from before"

# A limit on the size of files: SIGXFSZ must not end the program. dash counts in 512 bytes.
while read -r target words; do
    ( ulimit -f 1
      fails 74 "$target: writing failed \\(File too large\\)" "$program" $words -o "$target" )
    [ "$(cat "$target")" = "$old" ] || fail "ulimit: $target was touched by $words"
done <"$work/writers"
( ulimit -f 60; fails 74 "File too large" "$program" train $small --out limited )
[ ! -e limited ] || fail "ulimit: a run that could not begin left a folder"

cat >"$work/small_disk" <<'S'
set -eu
mkdir disk
mount -t tmpfs -o size=4k tmpfs disk
. "$common"
while read -r target words; do
    for kb in 4 8 12 16 24 32 48 64 96 128 192 256 512 1024; do
        rm -rf disk/*
        mount -o remount,size=${kb}k disk
        echo "$old" >"disk/$target"
        code=0
        "$program" $words -o "disk/$target" >"$work/out" 2>"$work/err" || code=$?
        nothing_left disk
        [ $code -ne 0 ] || break
        tried=$((tried + 1))
        [ $code -eq 74 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q "^error: disk/$target: no space left" "$work/err" ||
            { cat "$work/err"; fail "tmpfs of $kb kB: exit $code: $words"; }
        [ "$(cat "disk/$target")" = "$old" ] || fail "tmpfs of $kb kB: disk/$target was touched by $words"
    done
    [ $code -eq 0 ] || fail "tmpfs: not even 1 MB was enough for $words"
done <"$work/writers"
# A run on such a disk stops, and goes on as if nothing had been when there is room.
"$program" train $small --out whole >/dev/null
for kb in 16 64 100 140 180 200 220 240 260 280 300 320 340; do
    rm -rf disk/*
    mount -o remount,size=${kb}k disk
    code=0
    "$program" train $small --out disk/run >"$work/out" 2>"$work/err" || code=$?
    nothing_left disk
    [ $code -ne 0 ] || break
    tried=$((tried + 1))
    [ $code -eq 74 ] || [ $code -eq 73 ] || { cat "$work/err"; fail "train on $kb kB: exit $code"; }
    grep -q "^error: disk/run.*space" "$work/err" || { cat "$work/err"; fail "train on $kb kB"; }
    mount -o remount,size=4m disk
    [ -e disk/run ] || continue
    "$program" train --resume disk/run -q >/dev/null
    for file in whole/checkpoints/task_*.h5; do
        cmp "$file" "disk/run/checkpoints/${file##*/}" || fail "train on $kb kB: the resumed run differs"
    done
done
echo "$tried small disks: one line each, nothing left, nothing old touched"
S
cat >"$work/words" <<W
program='$program' work='$work' old='$old' tried=0
small='$small'
W
sed -n '/^fail()/p; /^nothing_left/,/^}/p' "$here/common.sh" >>"$work/words"
as_root=-m
[ "$(id -u)" -eq 0 ] || as_root=-rm
if unshare $as_root true 2>/dev/null; then
    common="$work/words" unshare $as_root sh "$work/small_disk"
else
    echo "left out: small disks (mounting is forbidden here)"
fi
