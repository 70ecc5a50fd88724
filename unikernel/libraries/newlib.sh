#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# newlib 3.3.0: the guest's C library.
#
#   newlib.sh LINK        (environment: see library.sh)
#
# Always the tarball of bookworm's newlib-source, on whatever release we run:
# one libc for every image. Only newlib/ is configured, not libgloss.

# shellcheck source=SCRIPTDIR/library.sh
. "$(dirname "$0")/library.sh"

pin=c6f3a88b9d93420904241b231ca8647303be3bfb3cfef6adc8d1ea9207291033
types=$here/newlib/machine/_types.h

# Locks come from unikernel/libc/lock.c (retargetable); exit handlers and the
# three standard streams are the program's, not a thread's (global).
# Positional arguments of printf stay off: they crash in this version. And %Lf
# prints with the precision of a double: that of a long double would bring a
# second decimal conversion and with it a second printf into every image.
options=(
    --disable-multilib
    --disable-newlib-supplied-syscalls
    --enable-newlib-retargetable-locking
    --enable-newlib-global-atexit
    --enable-newlib-global-stdio-streams
    --enable-newlib-io-long-long
    --enable-newlib-io-c99-formats
    --disable-dependency-tracking
)

tarball() {
    local deb
    deb=$("$here/debian.sh" binary bookworm newlib-source 2>&3)
    dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards '*/newlib-*.tar.xz' >newlib.tar.xz
    echo "$pin  newlib.tar.xz" | sha256sum -c --status || {
        echo "newlib-source of bookworm no longer carries the pinned tarball $pin"
        return 1
    }
    tar -xf newlib.tar.xz
}

library_build() {
    tarball
    # newlib lets a port name its own types here: inode and device numbers of
    # 16 bits would not do for a file system.
    mkdir -p newlib-salsa/newlib/libc/machine/x86_64/machine
    cp "$types" newlib-salsa/newlib/libc/machine/x86_64/machine/
    mkdir build
    cd build
    say 'configuring newlib 3.3.0 (about 15 s)'
    ../newlib-salsa/newlib/configure --host=x86_64-elf --prefix="$prefix" \
        "${options[@]}" MAKEINFO=true CC="$CC" AR=ar AS=as RANLIB=ranlib \
        CFLAGS="$(cd .. && library_cflags)"
    say 'compiling newlib 3.3.0 (about 20 s)'
    make -j"$(nproc)"
    make install
    mv "$prefix/x86_64-elf/include" "$prefix/x86_64-elf/lib" "$prefix/"
    rm -rf "$prefix/x86_64-elf" "$prefix/share" "$prefix/lib/libg.a"
}

library newlib "$1" "$pin" "${options[@]}" "$(cat "$types")"
