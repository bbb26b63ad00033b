"""tests/weights/cases_refused.py -- the table of files that must be refused, and why."""
from casekit import CASES, Case, heads
from families import refusals as r
from vit import Shape


def refusal(name, write, word, *others, shape=Shape(classes=0), options=None):
    words = {"refuse": word, "refuse_any": [word, *others]}
    options = heads(shape) if options is None else options
    CASES.append(Case("refuse_" + name, shape, write, options=options, **words))


def refusal_cases():
    refusal("lora", r.lora, "lora")
    refusal("lora_inside", r.lora_inside, "lora")
    refusal("resnet", r.resnet, "resnet", "convolution", "vision transformer", "ViT")
    refusal("swin", r.swin, "swin", "relative")
    refusal("torchscript", r.torchscript, "torchscript")
    refusal("evil_pickle", r.evil, "posix.mkdir", shape=Shape())
    refusal("dinov3", r.dinov3, "rope", "rotary", "dinov3")
    refusal("eva", r.eva, "rope", "rotary", "eva")
    refusal("beit", r.beit, "beit", "relative")
    refusal("siglip_timm", r.siglip_timm, "siglip", "attn_pool", "attention pool", "pooling")
    refusal("siglip_hf", r.siglip_hf, "siglip", "attention pool", "pooling")
    refusal("qk_norm", r.qk_norm, "q_norm", "qk_norm", "k_norm", "query")
    refusal("conv_stem", r.conv_stem, "stem", "patch_embed")
    refusal(
        "nan", r.changed("blocks.1.attn.qkv.weight", r.poisoned(float("nan"))), "nan",
        "not a number", "finite"
    )
    refusal("inf", r.changed("norm.weight", r.poisoned(float("inf"))), "inf", "finite")
    refusal("gap", r.without("blocks.1."), "block", "missing", shape=Shape(classes=0, depth=3))
    refusal("missing_tensor", r.without("blocks.1.norm2.bias"), "norm2", "missing")
    refusal("mixed_shapes", r.block_of_another_width, "blocks.1", "block 1", "shape")
    refusal(
        "pos_rows", r.changed("pos_embed", lambda t: t[:, :-3].clone()), "pos_embed", "square",
        "grid"
    )
    refusal("int8", r.integers, "i8", "dtype", "int8", "type")
    refusal("bad_heads", r.heads_that_do_not_divide, "heads", options=[])
    refusal("empty", r.content("model.safetensors", b""), "empty", "0 bytes", "short")
    refusal(
        "text",
        r.content("model.pth", b"version https://git-lfs.github.com/spec/v1\nsize 345636463\n"),
        "format", "lfs", "text", "not a"
    )
    refusal(
        "truncated_safetensors", r.cut("model.safetensors", 0.7), "truncated", "beyond",
        "short", "bytes"
    )
    refusal(
        "truncated_header", r.cut("model.safetensors", 0.001), "truncated", "header", "short",
        "bytes"
    )
    refusal(
        "truncated_pth", r.cut("model.pth", 0.7), "truncated", "zip", "archive", "directory"
    )
    refusal(
        "truncated_npz", r.cut("model.npz", 0.7), "truncated", "zip", "archive", "directory"
    )
    refusal("offsets", r.overlapping_offsets, "offset", "beyond", "cls_token", "bytes")
    refusal("missing_shard", r.missing_shard, "model-00002-of-00002.safetensors")
    refusal("shard_elsewhere", r.shard_elsewhere, "path", "folder", "../../../etc/hostname")
    refusal("whole_module", r.whole_module, "state_dict", "module", "tensors")
    refusal("bare_pickle", r.bare_pickle, "tensor", "pickle", "weights")


refusal_cases()
