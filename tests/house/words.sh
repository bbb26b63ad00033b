#!/bin/bash
# tests/house/words.sh -- sizes of files, their first lines, and words that do not belong.
# usage: words.sh SOURCE_DIR
set -u
cd "$1" || exit 1
failed=0
say() { echo "FAIL: $*"; failed=1; }

rooms="core data analysis viz tests share"
files=$(find $rooms CMakeLists.txt README.md CHANGELOG.md SECURITY.md .ci -type f ! -name '*.png' ! -name '*.inc' \
    ! -name '*.h5' ! -path '*/corpus/*' ! -path '*__pycache__*' | sort)
[ "$(echo "$files" | wc -l)" -gt 100 ] || say "too few files found"

while read -r lines file; do
    case $file in
    total | share/man/* | share/completion/* | share/doc/* | CHANGELOG.md) ;;
    *) [ "$lines" -le 600 ] || say "$file has $lines lines, at most 600" ;;
    esac
done < <(echo "$files" | xargs wc -l)

for room in $rooms; do
    [ -f "$room/README.md" ] || say "$room has no README.md"
    [ "$(wc -l <"$room/README.md" 2>/dev/null || echo 99)" -le 25 ] || say "$room/README.md is longer than 25 lines"
done

# Every source file says what it is, under its own path.
for file in $(find core data analysis viz tests -name '*.[ch]'); do
    head -1 "$file" | grep -q -F "/* $file -- " || say "$file: the first line is not '/* $file -- ...'"
done

# A function fits on a screen.
found=$(find core data analysis viz -name '*.c' -print0 | xargs -0 awk '
    FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^\}/ { if (start && FNR - start - 1 > 60) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }')
[ -z "$found" ] || say "functions longer than 60 lines:"$'\n'"$found"

# This file names the words, so it is not searched.
words='TODO|FIXME|(^|[^X])XXX([^X]|$)|HACK|/home/[a-z]|/root/'
found=$(echo "$files" | grep -v '^tests/house/words.sh$' | xargs grep -nE "$words")
[ -z "$found" ] || say "words that do not belong:"$'\n'"$found"

found=$(echo "$files" | grep -E '\.[ch]$' | xargs grep -nP '\t| +$|.{121,}')
[ -z "$found" ] || say "tabs, blanks at the end, or lines beyond 120 columns:"$'\n'"$found"
exit $failed
