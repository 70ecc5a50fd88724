#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#   symbols.sh NAME [IMAGE]
#
# Writes assembly on stdout: the image's name, and the table of its functions that core/symbol.c
# searches. The last entry is the end of the text. Without an image the table is empty.
set -eu
{
    [ $# -lt 2 ] || nm -n "$2"
} | awk -v image="$1" '
function begin(name) { printf "\t.globl %s\n\t.balign 4\n%s:\n", name, name }
BEGIN { offset = 0 }
$3 == "image_text_end" { end = $1 }
$2 ~ /^[tT]$/ && $3 !~ /^\.L|^image_/ && $1 != last { # one name for an address
    last = $1
    address[++n] = $1
    name[n] = $3
}
END {
    print "\t.section .symbols, \"a\", @progbits"
    begin("image_name")
    printf "\t.asciz \"%s\"\n", image
    if (n) {
        address[++n] = end
        name[n] = ""
    }
    begin("symbol_count")
    printf "\t.long %d\n", n
    begin("symbol_addresses")
    for (i = 1; i <= n; i++) printf "\t.long 0x%s\n", substr(address[i], length(address[i]) - 7)
    begin("symbol_offsets")
    for (i = 1; i <= n; i++) {
        printf "\t.long %d\n", offset
        offset += length(name[i]) + 1
    }
    begin("symbol_strings")
    for (i = 1; i <= n; i++) printf "\t.asciz \"%s\"\n", name[i]
    print "\t.section .note.GNU-stack, \"\", @progbits"
}'
