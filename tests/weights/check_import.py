"""tests/weights/check_import.py -- import every fixture as a user would, and look at the answers.

usage: check_import.py DRIFTSCOPE FIXTURES

A case to import must pass --verify against PyTorch (logits within 1e-4 of their range, attention
within 1e-5), and its card must say what case.json says. Written as HDF5 and read again, it must
be the same file; exported for timm it must load strictly (check_export.py), answer alike, and
come back to the same bits. A case to refuse must end with 2, 65 or 66, one sentence that holds
one of the expected words, and no file. Exits 77 where the fixtures are missing.
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import check_export
except ImportError:
    print("skipped: not found: PyTorch")
    sys.exit(77)


def run(*words, cwd=None):
    return subprocess.run(words, capture_output=True, text=True, cwd=cwd)


def card_of(text):
    rows = json.loads(text)["rows"]
    return {row["what"]: row for row in rows}


def check_card(card, case):
    """What the card should say, as (row, text that must be part of it)."""
    wanted = [
        ("width", f"{case['dim']}"),
        ("depth", f"{case['depth']}"),
        ("patch", f"{case['patch']} x {case['patch']}"),
        ("grid", f"{case['grid'][0]} x {case['grid'][1]} patches"),
        ("heads", f"{case['heads']}, "),
        ("eps", f"{case['eps']:g}"),
        ("head", f"{case['classes']} classes" if case["classes"] else "none"),
        ("mlp", "SwiGLU" if case["mlp"] == "swiglu" else "two layers"),
    ]
    if case["mlp"] != "swiglu":
        names = {"gelu": "gelu (erf)", "gelu_tanh": "gelu (tanh)", "quick_gelu": "quick_gelu"}
        wanted.append(("activation", names[case["act"]]))
    for key in ("mean", "std"):
        if case[key]:
            wanted.append((key, ", ".join(f"{x:g}" for x in case[key])))
    return [f"card: {row} is '{card[row]['value']}', expected '{text}'"
            for row, text in wanted if text not in card[row]["value"]]


def same(a, b):
    with open(a, "rb") as x, open(b, "rb") as y:
        return x.read() == y.read()


def strict_export_exists(case):
    """timm has no head over [CLS, mean]."""
    return case["pool"] != "cls+mean"


def check_good(program, folder, case, work):
    source = os.path.join(folder, case["file"])
    reference = os.path.join(folder, "reference.safetensors")
    h5, again, out, back = (os.path.join(work, name) for name in
                            ("a.h5", "b.h5", "a.safetensors", "b.safetensors"))
    got = run(program, "import", source, *case["options"], "--verify", reference, "--json", "-o", h5)
    if got.returncode:
        return [f"import: exit {got.returncode}: {got.stderr.strip()}"]
    faults = check_card(card_of(got.stdout), case)
    for words in (("import", h5, "-q", "-o", again), ("import", h5, "-q", "-o", out),
                  ("import", out, "-q", "-o", back)):
        got = run(program, *words)
        if got.returncode:
            return faults + [f"{' '.join(words)}: exit {got.returncode}: {got.stderr.strip()}"]
    if not same(h5, again):
        faults.append("HDF5 read and written again is another file")
    if not same(out, back):
        faults.append("export, import, export is another file")
    if strict_export_exists(case):
        try:
            check_export.check(out, reference, case)
        except check_export.Wrong as wrong:
            faults.append(f"check_export: {wrong}")
    return faults


def check_refused(program, folder, case, work):
    target = os.path.join(work, "refused.h5")
    got = run(program, "import", os.path.join(folder, case["file"]), *case["options"], "-q",
              "-o", target, cwd=work)
    said = got.stderr.strip()
    faults = []
    if got.returncode not in (2, 65, 66):
        faults.append(f"exit {got.returncode}, expected a refusal; {said}")
    if not any(word.lower() in said.lower() for word in case["refuse_any"]):
        faults.append(f"said '{said}', expected one of {case['refuse_any']}")
    if len(said.splitlines()) != 1:
        faults.append(f"{len(said.splitlines())} lines: {said}")
    if os.listdir(work):
        faults.append(f"left behind {os.listdir(work)}")
    return faults


def main():
    program, fixtures = os.path.abspath(sys.argv[1]), sys.argv[2]
    cases = sorted(os.listdir(fixtures)) if os.path.isdir(fixtures) else []
    if not cases:
        print("skipped: not found:", fixtures)
        return 77
    failed = 0
    for name in cases:
        folder = os.path.join(fixtures, name)
        with open(os.path.join(folder, "case.json")) as file:
            case = json.load(file)
        check = check_refused if case["refuse"] else check_good
        with tempfile.TemporaryDirectory() as work:
            faults = check(program, folder, case, work)
        failed += bool(faults)
        for fault in faults:
            print(f"FAIL {name}: {fault}")
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
