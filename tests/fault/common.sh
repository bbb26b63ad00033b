# tests/fault/common.sh -- the prepared folder of scenario.c, and what a failure must look like.
# Sourced. usage: SCRIPT PROGRAM TORTURE
set -eu
program=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/a"
"$2" "$program" --prepare "$work/a" 2>/dev/null
cd "$work/a"
export SOURCE_DATE_EPOCH=1700000000
small="--data idx --tasks 2 --patch 4 --dim 8 --depth 2 --heads 2 --epochs 8 --batch 4
 --refine-epochs 1 --warmstart none --eval-images 4 --probe-images 2 --save-every 1 --save-seconds 0 --threads 1 -q"
fail() { echo "FAIL: $1"; exit 1; }

# fails CODES WORDS COMMAND...: one of the codes, one line `error: ...` with the words
fails() {
    codes=$1 words=$2
    shift 2
    set +e
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    set -e
    case " $codes " in *" $got "*) ;; *) cat "$work/err"; fail "exit $got, expected $codes: $*" ;; esac
    [ "$(wc -l <"$work/err")" -eq 1 ] || { cat "$work/err"; fail "not one line: $*"; }
    grep -qE "^error: .*$words" "$work/err" || { cat "$work/err"; fail "'$words' was not said: $*"; }
    nothing_left .
}
nothing_left() {
    [ -z "$(find "$1" -name '.driftscope-*')" ] || fail "a temporary file is left"
}
