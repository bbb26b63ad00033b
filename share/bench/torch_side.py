"""PyTorch's side of `driftscope bench --against-torch`: the same networks, batches and steps.

usage: torch_side.py SIDE PATCH CHANNELS DIM DEPTH HEADS BATCH fp32|bf16

Says "VERSION; THREADS threads; BLAS" when it is ready. Then every line on standard input names
what to measure, and is answered by the seconds of one pass, or by the peak memory in bytes:

    forward   rollout   tool   tool-fp32   step   subset   memory

tool-fp32 is the tool as it is used, without autocast.

The program, which carries this file, sets the environment in which PyTorch is fastest on a CPU
(OMP_NUM_THREADS = threads, an OpenMP OpenBLAS where there is one) and takes turns with it.
"""
import contextlib
import os
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit(69)

LEAST = 0.3  # seconds that a measurement lasts


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale, self.seen = heads, (dim // heads) ** -0.5, None
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.act = nn.GELU()

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = (self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, c // self.heads)
                   .permute(2, 0, 3, 1, 4))
        a = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1)
        if self.seen is not None:
            self.seen.append(a)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, n, c))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self, side, patch, channels, dim, depth, heads, classes=100):
        super().__init__()
        self.patch = nn.Conv2d(channels, dim, patch, patch)
        tokens = (side // patch) ** 2 + 1
        self.cls = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, tokens, dim) * 0.02)
        self.blocks = nn.Sequential(*[Block(dim, heads) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(dim, eps=1e-6), nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.pos
        return self.head(self.norm(self.blocks(x))[:, 0])

    def look(self, x):
        """The attention of every layer."""
        seen = []
        for block in self.blocks:
            block.seen = seen
        self(x)
        for block in self.blocks:
            block.seen = None
        return seen


def step_of(net, x, y, autocast, names):
    """One optimiser step on the parameters whose name contains one of `names`."""
    learning = [p for n, p in net.named_parameters() if any(part in n for part in names)]
    optim = torch.optim.Adam(learning, lr=1e-4)
    loss = nn.CrossEntropyLoss()

    def step():
        for p in net.parameters():
            p.requires_grad_(False)
        for p in learning:
            p.requires_grad_(True)
        optim.zero_grad(set_to_none=True)
        with autocast():
            value = loss(net(x), y)
        value.backward()
        optim.step()

    return step


def prepare(a):
    """(A + 1) / row sums, A the mean of the heads."""
    a = a.float().mean(1)
    a.diagonal(dim1=-2, dim2=-1).add_(1)
    return a / a.sum(-1, keepdim=True)


def rollout_batched(net, x):
    """CLS rows of every layer's rollout: e B_l ... B_1, all layers' rows through B_k at once."""
    rows = None
    for a in reversed(net.look(x)):
        a = prepare(a)
        rows = a[:, :1] if rows is None else torch.cat([a[:, :1], rows @ a], 1)
    return rows


def rollout_tool(net, x):
    """As the tools do that hook one image after the other: the whole product, for the last layer."""
    for image in x.split(1):
        product = None
        for a in net.look(image):
            a = prepare(a)
            product = a if product is None else a @ product


def blas():
    with open("/proc/self/maps") as maps:
        names = {line.split()[-1] for line in maps if "blas" in line.rsplit("/", 1)[-1]}
    return ", ".join(sorted(os.path.realpath(name) for name in names)) or "no BLAS library"


def peak_memory():
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def measure(job):
    job()
    begin, passes = time.perf_counter(), 0
    while True:
        job()
        passes += 1
        seconds = time.perf_counter() - begin
        if seconds >= LEAST:
            return seconds / passes


def main():
    side, patch, channels, dim, depth, heads, batch = map(int, sys.argv[1:8])
    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    net = ViT(side, patch, channels, dim, depth, heads)
    x, y = torch.randn(batch, channels, side, side), torch.arange(batch) % 100

    def autocast():
        return torch.autocast("cpu", torch.bfloat16, enabled=sys.argv[8] == "bf16")

    def looking(what, cast=autocast):
        def job():
            with torch.no_grad(), cast():
                what(net, x)
        return job

    jobs = {"forward": looking(lambda net, x: net(x)), "rollout": looking(rollout_batched),
            "tool": looking(rollout_tool),
            "tool-fp32": looking(rollout_tool, contextlib.nullcontext)}
    print(f"{torch.__version__}; {torch.get_num_threads()} threads; {blas()}", flush=True)
    for line in sys.stdin:
        what = line.strip()
        if what == "memory":
            print(peak_memory(), flush=True)
            continue
        if what not in jobs:  # moments are taken when they are needed, as ours
            jobs[what] = step_of(net, x, y, autocast,
                                 [""] if what == "step" else ["head", "qkv.weight"])
        print(measure(jobs[what]), flush=True)


main()
