# Two networks on pictures: what is asked, what comes back, what is refused.
# needs /usr/lib/python3/dist-packages/PIL

$ /usr/bin/python3 -c 'import os; from PIL import Image; [(os.makedirs("set/" + k), [Image.radial_gradient("L").resize((32, 32)).rotate(40 * i).point(lambda v: (v * (j + 2)) % 256).convert("RGB").save("set/%s/%d.png" % (k, i)) for i in range(4)]) for j, k in enumerate(("cat", "dog"))]; os.makedirs("learn"); os.symlink("../set", "learn/train"); os.symlink("../set", "learn/test")'

$ driftscope train --data learn --image-size 32 --tasks 1 --eval-images 2 --probe-images 1 --patch 8 --dim 12 --depth 2 --heads 3 --epochs 3 --batch 4 --refine-epochs 1 --trainable all --threads 1 --out r -q | cut -d, -f1
r: arcl

# A folder, a pair of checkpoints, the title and what the numbers mean.
$ driftscope drift r@0 r@1 --images set -q --metric js | sed -n '1p;3p;8,13p'
attention drift by layer
metric  layer  n  undefined    mean      sd  median      q1      q3      lo      hi
~ ^before: r@0 \(transform 'resize 32x32 bicubic'; mean 0\.[0-9]+, std 0\.[0-9]+ of the first channel\)$
~ ^after: r@1 \(transform 'resize 32x32 bicubic'; 
map: rollout of query cls, heads by mean, over 16 patches (4 x 4), prefix columns dropped; 2 layers
images: 8 pictures, 2 classes (folders); 0 left out
reference: r@0
js: Jensen-Shannon = (KL(p||m) + KL(q||m)) / 2, m = (p + q) / 2, log2; unit bit; maps patches sum to 1; lower means less drift

$ driftscope drift r@0 r@1 --images set --source raw --by head -q --format csv | cut -d, -f1,5,6,7 | paste -sd' '
metric,layer,head,n relfro,1,1,8 relfro,1,2,8 relfro,1,3,8 relfro,2,1,8 relfro,2,2,8 relfro,2,3,8 relfro,mean,mean,8

$ driftscope drift r@0 r@1 --images set --by image -q --format csv | cut -d, -f1,5,6 | sed -n '1,3p'
metric,picture,class
relfro,set/cat/0.png,cat
relfro,set/cat/1.png,cat

# Kept in the run, found again.
$ ls r/cache | wc -l
4

$ driftscope drift r@0 r@1 --images set --metric js -v 2>&1 >/dev/null | grep -c 'as kept in r/cache/look-'
2

$ driftscope drift r@0 r@1 --images set --noise jitter:2 --metric js -q --format csv | head -1
metric,unit,normalisation,reference,layer,n,undefined,mean,sd,median,q1,q3,lo,hi,floor,excess,p,q

$ driftscope drift r@0 r@1 --images set --what features -q --format csv | cut -d, -f1-4
measure,of,n,undefined
cls_cosine,image,8,0
class_shift,class,2,0
cka_biased,image,8,0
cka_debiased,image,8,0
cka_minibatch,image,8,0
procrustes,image,8,0

$ driftscope drift r@0 r@1 --what weights --layer last -q --format csv | cut -d, -f1,2 | grep -E 'head|\.q\.' | paste -sd' '
2,blocks.1.attn.q.weight 2,blocks.1.attn.q.bias 2,QK head 1 2,QK head 2 2,QK head 3 2,OV head 1 2,OV head 2 2,OV head 3

$ driftscope export --list | awk '/^(linkage|audit|compare) / {print $1}' | sort | paste -sd' '
audit compare linkage

# Refusals.
$ driftscope drift r@0 r@1 --source raw
! error: --source: a run keeps the rollout of the CLS row; other maps want pictures to look at: --images PATH
? 2

$ driftscope drift r@0 r@1 --by head
! error: --by head compares the raw attention of every head, which runs do not keep; give --images PATH --source raw
? 2

$ driftscope drift r@0 r@1 --noise jitter
! error: --noise goes with --images PATH
? 2

$ driftscope drift r@0 r@1 --heads 3
! error: what a file does not say (--heads ...) goes with --images PATH
? 2

$ driftscope drift r@0 r@1 --images set --link --noise jitter
! error: --link and a noise floor are two questions; ask one
? 2

$ driftscope drift r@0 r@1 --images set --what features --query all
! error: --query is about maps, not --what features
? 2

$ driftscope drift r --null r@1
! error: a noise floor belongs to one pair of checkpoints; name both, as RUN@1 RUN@5
? 2

$ driftscope drift r@1 --link
~ ^error: r@1: .*
? 2

$ driftscope drift r@0 r@1 --images set --heads 3
! error: r@0: is a checkpoint of driftscope, which knows its heads, epsilon, activation and pooling; leave these options out
? 2

$ driftscope drift r@0 r@1 --images set --source gradient --class owl
~ ^error: r@0: --class owl: 
? 2

$ driftscope drift r@0 r@1 --images empty
! error: empty: No such file or directory
? 66
