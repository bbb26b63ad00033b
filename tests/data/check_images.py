# tests/data/check_images.py -- pictures as Pillow, torchvision and PyTorch make them.
# usage: check_images.py TOOL [resize|jpeg|ops|recipe|floats|pacs ...]     exit 77: skipped
#
# Makes many cases, lets image_tool do each, and counts what differs from the originals.
import io
import os
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import warnings

try:
    import numpy as np
    from PIL import Image, ImageFile, ImageOps
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

warnings.simplefilter("ignore")  # Pillow on damaged EXIF
tool, wanted = sys.argv[1], sys.argv[2:] or ["resize", "jpeg", "recipe", "ops", "floats", "pacs"]
work = tempfile.TemporaryDirectory()
ImageFile.MAXBLOCK = 1 << 22  # noise needs more room than its encoder expects
rng = np.random.default_rng(5)
random.seed(5)
failed = False
compared = 0
FILTERS = [Image.BILINEAR, Image.BICUBIC]


def path(name):
    return os.path.join(work.name, name)


def play(lines):
    return subprocess.run([tool], input="\n".join(lines) + "\n", text=True, check=True,
                          stdout=subprocess.PIPE).stdout.split("\n")


def answer(name):
    """What the tool left: [H][W] or [H][W][3] bytes, or the refusal."""
    head, _, rest = open(path(name), "rb").read().partition(b"\n")
    if head.startswith(b"refused"):
        return head.decode()
    c, h, w = map(int, head.split())
    planes = np.frombuffer(rest, np.uint8).reshape(c, h, w)
    return planes[0] if c == 1 else planes.transpose(1, 2, 0)


def put_raw(name, image):
    """[H][W] or [H][W][3] bytes as planes; their "NAME C H W"."""
    planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    np.ascontiguousarray(planes).tofile(path(name))
    return "%s %d %d %d" % ((path(name),) + planes.shape)


def report(what, ok, text):
    global failed, compared
    failed |= not ok
    compared += 1
    print("%-34s %s %s" % (what, text, "ok" if ok else "FAIL"))


def picture(h, w, channels):
    """Half of them noise, half of them smooth with hard edges: both kinds of rounding."""
    shape = (h, w) if channels == 1 else (h, w, channels)
    if rng.random() < 0.5:
        return rng.integers(0, 256, shape, dtype=np.uint8)
    y, x = np.mgrid[0:h, 0:w]
    a = np.sin(y / 7.0) * 90 + np.cos(x / 5.0) * 90 + 128 + 60 * (x > w / 2)
    a = a if channels == 1 else np.stack([a, a[::-1], 255 - a], -1)
    return np.clip(a, 0, 255).astype(np.uint8)


def compare(pairs):
    """Differing bytes, largest difference, bytes in all."""
    different = largest = total = 0
    for got, want in pairs:
        if isinstance(got, str) or got.shape != want.shape:
            return (10 ** 9, 255, 1)
        d = np.abs(got.astype(int) - want)
        different += int((d > 0).sum())
        largest = max(largest, int(d.max()))
        total += d.size
    return different, largest, total


def exact(what, pairs, allowed=0):
    pairs = list(pairs)
    d, most, n = compare(pairs)
    report(what, most <= allowed and n > 1, "%d cases, %d of %d bytes differ, by %d at most"
           % (len(pairs), d, n, most))


def check_resize():
    for f, name in ((0, "bilinear"), (1, "bicubic")):
        for channels in (1, 3):
            lines, pairs = [], []
            for i in range(200):
                h, w, oh, ow = (random.choice([1, 2, 3, 5, 17, 32, 60, 131, 224, 300])
                                if random.random() < 0.3 else random.randint(1, 300)
                                for _ in range(4))
                image = picture(h, w, channels)
                lines.append("resize %s %d %d %d %s" % (put_raw("r%d" % i, image), f, oh, ow,
                                                        path("o%d" % i)))
                pairs.append(("o%d" % i, np.array(Image.fromarray(image).resize((ow, oh), FILTERS[f]))))
            play(lines)
            exact("resize %s, %d channels" % (name, channels), ((answer(o), w) for o, w in pairs))
        lines, pairs = [], []
        for i in range(100):
            h, w, oh, ow = (random.randint(2, 150) for _ in range(4))
            image = picture(h, w, 3)
            l, t = random.uniform(0, w - 1), random.uniform(0, h - 1)
            box = [float(np.float32(v)) for v in (l, t, random.uniform(l + 1, w), random.uniform(t + 1, h))]
            if i % 2:
                box = [float(int(v)) for v in box]
                box[2], box[3] = max(box[2], box[0] + 1), max(box[3], box[1] + 1)
            lines.append("box %s %d %d %d %r %r %r %r %s"
                         % (put_raw("r%d" % i, image), f, oh, ow, *box, path("o%d" % i)))
            pairs.append(("o%d" % i, np.array(Image.fromarray(image).resize((ow, oh), FILTERS[f], box=box))))
        play(lines)
        exact("resize %s, box" % name, ((answer(o), w) for o, w in pairs))


def encode(image, **how):
    b = io.BytesIO()
    image.save(b, **how)
    return b.getvalue()


def as_pillow(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.array(image if image.mode == "L" else image.convert("RGB"))


def exif_bytes(orientation, order="<", kind=3, before=0):
    """TIFF with tags before the orientation, as cameras write it."""
    entries = b"".join(struct.pack(order + "HHII", 0x100 + k, 4, 1, k) for k in range(before))
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3 else (orientation,)))
    entries += struct.pack(order + "HHI", 0x112, kind, 1) + value
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, before + 1)
    return b"Exif\0\0" + head + entries + b"\0\0\0\0"


def jpeg_cases():
    sizes = [(1, 1), (8, 8), (7, 9), (16, 16), (17, 33), (64, 48), (100, 75), (231, 160)]
    for h, w in sizes:
        for quality in (5, 50, 75, 95, 100):
            for sub in (0, 1, 2):
                for progressive in (False, True):
                    yield "colour", encode(Image.fromarray(picture(h, w, 3)), format="JPEG",
                                           quality=quality, subsampling=sub, progressive=progressive)
            for progressive in (False, True):
                yield "grey", encode(Image.fromarray(picture(h, w, 1)), format="JPEG",
                                     quality=quality, progressive=progressive, optimize=True)
                ink = Image.fromarray(np.dstack([picture(h, w, 3), picture(h, w, 1)]), "CMYK")
                yield "CMYK", encode(ink, format="JPEG", quality=quality, progressive=progressive)
    for o in range(0, 10):
        for order in "<>":
            for kind in (3, 4):
                for mode in (1, 3):
                    image = Image.fromarray(picture(19, 30, mode))
                    exif = exif_bytes(o, order, kind, before=o % 3)
                    yield "oriented", encode(image, format="JPEG", exif=exif)
                    yield "oriented PNG", encode(image, format="PNG", exif=exif)
    image = Image.fromarray(picture(40, 30, 3))
    for exif in (b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
                 exif_bytes(6)[:-6], exif_bytes(6)[:20]):
        data = encode(image, format="JPEG", exif=exif)
        try:
            as_pillow(data)
        except Exception:
            continue  # Pillow fails on junk, we do not
        yield "junk EXIF", data
    icc = bytes(rng.integers(0, 256, 150000, dtype=np.uint8))
    yield "large profile", encode(image, format="JPEG", icc_profile=icc, exif=exif_bytes(6))


def ycck(data):
    """The same samples, declared YCCK by the Adobe marker: another path through the decoder."""
    at = data.index(b"Adobe")
    return data[:at + 11] + b"\2" + data[at + 12:]


def check_jpeg():
    lines, of = [], {}
    cases = list(jpeg_cases())
    cases += [("YCCK", ycck(d)) for k, d in cases if k == "CMYK" and b"Adobe" in d]
    for i, (kind, data) in enumerate(cases):
        open(path("j%d" % i), "wb").write(data)
        lines.append("decode %s %s" % (path("j%d" % i), path("o%d" % i)))
        of.setdefault(kind, []).append(("o%d" % i, as_pillow(data)))
    play(lines)
    for kind, pairs in of.items():
        exact("decode " + kind, ((answer(o), w) for o, w in pairs))
    cut = encode(Image.fromarray(picture(64, 48, 3)), format="JPEG")
    lines = []
    for n in range(2, len(cut)):
        open(path("c%d" % n), "wb").write(cut[:n])
        lines.append("decode %s %s" % (path("c%d" % n), path("o%d" % n)))
    play(lines)
    sound = [n for n in range(2, len(cut)) if not isinstance(answer("o%d" % n), str)]
    report("cut JPEG", not sound, "%d files, %d not refused" % (len(lines), len(sound)))


def check_pacs():
    shared = os.path.join(os.environ.get("DRIFTSCOPE_SHARED", "../shared"), "data", "pacs227_subset.tar")
    if not os.path.exists(shared):
        print("skipped: not found:", shared)
        sys.exit(77)
    lines, pairs = [], []
    with tarfile.open(shared) as tar:
        for member in tar:
            if not member.name.endswith((".jpg", ".png")):
                continue
            data = tar.extractfile(member).read()
            open(path("p%d" % len(lines)), "wb").write(data)
            pairs.append(("o%d" % len(lines), as_pillow(data)))
            lines.append("decode %s %s" % (path("p%d" % len(lines)), path("o%d" % len(lines))))
    play(lines)
    exact("PACS", ((answer(o), w) for o, w in pairs))


OPS = ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
       "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert"]
SIGNED = OPS[:9]


def check_ops():
    try:
        from torchvision.transforms import InterpolationMode, autoaugment
    except ImportError as missing:
        print("skipped: ops:", missing)
        return
    policies = [autoaugment.AutoAugmentPolicy.CIFAR10, autoaugment.AutoAugmentPolicy.IMAGENET]
    rows = play(["policy %d %d" % (p, r) for p in range(2) for r in range(25)])
    wrong = 0
    for p, policy in enumerate(policies):
        for r, pair in enumerate(autoaugment.AutoAugment(policy).policies):
            want = " ".join("%d %.17g %d" % (OPS.index(n), c, -1 if b is None else b) for n, c, b in pair)
            wrong += rows[25 * p + r] != want
    report("AutoAugment tables", wrong == 0, "50 rows, %d differ" % wrong)

    lines, want = [], []
    for h, w in [(1, 1), (32, 32), (100, 331), (375, 500), (227, 227), (16384, 9)]:
        space = autoaugment.AutoAugment()._augmentation_space(10, (h, w))
        for k, name in enumerate(OPS[:11]):
            for b in range(10):
                lines.append("magnitude %d %d %d %d" % (k, b, h, w))
                want.append(float(space[name][0][b]))
    got = [float(v) for v in play(lines)[:-1]]
    wrong = sum(a != b for a, b in zip(got, want))
    report("magnitudes", wrong == 0, "%d values, %d differ" % (len(want), wrong))

    for k, name in enumerate(OPS):
        lines, pairs = [], []
        for i in range(60):
            h, w = (random.choice([1, 2, 3, 32]) if random.random() < 0.3 else random.randint(1, 120)
                    for _ in range(2))
            image = picture(h, w, random.choice([1, 3, 3]))
            if i % 5 == 0:
                image = image // 7 + 40  # few values, far from the ends
            space = autoaugment.AutoAugment()._augmentation_space(10, (h, w))[name][0]
            m = float(space[random.randrange(10)]) if space.ndim else 0.0
            m *= random.choice([-1, 1]) if name in SIGNED else 1
            lines.append("op %s %d %.17g %s" % (put_raw("p%d" % i, image), k, m, path("o%d" % i)))
            pairs.append(("o%d" % i, np.array(autoaugment._apply_op(
                Image.fromarray(image), name, m, InterpolationMode.BILINEAR, None))))
        play(lines)
        exact(name, ((answer(o), w) for o, w in pairs), 0 if k >= 9 else 1)


def check_recipe():
    try:
        from torchvision import transforms as T
        from torchvision.transforms import InterpolationMode as I
    except ImportError as missing:
        print("skipped: recipe:", missing)
        return
    shared = os.path.join(os.environ.get("DRIFTSCOPE_SHARED", "../shared"), "data", "photos")
    files = [os.path.join(shared, f) for f in sorted(os.listdir(shared)) if f.endswith(".png")] \
        if os.path.isdir(shared) else []
    print("%d photographs in %s" % (len(files), shared))
    for i in range(12):
        h, w = (random.randint(20, 600) for _ in range(2))
        files.append(path("f%d.%s" % (i, "jpg" if i % 2 else "png")))
        Image.fromarray(picture(h, w, 1 if i % 3 == 0 else 3)).save(files[-1])
    crop = T.CenterCrop(224)
    named = {
        "timm": [T.Resize(248, I.BICUBIC), crop],
        "cifar": [T.Resize((224, 224), I.BICUBIC)],
        "imagenet": [T.Resize((256, 256), I.BILINEAR), crop],
        "clip": [T.Resize(224, I.BICUBIC), crop],
        "dinov2": [T.Resize(256, I.BICUBIC), crop],
        "imagenet-256": [T.Resize(256, I.BICUBIC), crop],
        "none": [],
        "crop 301x150": [T.CenterCrop((150, 301))],
        "resize 40x30 bilinear, crop 33x64": [T.Resize((30, 40), I.BILINEAR), T.CenterCrop((64, 33))],
        "resize 97 bilinear": [T.Resize(97, I.BILINEAR)],
    }
    for text, steps in named.items():
        for channels, mode in ((3, "RGB"), (1, "L")):
            lines, pairs = [], []
            for i, f in enumerate(files):
                image = T.Compose(steps)(ImageOps.exif_transpose(Image.open(f)).convert(mode))
                lines.append("recipe %s %d 224 1 1 %s %s" % (f, channels, path("o%d" % i), text))
                pairs.append(("o%d" % i, np.array(image)))
            play(lines)
            exact("%s, %s" % (text, mode), ((answer(o), w) for o, w in pairs))


def check_floats():
    try:
        import torch
    except ImportError as missing:
        print("skipped: floats:", missing)
        return
    cases = [("bicubic", True, -0.5), ("bicubic", False, -0.75), ("bilinear", True, 0), ("bilinear", False, 0)]
    for mode, antialias, a in cases:
        lines, want = [], []
        for i in range(200):
            ih, iw, oh, ow = (random.randint(1, 40) for _ in range(4))
            oh, ow = (oh, ow) if i % 5 else (ih, random.choice([iw, ow]))
            x = rng.standard_normal((ih, iw, 5)).astype(np.float32)
            x.tofile(path("x%d" % i))
            t = torch.tensor(x).double().permute(2, 0, 1)[None]
            sy = sx = 0.0
            if i % 3 == 0:  # as DINO does it: the scale of a slightly larger grid
                fy, fx = (oh + 0.1) / ih, (ow + 0.1) / iw
                y = torch.nn.functional.interpolate(t, scale_factor=(fy, fx), mode=mode,
                                                    align_corners=False, antialias=antialias)
                oh, ow, sy, sx = y.shape[2], y.shape[3], 1 / fy, 1 / fx
            else:
                y = torch.nn.functional.interpolate(t, size=(oh, ow), mode=mode, align_corners=False,
                                                    antialias=antialias)
            lines.append("floats %s %d %d 5 %d %d %d %d %g %.17g %.17g %s"
                         % (path("x%d" % i), ih, iw, oh, ow, mode == "bicubic", antialias, a, sy, sx,
                            path("y%d" % i)))
            want.append(y[0].permute(1, 2, 0).numpy())
        play(lines)
        worst = max(np.abs(np.fromfile(path("y%d" % i), np.float32).reshape(w.shape) - w).max()
                    for i, w in enumerate(want))
        report("floats %s%s" % (mode, ", antialias" if antialias else ""), worst < 1e-6,
               "%d cases, largest difference %.1e" % (len(want), worst))


for name in wanted:
    globals()["check_" + name]()
sys.exit(failed if compared else 77)
