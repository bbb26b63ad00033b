# Figures from a small run.
# needs /usr/share/datasets/fashion-mnist

$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 --refine-epochs 1 --threads 1 --out r -q >/dev/null; echo $?
0

$ for t in $(driftscope figure --list | awk '/^[a-z]+(-[a-z]+)+ /{print $1}'); do driftscope figure $t r -o $t.pdf -q >/dev/null && echo $t $(pdffonts $t.pdf | grep -c 'Type 3'); done
overlay-grid 0
mask-steps 0
drift-curve 0
drift-heatmap 0
acc-matrix 0
acc-curve 0

$ driftscope figure acc-matrix r -o a.png -q >/dev/null; cp a.png b.png; driftscope figure acc-matrix r -o a.png -q >/dev/null; cmp a.png b.png && echo same
same

$ driftscope figure nothing r -o a.png
~ ^error: there is no figure 'nothing'
? 2

$ driftscope figure acc-matrix r -o a.gif
! error: a.gif: a figure's name ends in .png, .pdf or .svg
? 2

$ driftscope figure acc-matrix r
~ ^error: figure wants -o
? 2

$ driftscope figure acc-matrix r -o no/such/folder/a.png
~ ^error: no/such/folder/a.png: 
? 73
