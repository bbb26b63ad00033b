#!/bin/bash
# tests/run.sh -- everything that is tested, from a fresh machine: install, build, test, and once
# more under sanitizers. Needs no display and no answer. Ends with 0 when all is well.
#
#     build/release   -O3, warnings are errors, all tests
#     build/dev       address and undefined-behaviour sanitizers, all but long runs and what they cannot see
#
# Its last lines are ctest's. JOBS=n overrides the number of processors.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
begun=$(date +%s)
step() { printf '\n== %s (%d s)\n' "$*" $(($(date +%s) - begun)); }

step "installing what is missing"
share/install-deps.sh --tests

step "building build/dev with sanitizers"
cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs" | tail -1

step "testing build/dev"
ctest --test-dir build/dev --output-on-failure -j "$jobs" -LE 'run|house|golden|slow|lint'

step "building build/release"
cmake --preset release -DDRIFTSCOPE_WERROR=ON -DDRIFTSCOPE_TESTS=ON >/dev/null
cmake --build --preset release -j "$jobs" | tail -1

step "testing build/release"
ctest --test-dir build/release --output-on-failure -j "$jobs"
