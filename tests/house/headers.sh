#!/bin/bash
# tests/house/headers.sh -- every public header compiles alone, as C and as C++, and all of
# them together: no two may give one name to different things.
# usage: headers.sh SOURCE_DIR GENERATED_DIR CC
set -u
cd "$1" || exit 1
cc=${3:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
flags="-I. -I$2 -Wall -Wextra -Wpedantic -Werror -fsyntax-only"
page=$(pkg-config --cflags pangocairo 2>/dev/null) && flags="$flags ${page//-I/-isystem }"

headers=$(find core data analysis viz -name '*.h' ! -name '*_int.h' ! -path 'viz/cli/*' | sort)
[ -n "$page" ] || headers=$(echo "$headers" | grep -Ev '^viz/(page|viewer)/')
[ "$(echo "$headers" | wc -l)" -gt 20 ] || { echo "FAIL: too few headers found"; exit 1; }

alone() {
    local language=$1 header
    shift
    for header in $headers; do
        printf '#include "%s"\n#include "%s"\n' "$header" "$header" >"$work/$language.$suffix"
        "$@" "$work/$language.$suffix" || { echo "FAIL: $header does not stand alone as $language"; failed=1; }
    done
}
suffix=c
alone c17 $cc -std=c17 $flags
if command -v g++ >/dev/null; then
    suffix=cc
    alone c++17 g++ -std=c++17 $flags -Wno-pedantic
fi
for header in $headers; do echo "#include \"$header\""; done >"$work/all.c"
$cc -std=c17 $flags "$work/all.c" || { echo "FAIL: public headers do not go together"; failed=1; }

# Every guard is the path.
for header in $headers; do
    guard=DS_$(echo "${header%.h}" | tr a-z/ A-Z_)_H
    grep -q "^#ifndef $guard$" "$header" || { echo "FAIL: $header: the guard is not $guard"; failed=1; }
done
exit $failed
