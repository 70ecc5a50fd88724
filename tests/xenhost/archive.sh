# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Archives for the kernel to unpack at boot. Sourced by those who make some.

# archive_pack DIR BUSYBOX: an initramfs of the folder, on standard output. The
# kernel wants each archive to start at a multiple of four bytes, which cpio's
# padding to 512 sees to: archives are joined by writing one behind the other.
archive_pack() {
    local busybox
    busybox=$(realpath "$2")
    (cd "$1" && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null)
}
