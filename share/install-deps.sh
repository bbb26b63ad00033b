#!/bin/sh
# share/install-deps.sh -- installs by apt what is missing, and nothing else.
# usage: install-deps.sh [tests]        with "tests" also what the tests need
#
# As root or with sudo. When nothing is missing, apt is not touched and no rights are needed.
set -eu
packages="build-essential cmake ninja-build pkg-config libopenblas-dev libhdf5-dev libcairo2-dev
 libpango1.0-dev libfontconfig-dev libsdl2-dev libpng-dev zlib1g-dev libjansson-dev libinih-dev
 dataset-fashion-mnist fonts-texgyre fonts-dejavu-core"
[ "${1:-}" = tests ] && packages="$packages libcmocka-dev poppler-utils hdf5-tools python3-numpy
 python3-h5py"
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || {
    echo "error: apt-get is not here; install by hand:$missing" >&2
    exit 69
}
as=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "error: packages are missing and this is neither root nor is there sudo; have somebody run: apt-get install$missing" >&2
        exit 69
    }
    as=sudo
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$as apt-get install -y --no-install-recommends $missing >/tmp/driftscope-apt.$$ 2>&1 || {
    $as apt-get update >/tmp/driftscope-apt.$$ 2>&1 &&
        $as apt-get install -y --no-install-recommends $missing >>/tmp/driftscope-apt.$$ 2>&1
} || {
    tail -5 /tmp/driftscope-apt.$$ >&2
    echo "error: apt-get could not install:$missing" >&2
    exit 69
}
rm -f /tmp/driftscope-apt.$$
