# tests/run/help.sh -- what the scripts beside it begin with. Sourced.
# usage: SCRIPT PROGRAM       exit 77: skipped, what is missing is printed
set -eu
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAIL: $*"
    exit 1
}

# needs MODULES: Python's, as in `import PIL, numpy`
needs() {
    /usr/bin/python3 -c "import $1" 2>/dev/null || {
        echo "skipped: Python has not all of $1"
        exit 77
    }
}

# same A B: every task checkpoint of two runs is the same bytes
same() {
    for file in "$1"/checkpoints/task_*.h5; do
        cmp "$file" "$2/checkpoints/$(basename "$file")" || fail "$2 differs from $1"
    done
}
