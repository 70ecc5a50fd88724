#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# llhttp 8.1.0: a parser of HTTP/1.
#
#   llhttp.sh LINK        (environment: see library.sh; newlib beside LINK)
#
# include/ and lib/libllhttp.a are for the guest; src/ holds the same sources
# for the host's tests to compile with a sanitizer.
#
# Its C is generated from TypeScript; Debian ships the result in node-llhttp of
# bookworm. The pin is over the files themselves, so that a rebuild of the
# package that changes nothing in them changes nothing here.

# shellcheck source=SCRIPTDIR/library.sh
. "$(dirname "$0")/library.sh"

pin=e68fde0a3926cb0eb20c719fa9101bf9e1ec2a7dbec8753a11fd8ca28b8ee3bd
newlib=$(readlink -f "$(dirname "$1")/newlib")

library_build() {
    local -a cflags
    "$here/debian.sh" binary --into package bookworm node-llhttp 2>&3
    mkdir -p "$prefix/include" "$prefix/lib" "$prefix/src"
    cp package/usr/share/include/llhttp/llhttp.h "$prefix/include/"
    cp package/usr/share/llhttp/{api,http,llhttp}.c "$prefix/src/"
    (cd "$prefix" && cat include/llhttp.h src/{api,http,llhttp}.c) | sha256sum |
        grep -q "^$pin " || {
        echo "node-llhttp of bookworm no longer carries the pinned files $pin"
        return 1
    }
    # The strict half of the grammar: llhttp.c asks for it before it includes the header, so a
    # change there alone would select the loose one; the header's is for whoever includes it.
    sed -i 's/^# define LLHTTP_STRICT_MODE 0$/# define LLHTTP_STRICT_MODE 1/' \
        "$prefix/include/llhttp.h"
    say 'compiling llhttp 8.1.0 (about 2 s)'
    read -ra cflags <<<"$(library_cflags)"
    "$CC" "${cflags[@]}" -isystem "$newlib/include" -I "$prefix/include" \
        "-ffile-prefix-map=$prefix=." -DLLHTTP_STRICT_MODE=1 \
        -c "$prefix"/src/{api,http,llhttp}.c
    ar rcsD "$prefix/lib/libllhttp.a" api.o http.o llhttp.o
}

library llhttp "$1" "$pin" "$(basename "$newlib")"
