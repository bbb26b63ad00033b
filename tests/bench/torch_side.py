"""PyTorch's side of the comparison: the same networks, batches and steps as `driftscope bench`.

usage: torch_side.py MODEL ROUNDS        prints one JSON object: seconds of every round

Run through tests/bench/against_torch.sh, which sets the environment in which PyTorch is
fastest on a CPU (OMP_NUM_THREADS = cores, an OpenMP OpenBLAS) and interleaves the two.
"""
import json
import sys
import time

import torch
from torch import nn

MODELS = {
    "mini": (32, 4, 192, 6, 3, 64),
    "tiny": (224, 16, 192, 12, 3, 16),
    "small": (224, 16, 384, 12, 6, 16),
    "base": (224, 16, 768, 12, 12, 8),
}


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.act = nn.GELU()

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = (self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, c // self.heads)
                   .permute(2, 0, 3, 1, 4))
        a = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, n, c))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self, side, patch, dim, depth, heads, classes=100):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, patch, patch)
        tokens = (side // patch) ** 2 + 1
        self.cls = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, tokens, dim) * 0.02)
        self.blocks = nn.Sequential(*[Block(dim, heads) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(dim, eps=1e-6), nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.pos
        return self.head(self.norm(self.blocks(x))[:, 0])


def main():
    side, patch, dim, depth, heads, batch = MODELS[sys.argv[1]]
    rounds = int(sys.argv[2])
    torch.manual_seed(1)
    net = ViT(side, patch, dim, depth, heads)
    x, y = torch.randn(batch, 3, side, side), torch.arange(batch) % 100
    optim = torch.optim.Adam(net.parameters(), lr=1e-4)
    loss = nn.CrossEntropyLoss()

    def forward():
        with torch.no_grad():
            net(x)

    def step():
        optim.zero_grad()
        loss(net(x), y).backward()
        optim.step()

    out = {"forward": [], "step, all parameters": []}
    for r in range(rounds + 1):
        for name, f in (("forward", forward), ("step, all parameters", step)):
            begin = time.perf_counter()
            f()
            if r:
                out[name].append(batch / (time.perf_counter() - begin))
    print(json.dumps(out))


main()
