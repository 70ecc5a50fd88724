#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# libext2fs of e2fsprogs 1.47.0: the part of it that reads.
#
#   e2fsprogs.sh LINK     (environment: see library.sh; newlib beside LINK)
#
# include/ and lib/libext2fs.a are for the guest; src/ holds the same sources,
# generated ones included, for the host's tests to compile with a sanitizer.

# shellcheck source=SCRIPTDIR/library.sh
. "$(dirname "$0")/library.sh"

pin=6667afde56eef0c6af26684974400e4d2288ea49e9441bf5e6229195d51a3578
version=1.47.0
config=$here/e2fsprogs/config.h
newlib=$(realpath "$(dirname "$1")/newlib")

# Super block and group descriptors, inodes, extents, directory blocks, and the
# checksums of all of them. Nothing here allocates a block or writes one;
# unikernel/fs/absent.c tells what is left out and why that is never missed.
sources=(openfs freefs closefs inline io_manager blknum csum crc16 crc32c inode extent dirblock
    dir_iterate dirhash)

library_build() {
    local tarball library=e2fsprogs-$version/lib/ext2fs types name
    tarball=$("$here/debian.sh" source bookworm e2fsprogs "$pin" 2>&3)
    tar -xf "$tarball" "e2fsprogs-$version/lib" "e2fsprogs-$version/NOTICE"
    mkdir -p "$prefix/include/ext2fs" "$prefix/include/et" "$prefix/lib" "$prefix/src"

    # What e2fsprogs' own configure and make would generate.
    types=$library/ext2_types.h.in
    sed -e 's/@SIZEOF_SHORT@/2/; s/@SIZEOF_INT@/4/; s/@SIZEOF_LONG@/8/; s/@SIZEOF_LONG_LONG@/8/' \
        -e 's/@[A-Z_]*@//' "$types" >"$prefix/include/ext2fs/ext2_types.h"
    sed "s/@E2FSPROGS_VERSION@/$version/" "$library/ext2_err.et.in" >ext2_err.et
    awk -f "e2fsprogs-$version/lib/et/et_h.awk" outfile="$prefix/include/ext2fs/ext2_err.h" \
        outfn=ext2_err.h ext2_err.et
    "$CC" -o table "$library/gen_crc32ctable.c"
    ./table >"$prefix/src/crc32c_table.h"

    cp "$library"/*.h "$prefix/include/ext2fs/"
    cp "e2fsprogs-$version/lib/et/com_err.h" "$prefix/include/et/"
    cp "$config" "$prefix/src/config.h"
    cp "e2fsprogs-$version/NOTICE" "$prefix/src/"
    say "compiling libext2fs $version"
    for name in "${sources[@]}"; do
        cp "$library/$name.c" "$prefix/src/"
        # shellcheck disable=SC2046
        (cd "$prefix/src" && "$CC" $(library_cflags) -w -isystem "$newlib/include" -I. \
            -I../include -I../include/ext2fs -c "$name.c" -o "$OLDPWD/$name.o")
    done
    ar rcsD "$prefix/lib/libext2fs.a" "${sources[@]/%/.o}"
}

library e2fsprogs "$1" "$pin" "${newlib##*/}" "${sources[@]}" "$(cat "$config")"
