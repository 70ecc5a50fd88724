#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# lwIP 2.1.3: TCP/IP for the guest.
#
#   lwip.sh LINK        (environment: see library.sh; newlib beside LINK)
#
# The pristine tarball of bookworm's source package, on whatever release we
# run. The options and the headers of our port (unikernel/net/port) decide
# what becomes of it, so they are installed beside lwIP's own.

# shellcheck source=SCRIPTDIR/library.sh
. "$(dirname "$0")/library.sh"

pin=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
port=$(cd "$here/../net/port" && pwd)
libc=$(cd "$here/../libc/include" && pwd)
newlib=$(readlink -f "$(dirname "$1")/newlib")

library_build() {
    local tarball file objects=()
    tarball=$("$here/debian.sh" source bookworm lwip "$pin" 2>&3)
    tar -xf "$tarball"
    mv lwip-2.1.3 lwip
    cp -R lwip/src/include "$prefix/include"
    rm -rf "$prefix/include/compat" "$prefix/include/lwip/apps"
    cp -R "$port/." "$prefix/include/"

    say 'compiling lwIP 2.1.3 (about 5 s)'
    local -a cflags
    read -ra cflags <<<"$(library_cflags)"
    cflags+=(-isystem "$libc" -isystem "$newlib/include" -I "$prefix/include"
        -Wno-address)
    for file in lwip/src/core/*.c lwip/src/core/ipv[46]/*.c \
        lwip/src/api/*.c lwip/src/netif/ethernet.c; do
        objects+=("$(basename "$file" .c).o")
        printf '%s\0' "$file"
    done >files
    xargs -0 -n 4 -P "$(nproc)" "$CC" "${cflags[@]}" -c <files
    mkdir "$prefix/lib"
    # D: the archive holds no dates, two builds are equal byte for byte.
    ar rcsD "$prefix/lib/liblwip.a" "${objects[@]}"
}

library lwip "$1" "$pin" "$(basename "$newlib")" \
    "$(cd "$port" && find . -name '*.h' -print0 | sort -z | xargs -0 cat)" \
    "$(cd "$libc" && find . -name '*.h' -print0 | sort -z | xargs -0 cat)"
