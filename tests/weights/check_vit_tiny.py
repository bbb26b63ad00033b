"""tests/weights/check_vit_tiny.py -- a real pretrained ViT on a real photograph.

usage: check_vit_tiny.py DRIFTSCOPE [ignored]

ViT-Ti/16 at 224 and its reference in float64 on the cat (DRIFTSCOPE_SHARED/data, else ../shared):
logits within 1e-4 of their range and the attention of all twelve layers within 1e-5 from the
stored input; the most likely class and its probability from the PNG; the rollout of the last
layer; `eval --data` on photographs in folders named by WordNet id or by name. Exits 77 where the
data or NumPy and Pillow are missing."""
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print(f"skipped: not found: {missing.name}")
    sys.exit(77)

SHARED = os.path.join(os.environ.get("DRIFTSCOPE_SHARED", "../shared"), "data")
TINY = os.path.join(SHARED, "vit_tiny")
WEIGHTS = os.path.join(TINY, "vit_tiny_patch16_224.f32.safetensors")
LABELS = os.path.join(TINY, "imagenet1k_labels.tsv")
REFERENCE = os.path.join(TINY, "ref_cat")
failed = 0


def expect(what, good, text):
    global failed
    failed += not good
    print(f"{'ok  ' if good else 'FAIL'} {what}: {text}")


def run(program, *words, code=0):
    got = subprocess.run([program, *words], capture_output=True, text=True)
    if got.returncode != code:
        sys.exit(f"{' '.join(words)}: exit {got.returncode}: {got.stderr}")
    return got.stdout, got.stderr


def safetensors(path, arrays):
    header, body = {}, b""
    for name, a in arrays.items():
        raw = np.ascontiguousarray(a, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(a.shape),
                        "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def reference(name):
    return np.load(os.path.join(REFERENCE, name))


def stored_input(program, work):
    side = os.path.join(work, "sidecar.safetensors")
    x, attn = reference("input_f32_nchw.npy"), reference("attn_f32.npy")
    arrays = {"x": x.reshape(1, 3, 224, 224),
              "logits": reference("logits_f64.npy").reshape(1, 1000)}
    arrays.update({f"attn.{i}": attn[i][None] for i in range(12)})
    safetensors(side, arrays)
    out, _ = run(program, "import", WEIGHTS, "--verify", side, "--json", "-q")
    rows = {row["what"]: row["value"] for row in json.loads(out)["rows"]}
    expect("stored input", "attention of 12 layers" in rows.get("verified", ""),
           rows.get("verified", "not verified"))
    arrays["attn.7"] = arrays["attn.7"] + 2e-5  # the check can fail
    safetensors(side, arrays)
    _, said = run(program, "import", WEIGHTS, "--verify", side, "-q", code=1)
    expect("spoilt sidecar", "does not answer as" in said, said.strip()[-60:])


def photograph(program):
    out, _ = run(program, "attend", WEIGHTS, os.path.join(REFERENCE, "input_224.png"),
                 "--transform", "none", "--labels", LABELS, "--json", "-q")
    got = json.loads(out)["pictures"][0]
    logits = reference("logits_f64.npy").reshape(-1)
    share = np.exp(logits - logits.max())
    share /= share.sum()
    best = got["top"][0]
    expect("most likely", best["class"] == logits.argmax() and best["name"] == "Egyptian cat"
           and abs(best["probability"] - share.max()) < 0.002,
           f"{best['name']} {best['probability']:.6f}, reference {share.max():.6f}")
    away = abs(np.array(got["logits"]) - logits).max() / np.ptp(logits)
    expect("logits of the PNG", away < 1e-4, f"{away:.1e} of their range")
    want = reference("rollout_f64.npy")[0, 1:]
    away = abs(np.array(got["maps"][-1]) - want).max() / want.max()
    expect("rollout of the last layer", away < 1e-4, f"{away:.1e} of the largest value")
    out, _ = run(program, "attend", WEIGHTS, os.path.join(REFERENCE, "input_224.png"),
                 "--transform", "none", "--source", "raw", "--all-heads", "--json", "-q")
    heads = np.array(json.loads(out)["pictures"][0]["heads"])
    away = abs(heads - reference("attn_f32.npy")[:, :, 0, 1:]).max()
    expect("attention of the PNG", heads.shape == (12, 3, 196) and away < 1e-5, f"{away:.1e}")


def accuracy(program, work):
    photos = os.path.join(SHARED, "photos")
    folder = os.path.join(work, "labelled")
    # by id, by name, by number; one that the network gets wrong
    for name, photo in (("n02124075", "cat_chelsea"), ("espresso", "coffee"), ("985", "flower"),
                        ("n03888257", "rocket")):
        os.makedirs(os.path.join(folder, name))
        Image.open(os.path.join(photos, photo + ".png")).convert("RGB").save(
            os.path.join(folder, name, "1.png"))
    words = ["eval", WEIGHTS, "--data", folder, "--labels", LABELS]
    got = json.loads(run(program, *words, "--json", "-q")[0])
    expect("eval --data", (got["pictures"], got["top1"], got["left_out"]) == (4, 3, 0),
           f"{got['top1']} of {got['pictures']} right, {got['top5']} among five")
    text, _ = run(program, *words, "-q")
    expect("its table", "0.7500" in text.splitlines()[-1], text.splitlines()[-1])
    os.makedirs(os.path.join(folder, "crane"))
    Image.new("RGB", (30, 30)).save(os.path.join(folder, "crane", "1.png"))
    _, said = run(program, *words, code=65)
    expect("two cranes", "several classes" in said, said.strip()[-80:])


def main():
    program = os.path.abspath(sys.argv[1])
    if not os.path.exists(WEIGHTS):
        print("skipped: not found:", WEIGHTS)
        return 77
    with tempfile.TemporaryDirectory() as work:
        stored_input(program, work)
        photograph(program)
        accuracy(program, work)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
