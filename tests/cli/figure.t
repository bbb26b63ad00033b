# Figures from a small run.
# needs /usr/share/datasets/fashion-mnist

$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 --refine-epochs 1 --threads 1 --out r -q >/dev/null; echo $?
0

$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 --refine-epochs 1 --threads 1 --method finetune --seed 7 --out f -q >/dev/null; echo $?
0

# Every type that draws runs, on a real one: embedded fonts, no Type 3.
$ for t in $(driftscope figure --list | awk '/^[a-z]+(-[a-z]+)+ /{print $1}' | grep -v -e transplant -e decomposition); do driftscope figure $t r -o $t.pdf -q >/dev/null && echo $t $(pdffonts $t.pdf | grep -c 'Type 3'); done
overlay-grid 0
ab-diff 0
layer-strip 0
head-matrix 0
mask-steps 0
mask-evolution 0
split-hist 0
drift-curve 0
drift-heatmap 0
drift-scatter 0
acc-matrix 0
acc-curve 0
forgetting-bars 0

$ driftscope figure audit r -o audit.pdf -q >/dev/null && driftscope figure --check audit.pdf head-matrix.pdf
audit.pdf: every font is embedded, none is Type 3
head-matrix.pdf: every font is embedded, none is Type 3

# The heads averaged are the record's mean: tests/run/heads.sh. Here: the same bytes again.
$ driftscope figure head-matrix r -o h1.png -q >/dev/null; driftscope figure head-matrix r -o h2.png -q >/dev/null; cmp h1.png h2.png && echo same
same

# What is missing is named with the command that adds it.
$ driftscope figure audit f -o x.pdf
! error: f/run.h5: audit needs more than this run has: no audit of the gradients, because its method retains nothing; driftscope train --method arcl keeps one
? 65

$ cp -r r moved; rm moved/checkpoints/task_05.h5; driftscope figure head-matrix moved -o x.pdf
~ ^error: head-matrix needs the checkpoint and the data set of moved again: moved/checkpoints/task_05.h5
? 66

# Tables.
$ driftscope export r --table forgetting -q -o forgetting.csv; driftscope figure bars forgetting.csv -o bars.pdf -q --x task --y learned,last --where protocol=class-incremental,head=refined >/dev/null; pdftotext bars.pdf - | grep -c -e learned -e last
3

$ driftscope export r --table forgetting -q -o forgetting.json; driftscope figure bars forgetting.json -o bars2.pdf -q --x task --y learned,last --where protocol=class-incremental,head=refined >/dev/null; pdftotext bars2.pdf - | grep -c -e learned -e last
3

$ driftscope figure bars forgetting.csv -o x.pdf --x tsk
! error: --x: forgetting.csv has no column 'tsk'; did you mean 'task'
? 2

$ driftscope figure bars forgetting.csv -o x.pdf --x task
! error: forgetting.csv: row 6 is a second '1'; --series or --where tells them apart
? 2

$ driftscope figure bars r -o x.pdf
~ ^error: r
? 66

# Panels from a file.
$ printf '%s\n' '[page]' 'venue = icml' 'full = yes' '[a]' 'type = drift-heatmap' 'source = f' 'share = d' '[b]' 'type = drift-heatmap' 'source = r' 'share = d' 'title = arcl' >p.ini; driftscope figure --spec p.ini -o p.pdf
p.pdf  6.75 x 1.38 in
p.json

$ driftscope figure --spec p.ini --venue cvpr -o q.pdf -q | head -1
~ ^q.pdf  6.88 x

$ pdftotext p.pdf - | grep -c -e '(a)' -e '(b)'
3

$ printf '%s\n' '[a]' 'type = drift-heatmp' >w.ini; driftscope figure --spec w.ini -o x.pdf
! error: w.ini:2: there is no figure 'drift-heatmp' to put into a panel; did you mean 'drift-heatmap'
? 2

$ printf '%s\n' '[a]' 'type = acc-curve' >w.ini; driftscope figure --spec w.ini -o x.pdf
! error: w.ini:2: panel [a] wants source = RUN ...
? 2

$ printf '%s\n' '[a]' 'type = acc-curve' 'source = r' 'colour = red' >w.ini; driftscope figure --spec w.ini -o x.pdf
~ ^error: w.ini:4: colour
? 2

# A film.
$ driftscope figure acc-curve r -o film.png --frames -q | sed 's/  .*//'
film_001.png
film_002.png
film_003.png
film_004.png
film_005.png
~ ^ffmpeg -framerate 2 -i 'film_%03d.png' .*'film.mp4'$

$ driftscope figure mask-evolution r -o film.png --frames
! error: mask-evolution does not change from task to task: it has no frames
? 2

$ driftscope figure overlay-grid r -o film.pdf --frames
! error: film.pdf: frames are PNGs; name them NAME.png
? 2

# Notes go to stderr, and only when there is something to note.
$ driftscope figure acc-matrix r -o j.pdf --cmap jet --font 'DejaVu Sans' 2>&1 >/dev/null
~ ^jet draws edges where the data has none

$ driftscope figure --check r/run.h5
! error: r/run.h5: not a PDF: it does not begin with %PDF-1.
? 65

# A failure leaves the old file.
$ cp acc-curve.pdf old.pdf; driftscope figure acc-curve r -o acc-curve.pdf --width 0.4 2>/dev/null; cmp acc-curve.pdf old.pdf && echo untouched
untouched

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

# Everything at once.
$ driftscope report r f -o all -q | sed 's/[0-9][0-9]*/N/g'
all/report.html  N figures, N tables
all/report.pdf
all/report.json

$ driftscope figure --check all/report.pdf; grep -c -i -e '<script' -e 'src=' -e '@import' all/report.html
all/report.pdf: every font is embedded, none is Type 3
0
? 1

$ cp all/report.html one.html; cp all/report.pdf one.pdf; cp all/report.json one.json; driftscope report r f -o all -q >/dev/null; cmp all/report.html one.html && cmp all/report.pdf one.pdf && cmp all/report.json one.json && echo same
same

$ driftscope report r
! error: report wants -o DIR
? 2

$ driftscope report r -o r/run.h5
! error: r/run.h5: the folder cannot be made: File exists
? 73

$ driftscope report r -o x --venue neurip
! error: there is no venue 'neurip'; did you mean 'neurips'
? 2

# A specification may have 1 MiB, too.
$ { head -c 1048575 /dev/zero | tr '\0' '\n'; printf x; } >most.ini; { cat most.ini; echo; } >more.ini

$ driftscope figure --spec most.ini -o a.pdf
! error: most.ini:1048576: not a line of the form 'key = value' in a section
? 2

$ driftscope figure --spec more.ini -o a.pdf
! error: more.ini: has 1048577 bytes, at most 1048576 are read
? 65
