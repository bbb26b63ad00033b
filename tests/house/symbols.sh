#!/bin/bash
# tests/house/symbols.sh -- what the library exports begins with ds_, and nothing in it is writable
# from outside.
# usage: symbols.sh LIBRARY
set -u
command -v nm >/dev/null || { echo "skipped: nm not found"; exit 77; }
failed=0
names=$(nm -D --defined-only "$1" | awk '{ print $2, $3 }')
[ "$(echo "$names" | wc -l)" -gt 50 ] || { echo "FAIL: too few symbols in $1"; exit 1; }
# The compiler's own (coverage, sanitizers, function variants) are not ours to name.
foreign=$(echo "$names" | awk '{ print $2 }' | grep -vE '^(ds_|_|__|.*\.(arch|default|resolver))')
[ -z "$foreign" ] || { echo "FAIL: exported without the prefix: $foreign"; failed=1; }
state=$(echo "$names" | grep -E '^[BDC] ds_' | awk '{ print $2 }')
# Tables of pointers are relocated at start, so the linker keeps them with the data.
for name in $state; do
    grep -rqE "^extern const [^;]*\b$name\b" "$2"/core "$2"/data "$2"/analysis "$2"/viz --include=*.h ||
        { echo "FAIL: global state: $name"; failed=1; }
done
exit $failed
