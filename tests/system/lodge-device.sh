#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: disks and network cards: loop devices taken and released, images locked
#       against double use, interfaces named and joined to their bridge, scripts.
# Why:  an image that two domains write is lost; a loop device that stays is a leak.
# How:  looks at what the kernel and the store have to show for each setting.
#
# Types: pv
test=device
. /root/lib.sh
truncate -s 4M a.img b.img
remember

lodge create tiny.cfg 'disk=["a.img,raw,xvda,w","b.img,raw,xvdb,r"]' \
    'vif=["mac=00:16:3e:00:00:01,vifname=web0","mac=00:16:3e:00:00:02,rate=10Mb/s"]'
domid=$(xl domid tiny)
backend=/local/domain/0/backend
verdict loop-devices [ "$(losetup -a | wc -l)" = 2 ]
verdict read-only [ "$(xenstore-read $backend/vbd/$domid/51728/mode)" = r ]
verdict read-only-loop sh -c 'grep -q 1 /sys/block/loop1/ro'
verdict loop-stays grep -q 0 /sys/block/loop0/loop/autoclear
verdict vifname [ -e /sys/class/net/web0/brport ]
verdict bridge [ -e "/sys/class/net/vif$domid.1/brport" ]
verdict up sh -c 'ip link show web0 | grep -q UP'
verdict mac [ "$(xenstore-read "/local/domain/$domid/device/vif/0/mac")" = 00:16:3e:00:00:01 ]
verdict rate [ -n "$(xenstore-read "$backend/vif/$domid/1/rate")" ]
verdict connected [ "$(xenstore-read $backend/vif/$domid/0/hotplug-status)" = connected ]
expect in-use 125 lodge create tiny.cfg 'name="two"' 'disk=["a.img,raw,xvda,r"]'
said in-use-why "another domain writes to it"
expect in-use-shared 125 lodge create tiny.cfg 'name="two"' 'disk=["b.img,raw,xvda,w"]'
said in-use-shared-why "only read-only disks can be shared"
expect shared 0 lodge create tiny.cfg 'name="two"' 'disk=["b.img,raw,xvda,r"]'
lodge destroy two
lodge destroy tiny
unchanged clean

# A block device of this host: by its numbers, no loop device of ours.
loop=$(losetup -f)
losetup "$loop" a.img
remember
lodge create tiny.cfg "disk=[\"phy:$loop,xvda,w\"]"
domid=$(xl domid tiny)
verdict phy [ "$(losetup -a | wc -l)" = 1 ]
verdict phy-number [ "$(xenstore-read $backend/vbd/$domid/51712/physical-device)" = "7:${loop#/dev/loop}" ]
lodge destroy tiny
unchanged phy-clean
losetup -d "$loop"
remember

card_script script
expect script 0 lodge create tiny.cfg "vif=[\"script=$PWD/script\"]"
domid=$(xl domid tiny)
verdict script-online grep -q "online type_if=vif vif$domid.0 backend/vif/$domid/0" /tmp/script-calls
lodge destroy tiny
verdict script-offline grep -q "offline type_if=vif vif$domid.0" /tmp/script-calls
unchanged script-clean

# When a command says that a domain has ended, its disks are free.
lodge create tiny.cfg 'extra="wait"' 'disk=["a.img,raw,xvda,w"]'
lodge shutdown -w tiny
expect free-after-shutdown 0 lodge create tiny.cfg 'disk=["a.img,raw,xvda,w"]'
lodge destroy tiny
expect free-after-destroy 0 lodge create -c tiny.cfg 'extra="poweroff"' 'disk=["a.img,raw,xvda,w"]'
expect free-after-console 0 lodge create --paused tiny.cfg 'extra="poweroff"' 'disk=["a.img,raw,xvda,w"]'
xl unpause tiny
lodge wait --timeout 20 tiny >/dev/null 2>&1
expect free-after-wait 0 lodge create tiny.cfg 'disk=["a.img,raw,xvda,w"]'
lodge destroy tiny
unchanged free-clean

# Restarted, a domain has its devices again, and nothing twice.
lodge create tiny.cfg 'extra="wait"' 'disk=["a.img,raw,xvda,w"]' 'vif=[""]'
before=$(xl domid tiny)
lodge shutdown -w -r reboot tiny
reborn() { now=$(xl domid tiny 2>/dev/null) && [ "$now" != "$before" ]; }
verdict restart within 15 reborn
one_loop() { [ "$(losetup -a | wc -l)" = 1 ]; }
verdict restart-one-loop within 10 one_loop
lodge destroy tiny
unchanged restart-clean
rm -f a.img b.img
finish
