# What a data set holds.
# needs /usr/share/datasets/fashion-mnist

$ driftscope data | cut -d' ' -f1
fashion-mnist
mnist
cifar10
cifar100

$ driftscope data fashion-mnist -q | head -7
data         fashion-mnist
pictures     60000 to learn from, 10000 to test with
~ found in     .*/fashion-mnist
size         28 x 28, 1 channel
mean, std    0.2860, 0.3530  (training pixels, 0 to 1)
classes      10
  label name                        train     test

$ driftscope data fashion-mnist -q --json | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["train"], d["test"], len(d["classes"]), round(d["mean"][0], 4))'
60000 10000 10 0.286

# The same set by its folder.
$ driftscope data /usr/share/datasets/fashion-mnist -q | sed -n 2p
pictures     60000 to learn from, 10000 to test with

$ driftscope data fashion-mist
~ neither a folder nor a known data set; did you mean 'fashion-mnist'
? 66

$ mkdir -p empty && driftscope data empty
~ error: empty: no data set in this folder
? 65

# Resized first: every set, not only folders.
$ driftscope data fashion-mnist -q --image-size 32 | sed -n 4p
size         32 x 32, made of 28 x 28, 1 channel

$ driftscope data fashion-mnist --domain photo
! error: fashion-mnist: has no domains, 'photo' cannot be chosen
? 2
