"""tests/weights/cases_hub.py -- files to import: Hugging Face transformers, CLIP, open_clip."""
from casekit import (
    CLIP, HALF, IMAGENET, case, heads, hf_config, processor, pth, safetensors,
)
from families import clip, facebook, hf
from vit import Shape


def hf_vit_cases():
    plain = Shape(eps=1e-12)
    config = hf_config("vit", "ViTForImageClassification")
    case("hf_vit", plain.but(heads=4), safetensors(hf.vit, config, processor(HALF)), stats=HALF)
    case(
        "hf_vit_oblong", plain.but(heads=6, grid=(3, 6)),
        safetensors(hf.vit, config, processor(HALF)), stats=HALF
    )
    odd = ([0.4, 0.5, 0.6], [0.2, 0.25, 0.3])
    old = [("preprocessor_config.json", lambda s: hf.feature_extractor(s, *odd))]
    case(
        "hf_vit_bin", plain.but(eps=1e-3), pth(hf.vit, config, old, file="pytorch_model.bin"),
        stats=odd,
        notes="an epsilon and statistics that no family has"
    )
    case(
        "hf_vit_tanh", plain.but(act="gelu_tanh"), safetensors(hf.vit, config, processor(HALF)),
        stats=HALF
    )
    case(
        "hf_vit_gelu_new", plain.but(act="gelu_tanh"),
        safetensors(
            hf.vit, hf_config("vit", "ViTForImageClassification", hidden_act="gelu_new"),
            processor(HALF)
        ),
        stats=HALF
    )
    case(
        "hf_vit_no_qkv_bias", plain.but(qkv_bias=False),
        safetensors(hf.vit, config, processor(HALF)), stats=HALF
    )
    case(
        "hf_vit_model", plain.but(classes=0),
        safetensors(hf.vit_model, hf_config("vit", "ViTModel"), processor(HALF)), stats=HALF,
        notes="pooler dropped"
    )
    v5 = lambda prefix: lambda m: hf.vit(m, hf.VIT5, prefix)
    case(
        "hf_vit_v5", plain.but(heads=4), safetensors(v5("vit."), config, processor(HALF)),
        stats=HALF
    )
    case(
        "hf_vit_v5_model", plain.but(classes=0),
        safetensors(v5(""), hf_config("vit", "ViTModel"), processor(HALF)), stats=HALF
    )
    dist = plain.but(dist=True, pool="cls+dist")
    case(
        "hf_deit_teacher", dist,
        safetensors(
            hf.deit, hf_config("deit", "DeiTForImageClassificationWithTeacher"),
            processor(IMAGENET, "DeiTImageProcessor")
        ),
        stats=IMAGENET
    )
    case(
        "hf_mae", plain.but(classes=0),
        safetensors(
            hf.mae,
            hf_config(
                "vit_mae", "ViTMAEForPreTraining", decoder_hidden_size=32,
                decoder_num_attention_heads=4
            ),
            processor(IMAGENET)
        ),
        stats=IMAGENET, fixed_pos=facebook.sincos, notes="decoder dropped, nothing masked"
    )


def hf_dinov2_cases():
    plain = Shape(layer_scale=True, patch=14, grid=(3, 3), pos="cls")
    bit = processor(IMAGENET, "BitImageProcessor")
    both = plain.but(pool="cls+mean")
    names = lambda prefix: lambda m: hf.dinov2(m, prefix)
    case(
        "hf_dinov2", both,
        safetensors(names("dinov2."), hf_config("dinov2", "Dinov2ForImageClassification"), bit),
        stats=IMAGENET
    )
    case(
        "hf_dinov2_model", plain.but(classes=0, eps=1e-12, heads=4),
        safetensors(names(""), hf_config("dinov2", "Dinov2Model"), bit), stats=IMAGENET
    )
    case(
        "hf_dinov2_swiglu", both.but(mlp="swiglu", dim=64, heads=4, hidden=176),
        safetensors(names("dinov2."), hf_config("dinov2", "Dinov2ForImageClassification"), bit),
        stats=IMAGENET,
        notes="weights_in: gate, then value; hidden_act of config.json is not used"
    )
    case(
        "hf_dinov2_registers", both.but(registers=4),
        safetensors(
            names("dinov2_with_registers."),
            hf_config("dinov2_with_registers", "Dinov2WithRegistersForImageClassification"), bit
        ),
        stats=IMAGENET, notes="the mean is over patches, not over registers"
    )


def clip_cases():
    plain = Shape(
        eps=1e-5, act="quick_gelu", pre_norm=True, patch_bias=False, head_bias=False, classes=12
    )
    known = plain.but(dim=192, hidden=192, grid=(3, 3))
    case(
        "clip_openai_fp16", known, pth(clip.openai, file="ViT-B-32.pth"), stats=CLIP,
        dtype=clip.half, notes="heads by the rule D/64; logits: the projected embedding"
    )
    both = [("open_clip_config.json", clip.open_clip_config)]
    wide = plain.but(heads=4, patch=8, grid=(3, 3))
    case(
        "open_clip_quick", wide,
        safetensors(clip.open_clip, extra=both, file="open_clip_model.safetensors"), stats=CLIP,
        notes="heads and activation from open_clip_config.json (head_width, quick_gelu)"
    )
    laion = wide.but(act="gelu")
    case(
        "open_clip_laion", laion,
        pth(clip.open_clip, extra=both, file="open_clip_pytorch_model.bin"), stats=CLIP,
        notes="the same names, but erf GELU"
    )
    case(
        "open_clip_no_config", laion,
        pth(
            clip.open_clip_training, file="epoch_32.pt"
        ),
        stats=CLIP, options=heads(laion) + ["--act", "gelu"],
        notes="nothing in the file tells the activation"
    )
    trunk = Shape(classes=12, head_bias=False)
    case(
        "open_clip_timm_trunk", trunk,
        safetensors(
            clip.open_clip_timm,
            extra=[("open_clip_config.json", lambda s: clip.open_clip_config(s, trunk=True))],
            file="open_clip_model.safetensors"
        ),
        stats=CLIP, options=heads(trunk)
    )
    image = processor(CLIP, "CLIPImageProcessor")
    case(
        "hf_clip", plain, safetensors(hf.clip, lambda s: hf.clip_config(s, short=True), image),
        stats=CLIP,
        notes="hidden_act and layer_norm_eps are defaults that config.json leaves out"
    )
    case(
        "hf_clip_bin", plain.but(heads=4, act="gelu"),
        pth(
            lambda m: hf.clip(m, position_ids=True), hf.clip_config, image,
            file="pytorch_model.bin"
        ),
        stats=CLIP, notes="position_ids (int64), erf GELU"
    )
    vision = lambda name: lambda s: {"architectures": [name], **hf.clip_vision_config(s)}
    case(
        "hf_clip_projection", plain.but(heads=6),
        safetensors(hf.clip_tower, vision("CLIPVisionModelWithProjection"), image), stats=CLIP
    )
    case(
        "hf_clip_vision", plain.but(classes=0),
        safetensors(
            lambda m: hf.clip_tower(m, position_ids=True), vision("CLIPVisionModel"), image
        ),
        stats=CLIP
    )


hf_vit_cases()
hf_dinov2_cases()
clip_cases()
