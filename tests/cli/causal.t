# Transplants and decompositions on a small run, on networks of files, and what is refused.
# needs /usr/share/datasets/fashion-mnist
# needs /usr/lib/python3/dist-packages/PIL

$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 --refine-epochs 1 --threads 1 --out r -q >/dev/null && echo trained
trained

# The accuracy of S as it is is that of eval: the same images, the same heads.
$ driftscope eval r@2 --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print([sum(d[k]) / sum(d["total"]) for k in ("correct_class", "correct_task")])' >eval; driftscope transplant r@2 r@5 -q --limit 0 --by all --bootstrap 0 --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print([x["value"] for x in d["rows"] if x["network"] == "S"])' | cmp - eval && echo same
same

$ driftscope transplant r@2 r@5 -q --limit 6 --bootstrap 50 --json | python3 -c 'import json, sys; [print(x["label"], "|", x["network"], "|", x["answers"], "|", x["pictures"], x["n"], x["kind"]) for x in json.load(sys.stdin)["rows"]]'
S, class-incremental | S | class-incremental | all 12 line
T, class-incremental | T | class-incremental | all 12 line
layer 1 | T <- S | class-incremental | all 12 bar
layer 2 | T <- S | class-incremental | all 12 bar
all layers | T <- S | class-incremental | all 12 bar
layer 1 | S <- T | class-incremental | all 12 bar
layer 2 | S <- T | class-incremental | all 12 bar
all layers | S <- T | class-incremental | all 12 bar
S, task-incremental | S | task-incremental | all 12 line
T, task-incremental | T | task-incremental | all 12 line
layer 1 | T <- S | task-incremental | all 12 bar
layer 2 | T <- S | task-incremental | all 12 bar
all layers | T <- S | task-incremental | all 12 bar
layer 1 | S <- T | task-incremental | all 12 bar
layer 2 | S <- T | task-incremental | all 12 bar
all layers | S <- T | task-incremental | all 12 bar

$ driftscope transplant r@2 r@5 -q --by head --layer 2 --head 1,3 --direction forward --bootstrap 0 --json | python3 -c 'import json, sys; [print(x["label"]) for x in json.load(sys.stdin)["rows"] if x["kind"] == "bar" and x["answers"] == "class-incremental"]'
layer 2 head 1
layer 2 head 3
layer 2, chosen heads

$ driftscope transplant r@2 r@5 -q --by cumulative --direction converse --bootstrap 0 --json | python3 -c 'import json, sys; [print(x["label"], x["group"]) for x in json.load(sys.stdin)["rows"] if x["kind"] == "bar"]'
layer 1 S <- T, class-incremental
all layers S <- T, class-incremental
layer 1 S <- T, task-incremental
all layers S <- T, task-incremental

$ driftscope transplant r@2 r@5 -q --by task --limit 4 --bootstrap 0 --json | python3 -c 'import json, sys; [print(x["label"], "|", x["group"], "|", x["n"], x["kind"]) for x in json.load(sys.stdin)["rows"] if x["answers"] == "task-incremental"]'
all pictures | S, task-incremental | 8 bar
all pictures | T, task-incremental | 8 bar
all pictures | T <- S, task-incremental | 8 bar
all pictures | S <- T, task-incremental | 8 bar
task 1 | S, task-incremental | 4 bar
task 1 | T, task-incremental | 4 bar
task 1 | T <- S, task-incremental | 4 bar
task 1 | S <- T, task-incremental | 4 bar
task 2 | S, task-incremental | 4 bar
task 2 | T, task-incremental | 4 bar
task 2 | T <- S, task-incremental | 4 bar
task 2 | S <- T, task-incremental | 4 bar

# Nothing was lost, so nothing can come back.
$ driftscope transplant r@3 r@3 -q --by all --bootstrap 50 --check | grep -E '^(recovery,|check:)'
recovery, class-incremental, all pictures: S and T are right equally often: nothing was lost
recovery, task-incremental, all pictures: S and T are right equally often: nothing was lost
check: with S's attention frozen in, S with the queries and keys of T gives the logits of S, bit for bit, on all 60 pictures

$ driftscope decompose r@2 r@2 -q --by all --bootstrap 50 --format csv
label,group,n,value,lo,hi,percent,percent_lo,percent_hi,drift,layer,head,metric,why
all,query weights,40,0,0,0,,,,0,all,all,js,"no drift, so no shares of it"
all,key weights,40,0,0,0,,,,0,all,all,js,"no drift, so no shares of it"
all,incoming tokens,40,0,0,0,,,,0,all,all,js,"no drift, so no shares of it"

# Shares sum to the drift.
$ driftscope decompose r@1 r@5 -q --bootstrap 0 --metric tv --query all --json | python3 -c 'import json, sys; r = json.load(sys.stdin)["rows"]; print([x["label"] for x in r[::3]], [x["group"] for x in r[:3]], all(abs(sum(x["value"] for x in r[i:i + 3]) - r[i]["drift"]) <= 1e-8 * r[i]["drift"] for i in range(0, len(r), 3)))'
['layer 1', 'layer 2', 'all'] ['query weights', 'key weights', 'incoming tokens'] True

$ driftscope decompose r@1 r@5 -q --by head --layer 1 --bootstrap 0 --format csv | cut -d, -f1 | uniq -c | tr -s ' '
 1 label
 3 layer 1 head 1
 3 layer 1 head 2
 3 layer 1 head 3
 3 all

# From the initial model on: heads are not asked. There is nothing to answer with, either.
$ driftscope decompose r@0 r@1 -q --limit 2 --bootstrap 0 --by all --format csv | cut -d, -f1-3
label,group,n
all,query weights,10
all,key weights,10
all,incoming tokens,10

$ driftscope transplant r@0 r@5
! error: r/checkpoints/task_00.h5 and r/checkpoints/task_05.h5 have learned no task in common, by the names of classes
? 65

# One, two or four threads: the same bytes.
$ for n in 1 2 4; do driftscope transplant r@1 r@5 -q --threads $n --by head --bootstrap 20 --format csv | md5sum; driftscope decompose r@1 r@5 -q --threads $n --bootstrap 20 --format csv | md5sum; done | sort | uniq -c | awk '{print $1}'
3
3

# Any two networks: without labels, agreement with S. A run knows the names of its classes.
$ driftscope export r@5 -o s.safetensors -q >/dev/null; driftscope export r@4 -o t.safetensors -q >/dev/null; /usr/bin/python3 -c 'import os; from PIL import Image; [(os.makedirs("photos/" + k), [Image.new("L", (28, 28), 9 * i + len(k)).save("photos/%s/%d.png" % (k, i)) for i in range(3)]) for k in ("cat", "bag")]'

$ driftscope transplant s.safetensors s.safetensors --images photos --limit 2 --by all --bootstrap 0 --format csv -q --transform none | cut -d, -f1-6
label,network,answers,pictures,n,value
"S, agreement with S",S,agreement with S,all,4
"T, agreement with S",T,agreement with S,all,4
all layers,T <- S,agreement with S,all,4,1
all layers,S <- T,agreement with S,all,4,1

$ driftscope transplant s.safetensors t.safetensors --images photos -q
! error: s.safetensors answers with 10 classes, t.safetensors with 8, and nothing says which are the same; pictures in class folders and --labels would
? 65

$ driftscope transplant s.safetensors r@5 --images photos --by all --bootstrap 0 --format csv 2>&1 | grep accuracy
no accuracy, but agreement with s.safetensors: photos: folder 'cat' is no class of the network (name, id or number); give --labels FILE with lines number TAB id TAB name

$ rm -r photos/cat; driftscope transplant r@5 r@5 -q --images photos --by task --bootstrap 0 --json | python3 -c 'import json, sys; [print(x["label"], "|", x["group"], x["n"]) for x in json.load(sys.stdin)["rows"] if x["network"] == "S"]'
all pictures | S, all classes 3
bag | S, all classes 3

$ driftscope decompose s.safetensors r@4 -q --images photos --by task --bootstrap 0 --format csv --transform none | cut -d, -f1-3
label,group,n
bag,query weights,3
bag,key weights,3
bag,incoming tokens,3
all,query weights,3
all,key weights,3
all,incoming tokens,3

# Refusals.
$ driftscope transplant r@1
! error: transplant wants S T; see driftscope transplant --help
? 2

$ driftscope transplant s.safetensors t.safetensors
! error: s.safetensors: is no run, which would have test images; give --images DIR
? 2

$ driftscope transplant r@1 nothing
! error: nothing: No such file or directory
? 66

$ driftscope transplant r@1 r@5 --layer 3
! error: --layer 3: expected all, or a list of 1 to 2 as 1,3-5
? 2

$ driftscope decompose r@1 r@5 --head 1-
! error: --head 1-: expected all, or a list of 1 to 3 as 1,3-5
? 2

$ driftscope decompose r@1 r@5 --metric l2
! error: --metric wants tv, js or relfro, not 'l2'
? 2

$ driftscope transplant s.safetensors s.safetensors --images photos --labels missing.tsv
! error: missing.tsv: cannot be read (No such file or directory)
? 66

$ printf '0\tcat\n' >cats.tsv; driftscope transplant s.safetensors s.safetensors --images photos --labels cats.tsv
! error: photos: folder 'bag' is no class of the network (name, id or number); give --labels FILE with lines number TAB id TAB name
? 65

$ driftscope decompose s.safetensors t.safetensors -q --images photos --transform 'random-crop 28 bilinear'
! error: s.safetensors: transform 'random-crop 28 bilinear' (--transform) draws random numbers, which is for training
? 2

$ driftscope decompose s.safetensors t.safetensors -q --images photos --transform 'resize 14x14 bicubic'
! error: transform 'resize 14x14 bicubic' makes 14 x 14 pixels, the networks read 28 x 28; change it, or give --image-size
? 2

$ driftscope decompose s.safetensors t.safetensors -q --images photos --transform 'resize bicubic'
! error: s.safetensors (--transform): recipe 'resize bicubic': 'bicubic' is no size, expected a number of 1 to 16384 pixels
? 2

$ driftscope import s.safetensors -o i.h5 --transform 'resize 32 bicubic, crop 28' -q >/dev/null; driftscope decompose s.safetensors i.h5 -q --images photos
! error: s.safetensors prepares pictures by 'resize 28x28 bicubic', i.h5 by 'resize 32 bicubic, crop 28': their patches would show different things; choose one with --transform
? 2

$ printf spoilt >photos/bag/9.png; driftscope decompose s.safetensors t.safetensors -q --images photos
! error: photos/bag/9.png: not a PNG or JPEG picture (its first byte is 0x73); convert to one of them
? 65

# A method that does not answer by its head; a network of other heads.
$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 2 --method fecam --epochs 1 --batch 20 --threads 1 --out n -q >/dev/null; driftscope decompose r@1 n@1
! error: r/checkpoints/task_01.h5 has 3 heads, n/checkpoints/task_01.h5 has 2: attention of one means nothing in the other
? 65

$ driftscope transplant n@1 n@5
! error: n@1: method fecam answers by a classifier of its own, not by the head of the network, which is all a transplant can ask
? 65

# A run of another order: the same classes, by their names, each normalised as its run was.
$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 --refine-epochs 1 --threads 1 --order natural --mean 0.2 --out o -q >/dev/null; driftscope eval o@5 --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(sum(d["correct_class"]) / sum(d["total"]))' >eval; driftscope transplant r@5 o@5 -q --by all --limit 0 --bootstrap 0 --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print([x["value"] for x in d["rows"] if x["network"] == "T"][0])' | cmp - eval && echo same
same

# Numbers of classes mean different things in both, and nothing says what the pictures are.
$ mkdir odd && cp -r photos/bag odd/thing && rm odd/thing/9.png; driftscope transplant r@5 o@5 --images odd -q
! error: class 0 is 'pullover' in r@5, 't-shirt/top' in o@5: without pictures of known classes their answers cannot be compared
? 65

# A data set that has changed since.
$ mkdir -p set/train set/test; rm photos/bag/9.png; for part in train test; do cp -r photos/bag set/$part/a; cp -r photos/bag set/$part/b; done; driftscope train --data set --image-size 28 --tasks 2 --eval-images 2 --probe-images 1 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 4 --refine-epochs 1 --threads 1 --out f -q >/dev/null; driftscope transplant f@1 f@2 -q --by all --bootstrap 0 --format csv | wc -l; rm set/test/a/0.png; driftscope transplant f@1 f@2
9
! error: f: 'set' is not the data set this run began with
? 65
