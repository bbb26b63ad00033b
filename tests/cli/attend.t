# What a network sees in pictures, and where it looks.
# needs /usr/lib/python3/dist-packages/PIL

$ /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" v.safetensors && /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" h.safetensors headless && /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" --pictures set

$ driftscope import v.safetensors --heads 2 -q -o v.h5 >card && driftscope import h.safetensors --heads 2 -q -o h.h5 >card

$ driftscope attend v.h5 set/cat/1.png -q
most likely classes
~ ^$
picture        rank  number  class    probability
set/cat/1.png     1       0  class 0       0.5470
set/cat/1.png     2       1  class 1       0.2301
set/cat/1.png     3       2  class 2       0.2229
~ ^$
rollout of query cls, heads by mean, layer 2 of 2
~ ^$
picture        mass on patches  effective patches  split point  attended share  peak row  peak column
set/cat/1.png           0.6772                3.9     0.199444          0.2500         1            1
~ ^$
attended: patches above the adaptive split point of their map; effective patches: exp of the entropy of the map over patches; rows and columns from 0

$ printf 'cat\ndog\nowl\n' >names; driftscope attend v.h5 set --top 1 --labels names -q | sed -n '3,6p'
picture        rank  number  class  probability
set/cat/1.png     1       0  cat         0.5470
~ ^set/cat/2\.jpg +1 +0 +cat +0\.4
set/dog/3.png     1       0  cat         0.7497

$ driftscope attend v.h5 set -q --layer 1 --top 0 --query 0,1 --fusion max --discard 0.5 --start 2 | head -1
rollout of query 0,1, heads by max, from layer 2, 0.5 discarded, layer 1 of 2

# JSON: every number of it.
$ driftscope attend v.h5 set --json -q >all.json; python3 -c 'import json; d = json.load(open("all.json")); p = d["pictures"][0]; print({k: v for k, v in d.items() if k != "pictures"}); print(len(d["pictures"]), {k: len(v) for k, v in p.items()}, len(p["maps"][0]), p["top"][0]["class"])'
{'model': 'v.h5', 'transform': 'resize 8 bicubic, crop 8', 'source': 'rollout of query cls, heads by mean', 'grid': [2, 2], 'layers': 2, 'heads': 2, 'left_out': 0}
3 {'path': 13, 'top': 3, 'maps': 2, 'split': 2, 'attended': 2, 'logits': 3} 4 0

$ driftscope attend v.h5 set -q -o file.json && cmp file.json all.json && tail -c 2 all.json
}

$ driftscope attend v.h5 set -q --json --source raw --all-heads --no-logits --top 1 | python3 -c 'import json, sys; p = json.load(sys.stdin)["pictures"][0]; print(sorted(p), len(p["heads"]), len(p["heads"][0]), len(p["heads"][0][0]))'
['attended', 'heads', 'maps', 'path', 'split', 'top'] 2 2 4

$ driftscope attend v.h5 set -q --json --source chefer --class dog --labels names | grep '"source"'
 "source": "Chefer relevance of query cls, heads by mean",

# Files: everything, whatever the number of threads.
$ driftscope attend v.h5 set -o maps.h5
~ ^pictures: 100 %, [0-9]+ s$
~ ^maps\.h5: 3 pictures, 2 layers, [0-9.]+ pictures/s$

$ driftscope attend v.h5 set -q --threads 1 -o one.h5 && driftscope attend v.h5 set -q --threads 3 -o three.h5 && cmp one.h5 three.h5

# A network without a head has maps, and no classes.
$ driftscope attend h.h5 set/cat/1.png -q | head -1
rollout of query cls, heads by mean, layer 2 of 2

$ driftscope attend h.h5 set --source chefer
! error: the network has no head: there is no class to ask the relevance for
? 2

$ driftscope attend h.h5 set --source gradient --class 1
! error: --class 1: the network has no classes
? 2

$ driftscope attend h.h5 set --labels names
! error: names: the network has no classes to name
? 2

# Broken pictures.
$ printf spoilt >set/cat/2.jpg; driftscope attend v.h5 set
! error: set/cat/2.jpg: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them
? 65

$ driftscope attend v.h5 set --skip-broken --top 1 2>&1 >/dev/null | grep out
left out: set/cat/2.jpg: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them

$ driftscope attend v.h5 set --skip-broken -q --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["left_out"], [p["path"] for p in d["pictures"]])'
1 ['set/cat/1.png', 'set/dog/3.png']

$ /usr/bin/python3 -c 'from PIL import Image; Image.new("RGB", (64, 64), (9, 99, 200)).save("whole.jpg")' && head -c 400 whole.jpg >cut.jpg; driftscope attend v.h5 cut.jpg
! error: cut.jpg: damaged JPEG: no complete header; replace the file
? 65

$ head -c 200 set/dog/3.png >set/dog/cut.png; driftscope attend v.h5 set/dog/cut.png
! error: set/dog/cut.png: damaged PNG: the file ends early; replace the file
? 65

$ driftscope attend v.h5 set/cat/2.jpg --skip-broken -q
! error: none of 1 pictures can be read; the first: set/cat/2.jpg: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them
? 65

# What cannot be asked; nothing is decoded before it is said.
$ driftscope attend nothing.h5 set
! error: nothing.h5: No such file or directory
? 66

$ driftscope attend v.h5 nowhere.jpg
! error: nowhere.jpg: No such file or directory
? 66

$ mkdir none; driftscope attend v.h5 none
! error: none: no pictures in it, expected .png, .jpg or .jpeg
? 65

$ driftscope attend v.h5
! error: attend wants MODEL PICTURE|FOLDER...; see driftscope attend --help
? 2

$ driftscope attend v.h5 set --query 2,0
! error: --query 2,0: expected cls, all, a token 0 to 4, or a patch ROW,COLUMN of 2 x 2
? 2

$ driftscope attend v.h5 set --query dog
! error: --query dog: expected cls, all, a token 0 to 4, or a patch ROW,COLUMN of 2 x 2
? 2

$ driftscope attend v.h5 set --query 5
! error: --query 5: expected cls, all, a token 0 to 4, or a patch ROW,COLUMN of 2 x 2
? 2

$ driftscope attend v.h5 set --query 99999999999
! error: --query 99999999999: expected cls, all, a token 0 to 4, or a patch ROW,COLUMN of 2 x 2
? 2

$ driftscope attend v.h5 set --query 0,1x
! error: --query 0,1x: expected cls, all, a token 0 to 4, or a patch ROW,COLUMN of 2 x 2
? 2

$ driftscope attend v.h5 set --layer 3
! error: --layer 3: expected 1 to 2, or last
? 2

$ driftscope attend v.h5 set --layer x
! error: --layer x: expected 1 to 2, or last
? 2

$ driftscope attend v.h5 set --start 3
! error: --start 3: the network has 2 layers
? 2

$ driftscope attend v.h5 set --source chefer --class owl
! error: --class owl: expected 0 to 2, or the name of a class
? 2

$ driftscope attend v.h5 set --source chefer --class 3
! error: --class 3: expected 0 to 2, or the name of a class
? 2

$ driftscope attend v.h5 set --class 1
! error: --class goes with --source gradient or chefer, not rollout
? 2

$ driftscope attend v.h5 set --source chefer --fusion max
! error: --fusion goes with --source rollout or raw, not chefer
? 2

$ driftscope attend v.h5 set --source raw --discard 0.5
! error: --discard goes with --source rollout or gradient, not raw
? 2

$ driftscope attend v.h5 set --source raw --start 2
! error: --start goes with --source rollout, gradient or chefer, not raw
? 2

$ driftscope attend v.h5 set --all-heads
! error: --all-heads goes with --source raw, not rollout
? 2

$ driftscope attend v.h5 set --compat vit-explain --source raw
! error: --compat vit-explain goes with --source rollout, not raw
? 2

$ driftscope attend v.h5 set --compat vit-explain --source gradient
! error: --compat vit-explain goes with --source rollout, not gradient
? 2

$ driftscope attend v.h5 set --transform 'resize 12x12 bicubic'
! error: transform 'resize 12x12 bicubic' makes 12 x 12 pixels, the network reads 8 x 8; change it, or give --image-size
? 2

$ driftscope attend v.h5 set/dog/3.png --transform none
! error: set/dog/3.png: 9 x 12 pixels after 'none', the network reads 8 x 8
? 65

$ printf 'cat\ndog\nowl\nfox\n' >names; driftscope attend v.h5 set --labels names
! error: names: line 4: expected a class from 0 to 2, as number TAB id TAB name or one name a line
? 65

# The target: its ending, its folder; what was there stays.
$ driftscope attend v.h5 set -o maps.tiff
! error: -o maps.tiff: expected a name ending in .h5, .json, .png, .pdf or .svg
? 2

$ driftscope attend v.h5 set/dog/3.png -q -o none/such/maps.h5
! error: none/such/maps.h5: cannot be created in 'none/such' (No such file or directory)
? 73

$ cp maps.h5 kept.h5; (trap "" XFSZ; ulimit -f 4; driftscope attend v.h5 set/dog/3.png -q -o maps.h5); cmp maps.h5 kept.h5 && echo kept
kept
~ ^error: maps.h5: .*File too large

$ ln -s kept.h5 link.h5; driftscope attend v.h5 set/dog/3.png -q -o link.h5
! error: link.h5: is a symbolic link, expected a regular file; choose another name
? 73

$ cmp maps.h5 kept.h5 && rm link.h5 && ls -A | grep -c tmp
0
? 1
