#!/bin/bash
# tests/lint.sh -- a static analyzer finds nothing in the four rooms.
# usage: lint.sh tidy|cppcheck BUILD_DIR [FILE...]       exit 77: the tool is not here
#
# .clang-tidy says what clang-tidy looks for. BUILD_DIR is a configured one; dev is best: its
# assertions tell the analyzer what holds. A false alarm is silenced in its line, with the reason:
# // NOLINT(check): ... or // cppcheck-suppress id ; ...
set -u
tool=$1
build=$(cd "$2" && pwd) || exit 1
shift 2
cd "$(dirname "$0")/.." || exit 1
jobs=${JOBS:-$(nproc)}
files=("$@")
[ $# -gt 0 ] || mapfile -t files < <(find core data analysis viz -name '*.c' | sort)

tidy() {
    local program
    for program in clang-tidy{,-{21..14}} ""; do command -v "$program" >/dev/null && break; done
    [ -n "$program" ] || { echo "skipped: clang-tidy not found"; exit 77; }
    [ -s "$build/compile_commands.json" ] || { echo "FAIL: $build is not configured"; exit 1; }
    # What this build does not compile, another library's gemm, is not read.
    # Feature macros come too late behind lint.h, so they are all asked for.
    printf '%s\n' "${files[@]}" | grep -v '^core/base/err.c$' |
        grep -Ff <(sed -n "s|^ *\"file\": \"$PWD/\(.*\)\".*|\1|p" "$build/compile_commands.json") -x |
        xargs -P "$jobs" -n 8 "$program" -p "$build" --quiet --extra-arg-before=-D_GNU_SOURCE \
            --extra-arg-before=-include --extra-arg-before="$PWD/tests/lint.h" \
            --extra-arg=-Wno-unknown-warning-option 2>/dev/null
}

# readdir_r, which cppcheck asks for, is deprecated: readdir is safe on a stream of one's own.
cppcheck_() {
    command -v cppcheck >/dev/null || { echo "skipped: cppcheck not found"; exit 77; }
    cppcheck -j "$jobs" --quiet --inline-suppr --std=c11 --library=posix -I. -I"$build/generated" \
        --enable=warning,performance,portability --suppress=missingIncludeSystem \
        --suppress=readdirCalled --error-exitcode=1 \
        --template='{file}:{line}: {severity}: {message} [{id}]' "${files[@]}"
}

case $tool in
tidy) tidy ;;
cppcheck) cppcheck_ ;;
*) echo "usage: lint.sh tidy|cppcheck BUILD_DIR [FILE...]" >&2; exit 2 ;;
esac || { echo "FAIL: the lines above"; exit 1; }
echo "${#files[@]} files: nothing found"
