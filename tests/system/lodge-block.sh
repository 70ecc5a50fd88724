#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: disks that a running domain is given and deprived of: block-attach, block-detach, block-list,
#       beside xl's.
# Why:  a disk that two domains write is lost; a loop device that stays behind is a leak.
# How:  with a guest that never answers, so that each step is the toolstack's own; how a guest
#       plays along is tests/guest/devices' business.
#
# Types: pv pvh
test=block
. /root/lib.sh
truncate -s 4M a.img b.img c.img
loops() { losetup -a | wc -l; }
loops_are() { [ "$(loops)" = "$1" ]; }

settings='extra="wait"'
remember
lodge create tiny.cfg "$settings"
domid=$(xl domid tiny)
backend=/local/domain/0/backend/vbd/$domid
front=/local/domain/$domid/device/vbd
expect list-none 0 lodge block-list tiny
expect attach 0 lodge block-attach tiny a.img,raw,xvda,w
verdict attach-quiet [ ! -s /tmp/said ]
verdict opened [ -e "/sys/bus/xen-backend/devices/vbd-$domid-51712/physical_device" ]
# No process holds it from here on, and blkback may let go of it and come back.
verdict loop loops_are 1
verdict loop-stays grep -q 0 /sys/block/loop0/loop/autoclear
restarted() { # DEVID LOOPS: unbound and bound again, with as many loop devices in between
    echo "vbd-$domid-$1" >/sys/bus/xen-backend/drivers/vbd/unbind
    verdict "restart-$1-unbound" [ ! -e "/sys/bus/xen-backend/devices/vbd-$domid-$1/physical_device" ]
    verdict "restart-$1-loop" loops_are "$2"
    echo "vbd-$domid-$1" >/sys/bus/xen-backend/drivers/vbd/bind
    verdict "restart-$1-bound" within 10 \
        [ -e "/sys/bus/xen-backend/devices/vbd-$domid-$1/physical_device" ]
}
restarted 51712 1
verdict restart-size [ "$(cat /sys/block/loop0/size)" = 8192 ]
verdict mode [ "$(xenstore-read "$backend/51712/mode")" = w ]
verdict front [ "$(xenstore-read "$front/51712/virtual-device")" = 51712 ]
verdict init-wait [ "$(xenstore-read "$backend/51712/state")" = 2 ]
expect list 0 lodge block-list tiny
said list-path "$backend/51712"
cp /tmp/out /tmp/ours
expect xl-list 0 xl block-list tiny
verdict xl-list-same sh -c '[ "$(tr -s " " </tmp/ours | sed "s/ *$//")" = "$(tr -s " " </tmp/out | sed "s/ *$//")" ]'
expect list-json 0 lodge block-list --json tiny
said list-json-disk "\"devid\":51712,\"vdev\":\"xvda\",\"target\":\"/root/a.img\",\"mode\":\"w\""

# The words of a disk are one, as with xl.
expect attach-words 0 lodge block-attach --json tiny format=raw vdev=xvdb access=ro target=/root/b.img
said attach-words-json '"devid":51728,"vdev":"xvdb"'
verdict read-only [ "$(xenstore-read "$backend/51728/mode")" = r ]
expect again 125 lodge block-attach tiny c.img,raw,xvdb,w
said again-why "domain $domid has a disk xvdb already; choose another vdev="
verdict again-loop loops_are 2

# The lock lives as long as the loop device does, though no process of ours has it, and blkback neither.
echo "vbd-$domid-51712" >/sys/bus/xen-backend/drivers/vbd/unbind
expect in-use-unbound 125 lodge create tiny.cfg 'name="two"' 'disk=["a.img,raw,xvda,r"]'
echo "vbd-$domid-51712" >/sys/bus/xen-backend/drivers/vbd/bind
verdict in-use-bound within 10 [ -e "/sys/bus/xen-backend/devices/vbd-$domid-51712/physical_device" ]
expect in-use 125 lodge create tiny.cfg 'name="two"' 'disk=["a.img,raw,xvda,r"]'
said in-use-why "another domain writes to it"
expect in-use-attach 125 lodge block-attach tiny a.img,raw,xvdc,w
said in-use-attach-why "another domain uses it"
expect shared 0 lodge create tiny.cfg 'name="two"' 'disk=["b.img,raw,xvda,r"]'
lodge destroy two

# The guest has no driver, and so lets go of nothing.
expect detach-asks 124 lodge block-detach --timeout 1 tiny xvda
said detach-asks-why "block-detach -f"
verdict detach-asks-loop loops_are 2
# What a back end has said of the device is not of the next one with its number.
complaint=/local/domain/0/error/backend/vbd/$domid
xenstore-write "$complaint/51712/error" "something old"
expect detach-force 0 lodge block-detach -f --timeout 1 tiny xvda
verdict detach-complaint [ -z "$(xenstore-ls "$complaint" 2>/dev/null)" ]
said detach-force-told "has not let go of disk xvda"
# It is free when the command says so.
verdict detach-loop loops_are 1
expect detach-free 0 lodge create tiny.cfg 'name="two"' 'disk=["a.img,raw,xvda,w"]'
# One that came with its domain is let go of as well.
expect detach-first 0 lodge block-detach -f -q --timeout 1 two 51712
verdict detach-first-quiet [ ! -s /tmp/said ]
verdict detach-first-loop loops_are 1
lodge destroy two
expect detach-number 0 lodge block-detach -f -q --timeout 1 tiny 51728
unchanged_but_domain() { [ "$(loops)" = 0 ] && ! xenstore-ls "$backend" >/dev/null 2>&1; }
verdict detach-clean within 10 unchanged_but_domain

# None of this sees the type of the domain.
if [ "$TYPE" = pv ]; then
    # A block device of this host's: the store tells who uses it.
    loop=$(losetup -f)
    losetup "$loop" c.img
    expect phy 0 lodge block-attach tiny "phy:$loop,xvdc,w"
    verdict phy-number [ "$(xenstore-read "$backend/51744/physical-device")" = "7:${loop#/dev/loop}" ]
    expect phy-in-use 125 lodge create tiny.cfg 'name="two"' "disk=[\"phy:$loop,xvda,r\"]"
    said phy-in-use-why "another domain writes to it"
    expect phy-in-use-attach 125 lodge block-attach tiny "phy:$loop,xvdd,w"
    expect phy-detach 0 lodge block-detach -f -q --timeout 1 tiny xvdc
    verdict phy-loop loops_are 1
    expect phy-free 0 lodge create tiny.cfg 'name="two"' "disk=[\"phy:$loop,xvda,r\"]"
    expect phy-shared 0 lodge block-attach tiny "phy:$loop,xvdc,r"
    expect phy-not-shared 125 lodge block-attach tiny "phy:$loop,xvdd,w"
    lodge destroy two
    lodge block-detach -f -q --timeout 1 tiny xvdc
    losetup -d "$loop"

    # Mistakes leave nothing behind.
    expect wrong-file 125 lodge block-attach tiny nothere.img,raw,xvda,w
    said wrong-file-why "No such file"
    expect wrong-format 122 lodge block-attach tiny a.img,qcow2,xvda,w
    said wrong-format-why "command line: disk: only raw images"
    expect wrong-vdev 122 lodge block-attach tiny format=raw,vdev=disk1,target=/root/a.img
    said wrong-vdev-why "is no name of a virtual disk"
    expect wrong-key 122 lodge block-attach tiny acess=rw,vdev=xvda,target=/root/a.img
    truncate -s 0 empty.img
    expect empty 125 lodge block-attach tiny empty.img,raw,xvda,w
    expect no-domain 123 lodge block-attach nobody a.img,raw,xvda,w
    expect no-domain-list 123 lodge block-list nobody
    expect no-disk 125 lodge block-detach tiny xvdq
    said no-disk-why "lodge block-list"
    expect no-words 121 lodge block-attach tiny
    expect no-words-detach 121 lodge block-detach tiny
    expect dom0 125 lodge block-attach 0 a.img,raw,xvda,w
    verdict wrong-clean within 10 unchanged_but_domain

    # A loop device that has taken the number of the disk's own is somebody else's.
    lodge block-attach tiny a.img,raw,xvda,w
    losetup -d /dev/loop0
    echo "vbd-$domid-51712" >/sys/bus/xen-backend/drivers/vbd/unbind
    losetup /dev/loop0 c.img
    expect foreign 0 lodge block-detach -f -q --timeout 1 tiny xvda
    verdict foreign-loop grep -q c.img /sys/block/loop0/loop/backing_file
    verdict foreign-loop-stays grep -q 0 /sys/block/loop0/loop/autoclear
    losetup -d /dev/loop0

    # Called off half way: all of it, or nothing. Killed, it leaves a disk or none, but no loop device that
    # nobody can be rid of.
    attach='lodge block-attach tiny a.img,raw,xvda,w'
    detach='lodge block-detach -f -q --timeout 1 tiny xvda'
    stopped called-off INT 8 6000 unchanged_but_domain "$attach" "$detach"
    stopped killed KILL 12 4000 unchanged_but_domain "$attach" "$detach"
fi
lodge destroy tiny
unchanged destroy-clean

# So it is with a create, whoever destroys what is there then.
destroy_all() {
    for domid in $(lodge list | awk 'NR > 1 && $2 > 0 { print $2 }'); do
        if [ $((stopped_round % 2)) = 0 ]; then lodge destroy "$domid"; else xl destroy "$domid"; fi
    done
}
create_disk() { exec lodge create tiny.cfg "$settings" 'disk=["a.img,raw,xvda,w"]'; }
stopped killed-create KILL 8 8000 as_before create_disk destroy_all

# The end of the domain is the end of its disks, whoever ends it and however they came.
lodge create tiny.cfg "$settings" 'disk=["a.img,raw,xvda,w"]'
lodge block-attach tiny b.img,raw,xvdb,w
expect shutdown 0 lodge shutdown -w --timeout 30 tiny
unchanged shutdown-clean
for end in lodge xl; do
    # The monitor is a process like any other.
    lodge create tiny.cfg "$settings" 'disk=["a.img,raw,xvda,w"]'
    lodge block-attach tiny b.img,raw,xvdb,w
    kill -KILL "$(ps -o pid,args | awk '/[l]odge create/ { print $1 }')"
    expect $end-no-monitor 0 $end destroy tiny
    unchanged $end-no-monitor-clean
done
lodge create tiny.cfg "$settings" 'disk=["a.img,raw,xvda,w"]'
lodge block-attach tiny b.img,raw,xvdb,w
expect xl-destroy-ours 0 xl destroy tiny
unchanged xl-destroy-ours-clean
lodge create tiny.cfg "$settings" 'on_poweroff="preserve"'
lodge shutdown --timeout 30 tiny
expect ended 125 lodge block-attach tiny a.img,raw,xvda,w
said ended-why "has ended, and needs no disk"
lodge destroy tiny

# A domain of xl's.
xl create -q tiny.cfg vcpus=1 "$settings"
expect xl-attach 0 lodge block-attach tiny a.img,raw,xvda,w
expect xl-attach-list 0 xl block-list tiny
said xl-attach-list-vdev 51712
expect xl-detach 0 lodge block-detach -f -q --timeout 1 tiny xvda
expect xl-attach-xl 0 lodge block-attach tiny b.img,raw,xvdb,r
expect xl-destroy 0 xl destroy tiny
unchanged xl-destroy-clean
expect help 0 lodge block-attach --help
expect remove 121 lodge remove
said remove-why XENBUS_PATH
rm -f a.img b.img c.img empty.img
finish
