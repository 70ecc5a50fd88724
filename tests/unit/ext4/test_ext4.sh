#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What: images that mke2fs -d makes of a directory are read back name for name and byte for byte,
#       whatever features they have; features that we lack are refused by name; failing disks and
#       wrong bytes do no harm.
# Why:  a guest's disk may come from anyone.
# How:  test_ext4 (the guest's sources under ASan and UBSan) lists each image; the list is compared
#       with the directory's own. Then bytes are made to fail, and to lie.
#
#   test_ext4.sh PROGRAM WORK-FOLDER [ROUNDS]

set -euo pipefail
export LC_ALL=C

program=$(realpath "$1")
work=$2
rounds=${3:-300}
failures=0

# Everything that matters in a tree: holes, deep and large directories, all kinds of links.
tree_make() {
    local root=$1 i
    mkdir -p "$root/empty" "$root/deep/er/and/deeper" "$root/many"
    printf 'a page\n' >"$root/index.html"
    : >"$root/nothing"
    # 3 MB that repeat nowhere, the same on every machine.
    seq 1 500000 >"$root/large"
    truncate -s 3000001 "$root/large"
    # Holes before, between and behind data; the last one long enough to need a level of numbers.
    truncate -s 20M "$root/sparse"
    for i in 0 5 100 3000 4999; do
        printf 'block %d' "$i" | dd of="$root/sparse" bs=4096 seek="$i" conv=notrunc status=none
    done
    for i in $(seq 1 1500); do
        : >"$root/many/a file with a name of some length, number $i"
    done
    printf 'x' >"$root/many/$(printf 'n%.0s' $(seq 1 255))"
    ln -s index.html "$root/link"
    ln -s /deep/er/../../large "$root/deep/er/absolute"
    ln -s "$(printf './%.0s' $(seq 1 100))index.html" "$root/long-link"
    ln -s cycle-b "$root/cycle-a"
    ln -s cycle-a "$root/cycle-b"
    ln -s nowhere "$root/dangling"
    ln "$root/large" "$root/deep/hard link"
}

list_directory() {
    (cd "$1" && find . -mindepth 1 \( -type d -printf 'd %P\n' -o -type l -printf 'l %P %l\n' \
        -o -type f -printf 'f %P %s\n' \)) | sed 's/^\(.\) /\1 \//' | sort
}

# The program's list without its checksums, and without what mke2fs adds.
strip_list() {
    sed 's/^\(f .*\) [0-9a-f]*$/\1/' | grep -v '^d /lost+found$' | sort
}

fail() {
    echo "FAIL ext4: $*"
    failures=$((failures + 1))
}

# image NAME MKE2FS-OPTION…
image() {
    local name=$1
    shift
    rm -f "$work/$name.img"
    mke2fs -q -d "$work/tree" "$@" "$work/$name.img" 64M >"$work/mke2fs.log" 2>&1
}

# check NAME [list's arguments]: contents equal to the tree's, checksums equal to the first image's.
check() {
    local name=$1
    shift
    if ! "$program" list "$work/$name.img" "$@" >"$work/$name.list"; then
        fail "$name cannot be read"
        return
    fi
    strip_list <"$work/$name.list" >"$work/$name.names"
    if ! cmp -s "$work/names" "$work/$name.names"; then
        diff "$work/names" "$work/$name.names" | head -5 || true
        fail "$name: other names or sizes than the directory's"
    elif ! sort "$work/$name.list" | grep '^f ' | cmp -s "$work/sums" -; then
        fail "$name: other contents than the directory's"
    fi
}

refused() {
    local name=$1 feature=$2
    if "$program" list "$work/$name.img" >/dev/null 2>"$work/$name.log"; then
        fail "$name was mounted in spite of $feature"
    elif ! grep -q "feature $feature" "$work/$name.log"; then
        fail "$name was refused without naming $feature: $(cat "$work/$name.log")"
    fi
}

mkdir -p "$work"
rm -rf "$work/tree"
tree_make "$work/tree"
list_directory "$work/tree" >"$work/names"
# The right checksums, from the directory itself.
(cd "$work/tree" && find . -type f -printf '%P\n' | "$program" sums .) | sort >"$work/sums"

# Kinds of file system, block sizes, sizes of cache, of read and of sector.
image ext2-1k -t ext2 -b 1024 && check ext2-1k
image ext2-4k -t ext2 -b 4096 && check ext2-4k 131072 7000
image ext3 -t ext3 -b 2048 && check ext3 1048576 65536
image ext4 -t ext4 -b 4096 && check ext4
check ext4 131072 100 4096
check ext4 4194304 1048576
image ext4-1k -t ext4 -b 1024 && check ext4-1k
image ext4-2k -t ext4 -b 2048 -O ^64bit,^metadata_csum && check ext4-2k 262144 4097
image ext4-plain -t ext4 -O ^flex_bg,^dir_index,^huge_file,^resize_inode && check ext4-plain
image ext4-large -t ext4 -O bigalloc,meta_bg,^resize_inode,large_dir,metadata_csum_seed -C 16384 &&
    check ext4-large
image ext4-i128 -t ext4 -I 128 -O ^metadata_csum && check ext4-i128
image ext4-quota -t ext4 -O quota,project,verity -I 256 && check ext4-quota

image inline -t ext4 -O inline_data && refused inline inline_data
image casefold -t ext4 -O casefold && refused casefold casefold
image encrypt -t ext4 -O encrypt && refused encrypt encrypt
cp "$work/ext4.img" "$work/recover.img"
debugfs -w -R 'feature needs_recovery' "$work/recover.img" >/dev/null 2>&1
check recover
head -c 30M "$work/ext4.img" >"$work/short.img"
if "$program" list "$work/short.img" >/dev/null 2>&1; then fail 'a disk that is too short was mounted'; fi
head -c 64M /dev/zero >"$work/zero.img"
if "$program" list "$work/zero.img" >/dev/null 2>&1; then fail 'nothing was mounted'; fi

# Small images for what repeats, with little data, and that in many pieces, so that most of what is
# hit is metadata: levels of block numbers and of extents included.
rm -rf "$work/tree/many" "$work/tree/deep/hard link"
for name in large sparse; do
    rm "$work/tree/$name"
    truncate -s 600000 "$work/tree/$name"
    for i in $(seq 0 4 140); do
        printf x | dd of="$work/tree/$name" bs=4096 seek="$i" conv=notrunc status=none
    done
done
for i in $(seq 1 10); do ln "$work/tree/large" "$work/tree/empty/$i"; done
small() {
    local name=$1
    shift
    rm -f "$work/$name.img"
    mke2fs -q -d "$work/tree" "$@" "$work/$name.img" 2M >"$work/mke2fs.log" 2>&1
    "$program" fail "$work/$name.img" 8192 || fail "$name: a failing disk"
    "$program" mutate "$work/$name.img" "$rounds" "${SEED:-1}" || fail "$name: wrong bytes"
}
small small-ext2 -t ext2 -b 1024
small small-ext4 -t ext4 -b 1024 -O ^has_journal,^metadata_csum
small small-csum -t ext4 -b 1024 -O ^has_journal,metadata_csum
small small-4k -t ext4 -b 4096 -O ^has_journal,^metadata_csum,^uninit_bg

rm -rf "$work"
if [ "$failures" -gt 0 ]; then
    echo "FAIL ext4: $failures failures"
    exit 1
fi
echo 'ok ext4: 13 kinds of image read, 5 refused, failing and lying disks endured'
