#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# image.sh RELEASE: makes the parts of a Xen host from a Debian release's own
# packages and prints the folder that holds them:
#
#   xen.elf         the hypervisor, unpacked for QEMU's multiboot loader
#   vmlinuz         the dom0 kernel (a domU may boot it as well)
#   vmlinux         the same unpacked, which spares Xen one to two seconds of
#                   doing so on an emulated processor
#   base.cpio       dom0's user space, an initramfs that stays in memory
#   linux.cpio      an initramfs for a Linux domU, to compare with
#   busybox         for the making of more archives
#
# The folder lives in the cache, keyed by everything that goes into it, and is
# made beside its final place and renamed, so that two builds cannot meet and
# an interrupted one leaves nothing behind.

set -euo pipefail
umask 022
trap 'echo "image.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/archive.sh"
. "$here/../../unikernel/libraries/tool.sh"
debian=$here/../../unikernel/libraries/debian.sh
cache=$(realpath -m "${LODGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lodger}")

release=${1:?usage: image.sh RELEASE}
case $release in
bookworm) xen=4.17 ;;
trixie) xen=4.20 ;;
*) echo "image.sh: no Xen host of release '$release'; there are bookworm and trixie" >&2
   exit 2 ;;
esac

# What dom0 runs. bash, iproute2, and of mount and util-linux losetup and flock
# are what xl's own hotplug scripts call.
packages=(
    "xen-hypervisor-$xen-amd64" "xen-utils-$xen" xen-utils-common
    xenstore-utils linux-image-amd64 busybox-static
    bash iproute2 mount util-linux
    curl                        # a client that speaks HTTP in full
)
# What only the making of the image needs: they unpack the kernel.
tool_packages=(xz-utils zstd)

# Modules that dom0 loads at boot, then those it has for whoever asks.
boot_modules=(
    xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs
    xen-netback xen-blkback bridge loop
    virtio_pci virtio_console virtio_net 9pnet_virtio 9p
)
more_modules=(brd null_blk scsi_debug sd_mod dummy veth tun isofs xen-blkfront)
# ext4 asks for checksums by name, which no depends= tells.
guest_modules=(xen-netfront xen-blkfront ext4 crc32c-generic crc32c-intel)

modules_of() { # ROOT: the folder with the kernel's modules
    echo "$1"/lib/modules/*
}

# module_take ROOT NEW NAME: copies a module and those it needs, unpacked.
module_take() {
    local root=$1 new=$2 name=${3//_/-} tree file target dep pattern
    tree=$(modules_of "$root")
    # Names in file names and in depends= differ in - and _ at will.
    pattern=${name//-/[-_]}
    file=$(find "$tree/kernel" \( -name "$pattern.ko" -o -name "$pattern.ko.xz" \) | head -n 1)
    if [ -z "$file" ]; then
        grep -q "/$pattern\.ko" "$tree/modules.builtin" && return 0
        echo "image.sh: the kernel of $release has no module $name" >&2
        return 1
    fi
    target=$new${file#"$root"}
    target=${target%.xz}
    [ -e "$target" ] && return 0
    mkdir -p "$(dirname "$target")"
    case $file in
    *.xz) "$root/bin/busybox" unxz -c "$file" >"$target" ;;
    *) cp "$file" "$target" ;;
    esac
    for dep in $(tr '\0' '\n' <"$target" | sed -n 's/^depends=//p' | tr ',' ' '); do
        module_take "$root" "$new" "$dep"
    done
}

# modules_take ROOT NEW NAME…: a module tree that modprobe understands.
modules_take() {
    local root=$1 new=$2 name version
    shift 2
    version=$(basename "$(modules_of "$root")")
    mkdir -p "$new/lib/modules/$version"
    cp "$(modules_of "$root")"/modules.{builtin,order} "$new/lib/modules/$version/"
    for name; do
        module_take "$root" "$new" "$name"
    done
    # dom0 runs busybox's modprobe, so busybox's depmod writes its index.
    "$root/bin/busybox" depmod -b "$new" "$version"
}

# busybox_links ROOT NEW: busybox and its names, but for those that are taken.
busybox_links() {
    local applet
    mkdir -p "$2/bin" "$2/sbin" "$2/usr/bin" "$2/usr/sbin"
    cp "$1/bin/busybox" "$2/bin/busybox"
    for applet in $("$1/bin/busybox" --list-full); do
        [ -e "$2/$applet" ] || [ -e "$2/bin/${applet##*/}" ] ||
            [ -e "$2/sbin/${applet##*/}" ] || [ -e "$2/usr/bin/${applet##*/}" ] ||
            ln -s /bin/busybox "$2/$applet"
    done
}

# The kernel proper out of a bzImage, whose header tells where it lies.
vmlinux_extract() {
    local image=$1 sectors offset length
    sectors=$(od -An -tu1 -j497 -N1 "$image")
    offset=$(od -An -tu4 -j584 -N4 "$image")
    length=$(od -An -tu4 -j588 -N4 "$image")
    offset=$(((sectors + 1) * 512 + offset))
    # Four bytes that tell the unpacked size follow the stream.
    head -c $((offset + length - 4)) "$image" | tail -c $((length - 4)) >"$2.packed"
    case $(od -An -tx1 -N4 "$2.packed" | tr -d ' ') in
    fd377a58) tool "$tools" xz -dc "$2.packed" >"$2" ;;
    28b52ffd) tool "$tools" zstd -q -dc "$2.packed" >"$2" ;;
    *) echo "image.sh: unknown packing of $image" >&2; return 1 ;;
    esac
    rm "$2.packed"
}

dom0_make() {
    local new=$1 tool
    mkdir -p "$new"/{proc,sys,dev,run,tmp,root,out,etc,var/lock,var/log/xen,var/lib/xen}
    # Programs and libraries, without papers, locales, Python and the parts of
    # Xen that need a device model or a nested Xen.
    tar -C "$root" -c --exclude='./boot' --exclude='./lib/modules' \
        --exclude='./usr/lib/modules' --exclude='./usr/share' \
        --exclude='*/python3*' --exclude='./usr/lib/xen-*/boot/xen-shim*' \
        --exclude='./usr/lib/debug' --exclude='./lib/systemd' \
        --exclude='*/gconv' --exclude='./usr/lib/systemd' . | tar -C "$new" -x
    # The plain tools, not the wrappers that look for the running Xen's.
    for tool in "$root/usr/lib/xen-$xen/bin/"*; do
        ln -sf "/usr/lib/xen-$xen/bin/${tool##*/}" "$new/usr/sbin/"
    done
    busybox_links "$root" "$new"
    modules_take "$root" "$new" "${boot_modules[@]}" "${more_modules[@]}"
    cp "$here/init" "$new/init"
    cp -R "$here/dom0/." "$new/"
    printf '%s\n' "${boot_modules[@]}" >"$new/etc/modules-boot"
    printf 'root:x:0:0:root:/root:/bin/bash\n' >"$new/etc/passwd"
    printf 'root:x:0:\n' >"$new/etc/group"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$new/etc/hosts"
    echo "$release" >"$new/etc/xenhost-release"
}

linux_make() {
    local new=$1
    mkdir -p "$new"/{proc,sys,dev,etc}
    busybox_links "$root" "$new"
    modules_take "$root" "$new" "${guest_modules[@]}"
    cp "$here/linux-init" "$new/init"
}

# Debian has moved /bin, /sbin and /lib into /usr; a package may still carry
# either. One form, with links, spares everything else from caring.
usr_merge() {
    local name
    for name in bin sbin lib lib64; do
        mkdir -p "$1/usr/$name"
        if [ -d "$1/$name" ] && [ ! -L "$1/$name" ]; then
            cp -a "$1/$name/." "$1/usr/$name/"
            rm -rf "${1:?}/$name"
        fi
        ln -sfn "usr/$name" "$1/$name"
    done
}

make_parts() {
    local out=$1
    echo "xenhost: making the host image of $release" >&2
    "$debian" binary --libraries --into "$root" "$release" "${packages[@]}"
    "$debian" binary --libraries --into "$tools" "$release" "${tool_packages[@]}"
    usr_merge "$root"
    gunzip -c "$root"/boot/xen-*-amd64.gz >"$out/xen.elf"
    cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
    cp "$root/bin/busybox" "$out/busybox"
    vmlinux_extract "$out/vmlinuz" "$out/vmlinux"
    dom0_make "$work/dom0"
    usr_merge "$work/dom0"
    archive_pack "$work/dom0" "$out/busybox" >"$out/base.cpio"
    linux_make "$work/linux"
    archive_pack "$work/linux" "$out/busybox" >"$out/linux.cpio"
}

# The key: what was asked of Debian and how it is put together.
# shellcheck disable=SC2046 # no file of ours has a space in its name
key=$(cat "$0" "$here/archive.sh" "$here/init" "$here/linux-init" $(find "$here/dom0" -type f | LC_ALL=C sort) |
    sha256sum | cut -c1-16)
folder=$cache/xenhost/$release-$key

if [ ! -e "$folder/base.cpio" ]; then
    mkdir -p "$cache/xenhost"
    exec 9>"$cache/xenhost/.flock"
    flock 9
    if [ ! -e "$folder/base.cpio" ]; then
        work=$(mktemp -d "$cache/xenhost/tmp.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        root=$work/root
        tools=$work/tools
        mkdir "$work/out" "$root" "$tools"
        make_parts "$work/out"
        mv "$work/out" "$folder"
        # Older images of this release are of no more use.
        find "$cache/xenhost" -maxdepth 1 -name "$release-*" ! -path "$folder" \
            -mmin +1440 -exec rm -rf {} +
    fi
fi
echo "$folder"
