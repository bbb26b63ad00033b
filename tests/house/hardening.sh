#!/bin/bash
# tests/house/hardening.sh -- the built program resists what a bug would offer an attacker, and this
# script sees when one does not.
# usage: hardening.sh CC FILE...       exit 77: skipped
#
#     PIE       loaded at a random address                  RELRO, NOW  no function pointer left to overwrite
#     NX        no stack, and no segment, both written and run
#     canary    a smashed stack ends the program            fortify     copies into known sizes are checked
set -u
cc=$1
shift
command -v readelf >/dev/null || { echo "skipped: readelf not found"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# lacks FILE: one line for everything that is missing.
lacks() {
    local dynamic segments symbols
    dynamic=$(readelf -dW "$1") segments=$(readelf -hlW "$1") symbols=$(readelf -W --dyn-syms "$1")
    grep -q 'Type: *DYN' <<<"$segments" || echo "PIE: not position-independent"
    grep -qE 'FLAGS_1.* PIE|SONAME' <<<"$dynamic" || echo "PIE: neither a PIE nor a library"
    grep -q ' GNU_RELRO ' <<<"$segments" || echo "RELRO: the table of imports stays writable"
    grep -qE 'BIND_NOW|FLAGS_1.* NOW' <<<"$dynamic" || echo "NOW: functions are bound when first called"
    grep -qE ' GNU_STACK .* RW ' <<<"$segments" || echo "NX: the stack can be run"
    ! grep -qE ' LOAD .* RWE ' <<<"$segments" || echo "NX: a segment is both written and run"
    grep -q ' __stack_chk_fail@' <<<"$symbols" || echo "canary: no function guards its stack"
    grep -qE ' __(memcpy|memset|snprintf|vsnprintf)_chk@' <<<"$symbols" || echo "fortify: no copy is checked"
}

failed=0
for file in "$@"; do
    [ -s "$file" ] || { echo "FAIL: $file is not there"; failed=1; continue; }
    missing=$(lacks "$file")
    [ -z "$missing" ] || { echo "FAIL: ${file##*/}:"$'\n'"$missing"; failed=1; }
done

# A check that cannot fail is none: the same little program, each time without one of them.
cat >"$work/a.c" <<'END'
#include <stdio.h>
#include <string.h>
int main(int n, char **word)
{
    char copy[64];

    memcpy(copy, word[0], (size_t)n);
    return snprintf(copy, sizeof copy, "%s", word[n - 1]) < 0;
}
END
full="-O2 -fPIE -pie -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -Wl,-z,relro,-z,now,-z,noexecstack"
without() { # without WHAT FLAGS...: WHAT is missed, and nothing is when WHAT is "nothing"
    local what=$1 said
    shift
    # shellcheck disable=SC2086
    "$cc" $full "$@" "$work/a.c" -o "$work/a" || { failed=1; return; }
    said=$(lacks "$work/a" | cut -d: -f1 | sort -u | paste -sd' ')
    [ "$said" = "$what" ] || { echo "FAIL: without $what, found missing: '$said'"; failed=1; }
}
without ""
without PIE -no-pie -fno-pie
without RELRO -Wl,-z,norelro
without NOW -Wl,-z,lazy
without NX -Wl,-z,execstack
without canary -fno-stack-protector
without fortify -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0
exit $failed
