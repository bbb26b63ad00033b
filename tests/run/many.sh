#!/bin/sh
# tests/run/many.sh -- driftscope study: the same runs as by hand; Ctrl-C ends with 130 and a
# second call goes on; finished runs are skipped; a failed one is named and harms no other.
. "$(dirname "$0")/common.sh"
cd "$work"
cat >s.ini <<'END'
# a comment
[study]
methods = finetune, ewc
seeds = 1, 2

[options]
data = fashion-mnist
tasks = 2
train-limit = 24
eval-limit = 10
eval-images = 2
probe-images = 1
patch = 7
dim = 12
depth = 2
heads = 2
epochs = 4
batch = 5
refine-epochs = 2
save-every = 10
save-seconds = 0

[run strong]
method = ewc
ewc-lambda = 1e6
END
"$program" study s.ini --print-commands >lines
[ "$(wc -l <lines)" -eq 6 ] || fail "six command lines were expected"
# Interrupted once something has begun, then finished by a second call.
"$program" study s.ini --cores 2 >out 2>err &
pid=$!
while [ ! -f runs/s/ewc-1/checkpoints/task_00.h5 ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -INT $pid
set +e; wait $pid; code=$?; set -e
[ $code -eq 130 ] && grep -q "the same command goes on" err || { cat err; fail "Ctrl-C ended with $code"; }
sleep 0.2
[ -z "$(pgrep -f "$work/runs" || true)" ] || fail "processes were left behind"
done_before=$("$program" study s.ini --print-commands | wc -l)
[ "$done_before" -ge 1 ] || fail "nothing was left to do: the test is too fast to be one"
"$program" study s.ini --print-commands | grep -q -e '--resume=' || fail "nothing was to be resumed"
"$program" study s.ini --cores 2 --format csv -o table.csv 2>err || { cat err; fail "the second call failed"; }
[ "$(wc -l <table.csv)" -eq 4 ] || { cat table.csv; fail "three rows were expected"; }
grep -q '^finetune,2,' table.csv && grep -q '^ewc (ewc-lambda 1000000),2,' table.csv || { cat table.csv; fail "rows"; }
[ -z "$("$program" study s.ini --print-commands)" ] || fail "a finished study has commands left"
"$program" study s.ini --format csv >again 2>err && cmp table.csv again && ! grep -q finished err || fail "finished runs were not skipped"
# The same as by hand: the printed lines, run by a shell.
mkdir hand
(cd hand && sed "s|^driftscope|$program|" ../lines | sh >/dev/null)
for run in finetune-1 ewc-2 strong-1; do same hand/runs/s/$run runs/s/$run; done
# {seed} in a value is the run's.
printf '[study]\nmethods = ewc\nseeds = 3, 14\n[options]\ninit = warm/{seed}/ft-{seed}@0\n' >seed.ini
"$program" study seed.ini --print-commands | grep -q -e '--init=warm/14/ft-14@0 .*--seed=14' || fail "{seed} was not filled in"
# Runs that begin with a network have its shape, whatever the options say: they are known again.
sed -e 's/^methods.*/methods = ncm/' -e 's/^dim.*/init = runs\/s\/finetune-{seed}@0/' -e '/^patch\|^depth\|^heads/d' -e '/^\[run/,$d' s.ini >with.ini
"$program" study with.ini --cores 2 >out 2>err || { cat err; fail "runs that begin with a network"; }
[ -z "$("$program" study with.ini --print-commands)" ] || fail "such runs are not known again"
# Another study over the same folder is refused by the first difference.
sed 's/^epochs = 4/epochs = 5/' s.ini >t.ini
set +e; "$program" study t.ini --runs runs/s >out 2>err; code=$?; set -e
[ $code -eq 2 ] && grep -q "was begun with 'epochs = 4', the study wants 'epochs = 5'" err || { cat err; fail "exit $code"; }
# One run cannot work: the others do, and it is named.
cat >u.ini <<'END'
[study]
methods = ncm
seeds = 7
out = u
[options]
data = fashion-mnist
tasks = 2
train-limit = 24
eval-limit = 10
patch = 7
dim = 12
depth = 2
heads = 2
[run much]
method = er
buffer = 100000
END
set +e; "$program" study u.ini >out 2>err; code=$?; set -e
[ $code -eq 1 ] && grep -q "much-7: failed .*larger than the whole data set" err && grep -q "1 of 2 runs failed" err ||
    { cat err; fail "exit $code"; }
grep -q '^ncm ' out || fail "the other run has no row"
refused() { # refused CODE WORDS, the study on standard input
    cat >bad.ini
    set +e; "$program" study bad.ini >out 2>err; code=$?; set -e
    [ $code -eq "$1" ] && grep -q "$2" err || { cat err; fail "exit $code, expected $1 and '$2'"; }
}
printf '[study]\nseeds = 1\n' | refused 65 "names no runs"
printf '[study]\nmethods = finetune\nseeds = 1, 1\n' | refused 65 "a seed is there twice"
printf '[study]\nmethods = finetune\nseeds = x\n' | refused 65 "whole numbers"
printf '[study]\nmethods = finetune\ncolour = 1\n' | refused 65 "expected out, preset, methods or seeds"
printf '[study]\nmethods = finetune\n[options]\nepocs = 3\n' | refused 2 "did you mean"
printf '[study]\nmethods = finetune\n[options]\nseed = 3\n' | refused 65 "the study's own"
printf '[study]\nmethods = earth\n' | refused 2 "method 'earth' is unknown"
printf '[study]\nmethods = ewc\npreset = fashion6\n' | refused 2 "did you mean 'fashion5'"
printf '[stdy]\nmethods = ewc\n' | refused 65 "expected \[study\]"
printf '[study]\nmethods = ewc\n[vary]\nlr = 1, 2, x\n' | refused 2 "\[vary\] lr"
printf '[study]\nmethods = ewc\n[run a/b]\nmethod = si\n' | refused 65 "a name of letters"
printf 'methods\n' | refused 65 "key = value"
set +e; "$program" study s.ini --cores 2 --threads 4 >out 2>err; code=$?; set -e
[ $code -eq 2 ] && grep -q "do not fit into 2 cores" err || { cat err; fail "cores"; }
echo "study: as by hand; interrupted, resumed, skipped, refused"
