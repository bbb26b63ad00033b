# A pretrained ViT of another library: its card, its files, and what is refused.

$ /usr/bin/python3 "$DS_TRANSCRIPTS/tiny_vit.py" v.safetensors

$ driftscope import v.safetensors
! error: v.safetensors: no tensor tells the number of heads, and no known network is 8 wide; give --heads N
? 65

$ driftscope import v.safetensors --heads 2
architecture card
~ ^$
what        value                                         source
file        v.safetensors                                 safetensors
names       timm                                          file: its patch_embed.proj.weight
tensors     32 used, 0 left behind, 0 beside the network  file
width       8                                             file: patch embedding
patch       4 x 4 pixels, 3 channels                      file: patch embedding
depth       2                                             file: its blocks
mlp         two layers, 16 wide                           file: blocks.0.mlp
options     q, k, v have biases                           file: its tensors
prefix      1 token: CLS                                  file: its tokens
grid        2 x 2 patches                                 file: a square of position embeddings
pool        CLS token                                     assumed: the CLS token, where there is one
head        3 classes                                     file: its head
heads       2, 4 wide each                                --heads
eps         1e-06                                         assumed: timm's default for ViTs of AugReg
activation  gelu (erf)                                    assumed: timm's default for ViTs of AugReg
mean        0.5, 0.5, 0.5                                 assumed: timm's default for ViTs of AugReg
std         0.5, 0.5, 0.5                                 assumed: timm's default for ViTs of AugReg
transform   resize 8 bicubic, crop 8                      assumed: timm's default for ViTs of AugReg
! 6 rows are assumed: compare them with where the weights came from, or use --verify

# -q leaves the card and drops the notes.
$ driftscope import v.safetensors --heads 2 -q | head -2
architecture card
~ ^$

$ driftscope import v.safetensors --heads 2 --eps 1e-5 --act quick_gelu --mean 0.1,0.2,0.3 --std 0.25 --transform clip --pool mean -q | tail -8
pool        mean of the patch tokens                      --pool
head        3 classes                                     file: its head
heads       2, 4 wide each                                --heads
eps         1e-05                                         --eps
activation  quick_gelu                                    --act
mean        0.1, 0.2, 0.3                                 --mean
std         0.25                                          --std
transform   resize 8 bicubic, crop 8                      --transform

$ driftscope import v.safetensors --heads 2 --json -q | python3 -c 'import json, sys; d = json.load(sys.stdin); print(list(d), d["rows"][11])'
['table', 'title', 'notes', 'columns', 'rows'] {'what': 'head', 'value': '3 classes', 'source': 'file: its head'}

# Written, read again, exported: the same numbers; what was assumed is then written down.
$ driftscope import v.safetensors --heads 2 -o v.h5 | tail -1
transform   resize 8 bicubic, crop 8                      assumed: timm's default for ViTs of AugReg
! 6 rows are assumed: compare them with where the weights came from, or use --verify
! v.h5: 32 tensors, 1683 parameters

$ driftscope import v.h5 -q -o timm.safetensors | sed -n '4,5p'
file        v.safetensors                                 safetensors
names       timm                                          file: its patch_embed.proj.weight

$ driftscope import timm.safetensors -q | sed -n '/^eps/,$p'
eps         1e-06                                         the file's metadata: driftscope.eps
activation  gelu (erf)                                    the file's metadata: driftscope.act
mean        0.5, 0.5, 0.5                                 the file's metadata: driftscope.mean
std         0.5, 0.5, 0.5                                 the file's metadata: driftscope.std
transform   resize 8 bicubic, crop 8                      the file's metadata: driftscope.recipe

$ driftscope import v.h5 --std 1 -q | sed -n '/^mean/,$p'
mean        0.5, 0.5, 0.5                                 assumed: timm's default for ViTs of AugReg
std         1                                             --std
transform   resize 8 bicubic, crop 8                      assumed: timm's default for ViTs of AugReg

$ driftscope import v.h5 --image-size 12 -q | tail -4
mean        0.5, 0.5, 0.5                                                              assumed: timm's default for ViTs of AugReg
std         0.5, 0.5, 0.5                                                              assumed: timm's default for ViTs of AugReg
transform   resize 12 bicubic, crop 12                                                 the file's metadata: driftscope.recipe
input       12 x 12: position embedding resized to 3 x 3, bicubic, antialiased (timm)  --image-size, --pos-resize

$ driftscope import v.h5 --heads 4
! error: v.h5: is a checkpoint of driftscope, which knows its heads, epsilon, activation and pooling; leave these options out
? 2

# A sidecar without answers.
$ cp v.safetensors side.safetensors; driftscope import v.h5 --verify side.safetensors -o w.h5 || ls
side.safetensors
timm.safetensors
v.h5
v.safetensors
! error: side.safetensors: has no 'x' [images, channels, height, width] and 'logits'

# The target keeps what it was when it cannot be written, or its name is none.
$ driftscope import v.h5 -o v.pth
! error: -o v.pth: expected a name ending in .h5 or .safetensors
? 2

$ driftscope import v.h5 -o none/v.h5
...
! 6 rows are assumed: compare them with where the weights came from, or use --verify
! error: none/v.h5: cannot be created in 'none' (No such file or directory)
? 73

$ mkdir folder.h5; driftscope import v.h5 -q -o folder.h5 >out
! error: folder.h5: is a folder, expected a regular file; choose another name
? 73

# What is no ViT.
$ driftscope import nothing.safetensors
! error: nothing.safetensors: No such file or directory
? 66

$ printf 'no weights' >text; driftscope import text
! error: text: its header would have 7523097587056930670 bytes, the file has 10; it is cut off or not safetensors
? 65

$ head -c 100 v.safetensors >cut; driftscope import cut
! error: cut: its header would have 2787 bytes, the file has 100; it is cut off or not safetensors
? 65

$ mkdir empty; driftscope import empty
! error: empty: holds no weights; looked for model.safetensors.index.json, model.safetensors, pytorch_model.bin.index.json and pytorch_model.bin
? 66

$ printf '{"num_attention_heads": 2' >config.json; driftscope import v.safetensors
! error: config.json: is not a JSON object; mend it, or move it away to import without it
? 65

$ printf '{"num_attention_heads": 2, "hidden_size": 16}' >config.json; driftscope import v.safetensors
! error: v.safetensors: is 8 wide, config.json: hidden_size says 16; the configuration belongs to another network
? 65

$ printf '{"num_attention_heads": 2, "layer_norm_eps": 1e-5}' >config.json; driftscope import v.safetensors -q | grep config
heads       2, 4 wide each                                config.json: num_attention_heads
eps         1e-05                                         config.json: layer_norm_eps

$ driftscope import v.safetensors --heads 3
! error: v.safetensors: 3 heads (--heads) do not divide a width of 8
? 2

$ driftscope import v.safetensors --act relu
! error: --act relu: expected gelu, gelu_tanh or quick_gelu
? 2

$ driftscope import v.safetensors --transform sharpen
! error: v.safetensors (--transform): recipe 'sharpen': there is no step 'sharpen'; expected resize, crop, random-crop, autoaugment, flip or pad-crop
? 2

$ driftscope import v.safetensors --transform cifar-train
! error: v.safetensors: transform 'cifar-train' (--transform) draws random numbers, which is for training
? 2

$ driftscope import v.safetensors --mean 1,2
! error: v.safetensors: 2 numbers of mean (--mean) for 3 channels
? 2

$ driftscope import v.safetensors --prefix encoder.
! error: v.safetensors: no network under the prefix 'encoder.'
? 65

$ driftscope import v.safetensors --pos-resize cubic
! error: --pos-resize wants timm, transformers, dino or bilinear, not 'cubic'
? 2

$ driftscope import
! error: import wants FILE; see driftscope import --help
? 2

$ driftscope import a b
! error: import takes FILE, found 'b' behind it; see driftscope import --help
? 2
