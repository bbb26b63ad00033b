# What bench prints: every number is there and possible. How fast is not a test's business.
# needs /usr/lib/python3/dist-packages/PIL

$ driftscope bench --case mini28 --rounds 2 --threads 2 --json -q | /usr/bin/python3 "$DS_TRANSCRIPTS/check_bench.py"
mini28 64 2 fp32 2
forward rollout step subset arcl
all there

$ driftscope bench --case mini28 --rounds 1 --threads 1,2 --only step -q | grep -v '^$\|^peak'
~ ^.*vectors: (portable|avx2|avx512|amx); load [0-9.]+ at the beginning$
mini28: 28x28, patch 4, d 128, depth 6, 4 heads; batch 64, 1 thread, fp32
            images/s  (min - max)          GFLOP/s  of peak  as asked
~ ^step +[0-9.]+ \([0-9.]+ - [0-9.]+\) +[0-9.]+ +[0-9.]+ % +[0-9.]+ %$
~ ^memory of steps: [0-9]+ MB$
mini28: 28x28, patch 4, d 128, depth 6, 4 heads; batch 64, 2 threads, fp32
            images/s  (min - max)          GFLOP/s  of peak  as asked
~ ^step +[0-9.]+ \([0-9.]+ - [0-9.]+\) +[0-9.]+ +[0-9.]+ % +[0-9.]+ %$
~ ^memory of steps: [0-9]+ MB$
efficiency over 1 thread, 1 is linear
             2 threads (min - max)
~ ^step +[0-9.]+ \([0-9.]+ - [0-9.]+\)$
~ ^load [0-9.]+ at the end$

# Reading pictures, and training on them meanwhile.
$ /usr/bin/python3 -c 'import os; from PIL import Image; [(os.makedirs("set/%s/%s" % (p, k)), [Image.new("RGB", (40, 40), (i, 20, 30)).save("set/%s/%s/%d.jpg" % (p, k, i)) for i in range(32)]) for p in ("train", "test") for k in ("cat", "dog")]'
$ driftscope bench --loader set --case mini --rounds 1 --threads 2 --json -q | /usr/bin/python3 -c 'import json, sys; row, = json.load(sys.stdin)["loader"]; print(row["data"], row["pictures"], row["case"], row["what"], *(row[k]["min"] > 0 for k in ("loader_images_per_s", "step_images_per_s", "alone_over_step", "step_reading_over_ready")))'
set 64 mini step True True True True

$ driftscope bench --loader set --case mini28 -q | sed 1d
! error: set has 3 channels, --case mini28 has 1

$ driftscope bench --loader set --case mini --transform mirror -q >/dev/null
! error: --transform: recipe 'mirror': there is no step 'mirror'; expected resize, crop, random-crop, autoaugment, flip or pad-crop
? 2

$ driftscope bench --loader nowhere --case mini -q >/dev/null
! error: 'nowhere' is neither a folder nor a known data set (fashion-mnist, mnist, cifar10, cifar100)
? 66

$ driftscope bench --case huge
! error: --case names 'huge'; there are mini28, mini, tiny, small, base and all
? 2

$ driftscope bench --threads 1,two
! error: --threads: 'two' is not a list of at most 8 numbers up to 256, as 1,2,4
? 2

# Without PyTorch: true is a Python that says nothing.
$ DRIFTSCOPE_PYTHON=true driftscope bench --case mini28 --only step --against-torch -q >/dev/null
! error: PyTorch is missing: apt install python3-torch libopenblas0-openmp
? 69
