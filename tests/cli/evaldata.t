# Accuracy of any network on a folder of pictures.
# needs /usr/lib/python3/dist-packages/PIL

$ /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" v.safetensors && /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" h.safetensors headless && /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" --pictures set && rm set/cat/2.jpg

$ printf '0\tn10\tcat\n1\tn11\tdog\n2\tn12\tdog\n' >names; driftscope eval v.safetensors --heads 2 --data set --labels names
! error: set: folder 'dog' is the name of several classes of the network; call it by id or number
? 65

$ mv set/dog set/n11; driftscope eval v.safetensors --heads 2 --data set --labels names -q
v.safetensors on set
folder                   pictures    top-1    top-5
cat                             1   1.0000   1.0000
n11                             1   0.0000   1.0000
all                             2   0.5000   1.0000   over pictures; top-5 is all classes

$ driftscope eval v.safetensors --heads 2 --data set --labels names -q --json
{
 "model": "v.safetensors",
 "data": "set",
 "pictures": 2,
 "left_out": 0,
 "top1": 1,
 "top5": 2,
 "folders": [
  {
   "folder": "cat",
   "class": 0,
   "pictures": 1,
   "top1": 1,
   "top5": 1
  },
  {
   "folder": "n11",
   "class": 1,
   "pictures": 1,
   "top1": 0,
   "top5": 1
  }
 ]
}

# By number; by order, where no folder is the name of a class.
$ mv set/n11 set/2; mv set/cat set/0; driftscope eval v.safetensors --heads 2 --data set -q | tail -3
0                               1   1.0000   1.0000
2                               1   0.0000   1.0000
all                             2   0.5000   1.0000   over pictures; top-5 is all classes

$ mkdir -p abc/a abc/b abc/c; for k in a b c; do cp set/0/1.png abc/$k; done; driftscope eval v.safetensors --heads 2 --data abc
v.safetensors on abc
folder                   pictures    top-1    top-5
a                               1   1.0000   1.0000
b                               1   0.0000   1.0000
c                               1   0.0000   1.0000
all                             3   0.3333   1.0000   over pictures; top-5 is all classes
~ ^pictures: 100 %, [0-9]+ s$
! no folder is the name of a class: taken as classes 0 to 2 in the order of their names

$ mkdir abc/d; cp set/0/1.png abc/d; driftscope eval v.safetensors --heads 2 --data abc
! error: abc: folder 'd' is no class of the network (name, id or number); give --labels FILE with lines number TAB id TAB name
? 65

# Broken pictures.
$ rm -r abc/d; printf spoilt >abc/b/1.png; driftscope eval v.safetensors --heads 2 --data abc
! error: abc/b/1.png: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them
? 65

$ driftscope eval v.safetensors --heads 2 --data abc --skip-broken
v.safetensors on abc
folder                   pictures    top-1    top-5
a                               1   1.0000   1.0000
c                               1   0.0000   1.0000
all                             2   0.5000   1.0000   over pictures; top-5 is all classes
~ ^pictures: 100 %, [0-9]+ s$
! left out: abc/b/1.png: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them
! no folder is the name of a class: taken as classes 0 to 2 in the order of their names

# Nothing to evaluate.
$ driftscope eval h.safetensors --heads 2 --data abc
! error: h.safetensors: has no head, so there is nothing to evaluate
? 65

$ driftscope eval v.safetensors --heads 2 --data nowhere
! error: nowhere: No such file or directory
? 66

$ mkdir none; driftscope eval v.safetensors --heads 2 --data none
! error: none: no pictures in it, expected .png, .jpg or .jpeg
? 65

$ driftscope eval v.safetensors --heads 2 --data abc --labels nowhere
! error: nowhere: cannot be read (No such file or directory)
? 66
