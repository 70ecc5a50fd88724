#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What: images that mke2fs makes are written to as a program would: what is read back is what was
#       written, e2fsck finds nothing, and after a power cut at any moment nothing is missing that
#       was acknowledged. What cannot be written is mounted read-only and says why.
# Why:  a file system that is nearly right loses data.
# How:  test_write (the guest's sources under ASan and UBSan) against a model, over images with
#       blocks of 1, 2 and 4 KiB, with extents and without, with checksums and without.
#
#   test_write.sh PROGRAM WORK-FOLDER [CUTS [OPERATIONS]]      for each kind of image

set -euo pipefail
export LC_ALL=C

program=$(realpath "$1")
work=$2
cuts=${3:-20}
operations=${4:-1500}
seed=${SEED:-1}
failures=0
log=$work/log

fail() {
    echo "FAIL ext4-write: $*"
    failures=$((failures + 1))
}

run() {
    if ! "$program" "$@" 2>"$log"; then
        tail -40 "$log"
        fail "$*"
    else
        sed "s|$work/||" "$log"
    fi
}

# image NAME SIZE MKE2FS-OPTION…
image() {
    local name=$1 size=$2
    shift 2
    rm -f "$work/$name"
    mke2fs -q "$@" "$work/$name" "$size" >"$work/mke2fs.log" 2>&1 || fail "mke2fs: $(cat "$work/mke2fs.log")"
}

readonly_because() {
    local name=$1 why=$2
    if ! "$program" readonly "$work/$name" 2>"$log"; then
        fail "$name is written in spite of $why"
    elif ! grep -q "read-only: .*$why" "$log"; then
        fail "$name: the log does not name $why: $(head -1 "$log")"
    fi
}

rm -rf "$work"
mkdir -p "$work"

kinds=(ext4-4k ext4-1k ext4-2k ext3-1k ext3-4k ext4-i128)
image ext4-4k 32M -t ext4 -b 4096 -N 12000
image ext4-1k 16M -t ext4 -b 1024
image ext4-2k 24M -t ext4 -b 2048 -O ^64bit,^metadata_csum,^dir_index
image ext3-1k 16M -t ext3 -b 1024
image ext3-4k 24M -t ext3 -b 4096 -O ^dir_index,^resize_inode
image ext4-i128 16M -t ext4 -b 1024 -I 128 -O ^metadata_csum,uninit_bg,^flex_bg,meta_bg,^resize_inode

for kind in "${kinds[@]}"; do
    run model "$work/$kind" "$operations" "$seed"
    run cut "$work/$kind" "$cuts" "$seed"
done
run model "$work/ext4-4k" "$operations" "$((seed + 1))" 131072
SECTOR=4096 run cut "$work/ext4-4k" "$cuts" "$((seed + 1))"
run full "$work/ext4-4k" "$seed"
run full "$work/ext3-1k" "$seed"
run failing "$work/ext4-4k"
run failing "$work/ext3-1k"
run many "$work/ext4-4k" 10000
run many "$work/ext4-1k" 3000
run many "$work/ext4-2k" 1000

image none 8M -t ext4 -O ^has_journal
readonly_because none journal
image quota 16M -t ext4 -O quota
readonly_because quota quota
image bigalloc 64M -t ext4 -O bigalloc -C 16384
readonly_because bigalloc bigalloc
image errors 16M -t ext4
debugfs -w -R 'ssv state 3' "$work/errors" >/dev/null 2>&1
readonly_because errors e2fsck

# Journals that are not ours: blocks that are written, written again, and revoked, replayed by us as by
# e2fsck. debugfs makes them.
replayed() { # NAME MKE2FS-OPTION… -- JOURNAL-OPEN'S OPTIONS
    local name=$1 blocks options=()
    shift
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    image "$name" 16M "${options[@]}"
    seq 1 6000 >"$work/before"
    debugfs -w -R "write $work/before victim" "$work/$name" >/dev/null 2>&1
    blocks=$(debugfs -R 'blocks /victim' "$work/$name" 2>/dev/null | tr -s ' ' ',' | sed 's/,$//')
    # The second transaction begins with the magic number, which has to be escaped.
    { printf '\300\073\071\230'; seq 20000 30000; } >"$work/after"
    seq 5000 20000 >"$work/first"
    {
        echo "jo $*"
        echo "jw -b $blocks $work/first"
        echo "jw -b $(cut -d, -f1-3 <<<"$blocks") $work/after"
        echo "jw -r $(cut -d, -f2,4 <<<"$blocks")"
        echo "jw -b $(cut -d, -f2 <<<"$blocks") $work/after"
        echo jc
    } >"$work/commands"
    debugfs -w -f "$work/commands" "$work/$name" >"$work/debugfs.log" 2>&1
    cp "$work/$name" "$work/$name.e2fsck"
    cp "$work/$name" "$work/$name-wrong"
    e2fsck -fy "$work/$name.e2fsck" >/dev/null 2>&1 || true
    if ! "$program" replay "$work/$name" 2>"$log" || ! grep -q 'replayed: [3-9] trans' "$log"; then
        cat "$log"
        fail "$name: a foreign journal is not replayed"
    fi
    debugfs -R "dump victim $work/theirs" "$work/$name.e2fsck" >/dev/null 2>&1
    debugfs -R "dump victim $work/ours" "$work/$name" >/dev/null 2>&1
    if cmp -s "$work/before" "$work/ours"; then fail "$name: nothing was replayed"; fi
    cmp -s "$work/theirs" "$work/ours" || fail "$name: the journal is replayed in another way than by e2fsck"
    e2fsck -fn "$work/$name" >"$work/e2fsck.log" 2>&1 || fail "$name: $(cat "$work/e2fsck.log")"
}
replayed journal-1k -t ext4 -b 1024 -O ^metadata_csum,^64bit --
replayed journal-4k -t ext4 -b 4096 -O ^metadata_csum,64bit --
replayed journal-v2 -t ext4 -b 1024 -O ^64bit -- -c -v 2
replayed journal-v3 -t ext4 -b 4096 -- -c -v 3

# What is hit is to be metadata.
rm -rf "$work/tree"
mkdir -p "$work/tree/empty" "$work/tree/deep/er" "$work/tree/many"
for name in large sparse; do
    truncate -s 600000 "$work/tree/$name"
    for i in $(seq 0 4 140); do
        printf x | dd of="$work/tree/$name" bs=4096 seek="$i" conv=notrunc status=none
    done
done
for i in $(seq 1 10); do ln "$work/tree/large" "$work/tree/empty/$i"; done
for i in $(seq 1 200); do : >"$work/tree/many/a file with a name of some length, number $i"; done
image hostile-4k 12M -t ext4 -b 4096 -N 400 -O ^metadata_csum -d "$work/tree"
image hostile-1k 4M -t ext4 -b 1024 -N 400 -O ^metadata_csum,^extent,^64bit -d "$work/tree"
image hostile-csum 4M -t ext4 -b 1024 -N 400 -d "$work/tree"
for kind in hostile-4k hostile-1k hostile-csum; do
    run hostile "$work/$kind" "${ROUNDS:-150}" "$seed"
    run memory "$work/$kind" 10 "$seed"
done
for kind in journal-1k journal-v3; do
    run hostile "$work/$kind-wrong" "${ROUNDS:-150}" "$seed"
done

rm -rf "$work"
if [ "$failures" -gt 0 ]; then
    echo "FAIL ext4-write: $failures failures"
    exit 1
fi
echo "ok ext4-write: $((cuts * (${#kinds[@]} + 1))) power cuts survived, 6 kinds of image written, 4 read-only, 4 foreign journals replayed"
