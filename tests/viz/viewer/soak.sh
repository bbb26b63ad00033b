#!/bin/sh
# tests/viz/viewer/soak.sh -- four hours of random keys and clicks, ten a second of the viewer's own
# time, on a real run without a display: memory every 10 000 keys, which may not grow by more
# than a tenth after the first of them.
# usage: soak.sh PROGRAM SOURCE [KEYS]       exit 77: skipped (no Fashion-MNIST on this machine)
here=$2/tests/run
. "$here/common.sh"
keys=${3:-144000}
export SOURCE_DATE_EPOCH=1700000000
"$program" train $small --method arcl --out "$work/run" >/dev/null

# Every key of the table but those that leave, in steps of one second: ten keys, one click.
cat >"$work/keys" <<'K'
n p g G j k J K [ ] { } Left Right Up Down Shift+Left Shift+Right Shift+Up Shift+Down x Space v V b B
h l d s S c o O C Alt+c r w + - 0 Z Alt+Left Alt+Right Alt+Up Alt+Down i < > a ` ~ D P U u Ctrl+r Ctrl+o
Ctrl+i m ' M y Y Alt+y L N R : ? Tab Shift+Tab F9 F10 Return Esc Esc Esc Backspace / t T f F z * & e E
I Alt+i H 1 2 3 Alt+1 Alt+2 Alt+3 Alt+4 Alt+5 Alt+6 Alt+7 Alt+8 , . PageDown PageUp Home End Ctrl+s F6
Ctrl++ Ctrl+-
K
awk -v keys="$keys" '
    { for (i = 1; i <= NF; i++) key[n++] = $i }
    END {
        srand(11)
        print "wait idle"
        for (i = 1; i <= keys; i++) {
            print "key " key[int(n * rand())]
            if (i % 10 == 0) {
                printf "click %d %d\nwait 820\n", 1100 * rand(), 700 * rand()
            }
            if (i % 10000 == 0 || i == 1000)
                print "scale 1\nwait idle\nmemory memory.txt"
        }
    }' "$work/keys" >"$work/soak"
mkdir "$work/here"
(cd "$work/here" && XDG_STATE_HOME=$work XDG_CONFIG_HOME=$work "$program" view "$work/run" --headless \
    --size 1100x700 --script "$work/soak" --stats)
awk 'NR == 1 { print "after 1000 keys: " $1 " MB" }
     NR > 1 { print "after " (NR - 1) * 10000 " keys: " $1 " MB" }
     NR == 2 { first = $1 } { last = $1 }
     END { if (NR > 1 && last > 1.1 * first) { print "FAIL: memory grew"; exit 1 } }' "$work/here/memory.txt"
