#!/bin/bash
# share/install-deps.sh -- installs by apt what is missing, and nothing else.
# usage: install-deps.sh [--tests | --nightly]
#
# --nightly: also what the tests of label nightly need.
#
# Needs root or sudo; without either it says in one sentence what to install, and ends with 69.
# The package lists are only refreshed when something has to be fetched and they are not there
# or too old to serve it.
set -eu

packages="build-essential cmake ninja-build pkg-config
 libopenblas-dev libhdf5-dev libcairo2-dev libpango1.0-dev libfontconfig-dev libsdl2-dev
 libpng-dev libjpeg-dev zlib1g-dev libjansson-dev
 dataset-fashion-mnist fonts-texgyre fonts-liberation fonts-dejavu-core fonts-inter"
case ${1:-} in --tests | --nightly)
    packages="$packages
 libcmocka-dev poppler-utils hdf5-tools python3 python3-numpy python3-scipy python3-h5py
 python3-pil xvfb xauth xdotool cppcheck" ;;
esac
[ "${1:-}" = --nightly ] && packages="$packages clang-tidy gcovr"

command -v dpkg-query >/dev/null || {
    echo "install-deps: no dpkg here; install what README.md lists with your system's packages" >&2
    exit 69
}

missing=
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo="sudo -n"
elif command -v sudo >/dev/null && [ -t 0 ]; then
    sudo=sudo # may ask for the password: somebody is there to give it
else
    echo "install-deps: neither root nor sudo; run this as root: apt-get install -y$missing" >&2
    exit 69
fi

echo "installing:$missing"
log=$(mktemp)
install() { # a fresh machine often still holds the lock for its first updates
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
        install -y -qq --no-install-recommends $missing >"$log" 2>&1
}
trap 'rm -f "$log"' EXIT
install || { $sudo apt-get update -qq >"$log" 2>&1 && install; } || {
    tail -5 "$log" >&2
    echo "install-deps: apt-get failed (above); run it by hand: apt-get update && apt-get install -y$missing" >&2
    exit 69
}
