"""usage: driftscope bench --json | check_bench.py          is every number there, and possible?"""
import json
import sys


def spread(v):
    return 0 < v["min"] <= v["median"] <= v["max"]


said = json.load(sys.stdin)
(case,) = said["cases"]
print(case["case"], case["batch"], case["threads"], case["precision"], said["rounds"])
print(*(row["what"] for row in case["results"]))
for row in case["results"]:
    for key in ("images_per_s", "gflop_per_s", "share_of_peak", "share_as_asked"):
        assert spread(row[key]), (row["what"], key, row[key])
    assert 0 < row["gflop_done"] <= row["gflop_asked"], row
for key in ("peak_gflop_per_s", "rollout_over_forward", "arcl_over_subset", "split_ms"):
    assert spread(case[key]), (key, case[key])
tiles = case["tile_peak_gflop_per_s"]
assert tiles is None or spread(tiles), tiles
assert said["processors"] > 0 and said["blas"] and said["vectors"] and case["torch"] is None
assert 5e6 < case["memory"] < 5e9, case["memory"]
print("all there")
