#!/bin/bash
# tests/coverage.sh -- builds the preset coverage, runs its tests, and prints which share of lines and
# branches they reach, folder by folder. Too few are a failure, and so is a test that fails.
# usage: coverage.sh [--keep]       exit 77: gcovr is not here
#
# --keep prints what earlier tests left, e.g. after ctest --test-dir build/coverage -R one_test.
# Branches of assert() are not counted: that their condition fails is what must not happen. The
# error branches of calls are reached by tests/fault, and counted in its processes, too.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/coverage
failed=0
command -v gcovr >/dev/null || { echo "skipped: gcovr not found"; exit 77; }
if [ "${1:-}" != --keep ]; then
    cmake --preset coverage >/dev/null
    cmake --build --preset coverage -j "${JOBS:-$(nproc)}" | tail -1
    find "$build" -name '*.gcda' -delete
    ctest --test-dir "$build" -j "${JOBS:-$(nproc)}" -LE 'house|lint' | tail -15 || failed=1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcovr --root . --object-directory "$build" -j "${JOBS:-$(nproc)}" \
    --filter core/ --filter data/ --filter analysis/ --filter viz/ \
    --exclude-unreachable-branches --exclude-branches-by-pattern '\s*assert\(.*' \
    --json-summary "$work/summary.json" >/dev/null
python3 tests/coverage.py "$work/summary.json" || failed=1
exit $failed
