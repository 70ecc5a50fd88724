#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# web.sh RELEASE IMAGE: unpacks Debian's wrk and nginx for the boxed Xen, and prints the folder that
# holds them:
#
#   client/         what goes over dom0's root: wrk and the libraries that dom0 has not
#   server.cpio     what goes over the root of a Linux domU: nginx and all of its libraries
#
# It is kept beside the image, which decides what dom0 has, keyed by this script; made beside
# its place and renamed: who meets another making it makes the same.

set -euo pipefail
umask 022
trap 'echo "web.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../xenhost/archive.sh"
. "$here/../../../unikernel/libraries/tool.sh"
debian=$here/../../../unikernel/libraries/debian.sh
release=${1:?usage: web.sh RELEASE IMAGE}
image=${2:?usage: web.sh RELEASE IMAGE}

# libraries_of ROOT PROGRAM: the shared libraries that it is started with, its loader left out.
libraries_of() {
    tool_loader "$1" --list "$1/$2" |
        awk -v root="$1/" '
            /vdso|ld-linux/ { next }
            index($3, root) != 1 { print "not of the release: " $0 >"/dev/stderr"; exit 1 }
            { print $3 }'
}

client_make() { # ROOT NEW
    local library folder=$2/usr/lib/x86_64-linux-gnu
    mkdir -p "$2/usr/bin" "$folder"
    cp "$1/usr/bin/wrk" "$2/usr/bin/"
    "$image/busybox" cpio -t <"$image/base.cpio" 2>/dev/null | sed 's|.*/||' >"$work/present"
    libraries_of "$1" usr/bin/wrk >"$work/libraries"
    while read -r library; do
        grep -qxF "${library##*/}" "$work/present" || cp -L "$library" "$folder/"
    done <"$work/libraries"
}

server_make() { # ROOT NEW
    local library folder=$2/lib/x86_64-linux-gnu loader
    mkdir -p "$2/usr/sbin" "$2/lib64" "$folder" "$2/var/log/nginx" "$2/var/lib/nginx" "$2/run"
    cp "$1/usr/sbin/nginx" "$2/usr/sbin/"
    libraries_of "$1" usr/sbin/nginx >"$work/libraries"
    while read -r library; do
        cp -L "$library" "$folder/"
    done <"$work/libraries"
    loader=$(find "$1/usr/lib/x86_64-linux-gnu" "$1/lib/x86_64-linux-gnu" \
        -name ld-linux-x86-64.so.2 2>/dev/null | head -n 1)
    cp -L "$loader" "$2/lib64/"
}

folder=$image/web-$(sha256sum <"$0" | cut -c1-16)
if [ ! -e "$folder" ]; then
    echo "bench-net: unpacking wrk and nginx of $release" >&2
    work=$(mktemp -d "$(dirname "$image")/tmp.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/root" "$work/out" "$work/server"
    "$debian" binary --libraries --into "$work/root" "$release" wrk nginx
    client_make "$work/root" "$work/out/client"
    server_make "$work/root" "$work/server"
    archive_pack "$work/server" "$image/busybox" >"$work/out/server.cpio"
    mv "$work/out" "$folder" 2>/dev/null || [ -e "$folder" ]
fi
echo "$folder"
