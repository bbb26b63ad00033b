#!/usr/bin/env python3
"""tests/weights/check_archive.py -- archives against the libraries that write them.

usage: check_archive.py DUMP_ARCHIVE     exit 1 when a number, name or shape differs, 77: skipped

Files are written by torch.save, np.savez and, for safetensors, by hand; dump_archive gives back
what it read, which must be equal bit by bit to what the library holds, as float32."""
import argparse
import collections
import datetime
import enum
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

try:
    import numpy as np
    import torch
except ImportError as e:
    print("skipped: not found:", e.name)
    sys.exit(77)

checked = 0


def fail(what):
    print("FAIL:", what)
    sys.exit(1)


def dump(path):
    """container, notes, {name: (type, array)} or the sentence of a refusal."""
    done = subprocess.run([sys.argv[1], str(path)], stdout=subprocess.PIPE, timeout=60)
    out, at = done.stdout, 0
    if done.returncode:
        return done.returncode, out.decode().strip()
    container, notes, tensors = None, {}, {}
    while at < len(out):
        end = out.index(b"\n", at)
        kind, rest = out[at:end].decode().split(" ", 1)
        at = end + 1
        if kind == "container":
            container = rest
        elif kind == "note":
            key, value = rest.split(" = ", 1)
            notes[key] = value
        else:
            words = rest.split(" ")
            split = next(i for i, w in enumerate(words) if w in TYPES)
            dims = [int(w) for w in words[split + 1:]]
            n = int(np.prod(dims)) if dims else 1
            tensors[" ".join(words[:split])] = (
                words[split], np.frombuffer(out, "<f4", n, at).reshape(dims))
            at += 4 * n
    return container, notes, tensors


TYPES = {"uint8": torch.uint8, "int8": torch.int8, "int16": torch.int16, "int32": torch.int32,
         "int64": torch.int64, "float16": torch.float16, "bfloat16": torch.bfloat16,
         "float32": torch.float32, "float64": torch.float64}


def same(path, expected, container, notes=()):
    """expected: {name: torch tensor or (type name, float32 array)}."""
    global checked
    got = dump(path)
    if got[0] != container:
        fail(f"{path}: {got[:2]}, expected {container}")
    for key, value in dict(notes).items():
        if got[1].get(key) != value:
            fail(f"{path}: note {key} is {got[1].get(key)!r}, expected {value!r}")
    if list(got[2]) != list(expected):
        fail(f"{path}: tensors {list(got[2])}, expected {list(expected)}")
    for name, value in expected.items():
        if isinstance(value, torch.Tensor):
            value = value.detach()
            kind = "uint8" if value.dtype == torch.bool else next(
                k for k, v in TYPES.items() if v == value.dtype)
            value = (kind, value.to(torch.float32).numpy())
        kind, array = got[2][name]
        if kind != value[0] or array.shape != value[1].shape:
            fail(f"{path}: {name} is {kind} {array.shape}, expected {value[0]} {value[1].shape}")
        # Bit by bit, but that the libraries make every signalling NaN a quiet one.
        left, right = (np.ravel(x).astype("<f4").view("<u4") for x in (array, value[1]))
        nan = np.isnan(np.ravel(value[1]))
        if not np.array_equal(np.where(nan, left | 0x400000, left), np.where(nan, right | 0x400000, right)):
            fail(f"{path}: {name} differs")
        checked += array.size


def refused(path, words):
    got = dump(path)
    if not isinstance(got[0], int) or words not in got[1] or got[1].endswith("."):
        fail(f"{path}: {got[:2]}, expected a refusal with '{words}'")


def odd_values(dtype, n=4096):
    """Numbers of a float type with every kind of bits: subnormal, infinite, NaN, -0."""
    bits = {2: torch.int16, 4: torch.int32, 8: torch.int64}[torch.tensor([], dtype=dtype).element_size()]
    g = torch.Generator().manual_seed(7)
    width = torch.iinfo(bits)
    raw = torch.randint(width.min, width.max, (n,), generator=g, dtype=torch.int64).to(bits)
    return raw.view(dtype)


def tensors():
    g = torch.Generator().manual_seed(1)
    base = torch.randn(6, 4, generator=g)
    big = torch.randn(3, 5, 7, 2, generator=g)
    return collections.OrderedDict([
        ("blocks.0.weight", base), ("shared.row", base[2]), ("shared.columns", base[:, 1:3]),
        ("transposed", base.t()), ("permuted", big.permute(2, 0, 3, 1)), ("every.second", big[:, ::2]),
        ("expanded", torch.arange(4.0).expand(3, 4)), ("expanded.middle", torch.arange(6.0).view(2, 1, 3).expand(2, 5, 3)),
        ("scalar", torch.tensor(3.5)), ("empty", torch.zeros(0, 3)), ("one", torch.ones(1, 1, 1)),
        ("half", torch.arange(-8, 9).half() / 3), ("brain", (torch.arange(-8, 9) / 3).bfloat16()),
        ("double", torch.randn(33, generator=g, dtype=torch.float64)),
        ("double.t", torch.randn(40, 33, generator=g, dtype=torch.float64).t()),
        ("half.t", torch.randn(700, 3, generator=g).half().t()),
        ("long", torch.tensor([1, -(2**62) - 12345, 2**24 + 1])), ("int", torch.tensor([1, -2**31, 16777217], dtype=torch.int32)),
        ("short", torch.tensor([-32768, 7], dtype=torch.int16)), ("char", torch.tensor([-128, 127], dtype=torch.int8)),
        ("byte", torch.tensor([0, 255], dtype=torch.uint8)), ("bool", torch.tensor([True, False])),
        ("parameter", torch.nn.Parameter(torch.randn(2, 2, generator=g))),
        ("odd.half", odd_values(torch.float16)), ("odd.brain", odd_values(torch.bfloat16)),
        ("odd.float", odd_values(torch.float32)),
    ])


class Colour(enum.Enum):
    RED = 1


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
        self.scale = torch.nn.Parameter(torch.ones(3))

    def forward(self, x):
        return self.body(x) * self.scale


def flat(prefix, value):
    if isinstance(value, torch.Tensor):
        return {prefix: value}
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return {}
    return {k: v for key, inner in value.items()
            for k, v in flat(f"{prefix}.{key}" if prefix else str(key), inner).items()}


def check_torch(folder, kind, **how):
    container = "PyTorch legacy pickle" if how.get("_use_new_zipfile_serialization") is False else "PyTorch zip"
    path = folder / f"{kind}.pth"

    def save(value):
        torch.save(value, path, **how)

    every = tensors()
    save(every)
    same(path, every, container)
    save(dict(every))
    same(path, every, container)

    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.25)
    net(torch.randn(5, 4)).sum().backward()
    optimizer.step()
    wrapped = {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3,
               "best": 0.5, "amp": True, "arch": "vit_tiny", "none": None,
               "args": argparse.Namespace(arch="vit", patch=16, lr=1e-3, out=pathlib.Path("x")),
               "when": datetime.datetime(2020, 1, 2), "score": np.float64(0.75),
               "table": np.arange(3), "keys": {1, 2, 3}, "enum": Colour.RED, "frozen": frozenset([1]), "raw": b"\0\1",
               "big": 2**80, "negative": -5, "list": [torch.ones(2), {"deep": torch.zeros(1)}],
               "device": torch.device("cpu"), "dtype": torch.float16, "size": torch.Size([1, 2])}
    wrapped["self"] = wrapped
    save(wrapped)
    del wrapped["self"]
    same(path, flat("", wrapped), container,
         {"epoch": "3", "best": "0.5", "amp": "1", "arch": "vit_tiny", "negative": "-5",
          "args.arch": "vit", "args.patch": "16", "args.lr": "0.001"})
    names = dump(path)[1]["opaque names"]
    for name in ("argparse.Namespace", "datetime.datetime", "numpy.core.multiarray.scalar"):
        if name not in names:
            fail(f"{path}: opaque names are {names}")

    save(net)  # a whole network: names as in its state_dict, order of the modules
    got = dump(path)
    if got[0] != container or set(got[2]) != set(net.state_dict()):
        fail(f"{path}: {got}")
    same(path, {name: net.state_dict()[name] for name in got[2]}, container)

    save(torch.arange(5.0))
    same(path, {"tensor": torch.arange(5.0)}, container)
    save({"epoch": 1})
    refused(path, "holds no tensors")
    save({"x": torch.ones(1), "y": os.system})
    refused(path, "posix.system, which is not among the names")
    save({"x": torch.ones(1), "y": eval})
    refused(path, "builtin")
    save({"x": torch.ones(2, dtype=torch.complex64), "y": torch.ones(2)})
    same(path, {"y": torch.ones(2)}, container, {"skipped": "x (complex64); "})

    if "pickle_protocol" in how:
        return
    whole = folder / "cut.pth"
    save(every)
    data = path.read_bytes()
    for n in range(0, len(data), max(1, len(data) // 41)):
        whole.write_bytes(data[:n])
        if not isinstance(dump(whole)[0], int):
            fail(f"{path}: cut after {n} bytes it is read")


def array_of(value):
    kind = {"?": "uint8"}.get(value.dtype.char, value.dtype.newbyteorder("=").name)
    with np.errstate(over="ignore", invalid="ignore"):
        return kind, value.astype("<f4")


def check_npz(folder):
    g = np.random.default_rng(3)
    base = g.normal(size=(5, 6, 2))
    arrays = {"Transformer/encoder_norm/scale": base.astype("<f4"), "fortran": np.asfortranarray(base),
              "half": base.astype("<f2"), "double": base, "big": base.astype(">f4"), "bigger": base.astype(">f8"),
              "long": np.array([-2**62 - 1, 5]), "int": np.arange(4, dtype="<i4"), "short": np.arange(-3, 3, dtype="<i2"),
              "bigshort": np.arange(-3, 3, dtype=">i2"), "char": np.arange(-3, 3, dtype="i1"),
              "byte": np.arange(250, 256, dtype="u1"), "bool": np.array([True, False]),
              "scalar": np.float32(2.5), "empty": np.zeros((0, 4), "<f4"), "fortran.empty": np.zeros((3, 0), "<f4", order="F")}
    expected = {name: array_of(np.asarray(value)) for name, value in arrays.items()}
    brain = np.array([0x3f80, 0xc020, 0x7f80, 0x0001], "<u2")
    arrays["brain"] = brain.view("V2")
    expected["brain"] = ("bfloat16", (brain.astype("<u4") << 16).view("<f4"))
    for save, name in ((np.savez, "stored.npz"), (np.savez_compressed, "packed.npz")):
        save(folder / name, **arrays)
        same(folder / name, expected, "npz")
        save(folder / name, x=np.ones(3, "<f4"), words=np.array(["a"]), objects=np.array([None], object),
             key=np.ones(2, "<u4"), complex=np.ones(2, "<c8"))
        same(folder / name, {"x": ("float32", np.ones(3, "<f4"))}, "npz",
             {"skipped": "words (<U1); objects (|O); key (<u4); complex (<c8); "})
    for version in ((1, 0), (2, 0), (3, 0)):
        with zipfile.ZipFile(folder / "v.npz", "w") as z, z.open("x.npy", "w", force_zip64=True) as f:
            np.lib.format.write_array(f, np.arange(6.0).reshape(2, 3), version=version)
        same(folder / "v.npz", {"x": array_of(np.arange(6.0).reshape(2, 3))}, "npz")


def write_safetensors(path, rows, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, raw) in rows.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def check_safetensors(folder):
    words = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
             "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
    rows, expected = {}, {}
    for word, dtype in words.items():
        value = (torch.arange(-6, 6).view(3, 4) * (1 if not dtype.is_floating_point else 0.3)).to(dtype)
        size = torch.tensor([], dtype=dtype).element_size()
        raw = value.contiguous().view(torch.uint8).numpy().tobytes() if size > 1 else value.to(
            torch.uint8 if dtype == torch.bool else dtype).numpy().tobytes()
        rows["odd one"] = ("U8", [1], b"\1")  # everything behind it is unaligned
        expected["odd one"] = torch.ones(1, dtype=torch.uint8)
        rows[word] = (word, [3, 4], raw)
        expected[word] = value
    rows["scalar"] = ("F32", [], struct.pack("<f", 1.5))
    expected["scalar"] = torch.tensor(1.5)
    path = folder / "a.safetensors"
    write_safetensors(path, rows, {"format": "pt"})
    same(path, expected, "safetensors", {"format": "pt"})

    model = folder / "model"
    model.mkdir()
    half = list(rows)[:5]
    write_safetensors(model / "part-1.safetensors", {k: rows[k] for k in half})
    write_safetensors(model / "part-2.safetensors", {k: v for k, v in rows.items() if k not in half})
    index = {"metadata": {"total_size": 1}, "weight_map": {
        k: "part-1.safetensors" if k in half else "part-2.safetensors" for k in rows}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    same(model, expected, "sharded safetensors")
    same(model / "model.safetensors.index.json", expected, "sharded safetensors")

    model = folder / "old"
    model.mkdir()
    torch.save({"a": torch.ones(2)}, model / "x-1.bin")
    torch.save({"b": torch.zeros(2)}, model / "x-2.bin")
    (model / "pytorch_model.bin.index.json").write_text(json.dumps(
        {"weight_map": {"a": "x-1.bin", "b": "x-2.bin"}}))
    same(model, {"a": torch.ones(2), "b": torch.zeros(2)}, "sharded PyTorch zip")
    model = folder / "plain"
    model.mkdir()
    torch.save({"a": torch.ones(2)}, model / "pytorch_model.bin")
    same(model, {"a": torch.ones(2)}, "PyTorch zip")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_safetensors(folder)
        check_npz(folder)
        check_torch(folder, "zip")
        check_torch(folder, "legacy", _use_new_zipfile_serialization=False)
        for protocol in (3, 4, 5):
            check_torch(folder, f"zip{protocol}", pickle_protocol=protocol)
            check_torch(folder, f"legacy{protocol}", pickle_protocol=protocol,
                        _use_new_zipfile_serialization=False)
        script = folder / "script.pt"
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(script))
        refused(script, "is TorchScript, a program with its weights")
    print(f"{checked} numbers are equal, bit by bit")


main()
