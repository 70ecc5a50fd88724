#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: domains of lodge are ordinary domains to xl, and the other way round.
# Why:  an administrator mixes tools; a domain that only its maker can end is a trap.
# How:  each makes what the other lists, reads, shuts down and destroys.
#
# Types: pv pvh
test=xl
. /root/lib.sh
truncate -s 4M disk.img
remember

lodge create tiny.cfg 'extra="wait"' 'vif=["mac=00:16:3e:00:00:01"]' 'disk=["disk.img,raw,xvda,w"]'
expect xl-list 0 xl list tiny
said xl-list-name tiny
verdict xl-type-known [ "$(xenstore-read "/libxl/$(xl domid tiny)/type")" = "$TYPE" ]
expect xl-domid 0 xl domid tiny
expect xl-network-list 0 xl network-list tiny
said xl-network-mac 00:16:3e:00:00:01
expect xl-block-list 0 xl block-list tiny
said xl-block-vdev 51712
verdict xl-console sh -c 'timeout 3 xl console tiny </dev/null | grep -q "tiny: wait"'
expect xl-pause 0 xl pause tiny
expect xl-unpause 0 xl unpause tiny
expect xl-shutdown 0 xl shutdown -w tiny
unchanged xl-shutdown-clean

lodge create tiny.cfg 'vif=["mac=00:16:3e:00:00:01"]' 'disk=["disk.img,raw,xvda,w"]'
expect xl-destroy 0 xl destroy tiny
unchanged xl-destroy-clean

# vcpus=1: where a file does not count them, xl 4.17 has no page tables for a small pvh domain.
expect xl-create 0 xl create -q tiny.cfg vcpus=1 'extra="wait"' 'vif=["mac=00:16:3e:00:00:01"]' \
    "disk=[\"$PWD/disk.img,raw,xvda,w\"]"
expect list 0 lodge list tiny
verdict console sh -c '{ timeout 3 lodge console tiny; } </dev/null | grep -q "tiny: wait"'
expect shutdown 0 lodge shutdown -w --timeout 30 tiny
unchanged shutdown-clean

xl create -q tiny.cfg vcpus=1 'vif=["mac=00:16:3e:00:00:01"]' "disk=[\"$PWD/disk.img,raw,xvda,w\"]"
expect destroy 0 lodge destroy tiny
unchanged destroy-clean
verdict userdata sh -c '! ls /var/lib/xen/userdata-?.[1-9]* 2>/dev/null'

xl create -q tiny.cfg vcpus=1 'extra="status=9"' 'on_poweroff="preserve"'
expect wait 9 lodge wait --timeout 20 tiny
lodge destroy tiny

# A name out of the store is not to be trusted with the terminal.
lodge create tiny.cfg
domid=$(xl domid tiny)
xenstore-write "/local/domain/$domid/name" "$(printf 'ev\033[2Jil')"
expect hostile-name 0 lodge list
verdict hostile-name-clean sh -c '! grep -q "$(printf "\033")" /tmp/said'
expect hostile-json 0 lodge list --json
said hostile-json-clean '"name":"ev?[2Jil"'
lodge destroy "$domid"
unchanged clean
rm -f disk.img
finish
