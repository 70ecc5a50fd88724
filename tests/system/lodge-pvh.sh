#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: what only pvh domains have: the least memory, nested and shadow paging, memory
#       that is populated on demand, images that cannot start so.
# Why:  a setting that is taken and does nothing is worse than one that is refused.
# How:  lets the guest run with each, and asks Xen what became of it.
#
# Types: pvh
test=only
. /root/lib.sh
remember

runs() { # NAME SETTING…
    runs_name=$1
    shift
    expect "$runs_name" 0 lodge create -c tiny.cfg 'extra="poweroff"' "$@"
    said "$runs_name-output" "tiny: poweroff"
}

# paging NAME KIND SETTING…: Xen says that the domain has paging of this kind.
paging() {
    paging_name=$1 paging_kind=$2
    shift 2
    lodge create tiny.cfg "$@"
    xl dmesg -c >/dev/null
    xl debug-keys q
    xl dmesg >/tmp/report
    verdict "$paging_name" grep -q "paging assistance: $paging_kind " /tmp/report
    lodge destroy tiny
}

runs least-memory memory=2
runs native 'tsc_mode="native"'
runs emulated 'tsc_mode="always_emulate"'
runs timer 'timer_mode="one_missed_tick_pending"'
runs vcpus vcpus=2 maxvcpus=3
runs shadow-memory shadow_memory=4
paging hap hap
if xl info | grep -q '^virt_caps.* shadow'; then
    runs no-hap hap=0
    paging no-hap-shadow shadow hap=0
else
    expect no-hap 125 lodge create tiny.cfg hap=0
    said no-hap-why "built without shadow paging"
    skip no-hap-shadow "this Xen was built without shadow paging"
fi

runs on-demand memory=4 maxmem=64
said on-demand-warning "without a balloon driver"
# Most of it above the hole below 4 GiB.
runs high-memory memory=8 maxmem=6000
lodge create -q --paused tiny.cfg memory=4 maxmem=64
lodge list --json tiny >/tmp/list
verdict on-demand-memory grep -q "\"memory_bytes\":$(((4 << 20) + 8 * 4096))," /tmp/list
lodge destroy tiny

expect other-image 125 lodge create tiny.cfg 'kernel="tiny-pv"'
said other-image-why "needs the ELF note PHYS32_ENTRY"
unchanged clean
finish
