#!/bin/sh
# tests/run/heads.sh -- single heads computed again from checkpoints, against the record's mean.
# usage: heads.sh PROGRAM HEADS
. "$(dirname "$0")/common.sh"
# shellcheck disable=SC2086
"$program" train $small --method arcl --threads 2 --out "$work/run" >/dev/null
"$2" "$work/run"
