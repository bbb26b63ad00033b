#!/bin/bash
# tests/house/layers.sh -- the floor plan holds, and the inspector sees when it does not.
# usage: layers.sh SOURCE_DIR
set -u
cd "$1" || exit 1
plan=$PWD/tests/house/layers.awk
failed=0

find core data analysis viz tests -name '*.[ch]' -print0 | sort -z |
    xargs -0 awk -f "$plan" || failed=1

# A rule that cannot fail is none: each of these lines must be refused, by name.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
# refused FILE SENTENCE LINE...
refused() {
    local file=$1 says=$2
    shift 2
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
    awk -f "$plan" "$file" >out && { echo "FAIL: let pass in $file: $*"; failed=1; }
    grep -q -F "$says" out || { echo "FAIL: '$says' expected, got: $(cat out)"; failed=1; }
}
allowed() {
    local file=$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$@" >"$file"
    awk -f "$plan" "$file" || { echo "FAIL: refused in $file: $*"; failed=1; }
}
refused core/a.c 'may not enter data' '#include "data/store/h5.h"'
refused data/a.c 'may not enter analysis' '#include "analysis/stat/stat.h"'
refused analysis/a.c 'may not enter viz' '#include "viz/cli/tty.h"'
refused viz/a.c 'may not enter tests' '#include "tests/core/toy.h"'
refused core/a.c 'write the path' '#include "err.h"'
refused viz/cli/a.c 'for its own room' '#include "data/store/h5_int.h"'
refused data/a.c 'a source file' '#include "data/b.c"'
refused core/ops/norm.c 'may not use <cblas.h>' '#include <cblas.h>'
refused viz/cli/a.c 'may not use <hdf5.h>' '#include <hdf5.h>'
refused core/a.c 'may not use <png.h>' '#include <png.h>'
refused data/a.c 'may not use <cairo.h>' '#include <cairo.h>'
refused viz/page/a.c 'may not use <SDL2/SDL.h>' '#include <SDL2/SDL.h>'
refused data/a.c 'may not use <pthread.h>' '#include <pthread.h>'
refused data/a.c 'prints' '    printf("x");'
refused data/a.c 'prints' '    fprintf(stderr, "x");'
refused data/a.c 'ends the program' '    exit(1);'
refused viz/cli/a.c 'ends the program' '    exit(1);'
refused data/a.c 'a safe form' '    n = atoi(text);'
refused viz/page/a.c 'whole process' '    setlocale(LC_ALL, "");'
refused data/a.c 'jumps' '    longjmp(env, 1);'
refused core/a.c 'no clock' '    clock_gettime(CLOCK_MONOTONIC, &t);'
allowed data/a.c '#include "core/base/err.h"' '    snprintf(a, n, "%d", 1);' '/* printf("x"); */' \
    '/* several' '   exit(1);' '   lines */' '    f("exit(1)"); // "' 's->exit_code(1);'
allowed viz/cli/main.c '#include <jansson.h>' '    fputs("x", stderr);' '    exit(1);'
allowed core/ops/gemm.c '#include <cblas.h>'
exit $failed
