# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# KVM when it can run Xen, else TCG. That /dev/kvm exists proves nothing: Xen
# inside needs more of it than most guests do (and PVH and HVM guests need
# nested virtualisation), so it is tried once, with the real thing and within
# a time limit, and the verdict is kept for this kernel, processor, QEMU and
# Debian release. XENHOST_ACCEL=tcg or kvm decides without asking. Sourced by xenhost.

accel_key() {
    {
        uname -r
        grep -m 2 -E '^(model name|flags)' /proc/cpuinfo
        qemu-system-x86_64 --version
        echo "$release"
    } | sha256sum | cut -c1-16
}

accel_choose() { # IMAGE-FOLDER
    local verdict
    if [ "${XENHOST_ACCEL-}" ]; then
        echo "$XENHOST_ACCEL"
        return
    fi
    if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
        echo tcg
        return
    fi
    verdict=$(dirname "$1")/accel-$(accel_key)
    if [ ! -s "$verdict" ]; then
        say "trying once whether KVM can run Xen here (up to 30 s)"
        if XENHOST_ACCEL=kvm "$0" --quiet --release "$release" --timeout 30 \
                --log "$tmp/kvm" run "$here/kvm-probe" >/dev/null 2>&1; then
            echo kvm >"$verdict.$$"
        else
            echo tcg >"$verdict.$$"
        fi
        mv "$verdict.$$" "$verdict"
        say "verdict: $(cat "$verdict")"
    fi
    cat "$verdict"
}
