"""tests/weights/casekit.py -- what a case is, and the writers of its files.

cases.py, cases_hub.py and cases_refused.py fill CASES when they are imported."""
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple, Optional

import torch

import containers as c
from families import clip, google, hf, timm_names
from vit import Shape

HALF = ([0.5] * 3, [0.5] * 3)
IMAGENET = (timm_names.MEAN_IMAGENET, timm_names.STD_IMAGENET)
CLIP = (clip.MEAN, clip.STD)


class Material(NamedTuple):
    """What a file is made of: weights, a decoy's weights, a random stream, the shape."""
    w: dict
    other: dict
    rng: Any
    s: Shape


@dataclass
class Case:
    name: str
    shape: Shape
    write: Callable  # (folder, Material) -> the file to import
    stats: Any = (None, None)  # mean, std; None where the file cannot tell
    options: list = field(default_factory=list)
    dtype: Callable = lambda name: torch.float32  # of each canonical tensor in the file
    fixed_pos: Optional[Callable] = None  # shape -> pos_embed that is not learnt
    notes: str = ""
    refuse: Optional[str] = None  # a word of the refusal, whatever its case
    refuse_any: list = field(default_factory=list)  # other words that would do
    also: dict = field(default_factory=dict)  # further keys of case.json


CASES = []


def case(name, shape, write, **more):
    CASES.append(Case(name, shape, write, **more))


def heads(s):
    return ["--heads", str(s.heads)]


def kept_as(dtype):
    """Every tensor of the file in one dtype."""
    return lambda name: dtype


def describe(folder, s, config, extra):
    for beside, make in (("config.json", config), *extra):
        if make:
            c.save_json(folder / beside, make(s))


def safetensors(names, config=None, extra=(), file="model.safetensors"):
    """A writer: names(material) into a safetensors file, and what lies beside it."""
    def write(folder, m):
        c.save_safetensors(folder / file, names(m))
        describe(folder, m.s, config, extra)
        return file
    return write


def pth(names, config=None, extra=(), file="checkpoint.pth", legacy=False):
    """The same into a .pth; names(material) may return any wrapper."""
    def write(folder, m):
        c.save_pth(folder / file, names(m), legacy)
        describe(folder, m.s, config, extra)
        return file
    return write


def sharded(folder, m):
    c.save_sharded(folder, m.w)
    return "model.safetensors.index.json"


def npz(file="ViT-B_16.npz", compressed=False, extra=lambda m: {}, **style):
    def write(folder, m):
        c.save_npz(folder / file, {**google.names(m.w, m.s, **style), **extra(m)}, compressed)
        return file
    return write


def processor(stats, kind="ViTImageProcessor"):
    return [("preprocessor_config.json", lambda s: hf.preprocessor(s, *stats, kind))]


def hf_config(kind, architecture, **more):
    return lambda s: hf.config(s, kind, architecture, **more)
