#!/bin/bash
# tests/cli/transcript.sh -- plays a transcript and compares what happens with what it says.
# usage: transcript.sh [--redo] PROGRAM FILE.t       exit 77: skipped
#
# The folder of the transcripts is $DS_TRANSCRIPTS.
#
#     # a comment; "# needs FILE" skips the transcript where FILE is missing
#     $ driftscope info nothing        a command, run by bash in a fresh folder
#     plain text                       a line on stdout
#     ! error: nothing: ...            a line on stderr, after those on stdout
#     ~ [0-9]+ pictures                a line that matches this regular expression (either stream)
#     ...                              any number of lines
#     ? 66                             exit code, when it is not 0
#
# --redo writes what happened into FILE, where the transcript has no patterns.
set -u
redo=
[ "$1" = --redo ] && { redo=1; shift; }
program=$(realpath "$1")
file=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/in"
ln -s "$program" "$work/bin/driftscope"
DS_TRANSCRIPTS=$(dirname "$file")
export DS_TRANSCRIPTS PATH="$work/bin:$PATH" LC_ALL=C HOME="$work" TERM=dumb
unset NO_COLOR DRIFTSCOPE_DATA XDG_DATA_HOME DISPLAY WAYLAND_DISPLAY
failed=0

# Runs $command; leaves what happened in the array `got`.
play() {
    (cd "$work/in" && bash -c "$command" >"$work/out" 2>"$work/err" </dev/null)
    local code=$?
    sed 's/^/! /' "$work/err" >>"$work/out"
    [ $code -eq 0 ] || echo "? $code" >>"$work/out"
    mapfile -t got <"$work/out"
}

# line EXPECTED ACTUAL
line() {
    case $1 in
    "~ "*) [[ ${2#! } =~ ${1#\~ } ]] ;;
    *) [ "$1" = "$2" ] ;;
    esac
}

# Does want[$1..] match got[$2..]?
match() {
    local w=$1 g=$2
    while [ "$w" -lt ${#want[@]} ]; do
        if [ "${want[w]}" = ... ]; then
            for ((; g <= ${#got[@]}; g++)); do
                match $((w + 1)) "$g" && return 0
            done
            return 1
        fi
        [ "$g" -lt ${#got[@]} ] && line "${want[w]}" "${got[g]}" || return 1
        w=$((w + 1)) g=$((g + 1))
    done
    [ "$g" -eq ${#got[@]} ]
}

check() {
    [ -n "$command" ] || return 0
    play
    if [ -n "$redo" ]; then
        [ ${#got[@]} -eq 0 ] || printf '%s\n' "${got[@]}" >>"$work/new"
        return 0
    fi
    match 0 0 && return 0
    failed=1
    echo "FAIL: ${file##*/}: $command"
    diff <(printf '%s\n' "${want[@]}") <(printf '%s\n' "${got[@]}") | sed 's/^/    /'
}

command= want=() commands=0
while IFS= read -r text || [ -n "$text" ]; do
    case $text in
    "# needs "*)
        [ -e "${text#\# needs }" ] || { echo "skipped: ${text#\# needs } not found"; exit 77; } ;;
    '$ '*)
        check
        command=${text#\$ } want=() commands=$((commands + 1)) ;;
    '#'*) ;;
    '') ;; # blank lines are for the reader; an empty line of output is written as "~ ^$"
    *) want+=("$text"); text= ;;
    esac
    [ -n "$redo" ] && [ ${#want[@]} -eq 0 ] && printf '%s\n' "$text" >>"$work/new"
done <"$file"
check
[ "$commands" -gt 0 ] || { echo "FAIL: ${file##*/} has no command"; exit 1; }
[ -n "$redo" ] && cp "$work/new" "$file"
[ $failed -eq 0 ] && echo "$commands commands"
exit $failed
