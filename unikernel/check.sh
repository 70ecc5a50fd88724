#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#   check.sh IMAGE [FIRST-PASS]
#
# What: no segment is writable and executable, no page is shared by two, the file can be loaded as
#       one piece, the first pass had the same text, nothing uses the red zone.
# Why:  what the page tables promise (arch/x86/seal.c) must hold in the file already; a Multiboot
#       loader knows no segments; a symbol table of another text would lie; and Xen delivers a PV
#       exception right below rsp.
# How:  readelf, nm, and the disassembly: no operand at a negative offset from rsp, lea excepted
#       (an address is no access) and "or" to it, which is the probe of -fstack-clash-protection.
set -eu
image=$1

fail() {
    echo "check.sh: $image: $*" >&2
    exit 1
}

readelf -lW "$image" | awk '
$1 == "LOAD" {
    flags = $7 $8 $9
    sub(/0x.*/, "", flags)
    if (flags ~ /W/ && flags ~ /E/) exit 1
    if ($3 !~ /000$/) exit 1
}' || fail "a segment is writable and executable, or does not begin a page"

readelf -lW "$image" | awk '$1 == "LOAD" { print $2, $3 }' | {
    one=
    while read -r offset address; do
        [ "$((address - offset))" = "${one:=$((address - offset))}" ] || exit 1
    done
} || fail "a segment lies elsewhere in the file than in memory, seen from the first"

if [ "${2-}" ]; then
    text() { nm -n "$1" | awk '$2 ~ /^[tT]$/'; }
    [ "$(text "$image")" = "$(text "$2")" ] || fail "the second pass moved the text"
fi

red_zone=$(objdump -d --no-show-raw-insn "$image" |
    grep -E -- '-0x[0-9a-f]+\(%rsp' | grep -Ev '\b(lea|or[bwlq]?) ' || true)
[ ! "$red_zone" ] || fail "the red zone is used:
$red_zone"
