#!/bin/sh
# tests/run.sh -- install what is missing, configure, build, test; release first, sanitizers then.
# usage: tests/run.sh [--fast]      --fast leaves the sanitizer build out
set -eu
cd "$(dirname "$0")/.."
sh share/install-deps.sh tests
jobs=$(nproc)
cmake --preset release -DDRIFTSCOPE_WERROR=ON >build-configure.log || {
    cat build-configure.log
    exit 1
}
rm -f build-configure.log
cmake --build --preset release -j "$jobs"
if [ "${1:-}" != --fast ]; then
    echo "== AddressSanitizer and UndefinedBehaviorSanitizer"
    cmake --preset dev -DDRIFTSCOPE_WERROR=ON >/dev/null
    cmake --build --preset dev -j "$jobs"
    ctest --test-dir build/dev --output-on-failure -j "$jobs" -LE 'run|house|golden' --timeout 900
fi
echo "== release"
exec ctest --test-dir build/release --output-on-failure -j "$jobs" --timeout 900
