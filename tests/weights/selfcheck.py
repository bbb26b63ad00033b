"""tests/weights/selfcheck.py -- is the reference itself right, and does each choice show?"""
import torch
import torch.nn.functional as F

import vit
from families import torchvision_names

TIGHT = 1e-12


def distance(a, b):
    """Largest difference, by the range of the first."""
    return ((a - b).abs().max() / (a.max() - a.min())).item()


def require(name, error, limit=TIGHT):
    if not error <= limit:
        raise SystemExit(f"self-check {name}: {error:.3g}, at most {limit:g}")
    return f"{name} {error:.1e}"


def activations():
    x = torch.linspace(-6, 6, 1001, dtype=torch.float64)
    pairs = {"gelu": F.gelu(x), "gelu_tanh": F.gelu(x, approximate="tanh"), "silu": F.silu(x)}
    return [require(n, distance(vit.activation(n, x), y)) for n, y in pairs.items()]


def norm_and_attention(rng):
    s = vit.Shape()
    w = {n: t.double() for n, t in vit.random_weights(s, rng).items()}
    x = torch.from_numpy(rng.standard_normal((2, 9, s.dim)))
    y = F.layer_norm(x, (s.dim,), w["norm.weight"], w["norm.bias"], s.eps)
    found = [require("layer_norm", distance(y, vit.layer_norm(w, "norm", x, s.eps)))]
    module = torch.nn.MultiheadAttention(s.dim, s.heads, batch_first=True).double().eval()
    a = "blocks.0.attn."
    module.load_state_dict(
        {
            "in_proj_weight": w[a + "qkv.weight"],
            "in_proj_bias": w[a + "qkv.bias"],
            "out_proj.weight": w[a + "proj.weight"],
            "out_proj.bias": w[a + "proj.bias"],
        }
    )
    with torch.no_grad():
        y, maps = module(x, x, x, average_attn_weights=False)
    mine, my_maps = vit.attention(w, "blocks.0.", s, x)
    return found + [
        require("MultiheadAttention", max(distance(y, mine), distance(maps, my_maps)))
    ]


def torchvision(rng):
    """The whole network against torchvision's, its names against its state_dict."""
    try:
        from torchvision.models.vision_transformer import VisionTransformer
    except ImportError:
        return ["torchvision skipped: not found"]
    s = vit.Shape(heads=4, patch=8, grid=(3, 3), depth=3)
    w, x = vit.random_weights(s, rng), torch.from_numpy(rng.standard_normal((2, 3, *s.image)))
    model = VisionTransformer(
        s.image[0], s.patch, s.depth, s.heads, s.dim, s.hidden, num_classes=s.classes
    )
    mine, found = vit.forward(w, s, x)["logits"], []
    for old in (False, True):
        model.float().load_state_dict(torchvision_names.names(w, old), strict=True)
        with torch.no_grad():
            y = model.double().eval()(x)
        found.append(
            require("torchvision" + (" (old names)" if old else ""), distance(y, mine))
        )
    return found


def all_checks(rng):
    return activations() + norm_and_attention(rng) + torchvision(rng)


def sensitivity(w, s, x, out):
    """How far the result moves when one choice is wrong: by the range of the logits."""
    key = "logits" if s.classes else "feature"

    def moved(*shapes):
        return min(
            (distance(out[key], vit.forward(w, t, x)[key]) for t in shapes), default=None
        )

    other = {
        "eps": [s.but(eps=e) for e in (1e-12, 1e-6, 1e-5) if e != s.eps],
        "heads": [s.but(heads=h) for h in (1, 2, 3, 4, 6) if h != s.heads and s.dim % h == 0],
    }
    if s.mlp == "plain":
        other["act"] = [s.but(act=a) for a in ("gelu", "gelu_tanh", "quick_gelu") if a != s.act]
    return {name: moved(*shapes) for name, shapes in other.items()}
