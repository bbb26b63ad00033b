#!/bin/bash
# tests/house/install.sh -- what is installed works without the source: program, headers, pkg-config.
# usage: install.sh BUILD_DIR CC
set -eu
build=$1 cc=${2:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/usr" >"$work/log" || { cat "$work/log"; exit 1; }
for file in bin/driftscope include/driftscope/core/base/err.h include/driftscope/core/base/version.h \
    share/man/man1/driftscope.1 share/bash-completion/completions/driftscope \
    share/applications/driftscope.desktop share/icons/hicolor/scalable/apps/driftscope.svg \
    share/driftscope/presets/fashion5.ini share/doc/driftscope/LICENSE; do
    [ -s "$work/usr/$file" ] || { echo "FAIL: $file is not installed"; exit 1; }
done
! find "$work/usr/include" -name '*_int.h' | grep . || { echo "FAIL: private headers installed"; exit 1; }
"$work/usr/bin/driftscope" --version
"$work/usr/bin/driftscope" train --preset fashion5 --dry-run -q | grep -q '^data = fashion-mnist' ||
    { echo "FAIL: the preset did not travel with the program"; exit 1; }

# A program of somebody else, by the lines of the manual. Sanitized builds need their runtime.
pc=$(find "$work/usr" -name driftscope.pc)
sed -i "s|^prefix=.*|prefix=$work/usr|" "$pc" # the prefix was chosen after configuring
export PKG_CONFIG_PATH=${pc%/*}
cat >"$work/a.c" <<'END'
#include <stdio.h>
#include "core/base/rng.h"
#include "core/base/version.h"
#include "data/source/stream.h"
int main(void)
{
    int order[10];

    ds_class_order(order, 10, 2025);
    return printf("%s %d\n", DS_VERSION, order[0]) < 0;
}
END
sanitize=$(grep -o 'DRIFTSCOPE_SANITIZE:STRING=.*' "$build/CMakeCache.txt" | cut -d= -f2)
$cc -std=c17 -Wall -Werror ${sanitize:+-fsanitize=$sanitize} "$work/a.c" -o "$work/a" \
    $(pkg-config --cflags --libs driftscope) --coverage
lib=$(pkg-config --variable=libdir driftscope)
LD_LIBRARY_PATH=$lib "$work/a"
