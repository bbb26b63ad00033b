"""tests/weights/containers.py -- files as people have them: safetensors, .pth, .npz, JSON."""
import json
import struct
import zipfile

import numpy as np
import torch

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int8: "I8",
    torch.uint8: "U8",
}


def raw(tensor):
    """The bytes of a tensor, row-major, little endian."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def safetensors_bytes(tensors, metadata=None):
    header, at, payload = {}, 0, []
    if metadata:
        header["__metadata__"] = metadata
    for name, tensor in tensors.items():
        data = raw(tensor)
        header[name] = {
            "dtype": DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [at, at + len(data)],
        }
        at += len(data)
        payload.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(payload)


def save_safetensors(path, tensors, metadata=None):
    path.write_bytes(safetensors_bytes(tensors, metadata or {"format": "pt"}))


def save_sharded(folder, tensors, shards=2):
    """model-0000i-of-0000n.safetensors and the index; a block may lie across two files."""
    names = list(tensors)
    step = -(-len(names) // shards)
    weight_map = {}
    for i in range(shards):
        file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
        part = names[i * step : (i + 1) * step]
        save_safetensors(folder / file, {name: tensors[name] for name in part})
        weight_map.update((name, file) for name in part)
    size = sum(len(raw(t)) for t in tensors.values())
    save_json(
        folder / "model.safetensors.index.json",
        {"metadata": {"total_size": size}, "weight_map": weight_map},
    )


def save_pth(path, thing, legacy=False):
    torch.save(thing, path, _use_new_zipfile_serialization=not legacy)


def add_newer_entries(path):
    """What later PyTorch versions put into the archive besides the tensors."""
    with zipfile.ZipFile(path, "a") as archive:
        root = archive.namelist()[0].split("/")[0]
        for name, data in (
            ("byteorder", "little"),
            (".format_version", "1"),
            (".storage_alignment", "64"),
            (".data/serialization_id", "0" * 40),
        ):
            archive.writestr(zipfile.ZipInfo(f"{root}/{name}"), data)


def as_numpy(tensor):
    """bfloat16 has no name in NumPy: such files hold two-byte voids."""
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view("V2")
    return tensor.numpy()


def save_npz(path, arrays, compressed=False):
    """np.savez, but with a fixed date, so that the bytes repeat."""
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(name + ".npy")
            info.compress_type = kind
            with archive.open(info, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array)


def save_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")
