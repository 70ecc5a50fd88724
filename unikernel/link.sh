#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
#   link.sh CC OUT 'LINKER COMMAND' OBJECT…
#
# Links an image in two passes (see unikernel.mk): OUT.debug, OUT.map, and OUT, which is stripped.
set -eu
here=$(dirname "$0")
cc=$1 out=$2 link=$3
shift 3

pass() { # OUTPUT [FLAG…]: links with the table made from $table_of
    pass_out=$1
    shift
    "$here/symbols.sh" "$(basename "$out")" ${table_of:+"$table_of"} >"$out.symbols.S"
    $cc -m64 -c "$out.symbols.S" -o "$out.symbols.o"
    $link -o "$pass_out" "$@"
}

trap 'rm -f "$out.first" "$out.symbols.S" "$out.symbols.o"' EXIT
table_of=''
pass "$out.first" "$out.symbols.o" "$@"
table_of=$out.first
pass "$out.debug" -Map "$out.map" "$out.symbols.o" "$@"

"$here/check.sh" "$out.debug" "$out.first"
strip --strip-all -o "$out" "$out.debug"
