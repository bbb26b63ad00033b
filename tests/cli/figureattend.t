# Figures of what a network looks at.
# needs /usr/lib/python3/dist-packages/PIL

$ /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" v.safetensors && /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" --pictures set

$ driftscope attend v.safetensors --heads 2 set -o maps.png && head -c 4 maps.png | tail -c 3; echo
PNG
~ ^pictures: 100 %, [0-9]+ s$
~ ^maps.png: .* rollout of query cls, heads by mean; each map in its own range, 1 % clipped at both ends

$ driftscope attend v.safetensors --heads 2 set -q --layer 1 --clip 5 -o maps.svg && head -c 5 maps.svg
<?xml

$ driftscope attend v.safetensors --heads 2 set -q --source raw --query all -o maps.pdf && head -c 5 maps.pdf
%PDF-

# What attend wrote is drawn as a run is; without pictures there is nothing to draw on.
$ driftscope attend v.safetensors --heads 2 set -q -o maps.h5 && driftscope figure attention maps.h5 -o again.png -q
again.png  5.50 x 3.93 in
again.json

$ driftscope attend v.safetensors --heads 2 set -q --no-pixels -o maps.h5 && driftscope figure attention maps.h5 -o again.png
! error: maps.h5: attention needs more than this run has: no pictures; driftscope attend keeps them without --no-pixels
? 65

$ driftscope attend v.safetensors --heads 2 set -q --no-pixels -o less.png && cmp less.png maps.png

# As many pictures as a page has rows, and a word about the rest.
$ mkdir many; for i in $(seq 10 35); do cp set/cat/1.png many/$i.png; done; driftscope attend v.safetensors --heads 2 many -o many.png
~ ^pictures: 100 %
~ ^many.png: 5.50 x [0-9.]+ in
! many.png: shows the first 24 of 26 pictures; -o maps.h5 keeps them all
