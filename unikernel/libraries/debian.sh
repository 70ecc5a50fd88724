#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian's archive as a library shelf: any release, no root, nothing installed.
#
#   debian.sh binary [--libraries] [--into DIR] RELEASE PACKAGE…
#       fetches the packages of a release (bookworm, trixie) and prints the
#       path of each .deb, or unpacks them all into DIR. --libraries adds the
#       shared libraries they need, and theirs (lib*, followed through Depends),
#       and the kernel image behind linux-image-amd64.
#   debian.sh source RELEASE PACKAGE SHA256
#       fetches the upstream tarball of a source package and prints its path.
#       The pin decides what is right: a tarball with another sum is refused.
#
# Everything is kept under $LODGER_CACHE/debian and served from there without
# the network. Binary packages are locked: the first answer to a request
# records what it resolved to, later ones repeat it. To follow the archive's
# updates, remove the folder lock/ there.
#
# apt does the work with a private state and cache folder, so the machine's
# own lists, packages and suites are left alone. The mirror is the one that
# the machine itself uses.

set -euo pipefail
umask 022

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
shelf=$(realpath -m "${LODGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lodger}/debian")

fail() {
    printf 'debian.sh: %s\n' "$@" >&2
    exit 1
}

say() {
    printf 'debian: %s\n' "$*" >&2
}

usage() {
    sed -n '5,13s/^# \{0,3\}//p' "$0" >&2
    exit 2
}

sum_of() {
    sha256sum -- "$1" | cut -d' ' -f1
}

# The mirror of the machine's own Debian suite, and of its security suite when
# it has one: "SITE" and "SITE" on two lines.
mirrors() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' \
            'Created-By: Packages' |
        awk -v codename="$codename" '
            $3 != "main" { next }
            $2 ~ /-security$/ { if (!security) security = $1; next }
            $2 == codename || $2 ~ /^(stable|testing|unstable|sid)$/ {
                # Other vendors name their suites after Debian'"'"'s too.
                if (!site || ($1 ~ /debian\/?$/ && site !~ /debian\/?$/))
                    site = $1
            }
            END { print site; print security }'
}

# apt_private KIND RELEASE COMMAND…: runs an apt tool on the private state of
# this kind ("deb" or "deb-src") and release.
apt_private() {
    local state=$shelf/apt/$1-$2 tool=$3
    shift 3
    "$tool" -q -o Dir::State="$state" -o Dir::State::Lists="$state/lists" \
        -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
        -o Dir::Etc::sourcelist="$state/sources.list" \
        -o Dir::Etc::sourceparts="$state/none" \
        -o Dir::Etc::preferencesparts="$state/none" \
        -o Dir::Etc::preferences="$state/none.pref" -o APT::Sandbox::User="$(id -un)" \
        -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
        -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o APT::Get::List-Cleanup=false "$@"
}

# Refreshes the lists of a kind and release unless that was done this hour.
# Called with the lock held.
lists_update() {
    local kind=$1 release=$2 state=$shelf/apt/$1-$2 site security
    if [ -n "$(find "$state/stamp" -mmin -60 2>/dev/null)" ]; then
        return 0
    fi
    [ -r "$keyring" ] || fail "$keyring is missing" \
        "install the package debian-archive-keyring"
    { read -r site; read -r security; } < <(mirrors)
    [ -n "$site" ] || fail "apt knows no Debian mirror on this machine" \
        "add one to /etc/apt/sources.list or sources.list.d"

    say "reading the package lists of $release"
    mkdir -p "$state/none" "$state/lists/partial" "$state/cache/archives/partial"
    : >"$state/status"
    {
        echo "$kind [signed-by=$keyring] $site $release main"
        echo "$kind [signed-by=$keyring] $site $release-updates main"
        if [ -n "$security" ]; then
            echo "$kind [signed-by=$keyring] $security $release-security main"
        fi
    } >"$state/sources.list"
    apt_private "$kind" "$release" apt-get update >"$state/log" 2>&1 || {
        sed 's/^/    /' "$state/log" >&2
        fail "the package lists of $release could not be read (above)" \
            "is there a network, and does the mirror carry $release?"
    }
    touch "$state/stamp"
}

# Names of the packages with the libraries they depend on, first alternatives
# only: enough to run their programs, without the machinery that installing
# them would drag in.
with_libraries() {
    local release=$1 todo known
    shift
    known=" $* "
    todo="$*"
    while [ -n "$todo" ]; do
        printf '%s\n' $todo
        # shellcheck disable=SC2086
        todo=$(apt_private deb "$release" apt-cache show --no-all-versions \
                $todo | sed -n 's/^\(Pre-\)\?Depends: //p' | tr ',' '\n' |
            sed 's/^ *//; s/[ (:|].*//' | grep -E '^(lib|zlib1g$|linux-image-[0-9])' | sort -u |
            while read -r name; do
                case $known in *" $name "*) ;; *) echo "$name" ;; esac
            done | tr '\n' ' ')
        known="$known$todo "
    done
}

# Fetches the named packages and writes the lock: "file-name sha256" a line.
binary_fetch() {
    local release=$1 lock=$2 tmp packages file size
    shift 2
    lists_update deb "$release"
    packages=("$@")
    if [ "$libraries" ]; then
        mapfile -t packages < <(with_libraries "$release" "$@")
    fi

    tmp=$(mktemp -d "$shelf/tmp.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$tmp'" EXIT
    apt_private deb "$release" apt-get download --print-uris \
        "${packages[@]}" >"$tmp/uris" 2>"$tmp/log" || {
        sed 's/^/    /' "$tmp/log" >&2
        fail "$release has not all of: ${packages[*]}"
    }
    size=$(awk '{ n += $3 } END { printf "%d", n / 1000000 }' "$tmp/uris")
    say "fetching ${#packages[@]} packages of $release (up to $size MB)"
    # Packages that an earlier request brought are not fetched again.
    mkdir -p "$shelf/deb/$release" "$tmp/deb"
    while read -r _ file _; do
        if [ -e "$shelf/deb/$release/$file" ]; then
            ln "$shelf/deb/$release/$file" "$tmp/deb/$file"
        fi
    done <"$tmp/uris"
    (cd "$tmp/deb" && apt_private deb "$release" apt-get download \
        "${packages[@]}") >"$tmp/log" 2>&1 || {
        sed 's/^/    /' "$tmp/log" >&2
        rm -f "$shelf/apt/deb-$release/stamp"
        fail "fetching packages of $release failed (above); run it again"
    }
    for file in "$tmp"/deb/*.deb; do
        printf '%s %s\n' "$(basename "$file")" "$(sum_of "$file")"
        # mv refuses to rename a file onto its own other name.
        [ "$file" -ef "$shelf/deb/$release/$(basename "$file")" ] ||
            [ -e "$shelf/deb/$release/$(basename "$file")" ] ||
            mv "$file" "$shelf/deb/$release/"
    done >"$tmp/lock"
    mv "$tmp/lock" "$lock"
}

# True when every package of a lock is on the shelf.
binary_cached() {
    local release=$1 lock=$2 file
    [ -s "$lock" ] || return 1
    while read -r file _; do
        [ -e "$shelf/deb/$release/$file" ] || return 1
    done <"$lock"
}

binary() {
    local libraries='' into='' release lock file
    while :; do
        case ${1-} in
        --libraries) libraries=rule-2; shift ;;
        --into) into=${2-}; shift 2 ;;
        -*) usage ;;
        *) break ;;
        esac
    done
    [ $# -ge 2 ] || usage
    release=$1
    shift
    mkdir -p "$shelf/lock"
    lock=$shelf/lock/$(printf '%s\n' "$release" "$libraries" "$@" |
        sha256sum | cut -c1-16)
    if ! binary_cached "$release" "$lock"; then
        exec 9>"$shelf/.flock"
        flock 9
        binary_cached "$release" "$lock" ||
            (binary_fetch "$release" "$lock" "$@")
        exec 9>&-
    fi
    while read -r file _; do
        if [ "$into" ]; then
            mkdir -p "$into"
            dpkg-deb -x "$shelf/deb/$release/$file" "$into"
        else
            echo "$shelf/deb/$release/$file"
        fi
    done <"$lock"
}

source_fetch() {
    local release=$1 package=$2 pin=$3 tmp file found=
    lists_update deb-src "$release"
    tmp=$(mktemp -d "$shelf/tmp.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$tmp'" EXIT
    say "fetching the source of $package from $release"
    (cd "$tmp" && apt_private deb-src "$release" apt-get source \
        --download-only --tar-only "$package") >"$tmp/log" 2>&1 || {
        sed 's/^/    /' "$tmp/log" >&2
        rm -f "$shelf/apt/deb-src-$release/stamp"
        fail "the source of $package could not be fetched (above)"
    }
    for file in "$tmp"/*.tar.*; do
        [ -e "$file" ] || continue
        if [ "$(sum_of "$file")" = "$pin" ]; then
            mkdir -p "$shelf/source/$pin"
            mv "$file" "$shelf/source/$pin/"
            return 0
        fi
        found+=" $(basename "$file") ($(sum_of "$file"))"
    done
    fail "$package of $release is not the pinned tarball" \
        "pinned: $pin" "found: ${found:- nothing}" \
        "the archive has moved on: check the new version, then change the pin"
}

# Prints the cached tarball of a pin, if it is there and still whole.
source_cached() {
    local file
    for file in "$shelf/source/$1"/*; do
        [ -e "$file" ] || return 1
        if [ "$(sum_of "$file")" = "$1" ]; then
            echo "$file"
            return 0
        fi
        rm -f "$file"
    done
    return 1
}

source_package() {
    [ $# -eq 3 ] || usage
    local pin=$3
    mkdir -p "$shelf"
    if ! source_cached "$pin"; then
        exec 9>"$shelf/.flock"
        flock 9
        if ! source_cached "$pin"; then
            (source_fetch "$@")
            source_cached "$pin"
        fi
    fi
}

case ${1-} in
binary) shift; binary "$@" ;;
source) shift; source_package "$@" ;;
*) usage ;;
esac
