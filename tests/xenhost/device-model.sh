#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# device-model.sh RELEASE IMAGE: makes what dom0 needs for HVM domains beyond
# the image of image.sh, and prints the archive that holds it: Debian's QEMU for
# Xen with the libraries that dom0 has not yet, the firmware that hvmloader
# starts, and the option ROMs and keymaps that QEMU does not start without.
# (hvmloader comes with xen-utils.)
#
# It is kept beside the image, which decides what is missing, keyed by this
# script. It is made beside its place and renamed: who meets another making it makes
# the same.

set -euo pipefail
umask 022
trap 'echo "device-model.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/archive.sh"
. "$here/../../unikernel/libraries/tool.sh"
debian=$here/../../unikernel/libraries/debian.sh
release=${1:?usage: device-model.sh RELEASE IMAGE}
image=${2:?usage: device-model.sh RELEASE IMAGE}

packages=(qemu-system-xen qemu-system-data seabios ipxe-qemu)
program=usr/libexec/xen-qemu-system-i386

# The firmware, the video adapters' part of it, QEMU's own ROM of xenfv; then
# the option ROMs of the network cards that xl's users ask for (rtl8139 is what
# they get). Debian has moved them from one folder to the other.
firmware=(bios-256k.bin vgabios-stdvga.bin vgabios-cirrus.bin kvmvapic.bin)
network_roms=({pxe,efi}-{rtl8139,e1000}.rom)

# libraries_of ROOT: the shared libraries that the program is started with.
libraries_of() {
    tool_loader "$1" --list "$1/$program" |
        awk -v root="$1/" '
            /vdso|ld-linux/ { next }
            index($3, root) != 1 { print "not of the release: " $0 >"/dev/stderr"; exit 1 }
            { print $3 }'
}

# file_take ROOT NEW NAME: copies a file that lies somewhere below usr/ to there.
file_take() {
    local file
    file=$(find "$1/usr" -name "$3" ! -type d | head -n 1)
    [ "$file" ] || { echo "device-model.sh: $release has no $3" >&2; return 1; }
    mkdir -p "$2$(dirname "${file#"$1"}")"
    cp -L "$file" "$2${file#"$1"}"
}

tree_make() { # ROOT NEW
    local root=$1 new=$2 library name
    for name in "${program##*/}" "${firmware[@]}" "${network_roms[@]}"; do
        file_take "$root" "$new" "$name"
    done
    cp -R "$root/usr/share/qemu/keymaps" "$new/usr/share/qemu/"
    mkdir -p "$new/usr/lib/x86_64-linux-gnu"
    "$image/busybox" cpio -t <"$image/base.cpio" 2>/dev/null | sed 's|.*/||' >"$work/present"
    libraries_of "$root" >"$work/libraries"
    while read -r library; do
        name=${library##*/}
        grep -qxF "$name" "$work/present" ||
            cp -L "$library" "$new/usr/lib/x86_64-linux-gnu/$name"
    done <"$work/libraries"
}

archive=$image/device-model-$(sha256sum <"$0" | cut -c1-16).cpio
if [ ! -e "$archive" ]; then
    echo "xenhost: making the device model of $release" >&2
    work=$(mktemp -d "$(dirname "$image")/tmp.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/root" "$work/new"
    "$debian" binary --libraries --into "$work/root" "$release" "${packages[@]}"
    tree_make "$work/root" "$work/new"
    archive_pack "$work/new" "$image/busybox" >"$work/archive"
    mv "$work/archive" "$archive"
fi
echo "$archive"
