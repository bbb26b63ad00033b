"""tests/weights/families/facebook.py -- research code: DINO, iBOT, MoCo v3, MAE, DINOv2."""
import torch

from .common import arguments, batch_norm_noise, linear_noise, noise, optimizer, prefixed


def projection_head(rng, dim, name="head.", last=("last_layer",)):
    """DINOHead: an MLP of three and a weight-normalised last layer."""
    out = {}
    for index, rows, columns in ((0, 32, dim), (2, 32, 32), (4, 16, 32)):
        out.update(linear_noise(rng, f"{name}mlp.{index}", rows, columns))
    for layer in last:
        out[f"{name}{layer}.weight_g"] = torch.ones(24, 1)
        out[f"{name}{layer}.weight_v"] = noise(rng, 24, 16)
    return out


def dino(m):
    """A full training checkpoint; the student has weights of its own and DDP's prefix."""
    dim = m.w["cls_token"].shape[-1]
    teacher = {**prefixed("backbone.", m.w), **projection_head(m.rng, dim)}
    student = {**prefixed("backbone.", m.other), **projection_head(m.rng, dim)}
    return {
        "student": prefixed("module.", student),
        "teacher": teacher,
        "optimizer": optimizer(m.rng),
        "epoch": 100,
        "args": arguments(arch="vit_small"),
        "dino_loss": {"center": noise(m.rng, 1, 24)},
        "fp16_scaler": {"scale": 65536.0},
    }


def dino_ddp(m):
    """The same with a head with batch norms: then the teacher has DDP's prefix, too."""
    whole = dino(m)
    whole["teacher"].update(batch_norm_noise(m.rng, "head.mlp.1", 32))
    whole["teacher"] = prefixed("module.", whole["teacher"])
    return whole


def ibot(m):
    dim = m.w["cls_token"].shape[-1]
    layers = ("last_layer", "last_layer2")
    student = {**m.other, "masked_embed": noise(m.rng, 1, dim)}
    student = {**prefixed("backbone.", student), **projection_head(m.rng, dim, last=layers)}
    teacher = {**prefixed("backbone.", m.w), **projection_head(m.rng, dim, last=layers)}
    return {
        "student": prefixed("module.", student),
        "teacher": teacher,
        "optimizer": optimizer(m.rng),
        "epoch": 800,
        "args": arguments(arch="vit_small"),
        "fp16_scaler": None,
        "ibot_loss": {"center": noise(m.rng, 1, 24), "center2": noise(m.rng, 1, 1, 24)},
    }


def moco(m):
    dim = m.w["cls_token"].shape[-1]

    def projector(name, sizes):
        out = {}
        for i, (columns, rows) in enumerate(zip(sizes, sizes[1:])):
            out.update(linear_noise(m.rng, f"{name}.{3 * i}", rows, columns, bias=False))
            last = i == len(sizes) - 2
            out.update(batch_norm_noise(m.rng, f"{name}.{3 * i + 1}", rows, affine=not last))
        return out

    state = {
        **prefixed("base_encoder.", {**m.w, **projector("head", (dim, 32, 32, 16))}),
        **prefixed("momentum_encoder.", {**m.other, **projector("head", (dim, 32, 32, 16))}),
        **projector("predictor", (16, 32, 16)),
    }
    return {
        "epoch": 300,
        "arch": "vit_small",
        "state_dict": prefixed("module.", state),
        "optimizer": optimizer(m.rng),
        "scaler": {"scale": 65536.0},
    }


def mae_pretrain(m):
    narrow = 32
    decoder = {
        "mask_token": noise(m.rng, 1, 1, narrow),
        "decoder_pos_embed": noise(m.rng, 1, m.s.patches + 1, narrow),
        **linear_noise(m.rng, "decoder_embed", narrow, m.s.dim),
        **linear_noise(m.rng, "decoder_blocks.0.attn.qkv", 3 * narrow, narrow),
        **linear_noise(m.rng, "decoder_blocks.0.attn.proj", narrow, narrow),
        **linear_noise(m.rng, "decoder_blocks.0.mlp.fc1", 4 * narrow, narrow),
        **linear_noise(m.rng, "decoder_blocks.0.mlp.fc2", narrow, 4 * narrow),
        **linear_noise(m.rng, "decoder_pred", 3 * m.s.patch**2, narrow),
    }
    for name in ("decoder_blocks.0.norm1", "decoder_blocks.0.norm2", "decoder_norm"):
        decoder.update(
            {name + ".weight": noise(m.rng, narrow), name + ".bias": noise(m.rng, narrow)}
        )
    return {
        "model": {**m.w, **decoder},
        "optimizer": optimizer(m.rng),
        "epoch": 799,
        "scaler": {"scale": 65536.0},
        "args": arguments(mask_ratio=0.75),
    }


def mae_finetuned(m):
    """With --global_pool: fc_norm instead of norm, in the weights themselves."""
    args = arguments(global_pool=True)
    return {"model": m.w, "epoch": 99, "optimizer": optimizer(m.rng), "args": args}


def sincos(s):
    """MAE's fixed positions: half of the width for the column, half for the row; CLS is 0."""
    omega = 1 / 10000 ** (torch.arange(s.dim // 4, dtype=torch.float64) / (s.dim // 4))
    y, x = torch.meshgrid(
        *(torch.arange(n, dtype=torch.float64) for n in s.grid), indexing="ij"
    )
    waves = [f(axis.reshape(-1, 1) * omega) for axis in (x, y) for f in (torch.sin, torch.cos)]
    table = torch.cat([torch.zeros(1, s.dim), torch.cat(waves, 1)])
    return table.float()[None]


def dinov2(m, chunks=0):
    """DINOv2's own names. `chunks`: blocks.CHUNK.BLOCK, BLOCK counted through all chunks."""
    out = {"mask_token": noise(m.rng, 1, m.w["cls_token"].shape[-1])}
    for name, tensor in m.w.items():
        name = name.replace("reg_token", "register_tokens")
        if chunks and name.startswith("blocks."):
            _, i, rest = name.split(".", 2)
            name = f"blocks.{int(i) // (m.s.depth // chunks)}.{i}.{rest}"
        out[name] = tensor
    return out


def dinov2_swiglu(m):
    """w12: gate, then value; w3: out."""
    names = {
        name: name.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3") for name in m.w
    }
    return dinov2(m._replace(w={names[name]: tensor for name, tensor in m.w.items()}))


def dinov2_teacher(m):
    """teacher_checkpoint.pth of a training run: backbone and the heads of both losses."""
    heads = {
        **projection_head(m.rng, m.w["cls_token"].shape[-1], "dino_head."),
        **projection_head(m.rng, m.w["cls_token"].shape[-1], "ibot_head."),
    }
    return {"teacher": {**prefixed("backbone.", dinov2(m, chunks=1)), **heads}}
