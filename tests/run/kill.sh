#!/bin/sh
# tests/run/kill.sh -- kill -9 at random moments, resume each time: the final checkpoints are
# byte-identical to those of the uninterrupted run.
# usage: kill.sh PROGRAM [KILLS]
. "$(dirname "$0")/common.sh"
kills=${2:-20}
begin=$(date +%s%N)
"$program" train $small --method arcl --out "$work/whole" >/dev/null
span=$((($(date +%s%N) - begin) / 1000000))
done_kills=0
round=0
seed=${SEED:-1}
while [ "$done_kills" -lt "$kills" ]; do
    run="$work/killed$round"
    round=$((round + 1))
    started=
    while :; do
        seed=$(((seed * 1103515245 + 12345) % 2147483648))
        pause=$((seed / 65536 % (span / 2 + 1) + 5))
        if [ -z "$started" ]; then set -- --out "$run"; else set -- --resume "$run"; fi
        if [ -z "$started" ]; then
            "$program" train $small --method arcl "$@" >/dev/null 2>"$work/said" &
        else
            "$program" train "$@" -q >/dev/null 2>"$work/said" &
        fi
        pid=$!
        [ "$done_kills" -ge "$kills" ] || {
            sleep "$(printf '%d.%03d' $((pause / 1000)) $((pause % 1000)))"
            kill -9 $pid 2>/dev/null && done_kills=$((done_kills + 1))
        }
        if wait $pid 2>/dev/null; then break; fi
        [ -f "$run/run.h5" ] && started=1 || { rm -rf "$run"; started=; }
        if [ -s "$work/said" ] && grep -q '^error' "$work/said"; then
            cat "$work/said"
            echo "FAIL: the run could not go on"
            exit 1
        fi
    done
    same "$work/whole" "$run"
    rm -rf "$run"
done
echo "$done_kills kills in $round runs: all final checkpoints byte-identical"
