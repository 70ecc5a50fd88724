# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds a library of the guest once and keeps it. Sourced by the scripts that
# each build one: NAME.sh LINK leaves LINK as a symbolic link to the folder
# with the library's include/ and lib/ (or whatever it consists of).
#
# From the environment: CC, and GUEST_CFLAGS_ARCH, the flags that decide what
# code is made (see unikernel/unikernel.mk). Finished libraries live under
# $LODGER_CACHE/libraries/NAME-KEY; the key is a hash of all that went into
# them, so that changed flags, sources, scripts or compilers never meet an old
# result. A build happens in a folder of its own and is renamed into place at
# the end: what is there is whole.

set -euo pipefail
umask 022
export LC_ALL=C

CC=${CC:-gcc}
shelf=${LODGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lodger}/libraries
# shellcheck disable=SC2034 # for the scripts that source this
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${GUEST_CFLAGS_ARCH:?the flags of unikernel/unikernel.mk; run this through make}"

# library NAME LINK INPUT…: build NAME unless it is there, and make LINK point
# to it. The script defines library_build, which runs in an empty folder and
# installs into $prefix. The INPUTs are whatever else the result depends on.
library() {
    local name=$1 link=$2 key
    shift 2
    key=$({
        "$CC" -dumpfullversion -dumpmachine
        printf '%s\n' "$CC" "$GUEST_CFLAGS_ARCH" "$@"
        cat "$0" "${BASH_SOURCE[0]}"
    } | sha256sum | cut -c1-16)
    local result=$shelf/$name-$key
    if [ ! -d "$result" ]; then
        mkdir -p "$shelf"
        # Two builds at once: the second waits and then finds the result.
        exec 8>"$shelf/.$name.lock"
        flock 8
        if [ ! -d "$result" ]; then
            library_make "$name" "$result"
        fi
        exec 8>&-
    fi
    mkdir -p "$(dirname "$link")"
    # Whatever was built with the library that stood there before is out of date.
    if [ -L "$link" ] && [ "$(readlink "$link")" != "$result" ]; then
        find "$result/lib" -type f -exec touch {} +
    fi
    ln -sfn "$result" "$link"
}

library_make() {
    local name=$1 result=$2 work
    work=$(mktemp -d "$shelf/tmp.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    prefix=$work/prefix
    mkdir "$work/build" "$prefix"
    SECONDS=0
    # Not "library_build || …": that would switch off set -e inside.
    # shellcheck disable=SC2064
    trap "library_failed '$name' '$work'" EXIT
    (cd "$work/build" && library_build) 3>&2 >"$work/log" 2>&1
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    mv -T "$prefix" "$result"
    say "$name is built (${SECONDS} s)"
    rm -rf "$work"
    trap - EXIT
}

library_failed() {
    mkdir -p "$shelf"
    mv -f "$2/log" "$shelf/$1.log"
    rm -rf "$2"
    tail -n 20 "$shelf/$1.log" | sed 's/^/    /' >&2
    printf '%s could not be built (above; all of it in %s)\n' "$1" "$shelf/$1.log" >&2
}

# A line for whoever waits; library_build's own output goes to the log, but
# library_make leaves descriptor 3 open on the terminal for this.
say() {
    if { : >&3; } 2>/dev/null; then
        printf 'libraries: %s\n' "$*" >&3
    else
        printf 'libraries: %s\n' "$*" >&2
    fi
}

# Flags with which a third party's library is compiled for the guest. Paths of
# the build folder stay out of the result; what newer compilers turned from a
# warning into an error is old code's right.
library_cflags() {
    printf '%s ' "$GUEST_CFLAGS_ARCH" -nostdinc \
        -isystem "$("$CC" -print-file-name=include)" \
        -U__linux__ -U__unix__ -D__DYNAMIC_REENT__ -Wa,--noexecstack \
        "-ffile-prefix-map=$PWD=." \
        -Wno-error=implicit-function-declaration -Wno-error=implicit-int \
        -Wno-error=int-conversion -Wno-error=incompatible-pointer-types
}
