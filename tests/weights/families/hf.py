"""tests/weights/families/hf.py -- Hugging Face transformers: ViT, DeiT, MAE, DINOv2, CLIP."""
import torch

from .common import linear_noise, noise, prefixed, rename, split_qkv

OUTSIDE = {
    "cls_token": "embeddings.cls_token",
    "dist_token": "embeddings.distillation_token",
    "reg_token": "embeddings.register_tokens",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj": "embeddings.patch_embeddings.projection",
    "norm": "layernorm",
}
VIT4 = {
    "*": "encoder.layer.{i}.",
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "attn.q": "attention.attention.query",
    "attn.k": "attention.attention.key",
    "attn.v": "attention.attention.value",
    "attn.proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}
VIT5 = {
    "*": "layers.{i}.",
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "attn.q": "attention.q_proj",
    "attn.k": "attention.k_proj",
    "attn.v": "attention.v_proj",
    "attn.proj": "attention.o_proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
DINOV2 = {
    **VIT4,
    "norm1": "norm1",
    "norm2": "norm2",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
SWIGLU = {**DINOV2, "mlp.fc1": "mlp.weights_in", "mlp.fc2": "mlp.weights_out"}
CLIP_OUTSIDE = {
    "patch_embed.proj": "embeddings.patch_embedding",
    "norm_pre": "pre_layrnorm",
    "norm": "post_layernorm",
}
CLIP = {
    "*": "encoder.layers.{i}.",
    "norm1": "layer_norm1",
    "norm2": "layer_norm2",
    "attn.q": "self_attn.q_proj",
    "attn.k": "self_attn.k_proj",
    "attn.v": "self_attn.v_proj",
    "attn.proj": "self_attn.out_proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}


def heads(w, table):
    return rename(w, table, {"*": ""})


def vit(m, block=VIT4, prefix="vit."):
    return {
        **prefixed(prefix, rename(split_qkv(m.w), OUTSIDE, block)),
        **heads(m.w, {"head": "classifier"}),
    }


def vit_model(m):
    """ViTModel: no prefix, no classifier, a pooler that no classifier reads."""
    dim = m.w["cls_token"].shape[-1]
    return {**vit(m, prefix=""), **linear_noise(m.rng, "pooler.dense", dim, dim)}


def deit(m):
    both = {"head": "cls_classifier", "head_dist": "distillation_classifier"}
    return {**prefixed("deit.", rename(split_qkv(m.w), OUTSIDE, VIT4)), **heads(m.w, both)}


def mae(m):
    """ViTMAEForPreTraining: the encoder under vit., the decoder beside it."""
    decoder = {
        "mask_token": noise(m.rng, 1, 1, 32),
        "decoder_pos_embed": noise(m.rng, 1, m.s.patches + 1, 32),
        **linear_noise(m.rng, "decoder_embed", 32, m.s.dim),
        **linear_noise(m.rng, "decoder_layers.0.attention.attention.query", 32, 32),
        **linear_noise(m.rng, "decoder_layers.0.intermediate.dense", 64, 32),
        **linear_noise(m.rng, "decoder_pred", 3 * m.s.patch**2, 32),
    }
    return {**vit(m), **prefixed("decoder.", decoder)}


def dinov2(m, prefix):
    """layer_scale{1,2}.lambda1, and the embedding of masked patches (dropped)."""
    out = rename(split_qkv(m.w), OUTSIDE, SWIGLU if m.s.mlp == "swiglu" else DINOV2)
    for name, tensor in m.w.items():
        if name.endswith(".gamma"):
            _, i, which, _ = name.split(".")
            out[f"encoder.layer.{i}.layer_scale{which[-1]}.lambda1"] = tensor
    out["embeddings.mask_token"] = noise(m.rng, 1, m.s.dim)
    return {**prefixed(prefix, out), **heads(m.w, {"head": "classifier"})}


def clip_tower(m, position_ids=False):
    out = {
        "embeddings.class_embedding": m.w["cls_token"].reshape(-1),
        "embeddings.position_embedding.weight": m.w["pos_embed"][0],
        **rename(split_qkv(m.w), CLIP_OUTSIDE, CLIP),
    }
    if position_ids:
        out["embeddings.position_ids"] = torch.arange(m.w["pos_embed"].shape[1])[None]
    if "head.weight" in m.w:
        return {
            **prefixed("vision_model.", out),
            "visual_projection.weight": m.w["head.weight"],
        }
    return prefixed("vision_model.", out)


def clip(m, position_ids=False):
    """CLIPModel: both towers; the text tower has another width and is to be dropped."""
    wide, out = 32, {}
    for letter in ("q_proj", "k_proj", "v_proj", "out_proj"):
        out.update(linear_noise(m.rng, f"encoder.layers.0.self_attn.{letter}", wide, wide))
    out.update(linear_noise(m.rng, "encoder.layers.0.mlp.fc1", 4 * wide, wide))
    out.update(linear_noise(m.rng, "encoder.layers.0.mlp.fc2", wide, 4 * wide))
    for name in (
        "encoder.layers.0.layer_norm1",
        "encoder.layers.0.layer_norm2",
        "final_layer_norm",
    ):
        out.update({name + ".weight": noise(m.rng, wide), name + ".bias": noise(m.rng, wide)})
    out["embeddings.token_embedding.weight"] = noise(m.rng, 60, wide)
    out["embeddings.position_embedding.weight"] = noise(m.rng, 16, wide)
    if position_ids:
        out["embeddings.position_ids"] = torch.arange(16)[None]
    return {
        "logit_scale": torch.tensor(4.6052),
        **prefixed("text_model.", out),
        **clip_tower(m, position_ids),
        "text_projection.weight": noise(m.rng, m.w["head.weight"].shape[0], wide),
    }


ACT_NAMES = {"gelu": "gelu", "gelu_tanh": "gelu_pytorch_tanh", "quick_gelu": "quick_gelu"}


def labels(s):
    names = {str(i): f"LABEL_{i}" for i in range(s.classes)}
    return {"id2label": names, "label2id": {name: int(i) for i, name in names.items()}}


def config(s, kind, architecture, **more):
    square = s.grid[0] == s.grid[1]
    out = {
        "architectures": [architecture],
        "model_type": kind,
        "hidden_size": s.dim,
        "num_hidden_layers": s.depth,
        "num_attention_heads": s.heads,
        "hidden_act": ACT_NAMES[s.act],
        "layer_norm_eps": s.eps,
        "image_size": s.image[0] if square else list(s.image),
        "patch_size": s.patch,
        "num_channels": 3,
        "attention_probs_dropout_prob": 0.0,
        "hidden_dropout_prob": 0.0,
        "initializer_range": 0.02,
        "torch_dtype": "float32",
        "transformers_version": "4.48.0",
    }
    if kind.startswith("dinov2"):
        out.update(
            {
                "mlp_ratio": s.hidden // s.dim if s.mlp == "plain" else 4,
                "layerscale_value": 1.0,
                "use_swiglu_ffn": s.mlp == "swiglu",
                "qkv_bias": True,
                "drop_path_rate": 0.0,
            }
        )
    else:
        out.update({"intermediate_size": s.hidden, "qkv_bias": s.qkv_bias})
    if s.registers:
        out["num_register_tokens"] = s.registers
    if s.classes:
        out.update(labels(s))
    return {**out, **more}


def clip_vision_config(s):
    return {
        "model_type": "clip_vision_model",
        "hidden_size": s.dim,
        "intermediate_size": s.hidden,
        "num_hidden_layers": s.depth,
        "num_attention_heads": s.heads,
        "num_channels": 3,
        "image_size": s.image[0],
        "patch_size": s.patch,
        "hidden_act": ACT_NAMES[s.act],
        "layer_norm_eps": s.eps,
        "attention_dropout": 0.0,
        "projection_dim": s.classes or 512,
    }


def clip_config(s, short=False):
    """Both towers, each with its own numbers of heads and layers. `short`: as newer versions
    save it, a nested value that is CLIP's default is left out."""
    text = {
        "model_type": "clip_text_model",
        "hidden_size": 32,
        "intermediate_size": 128,
        "num_hidden_layers": 1,
        "num_attention_heads": 8,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
        "vocab_size": 60,
        "max_position_embeddings": 16,
    }
    vision = clip_vision_config(s)
    if short:
        defaults = {
            "hidden_act": "quick_gelu",
            "layer_norm_eps": 1e-5,
            "num_channels": 3,
            "attention_dropout": 0.0,
        }
        vision = {name: value for name, value in vision.items() if defaults.get(name) != value}
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": s.classes,
        "logit_scale_init_value": 2.6592,
        "text_config": text,
        "vision_config": vision,
    }


def preprocessor(s, mean, std, kind="ViTImageProcessor"):
    """preprocessor_config.json; CLIP and DINOv2 resize the short side and crop."""
    size = {"height": s.image[0], "width": s.image[1]}
    out = {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": mean,
        "image_processor_type": kind,
        "image_std": std,
        "resample": 2,
        "rescale_factor": 1 / 255,
        "size": size,
    }
    if kind in ("CLIPImageProcessor", "BitImageProcessor"):
        short = s.image[0] if "CLIP" in kind else s.image[0] * 256 // 224
        out.update(
            {
                "resample": 3,
                "do_center_crop": True,
                "do_convert_rgb": True,
                "crop_size": size,
                "size": {"shortest_edge": short},
            }
        )
    return out


def feature_extractor(s, mean, std):
    """The same before there were image processors: one number for the size."""
    return {
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "ViTFeatureExtractor",
        "image_mean": mean,
        "image_std": std,
        "resample": 2,
        "size": s.image[0],
    }
