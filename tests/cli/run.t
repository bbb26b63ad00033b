# A whole small run through every command: what is printed where, and every refusal on the way.
# needs /usr/share/datasets/fashion-mnist

$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --eval-images 4 --probe-images 2 --patch 7 --dim 12 --depth 2 --heads 3 --epochs 1 --batch 20 --refine-epochs 1 --threads 1 --out r -q
~ ^r: arcl, 5 tasks, seed 2025: last accuracy 0\.[0-9]{4} class-incremental, 0\.[0-9]{4} task-incremental; [0-9.]+ s, [0-9]+\.[0-9] % of it saving$

$ ls r r/checkpoints | grep -v '^$' | grep -v step_ | paste -sd' '
~ ^r: checkpoints lock run.h5 r/checkpoints: task_00.h5 .* task_05.h5$

# Told, not overwritten.
$ driftscope train --out r -q
! error: r: exists already; choose another name or --resume it
? 73

$ driftscope info r | sed -n '2p;7,11p'
method       arcl, seed 2025
images       20 for attention maps (2 of them with every head-mean row), 28 x 28 x 1
~ ^reached      5 of 5 tasks, 10 steps, [0-9]+ s, [0-9]+ MB at most, [0-9]+\.[0-9] % of the time saving$
stream       5 tasks, 10 classes
~ ^  task 1     
~ ^  task 2     

$ driftscope info r --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["tasks_done"], len(d["checkpoints"]), d["config"]["dim"], d["model"]["grid"])'
5 6 12 [4, 4]

$ driftscope info r@2 | head -2
~ ^file         r/checkpoints/task_02.h5$
~ ^arrays       [0-9]+, [0-9]+ elements, 0\.[0-9]+ MB$

$ driftscope eval r | head -1
r, after task 5

$ driftscope eval r --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["after_task"], d["total"])'
5 [20, 20, 20, 20, 20]

$ driftscope drift r --json -q | python3 -c 'import json, sys; json.load(sys.stdin); print("json")'
json

# Groups of metrics, and one that this small grid cannot have.
$ driftscope drift --list | awk '/^(vector|distribution|mask|rank|space|spread) / {print $1}' | uniq -c | tr -s ' ' | paste -sd,
~ ^ 6 vector, 5 distribution, 10 mask, 2 rank, 3 space, 5 spread$

$ driftscope drift r@5 --metric rank,space -q --format csv | cut -d, -f1 | sort -u | paste -sd' '
centroid kendall metric peak spearman ssim

$ driftscope drift r@5 --metric ssim | grep 'values undefined'
~ ^ssim: 32 values undefined \(grid smaller than the 7 x 7 window\), left out$

$ driftscope drift r --metric rnak
! error: there is no metric 'rnak'; did you mean 'rank'?
? 2

$ driftscope export r --table passport --format csv | cut -d, -f1,2 | sed -n '9,12p'
forgetting,forgetting_clipped
forgetting,forgetting_chaudhry
forgetting,forgetting_first
forgetting,forgetting_libcontinual

$ driftscope export r --table accuracy --format csv | head -2
protocol,head,after,task_1,task_2,task_3,task_4,task_5,mean,weighted
~ ^class-incremental,refined,1,

$ driftscope export r@5 -o w.safetensors -q >/dev/null && driftscope info w.safetensors --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print([a["shape"] for a in d["arrays"] if a["name"] == "head.weight"])'
[[10, 12]]

# A configuration goes round: the options of a run make the same run.
$ driftscope train --like r --out again --threads 2 -q >/dev/null && cmp r/checkpoints/task_05.h5 again/checkpoints/task_05.h5 && echo same
same

# Refusals.
$ driftscope train
! error: train wants --out RUN (a new folder) or --resume RUN
? 2

$ driftscope train --preset fashion --out x
~ there is no preset 'fashion', did you mean 'fashion5'
? 2

$ driftscope train --out x --dim 10 --heads 3
! error: dim 10 is not divisible by 3 heads
? 2

$ driftscope train --out x --tasks 3
~ 10 classes do not divide into 3 equal tasks
? 2

$ driftscope train --out /proc/x
~ ^error: /proc/x: 
? 73

$ ls -d x
! ls: cannot access 'x': No such file or directory
? 2

$ driftscope eval r@7
! error: r: checkpoint 7 has nothing to evaluate, there are 1 to 5
? 2

$ driftscope info r@7
~ ^error: r/checkpoints/task_07.h5: cannot be read
? 66

$ echo hello >junk.h5; driftscope info junk.h5
~ ^error: junk.h5: is not a file written by driftscope
? 65

$ head -c 1000 r/checkpoints/task_05.h5 >cut.h5; driftscope info cut.h5
~ ^error: cut.h5: 
? 65

$ driftscope export r --table acuracy
~ there is no table 'acuracy'; did you mean 'accuracy'
? 2

# Another writer is told to come back.
$ (exec 9<r/lock; flock -x 9; driftscope train --resume r -q)
~ ^error: r: 
? 75

# A plan: comments in front of the configuration that would be used.
$ driftscope train --data fashion-mnist --train-limit 20 --eval-limit 10 --dim 12 --depth 2 --heads 3 --epochs 3 --expand-times 4 --batch 20 --threads 1 --dry-run | head -7
~ ^# data       200 training images, 10 classes in 5 tasks, 28 x 28 x 1$
~ ^# seen       2400 images \(3 epochs x 4\); 500 forward only$
~ ^# steps      24 in the first task, 120 in the run; learning rate in the last epoch: 1 of the first$
~ ^# network    [0-9]+ parameters, [0-9]+ learn; [0-9.e-]+ GFLOP forward, [0-9.e-]+ GFLOP per training image$
~ ^# operations [0-9.e-]+ TFLOP in the run$
~ ^# memory     0\.[0-9]+ GB for the network
~ ^# time       [0-9.e-]+ s per step, about [0-9.e-]+ minutes on this machine

$ driftscope train --data fashion-mnist --method ncm --train-limit 20 --dim 12 --dry-run >plan.ini; driftscope train --config plan.ini --dry-run | cmp - plan.ini && echo same
same

# Presets one after the other: the later one wins.
$ driftscope train --preset fashion5,slca --train-limit 20 --dim 12 --depth 2 --heads 3 --dry-run | grep -E '^(method|epochs|batch|tasks|trainable) ='
tasks = 5
method = slca
trainable = all
epochs = 20
batch = 64

$ driftscope train --preset fashion5,slka --dry-run
~ there is no preset 'slka', did you mean 'slca'
? 2

# Without the data there is no plan, but the options are what they are.
$ driftscope train --preset cifar100-tiny --data nowhere/cifar-100 --dry-run | grep -E '^(#|image-size)'
~ ^# no plan    'nowhere/cifar-100' is neither a folder nor a known data set
image-size = 224
