#!/bin/sh
# tests/crash/mounted.sh -- a disk that becomes read-only, and one that is nearly full, in a mount namespace of its
# own: the run ends with one sentence before anything is damaged, and goes on later.
# usage: mounted.sh PROGRAM TOOL      exit 77: no mount namespaces here
if [ -z "${DS_INSIDE:-}" ]; then
    unshare -rm true 2>/dev/null || { echo "skipped: unshare -rm is not allowed here"; exit 77; }
    DS_INSIDE=1 exec unshare -rm "$0" "$@"
fi
. "$(dirname "$0")/common.sh"
train --out "$work/whole"
mkdir "$work/disk"
mount -t tmpfs -o size=2m tmpfs "$work/disk" || { echo "skipped: tmpfs cannot be mounted"; exit 77; }
run=$work/disk/run
sums() { (cd "$run" && find . -name '*.h5' -exec cksum {} + | sort); }

# Nearly full: 30 kB are left, a checkpoint takes more.
hold "$run"
free=$(($(stat -f -c '%a * %S' "$work/disk")))
dd if=/dev/zero of="$work/disk/filler" bs=1000 count=$(((free - 30000) / 1000)) 2>/dev/null
sums >"$work/before"
ended 74 "no space left for it: it takes 0.1 MB, 0.0 MB are free; free some and resume"
clean "$run"
sums | cmp - "$work/before" || fail "a full disk changed what was there"
rm "$work/disk/filler"
goes_on "$run"
rm -rf "$run"

# Read-only, and writable again.
hold "$run"
mount --bind "$run" "$run"
mount -o remount,bind,ro "$run"
sums >"$work/before"
ended 73 "Read-only file system"
sums | cmp - "$work/before" || fail "a read-only disk changed"
set +e; "$program" train --resume "$run" -q >/dev/null 2>"$work/err"; code=$?; set -e
[ $code -eq 73 ] && grep -q "Read-only file system" "$work/err" || { cat "$work/err"; fail "read-only: exit $code"; }
"$program" info "$run" >/dev/null
umount "$run"
goes_on "$run"
umount "$work/disk"
echo "nearly full and read-only: said before anything was damaged; resumed byte-identically"
