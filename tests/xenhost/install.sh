#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# install.sh SET…: installs what is missing of the sets (build, run, test, bench, compare, dom0) in
# the list beside this script, as root or through sudo, and says what and why.
# Nothing missing: nothing is done, in a few milliseconds.
#
# install.sh --check SET…: names what is missing, and installs nothing.

set -eu
list=$(dirname "$0")/packages
check=''
[ "${1-}" != --check ] || { check=1; shift; }

wanted() {
    for set; do
        awk -v set="$set" '$1 == set { print $2 }' "$list"
    done
}

# A package that dpkg has never heard of has no line, so look for the good ones.
missing() {
    present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        sed -n 's/^installed //p')
    for package; do
        printf '%s\n' "$present" | grep -qxF "$package" || printf '%s ' "$package"
    done
}

command -v dpkg-query >/dev/null || {
    [ ! "$check" ] || exit 0
    echo "install.sh: this is not Debian; install by hand what $list names" >&2
    exit 0
}
# shellcheck disable=SC2046
packages=$(missing $(wanted "$@"))
[ "$packages" ] || exit 0
[ ! "$check" ] || { echo "$packages"; exit 0; }

echo "Missing on this machine, installed now from Debian:"
for package in $packages; do
    awk -v package="$package" '$2 == package {
        $1 = $2 = ""; sub(/^ +/, ""); printf "  %-20s %s\n", package, $0; exit }' "$list"
done

if [ "$(id -u)" = 0 ]; then
    as_root=''
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "This needs root, and there is no sudo. As root:" >&2
    echo "  apt-get install --no-install-recommends $packages" >&2
    exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# quietly COMMAND…: its output only if it fails.
quietly() {
    "$@" </dev/null >"$log" 2>&1 || {
        cat "$log" >&2
        echo "install.sh: failed: $*" >&2
        exit 1
    }
}

echo "  reading the package lists …"
quietly $as_root apt-get -q update
echo "  installing (a minute or two) …"
# shellcheck disable=SC2086
quietly $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends $packages
echo "  done"
