#!/bin/bash
# tests/cli/generated.sh -- the committed man page and completion are what the program writes.
# usage: generated.sh PROGRAM SOURCE_DIR
set -u
failed=0

# same FILE COMMAND...
same() {
    local file=$1
    shift
    if ! diff -u "$file" <("$@") | head -20 || [ "${PIPESTATUS[0]}" -ne 0 ]; then
        echo "FAIL: ${file##*/} is stale: cmake --build BUILD --target refresh"
        failed=1
    fi
}
same "$2/share/man/driftscope.1" "$1" man
same "$2/share/completion/driftscope.bash" "$1" complete bash
bash -n "$2/share/completion/driftscope.bash" || failed=1

# The completion completes: commands, options, words of an option.
complete_line() {
    bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _driftscope 2>/dev/null
             echo "${COMPREPLY[*]}"' "$2/share/completion/driftscope.bash" "${@:3}"
}
expect() {
    local got
    got=$(complete_line - "$source" "${@:2}")
    [ "$got" = "$1" ] || { echo "FAIL: ${*:2} completes to '$got', expected '$1'"; failed=1; }
}
source=$2
expect "doctor" driftscope doc
expect "--preset" driftscope train --pres
expect "fashion5" driftscope train --preset fash
expect "--json" driftscope info --js
expect "train transplant" driftscope help tr
exit $failed
