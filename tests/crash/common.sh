# tests/crash/common.sh -- a run of a second on the smallest data set, for the scripts beside it. Sourced.
# usage: SCRIPT PROGRAM TOOL ...
set -eu
program=$1 tool=$2
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm # memory: no disk to wait for
work=$(TMPDIR=${TMPDIR:-/tmp} mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/toy"
"$tool" toy "$work/toy"
options="--data $work/toy --tasks 2 --eval-images 2 --probe-images 1 --patch 4 --dim 16 --depth 2 --heads 2
 --epochs 800 --batch 20 --pad 0 --refine-epochs 2 --warmstart none --save-every 20 --save-seconds 0 --threads 1 -q"

fail() { echo "FAIL: $*"; exit 1; }

# train WORDS...: the run, quietly
train() {
    # shellcheck disable=SC2086
    "$program" train $options "$@" >/dev/null
}

# hold RUN [COMMAND...]: train into RUN beside us, and stop it when it has a step checkpoint (pid)
hold() {
    run=$1
    shift
    # shellcheck disable=SC2086
    "$@" "$program" train $options --out "$run" >"$work/out" 2>"$work/err" &
    pid=$!
    while set -- "$run"/checkpoints/step_*[1-9]*.h5 && [ ! -e "$1" ]; do
        kill -0 $pid 2>/dev/null || { cat "$work/err"; fail "the run ended before it was held"; }
        sleep 0.005
    done
    kill -STOP $pid 2>/dev/null || fail "the run ended before it was held"
}

# ended CODE WORDS: it goes on and ends with that code and one line with these words ("": none)
ended() {
    kill -CONT $pid 2>/dev/null || true
    set +e; wait $pid; got=$?; set -e
    pid=
    [ $got -eq "$1" ] || { cat "$work/err"; fail "exit $got, expected $1 ($2)"; }
    [ -z "$2" ] || grep -q "$2" "$work/err" || { cat "$work/err"; fail "'$2' was not said"; }
    [ "$(grep -c '^error' "$work/err")" -le 1 ] || { cat "$work/err"; fail "more than one line of error"; }
}

# clean RUN: no temporary file is left
clean() { [ -z "$(find "$1" -name '*.tmp' 2>/dev/null)" ] || fail "$1: a temporary file is left"; }

# goes_on RUN: resumed, it ends as the undisturbed run
goes_on() {
    "$program" train --resume "$1" -q >/dev/null 2>"$work/err" || { cat "$work/err"; fail "$1 cannot be resumed"; }
    "$tool" alike "$work/whole" "$1"
}
