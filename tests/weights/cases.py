"""tests/weights/cases.py -- files to import: timm, research code, torchvision, JAX arrays."""
import torch

from casekit import HALF, IMAGENET, case, heads, kept_as, npz, pth, safetensors, sharded
from families import facebook, google, refusals, timm_names, torchvision_names
from vit import Shape


def ema(m):
    """DeiT's training checkpoint: the averaged weights are the ones to take."""
    return {
        "model": m.other, "model_ema": m.w, "epoch": 299, "scaler": {"scale": 65536.0},
        "optimizer": facebook.optimizer(m.rng), "args": facebook.arguments(model="deit_tiny"),
    }


def state_dict(m):
    return {"epoch": 10, "arch": "vit", "state_dict": m.w, "metric": 81.5, "version": 2}


def averaged(m):
    return {"state_dict": m.other, "state_dict_ema": m.w, "args": facebook.arguments()}


def full_config(stats):
    """config.json with model_args: then grid, patch and heads are told."""
    return lambda s: timm_names.config(s, *stats, arguments=True)


def timm_cases():
    plain, tiny = Shape(), Shape(dim=192, hidden=192, patch=8, grid=(3, 3))
    config = lambda s: timm_names.config(s, *HALF)
    case(
        "timm_safetensors", tiny, safetensors(timm_names.names, config), stats=HALF,
        notes="heads by the rule D/64"
    )
    case(
        "timm_config_args", plain.but(grid=(3, 5)),
        safetensors(timm_names.names, full_config(IMAGENET)),
        stats=IMAGENET, notes="grid and heads from config.json (input_size, model_args)"
    )
    case("timm_pth", plain, pth(timm_names.names), options=heads(plain))
    case(
        "timm_state_dict", plain.but(patch=16, grid=(3, 3)),
        pth(state_dict), options=heads(plain)
    )
    case(
        "timm_model_ema", plain, pth(ema), options=heads(plain),
        notes="model_ema is taken, not model"
    )
    case(
        "timm_ema_training", plain,
        pth(averaged, file="model_best.pth.tar"), options=heads(plain),
        notes="state_dict_ema is taken"
    )
    case(
        "timm_module_prefix", plain.but(depth=3),
        pth(lambda m: {"state_dict": facebook.prefixed("module.", m.w)}), options=heads(plain)
    )
    case(
        "timm_compiled_prefix", plain,
        pth(lambda m: {"model": facebook.prefixed("module._orig_mod.", m.w)}),
        options=heads(plain)
    )
    case(
        "timm_legacy_pth", plain, pth(lambda m: {"model": m.w}, legacy=True),
        options=heads(plain)
    )
    case(
        "timm_legacy_views", plain, pth(timm_names.as_views, legacy=True), options=heads(plain),
        notes="one storage for many tensors, in the layout before PyTorch 1.6"
    )
    case(
        "timm_views", plain, pth(timm_names.as_views), options=heads(plain),
        notes="transposed strides, storage offsets, Parameters"
    )
    case(
        "timm_torch2_entries", plain, refusals.torch2_archive, options=heads(plain),
        notes="byteorder, .data/serialization_id and so on in the archive"
    )
    case(
        "timm_f64", plain, safetensors(timm_names.names), options=heads(plain),
        dtype=kept_as(torch.float64)
    )
    case(
        "timm_fp16", plain, safetensors(timm_names.names), options=heads(plain),
        dtype=kept_as(torch.float16)
    )
    case(
        "timm_fp16_pth", plain, pth(timm_names.names), options=heads(plain),
        dtype=kept_as(torch.float16)
    )
    case(
        "timm_bf16", plain, safetensors(timm_names.names), options=heads(plain),
        dtype=kept_as(torch.bfloat16)
    )
    case(
        "timm_bf16_pth", plain, pth(timm_names.names), options=heads(plain),
        dtype=kept_as(torch.bfloat16)
    )
    case("timm_sharded", plain.but(depth=3), sharded, options=heads(plain))
    reg = plain.but(registers=4, pos="patches", layer_scale=True, grid=(5, 5))
    case(
        "timm_registers", reg,
        safetensors(timm_names.names, full_config(IMAGENET)),
        stats=IMAGENET, notes="no_embed_class: positions for patches only"
    )
    case(
        "timm_reg_positions", plain.but(registers=4, grid=(5, 5)),
        safetensors(timm_names.names, full_config(HALF)),
        stats=HALF, notes="positions for CLS and registers, too"
    )
    mean = plain.but(pool="mean", last_norm="fc_norm", dim=64, heads=4)
    case(
        "timm_avg_fc_norm", mean, safetensors(timm_names.names, config), stats=HALF,
        options=heads(mean)
    )
    case(
        "timm_no_head", plain.but(classes=0), safetensors(timm_names.names, config), stats=HALF,
        options=heads(plain)
    )
    case(
        "timm_no_qkv_bias", plain.but(qkv_bias=False), safetensors(timm_names.names),
        options=heads(plain)
    )


def facebook_cases():
    plain = Shape()
    headless = plain.but(classes=0)
    deit3 = plain.but(pos="patches", layer_scale=True)
    case(
        "deit3_original", deit3, pth(lambda m: {"model": timm_names.deit3_names(m)}),
        options=heads(deit3), notes="gamma_1, gamma_2; positions for patches only"
    )
    dist = plain.but(dist=True, pool="cls+dist")
    case(
        "deit_distilled", dist.but(dim=192, hidden=192, grid=(3, 3)),
        pth(lambda m: {"model": m.w}, file="deit_tiny_distilled_patch16_224.pth"),
        stats=IMAGENET, notes="feature: mean of both tokens; logits: mean of both heads"
    )
    case(
        "dino_full", headless, pth(facebook.dino), stats=IMAGENET, options=heads(plain),
        notes="the teacher is taken, DINOHead dropped"
    )
    case(
        "dino_full_legacy", headless, pth(facebook.dino_ddp, legacy=True), stats=IMAGENET,
        options=heads(plain)
    )
    case(
        "dino_backbone", headless, pth(timm_names.names, file="dino_deitsmall16_pretrain.pth"),
        options=heads(plain), notes="no head; the statistics are not in the file"
    )
    case("ibot_full", headless, pth(facebook.ibot), stats=IMAGENET, options=heads(plain))
    moco = headless.but(heads=6)
    case(
        "mocov3", moco, pth(facebook.moco, file="vit-s-300ep.pth.tar"), stats=IMAGENET,
        options=heads(moco), fixed_pos=facebook.sincos
    )
    case(
        "mae_pretrain", headless,
        pth(facebook.mae_pretrain, file="mae_pretrain_vit_base_full.pth"), stats=IMAGENET,
        options=heads(plain), fixed_pos=facebook.sincos
    )
    mean = plain.but(pool="mean", last_norm="fc_norm")
    case(
        "mae_finetuned", mean,
        pth(facebook.mae_finetuned),
        options=heads(mean)
    )
    dinov2 = headless.but(layer_scale=True, patch=14, grid=(3, 3), pos="cls")
    case("dinov2_native", dinov2, pth(facebook.dinov2), stats=IMAGENET, options=heads(plain))
    case(
        "dinov2_registers", dinov2.but(registers=4), pth(facebook.dinov2), stats=IMAGENET,
        options=heads(plain), notes="positions for CLS and patches, none for registers"
    )
    case(
        "dinov2_chunked", dinov2.but(depth=4), pth(lambda m: facebook.dinov2(m, chunks=2)),
        stats=IMAGENET, options=heads(plain),
        notes="blocks.0.0, blocks.0.1, blocks.1.2, blocks.1.3"
    )
    case(
        "dinov2_teacher", dinov2, pth(facebook.dinov2_teacher, file="teacher_checkpoint.pth"),
        stats=IMAGENET, options=heads(plain), notes="blocks.0.0, blocks.0.1"
    )
    swiglu = dinov2.but(mlp="swiglu", dim=64, heads=4, hidden=176)
    case(
        "dinov2_swiglu", swiglu, pth(facebook.dinov2_swiglu), stats=IMAGENET,
        options=heads(swiglu), notes="w12: gate, then value"
    )


def torchvision_cases():
    plain = Shape(heads=4, patch=8, grid=(3, 3))
    for name, old in (("torchvision", False), ("torchvision_old", True)):
        case(
            name, plain,
            pth(
                lambda m, old=old: torchvision_names.names(m.w, old),
                file="vit_b_16-c867db91.pth"
            ),
            stats=IMAGENET, options=heads(plain)
        )
    known = plain.but(dim=192, heads=3, hidden=192)
    case(
        "torchvision_rule", known, safetensors(lambda m: torchvision_names.names(m.w)),
        stats=IMAGENET
    )


def google_cases():
    plain = Shape(heads=4)
    tanh = "JAX itself runs the tanh GELU; the reference is erf, as timm runs these files"
    new = {"style": google.NEW}
    case(
        "npz_augreg", plain, npz("Ti_16-i21k.npz"), stats=HALF, options=heads(plain), notes=tanh
    )
    case(
        "npz_kernel_heads", plain.but(heads=6), npz("Ti_16-i21k.npz"), stats=HALF,
        notes="no option: query/kernel is [D, heads, D/heads]. " + tanh
    )
    case(
        "npz_compressed", plain, npz(compressed=True), stats=HALF, options=heads(plain),
        notes=tanh
    )
    case(
        "npz_fortran", plain, npz(contiguous=False), stats=HALF, options=heads(plain),
        notes="fortran_order: True in places. " + tanh
    )
    case(
        "npz_opt_target", plain, npz(prefix="opt/target/", extra=google.optimizer_state),
        stats=HALF, options=heads(plain), notes=tanh
    )
    case(
        "npz_pre_logits", plain.but(classes=0),
        npz("imagenet21k_ViT-B_16.npz", extra=google.pre_logits), stats=HALF,
        options=heads(plain),
        notes="pre_logits is dropped, and with it the head behind it: no logits. " + tanh
    )
    case(
        "npz_big_vision", plain.but(pos="patches"), npz("vit_s16.npz", prefix="params/", **new),
        stats=HALF, options=heads(plain),
        notes="positions for patches only, added before CLS. " + tanh
    )
    case(
        "npz_big_vision_img", plain.but(pos="patches"),
        npz("tower.npz", prefix="params/img/", **new), stats=HALF, options=heads(plain),
        notes=tanh
    )
    case(
        "npz_bf16", plain.but(pos="patches"), npz("bf16.npz", prefix="params/", **new),
        stats=HALF, options=heads(plain), dtype=kept_as(torch.bfloat16),
        notes="two-byte voids, |V2. " + tanh
    )
    case(
        "npz_stacked", plain.but(depth=3, pos="patches"),
        npz("scan.npz", prefix="params/", stacked=True, **new), stats=HALF,
        options=heads(plain), notes="encoderblock with a leading layer axis. " + tanh
    )


timm_cases()
facebook_cases()
torchvision_cases()
google_cases()
