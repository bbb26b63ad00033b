#!/bin/sh
# tests/run/saves.sh -- what --save-every and --save-seconds leave on the disk, and that a run killed where nothing
# was saved but whole tasks begins again and ends with the same bytes.
. "$(dirname "$0")/common.sh"
small=${small%--save-every*}
steps() { ls "$1/checkpoints" | sed -n 's/^step_0*\([0-9]*\)\.h5$/\1/p' | tr '\n' ' '; }
# left WORDS SECONDS EVERY: the step checkpoints of a run with these two
left() {
    # shellcheck disable=SC2086
    "$program" train $small -q --save-seconds "$2" --save-every "$3" --out "$work/$2-$3" >/dev/null
    found=$(steps "$work/$2-$3")
    [ "$found" = "$1" ] || fail "save-seconds $2, save-every $3: steps $found, expected $1"
}
left "90 " 1000 100000    # the end, always
left "72 90 " 0 100000    # the ends of the last two tasks
left "88 90 " 1000 11     # every eleventh step, and the end

# shellcheck disable=SC2086
"$program" train $small -q --save-seconds 1000 --save-every 100000 --out "$work/killed" >/dev/null 2>&1 &
pid=$!
while [ ! -f "$work/killed/checkpoints/task_01.h5" ]; do sleep 0.005; done
kill -9 $pid
set +e; wait $pid 2>/dev/null; code=$?; set -e
[ $code -eq 137 ] || fail "the run ended with $code before it was killed"
[ -z "$(steps "$work/killed")" ] || fail "steps $(steps "$work/killed") before the end"
"$program" train --resume "$work/killed" -q >/dev/null
same "$work/1000-100000" "$work/killed"
"$program" train --resume "$work/killed" -q >/dev/null || fail "a finished run cannot be resumed"
same "$work/1000-100000" "$work/killed"
echo "step checkpoints where they were asked for; killed without one, the run begins again and ends alike"
