#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
#   iso.sh IMAGE OUT.iso [COMMAND-LINE]
#
# Puts an image on a CD that an HVM domain boots: the firmware starts GRUB from it
# (El Torito), GRUB loads the image by its multiboot header. The file on the CD is the
# image, byte for byte.
#
# HVM has no `extra': the command line lies on the CD. The guest gets the same
# words as by `extra', with quotes as there; a word of ' or \ or of nothing GRUB
# cannot hand over, and it is refused.
#
# GRUB is what it needs to be for that and no more: no menu, no modules to load, no
# configuration to read. It and xorriso are Debian's, unpacked into the cache.
# The same image, command line and packages give the same CD.

set -euo pipefail
trap 'echo "iso.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/libraries/tool.sh"

packages=(grub-common grub-pc-bin xorriso)
modules=(biosdisk iso9660 multiboot)

fail() {
    trap - ERR
    printf 'iso.sh: %s\n' "$@" >&2
    exit 1
}

# Sets tools to the folder with the programs, unpacked once.
tools_find() {
    local cache work
    cache=$(realpath -m "${LODGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lodger}")
    tools=$cache/iso/$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-16)
    [ ! -d "$tools" ] || return 0
    mkdir -p "$cache/iso"
    work=$(mktemp -d "$cache/iso/tmp.XXXXXX")
    "$here/libraries/debian.sh" binary --libraries --into "$work" bookworm "${packages[@]}"
    # Another may have been as quick; its folder is as good.
    mv -T "$work" "$tools" 2>/dev/null || rm -rf "$work"
}

# Sets words to those of the line, taken apart as unikernel/core/command_line.c does.
words_take() {
    local line=$1 word='' begun='' quoted='' c i
    words=()
    for ((i = 0; i < ${#line}; i++)); do
        c=${line:i:1}
        case $quoted$c in
        '"' | '""') begun=yes; [ "$quoted" ] && quoted='' || quoted='"' ;;
        [[:space:]])
            [ -z "$begun" ] || words+=("$word")
            word='' begun=''
            ;;
        *[\'\\]) fail "the command line has a $c, which GRUB cannot hand over" ;;
        *) begun=yes word+=$c ;;
        esac
    done
    [ -z "$begun" ] || words+=("$word")
}

# The whole of what GRUB does. It puts quotes around words with blanks again.
grub_config() {
    local word
    printf 'multiboot (cd)/image'
    for word in ${words[@]+"${words[@]}"}; do
        [ "$word" ] || fail 'the command line has an empty word (""), which GRUB cannot hand over'
        printf " '%s'" "$word"
    done
    printf '\nboot\n'
}

case ${1-} in --help) sed -n '4,/^$/s/^# \{0,3\}//p' "$0"; exit 0 ;; esac
[ $# = 2 ] || [ $# = 3 ] || fail "usage: iso.sh IMAGE OUT.iso [COMMAND-LINE]"
image=$1 out=$2
[ -r "$image" ] || fail "cannot read the image '$image'"
head -c 8192 "$image" | od -An -v -t x4 -w4 | grep 1badb002 >/dev/null ||
    fail "$image has no multiboot header in its first 8 KiB: GRUB could not load it"
words_take "${3-}"
tools_find
work=$(mktemp -d "${TMPDIR:-/tmp}/iso.XXXXXX")
trap 'rm -rf "$work"' EXIT

mkdir "$work/cd"
grub_config >"$work/grub.cfg"
cp "$image" "$work/cd/image"
tool "$tools" grub-mkimage --directory "$tools/usr/lib/grub/i386-pc" --format i386-pc-eltorito \
    --prefix / --config "$work/grub.cfg" --output "$work/cd/grub" "${modules[@]}"
# All times are one, so that they are none.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
TZ=UTC touch -d "@$SOURCE_DATE_EPOCH" "$work/cd/"* "$work/cd"
TZ=UTC tool "$tools" xorriso -as mkisofs -quiet --norock -no-pad -V LODGER \
    -b grub -no-emul-boot -boot-load-size 4 -boot-info-table \
    -o "$work/iso" "$work/cd" 2>"$work/log" || fail "$(cat "$work/log")"
# GRUB reads 32 KiB at a time, and nothing of what goes past the end.
truncate -s %32K "$work/iso"
mv "$work/iso" "$out"
