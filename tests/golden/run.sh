#!/bin/sh
# tests/golden/run.sh -- conformance over all reference folders of this machine.
# usage: run.sh CONFORMANCE SOURCE_DIR; DRIFTSCOPE_SHARED or SOURCE_DIR/../shared has golden/
set -eu
shared=${DRIFTSCOPE_SHARED:-$2/../shared}
[ -d "$shared/golden" ] || {
    echo "skipped: not found: $shared/golden"
    exit 77
}
exec "$1" "$shared"/golden/*/
