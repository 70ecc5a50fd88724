#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# image.sh IMAGE: the disk that the guest test ext4 expects, made without root.
set -eu

image=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

seq 1 300000 >"$tree/numbers"
printf 'one line\n' >"$tree/index.html"
: >"$tree/empty"
truncate -s 5M "$tree/sparse"
printf 'end' | dd of="$tree/sparse" bs=1 seek=5000000 conv=notrunc status=none
mkdir -p "$tree/a/b/c" "$tree/many"
for i in $(seq 1 300); do : >"$tree/many/file-$i"; done
ln -s ../../numbers "$tree/a/b/relative"
ln -s /a/b/relative "$tree/a/absolute"
ln -s b "$tree/cycle"
ln -s cycle "$tree/b"

rm -f "$image"
mke2fs -qF -t ext4 -d "$tree" "$image" 16M >/dev/null
