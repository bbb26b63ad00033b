#!/bin/bash
# tests/cli/latex.sh -- every table as LaTeX compiles inside a two-line article.
# usage: latex.sh PROGRAM       exit 77: skipped (no pdflatex with booktabs, no Fashion-MNIST)
set -eu
program=$(realpath "$1")
kpsewhich booktabs.sty >/dev/null 2>&1 && command -v pdflatex >/dev/null || {
    echo "skipped: no pdflatex with booktabs (apt-get install texlive-latex-recommended)"
    exit 77
}
"$program" data fashion-mnist >/dev/null 2>&1 || { echo "skipped: Fashion-MNIST not found"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for method in arcl finetune; do
    "$program" train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 \
        --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 \
        --refine-epochs 1 --threads 1 --method $method --out $method -q >/dev/null
done
compiled=0
for table in $("$program" export --list --format csv -q | tail -n +2 | cut -d, -f1); do
    "$program" export arcl --table "$table" -q -o table.tex 2>why || {
        echo "$table: left out: $(head -1 why)"
        continue
    }
    cp table.tex short.tex
    printf '%s\n%s\n' '\documentclass{article}\usepackage[landscape,margin=1cm]{geometry}\usepackage{booktabs}' \
        '\begin{document}\tiny\input{short}\end{document}' >article.tex
    pdflatex -interaction=nonstopmode -halt-on-error article >log 2>&1 || {
        echo "FAIL: $table does not compile"
        grep -A3 '^!' log
        exit 1
    }
    compiled=$((compiled + 1))
done
"$program" export arcl finetune --table compare --percent --bold -q -o short.tex
pdflatex -interaction=nonstopmode -halt-on-error article >log 2>&1 || {
    echo "FAIL: compare does not compile"
    exit 1
}
[ $compiled -ge 5 ] || { echo "FAIL: only $compiled tables compiled"; exit 1; }
echo "$compiled tables compiled"
