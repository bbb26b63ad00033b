#!/usr/bin/env python3
"""tests/coverage.py SUMMARY.json -- gcovr's summary by folder; ends with 1 below the floors.

Floors are percent of lines and of branches. Where foreign bytes come in and where runs are saved
they are higher: a branch there that no test has taken is a refusal that nobody has seen."""
import collections
import json
import sys

FLOORS = {
    "all": (90, 80),
    "data/archive": (100, 100),
    "data/image": (99, 99),
    "data/source": (99, 99),
    "data/store": (98, 98),
}
COUNTS = ("line_covered", "line_total", "branch_covered", "branch_total")


def share(part, whole):
    return 100 * part / whole if whole else 100.0


folders = collections.defaultdict(lambda: [0, 0, 0, 0])
for entry in json.load(open(sys.argv[1], encoding="utf-8"))["files"]:
    for folder in (entry["filename"].rpartition("/")[0], "all"):
        for i, key in enumerate(COUNTS):
            folders[folder][i] += entry[key]

low = []
print(f"{'folder':18} {'lines':>7} {'%':>6} {'branches':>9} {'%':>6}")
for folder in sorted(folders, key=lambda f: (f == "all", f)):
    lines, all_lines, branches, all_branches = folders[folder]
    shares = share(lines, all_lines), share(branches, all_branches)
    floors = FLOORS.get(folder, (0, 0))
    short = any(s < f for s, f in zip(shares, floors))
    if short:
        low.append(folder)
    print(f"{folder:18} {all_lines:7} {shares[0]:6.1f} {all_branches:9} {shares[1]:6.1f}"
          + (f"   below {floors[0]} and {floors[1]} %" if short else ""))
sys.exit(f"FAIL: too little is tested in {', '.join(low)}" if low else 0)
