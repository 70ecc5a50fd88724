#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# SQLite 3.40.1: the database, and its shell.
#
#   sqlite.sh LINK        (environment: see library.sh; newlib beside LINK)
#
# include/, lib/libsqlite3.a and lib/libsqlite3shell.a (shell.c, whose main is
# sqlite3_shell_main here) are for the guest; src/ holds the same sources, and
# their options, for the host's tests to compile.
#
# The sources are Debian's, unpatched. Their own configure and make join them
# into one file, by scripts in Tcl, which comes as a Debian package and is not
# installed.

# shellcheck source=SCRIPTDIR/library.sh
. "$(dirname "$0")/library.sh"

pin=aaa776260ab4dc976db34aa7891819484c8676b5b2783123ebc6301e2ca5d655
version=3.40.1
newlib=$(realpath "$(dirname "$1")/newlib")
libc=$(realpath "$here/../libc/include")

# os_unix.c on what our libc has. Threads here are cooperative, and a program
# uses a connection from one at a time; there is nothing to load extensions
# with. Files cannot be mapped, so that a write-ahead log is possible with
# locking_mode=EXCLUSIVE alone, which keeps its index on the heap: that is the
# default, since nobody else has the disk, and spares each transaction some
# calls. (A program with two connections to one file sets NORMAL.) What is
# sorted and joined stays in memory rather than in files of a small disk.
options=(
    -DSQLITE_THREADSAFE=0
    -DSQLITE_MAX_MMAP_SIZE=0
    -DSQLITE_OMIT_LOAD_EXTENSION
    -DSQLITE_DEFAULT_LOCKING_MODE=1
    -DSQLITE_TEMP_STORE=2
    -DSQLITE_DEFAULT_MEMSTATUS=0
    -DUSE_PREAD=1 -DHAVE_FDATASYNC=1 -DHAVE_USLEEP=1
    -DHAVE_LOCALTIME_R=1 -DHAVE_GMTIME_R=1
)
shell_options=(-Dmain=sqlite3_shell_main -DSQLITE_NOHAVE_SYSTEM -DSQLITE_OMIT_POPEN)

# sqlite3.c, sqlite3.h and shell.c, in the current folder.
amalgamation() {
    local tarball
    tarball=$("$here/debian.sh" source bookworm sqlite3 "$pin" 2>&3)
    tar -xf "$tarball"
    "$here/debian.sh" binary --libraries --into tcl bookworm tcl8.6 2>&3
    {
        printf '#!/bin/bash\n. %q\nexport TCL_LIBRARY=%q\n' "$here/tool.sh" \
            "$PWD/tcl/usr/share/tcltk/tcl8.6"
        printf 'tool %q tclsh8.6 "$@"\n' "$PWD/tcl"
    } >tclsh
    chmod +x tclsh
    TCLSH_CMD=$PWD/tclsh "./sqlite3-$version/configure" --disable-tcl --disable-readline \
        --disable-shared CC="$CC"
    make sqlite3.c shell.c
}

compile() { # SOURCE FLAG…
    local -a cflags
    read -ra cflags <<<"$(library_cflags)"
    "$CC" "${cflags[@]}" -w -isystem "$libc" -isystem "$newlib/include" "${options[@]}" "${@:2}" \
        -c "$1.c" -o "$1.o"
}

library_build() {
    say "joining the sources of SQLite $version (about 8 s)"
    amalgamation
    mkdir -p "$prefix/include" "$prefix/lib" "$prefix/src"
    cp sqlite3.h "$prefix/include/"
    cp sqlite3.c shell.c sqlite3.h "$prefix/src/"
    printf '%s\n' "${options[@]}" >"$prefix/src/options"
    say "compiling SQLite $version (about 20 s)"
    compile shell "${shell_options[@]}" &
    compile sqlite3
    wait $!
    ar rcsD "$prefix/lib/libsqlite3.a" sqlite3.o
    ar rcsD "$prefix/lib/libsqlite3shell.a" shell.o
}

library sqlite "$1" "$pin" "${newlib##*/}" "${options[@]}" "${shell_options[@]}" \
    "$(cd "$libc" && find . -name '*.h' -print0 | sort -z | xargs -0 cat)"
