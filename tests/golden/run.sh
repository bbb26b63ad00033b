#!/bin/sh
# tests/golden/run.sh -- conformance over the reference folders of this machine.
# usage: run.sh CONFORMANCE SOURCE_DIR [small|large] [bf16]; DRIFTSCOPE_SHARED or SOURCE_DIR/../shared has golden/
#   small  all folders but ViT-Tiny; large  ViT-Tiny
#   bf16   model folders only. Not c8: its images give nearly the same, and gradients that are
#          differences of it are made of rounding.
set -eu
shared=${DRIFTSCOPE_SHARED:-$2/../shared}
[ -d "$shared/golden" ] || {
    echo "skipped: not found: $shared/golden"
    exit 77
}
cd "$shared/golden"
case ${3:-all}${4:-} in
all) exec "$1" */ ;;
small) exec "$1" c[!9]*/ [!c]*/ ;;
large) exec "$1" c9*/ ;;
smallbf16) exec "$1" --bf16 c[!89]*/ ;;
largebf16) exec "$1" --bf16 c9*/ ;;
esac
