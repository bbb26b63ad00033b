#!/bin/bash
# tests/house/symbols.sh -- what the library exports begins with ds_, and none of it can be
# written to.
# usage: symbols.sh LIBRARY       exit 77: skipped
set -u
command -v nm >/dev/null || { echo "skipped: nm not found"; exit 77; }
failed=0
names=$(nm -D --defined-only "$1" | awk '{ print $2, $3 }')
[ "$(echo "$names" | wc -l)" -gt 50 ] || { echo "FAIL: too few symbols in $1"; exit 1; }
# The compiler's own (coverage, sanitizers, function variants) are not ours to name.
foreign=$(echo "$names" | awk '{ print $2 }' | grep -vE '^(ds_|_|__|.*\.(arch|default|resolver))')
[ -z "$foreign" ] || { echo "FAIL: exported without the prefix: $foreign"; failed=1; }
# Constant tables of pointers live in .data.rel.ro; what is in .data or .bss can be written to.
sections=$(readelf -SW "$1" | sed -nE 's/^ *\[ *([0-9]+)\] \.(data|bss) .*/\1/p' | paste -sd'|')
state=$(readelf -W --dyn-syms "$1" | awk -v s="^(${sections:-none})\$" '$4 == "OBJECT" && $7 ~ s && $8 ~ /^ds_/ { print $8 }')
[ -z "$state" ] || { echo "FAIL: global state:" $state; failed=1; }
exit $failed
