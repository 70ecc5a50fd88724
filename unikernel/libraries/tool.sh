# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Programs of Debian packages that debian.sh has unpacked into a folder, run on
# this machine with that folder's own libraries, whatever this machine has. Sourced.

# tool_loader ROOT ARGUMENT…: the dynamic loader of the folder. Debian has moved
# /lib into /usr, so a package may have it in either place; not through lib64,
# where a link may lead to the loader of this machine.
tool_loader() {
    local root=$1 usr=$1/usr/lib/x86_64-linux-gnu lib=$1/lib/x86_64-linux-gnu loader
    shift
    loader=$usr/ld-linux-x86-64.so.2
    [ -x "$loader" ] || loader=$lib/ld-linux-x86-64.so.2
    "$loader" --library-path "$usr:$lib" "$@"
}

# tool ROOT PROGRAM ARGUMENT…: a program of the folder's usr/bin.
tool() {
    local root=$1 program=$2
    shift 2
    tool_loader "$root" "$root/usr/bin/$program" "$@"
}
