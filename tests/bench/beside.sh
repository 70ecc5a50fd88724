# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What measures Lodger's devices beside Linux's, in one boot of the boxed Xen under instruction
# counting: the host's side, sourced by net/net and blk/blk. What their environment says:
#
#   BUILD, RELEASE; LODGE, METER, EXITS, BENCH, BENCH_LINUX, the programs (beside.mk sets them)
#   SYSTEMS   of lodger-pv linux-pv lodger-pvh linux-pvh. Records stay in $BUILD/bench/KIND; those of a
#             system that is left out stay too, and are printed beside the other with a star: for who
#             changes one side only and waits for it
#   ROWS      kinds of figures, or names of figures; count is one more pass of the others in which
#             hypercalls are counted
#   SAMPLES   (5) of each figure; EXTRA is put on Lodger's command line
#   PROFILE   a plugin of QEMU's with its arguments: no table is printed, and records are kept apart, in
#             $BUILD/bench/profile-KIND (tests/bench/profile)

# beside_begin KIND ROW…: the rows are those of ROWS, or the ones given; their names are checked by
# row_known(), the caller's.
beside_begin() {
    local row
    kind=$1
    shift
    bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    out=${BUILD:-build}/bench/${PROFILE:+profile-}$kind
    rows='' adds=()
    read -ra systems <<<"${SYSTEMS:-lodger-pv linux-pv lodger-pvh linux-pvh}"
    for row in ${ROWS:-"$@" count}; do
        case $row in
        count | symbols | "$kind".*) ;;
        *) row_known "$row" || { echo "$kind: $row: there are $* count" >&2; exit 2; } ;;
        esac
        rows+=,$row
    done
    image=$("$bench/../xenhost/image.sh" "${RELEASE:-bookworm}")
    rm -rf "$out/initramfs" "$out/log"
    mkdir -p "$out/initramfs" "$out/raw"
}

# The program and its init go over the initramfs of any Linux domU, as one more archive; what the
# caller has put into $out/initramfs goes along, and more archives before it.
beside_linux() { # [ARCHIVE…]
    cp "$bench/guest-init" "$out/initramfs/init"
    cp "$BENCH_LINUX" "$out/initramfs/bench"
    (cd "$out/initramfs" && find . | "$image/busybox" cpio -o -H newc -R 0:0 2>/dev/null) |
        cat "$image/linux.cpio" "$@" - >"$out/linux.cpio"
}

# Runs KIND/KIND.dom0 with what it needs, and what is in adds, and prints the table.
beside_run() {
    local system
    "$bench/../xenhost/xenhost" --icount --linux --timeout 3000 --log "$out/log" \
        ${PROFILE:+--plugin "$PROFILE"} \
        --add "$LODGE:/usr/sbin/lodge" \
        --add "$BENCH:/bench/bench" \
        --add "$BENCH_LINUX:/bench/bench-linux" \
        --add "$METER:/bench/" \
        --add "$EXITS:/bench/" \
        --add "$bench/domains.sh:/bench/" \
        --add "$out/linux.cpio:/bench/" "${adds[@]}" \
        run "$bench/$kind/$kind.dom0" "${rows#,}" "${SAMPLES:-5}" "${EXTRA-}" "${systems[@]}"
    for system in "${systems[@]}"; do
        rm -rf "$out/raw/$system.jsonl" "$out/raw/counts/$system"
    done
    cp -r "$out/log/out/." "$out/raw/"
    [ "${PROFILE-}" ] || "$bench/$kind/table" "$out/raw" "$out/$kind.json" "${systems[@]}"
}
