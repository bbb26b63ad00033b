#!/bin/sh
# tests/viz/viewer/bad.sh -- what cannot be shown ends with its code and one sentence.
# usage: bad.sh PROGRAM SOURCE     also: the keys in share/doc/viewer.md are those of the program
set -u
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
expect() { # expect CODE WORDS ARGUMENT...
    code=$1 words=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$code" ] || { echo "FAIL: exit $got, expected $code: $*"; cat "$work/err"; failed=1; }
    grep -q -- "$words" "$work/err" || { echo "FAIL: '$words' was not said: $*"; cat "$work/err"; failed=1; }
    [ "$(grep -c '^error' "$work/err")" -eq 1 ] || { echo "FAIL: not one line of error: $*"; failed=1; }
}
mkdir "$work/run" "$work/run/checkpoints"
echo junk >"$work/run/run.h5"
echo 'wait idle' >"$work/script"
echo 'expect ready=true' >"$work/wrong"
echo 'expct ready=true' >"$work/bad"
echo 'expect redy=true' >"$work/none"
echo 'click @nothing' >"$work/click"
echo 'key Hyper' >"$work/key"
echo 'run lyer 3' >"$work/command"
view="$program view"
expect 69 "no display" env -u DISPLAY -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER XDG_RUNTIME_DIR="$work" $view "$work/run"
unset SDL_VIDEODRIVER
expect 66 "expected a run" $view "$work/nowhere" --headless --script "$work/script"
expect 65 "run.h5" $view "$work/run" --headless --script "$work/script"
expect 65 "junk.h5" sh -c "cp '$work/run/run.h5' '$work/junk.h5'; $view '$work/junk.h5' --headless --script '$work/script'"
expect 66 "no-script" $view "$work/run" --headless --script "$work/no-script"
expect 2 "did you mean 'expect'" $view "$work/run" --headless --script "$work/bad"
expect 2 "no field 'redy'" $view "$work/run" --headless --script "$work/none"
expect 2 "no key 'Hyper'" $view "$work/run" --headless --script "$work/key"
expect 2 "no command 'lyer'" $view "$work/run" --headless --script "$work/command"
expect 1 "ready is 'false'" $view "$work/run" --headless --script "$work/wrong"
expect 1 "no 'nothing' on the screen" $view "$work/run" --headless --script "$work/click"
expect 2 "wants a --script" $view "$work/run" --headless
expect 2 "expected WxH" $view "$work/run" --size 10 --headless --script "$work/script"
expect 2 "is not installed" $view "$work/run" --font 'No Such Font' --headless --script "$work/script"
expect 2 "number of a task" $view "$work/run@x" --headless --script "$work/script"
printf '# driftscope session\nimage=2\n' >"$work/empty.view"
expect 65 "names no run" $view "$work/empty.view" --headless --script "$work/script"
printf '# driftscope session\nrun=%s/nowhere\n' "$work" >"$work/lost.view"
expect 66 "nowhere" $view "$work/lost.view" --headless --script "$work/script"
$program view --headless --script "$work/script" >/dev/null || { echo "FAIL: the start page"; failed=1; }
$program view --keys | grep -q '^  layer-next *j|Down' || { echo "FAIL: --keys"; failed=1; }
$program view --keys >"$work/keys"
sed -n '/^```keys$/,/^```$/{/^```/!p}' "$2/share/doc/viewer.md" | diff - "$work/keys" >"$work/diff" || {
    echo "FAIL: share/doc/viewer.md has other keys than driftscope view --keys"; head -5 "$work/diff"; failed=1; }
[ $failed -eq 0 ] && echo "every refusal has its code and its sentence"
exit $failed
