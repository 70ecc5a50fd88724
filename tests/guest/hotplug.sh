#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# In the boxed dom0: what xl calls for a back end of an HVM guest in place of Debian's own scripts, which
# take the better part of a minute on an emulated processor that is busy with a device model, longer than
# xl waits. Says the same to xenstore: which block device, and that the back end is there.
back=$XENBUS_PATH

# Attaches a file to a free loop device, which several of these look for at once.
loop_attach() { # FILE [-r]
    tries=20
    while [ "$tries" -gt 0 ]; do
        loop=$(losetup -f)
        # shellcheck disable=SC2086 # an option, or nothing
        losetup ${2-} "$loop" "$1" && return
        tries=$((tries - 1))
    done
    return 1
}

vbd_add() {
    target=$(xenstore-read "$back/params")
    if [ ! -b "$target" ]; then
        case $(xenstore-read "$back/mode") in
        r*) loop_attach "$target" -r ;;
        *) loop_attach "$target" ;;
        esac || exit
        target=$loop
        xenstore-write "$back/node" "$target"
    fi
    xenstore-write "$back/physical-device" "$(stat -L -c '%t:%T' "$target")"
}

# A device that is not a loop of ours has no node.
vbd_remove() {
    loop=$(xenstore-read "$back/node" 2>/dev/null) || return 0
    losetup -d "$loop"
}

# The card of the device model is on a tap, netback's is a vif: both join the bridge.
vif_join() { # INTERFACE
    ip link set "$1" master "$(xenstore-read "$back/bridge")" up
}

case ${back#backend/}:$1 in
vbd/*:add) vbd_add ;;
vbd/*:remove) vbd_remove; exit ;;
vif/*:online) vif_join "$vif" ;;
vif/*:add) vif_join "$INTERFACE"; exit ;;
*) exit 0 ;;
esac
xenstore-write "$back/hotplug-status" connected
