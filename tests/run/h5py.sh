#!/bin/sh
# tests/run/h5py.sh -- h5py opens run.h5 and every checkpoint, reads every data set, and finds a
# name on every dimension of run.h5.
. "$(dirname "$0")/common.sh"
/usr/bin/python3 -c 'import h5py' 2>/dev/null || {
    echo "skipped: not found: python3-h5py"
    exit 77
}
"$program" train $small --method arcl --out "$work/run" >/dev/null
/usr/bin/python3 - "$work/run" <<'P'
import glob, sys
import h5py, numpy as np

bad, sets = [], 0
for path in [sys.argv[1] + "/run.h5", *sorted(glob.glob(sys.argv[1] + "/checkpoints/*.h5"))]:
    with h5py.File(path, "r") as f:
        def look(name, d):
            global sets
            if not isinstance(d, h5py.Dataset):
                return
            sets += 1
            d[()]
            if path.endswith("run.h5") and any(not x.label for x in d.dims):
                bad.append(f"{path}: {name}: a dimension without a name")
        f.visititems(look)
        if path.endswith("run.h5"):
            maps = f["attention/rollout"][:]
            if not (np.isfinite(maps).all() and (maps >= 0).all() and (maps.sum(-1) <= 1.00001).all()):
                bad.append("attention/rollout: not rows of a rollout")
            if f["accuracy/correct_class"].shape != (5, 5):
                bad.append("accuracy/correct_class: not [5][5]")
print("\n".join(bad) if bad else f"{sets} data sets read")
sys.exit(bool(bad))
P
