# tests/run/common.sh -- a small real run, for the scripts beside it. Sourced.
# usage: SCRIPT PROGRAM       exit 77: skipped (no Fashion-MNIST on this machine)
. "${here:-$(dirname "$0")}/help.sh" # here: this folder, for scripts of others
code=0
said=$("$program" --version 2>&1) || code=$?
[ $code -ne 69 ] || { # fewer kernels than DRIFTSCOPE_KERNELS
    echo "skipped: $said"
    exit 77
}
"$program" data fashion-mnist >/dev/null 2>&1 || {
    echo "skipped: Fashion-MNIST not found (apt-get install dataset-fashion-mnist)"
    exit 77
}
small="--data fashion-mnist --train-limit 60 --eval-limit 20 --eval-images 4 --probe-images 2
 --patch 7 --dim 24 --depth 3 --heads 3 --epochs 3 --batch 20 --pad 2 --refine-epochs 3
 --warmstart rotation --warmstart-steps 12 --save-every 3 --save-seconds 0 -q"
